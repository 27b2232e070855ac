//! Live delivery of a user's events.
//!
//! Owns who receives a committed event (the subscribers in a user's room), in which order, and how a subscriber that
//! missed events catches up from the log. Must not know a transport: Socket.IO is [`crate::socketio`], Server-Sent
//! Events are in [`crate::http`].

mod advanced_logs;
mod bus;
mod catch_up;
mod epoch_change;
mod external_changes;
mod hub;
mod member;
mod resume_point;
mod service;
mod sessions;
mod subscriber;
mod subscription;

pub use advanced_logs::deliver_advanced;
pub use bus::{Bus, Control, LocalBus, Message};
pub use external_changes::{deliver_external_events, disconnect_ended_sessions};
pub use hub::Hub;
pub use resume_point::ResumePoint;
pub use service::{Feed, JoinError};
pub use subscriber::{CloseReason, EventSink, Subscriber, SubscriberId};
pub use subscription::{Error as SubscribeError, Subscription};
