//! A user's events as a stream in this process; Server-Sent Events are built on it.
//!
//! Owns that a stream is a subscriber with the same limit and the same replay as a socket, and leaves its room when it
//! is dropped. Must not know HTTP.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use wire::ErrorCode;

use super::resume_point::ResumePoint;
use super::service::{Feed, JoinError};
use super::subscriber::{CloseReason, EventSink, Subscriber, SubscriberId};
use crate::auth::Identity;
use crate::auth::session::SessionId;
use crate::store::{self, Epoch, FeedEvent, LogEnds};

/// How many events may wait for the reader. A reader that is further behind catches up from the log.
const BUFFER: usize = 128;

/// Why a subscription could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user has reached the limit of sockets and streams.
    #[error("{}", ErrorCode::ConnectionLimit.message())]
    Full,
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<JoinError> for Error {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Full => Self::Full,
            JoinError::Store(error) => Self::Store(error),
        }
    }
}

/// A subscription to a user's events.
pub struct Subscription {
    feed: Arc<Feed>,
    user_id: Arc<str>,
    session: Option<SessionId>,
    id: SubscriberId,
    events: mpsc::Receiver<FeedEvent>,
    ends: LogEnds,
}

impl Subscription {
    /// Joins the user's room; with `since`, missed events come first.
    pub async fn start(feed: Arc<Feed>, identity: &Identity, since: Option<&ResumePoint>) -> Result<Self, Error> {
        let user_id: Arc<str> = Arc::from(identity.user_id.as_str());
        let (sender, events) = mpsc::channel(BUFFER);
        let (id, session) = (SubscriberId::next(), identity.session);
        let subscriber = Subscriber::new(id, Arc::new(StreamSink(Mutex::new(Some(sender)))));
        feed.join(&user_id, &subscriber).await?;
        if let Some(session) = session {
            feed.bind_session(session, &user_id, &subscriber);
        }
        // From here on, dropping `subscription` leaves the room.
        let ends = LogEnds { epoch: feed.store().epoch(), oldest: 1, newest: 0 };
        let mut subscription = Self { feed, user_id, session, id, events, ends };
        subscription.ends = subscription.feed.store().log_ends(Arc::clone(&subscription.user_id)).await?;
        subscription.feed.start_delivery(&subscription.user_id, subscriber, since, &subscription.ends);
        Ok(subscription)
    }

    /// The user's newest event number at the start, and its epoch. Without `since`, every later event is delivered.
    pub fn newest(&self) -> (&Epoch, u64) {
        (&self.ends.epoch, self.ends.newest)
    }

    /// The next event. `None` if the server has ended the subscription: the reader was too slow, or its session has
    /// ended.
    pub async fn next(&mut self) -> Option<FeedEvent> {
        self.events.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.hub().leave(&self.user_id, self.id);
        if let Some(session) = self.session {
            self.feed.unbind_session(session, self.id);
        }
    }
}

/// The sending end of the stream; `None` once the server has ended it.
struct StreamSink(Mutex<Option<mpsc::Sender<FeedEvent>>>);

impl EventSink for StreamSink {
    fn try_send(&self, event: &FeedEvent) -> bool {
        self.0.lock().as_ref().is_some_and(|sender| sender.try_send(event.clone()).is_ok())
    }

    fn ready(&self, timeout: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(timeout))
    }

    fn is_connected(&self) -> bool {
        self.0.lock().as_ref().is_some_and(|sender| !sender.is_closed())
    }

    fn close(&self, _: CloseReason) {
        *self.0.lock() = None;
    }
}
