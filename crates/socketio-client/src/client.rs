//! The handle an application holds.
//!
//! Owns the lifetime: dropping the last handle closes the connection. Must not hold any other state.

use std::fmt;
use std::rc::{Rc, Weak};

use serde_json::value::RawValue;

use crate::driver::Driver;
use crate::session::{Input, Session};
use crate::{AckId, CloseReason, Error, Notification, Options, Status};

/// A connection that keeps itself alive. Clones share the connection; dropping the last one closes it, and no callback
/// is called afterwards.
#[derive(Clone)]
pub struct Client(Rc<Handle>);

/// A client that does not keep the connection open. Callbacks should hold this one: a callback that holds a [`Client`]
/// keeps it alive for ever.
#[derive(Clone)]
pub struct WeakClient(Weak<Handle>);

/// Counts the handles separately from the driver, which its own loop may hold for a moment.
struct Handle(Rc<Driver>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.shut_down();
    }
}

impl Client {
    /// Starts to connect. The outcome of the start itself (`Connecting`, or a refusal of unusable settings) is notified
    /// before this returns, everything else later.
    pub fn connect(options: Options, on_notification: impl Fn(Notification) + 'static) -> Self {
        Self(Rc::new(Handle(Driver::start(options, Box::new(on_notification)))))
    }

    /// Sends an event; each argument is JSON text. Without a connection it is queued, as long as there is room.
    pub fn emit(&self, name: &str, args: &[&str]) -> Result<(), Error> {
        self.driver().ask(|session, now_ms| session.emit(now_ms, name, args, None)).map(drop)
    }

    /// Sends an event and calls `on_ack`, exactly once, with the server's answer or the reason why there is none. The
    /// time-out runs from this call and includes the wait for a connection. An event that cannot be accepted is
    /// reported before this returns.
    pub fn emit_with_ack(
        &self,
        name: &str,
        args: &[&str],
        timeout_ms: u32,
        on_ack: impl FnOnce(Result<Vec<Box<RawValue>>, Error>) + 'static,
    ) {
        self.driver().emit_with_ack(name, args, timeout_ms, Box::new(on_ack));
    }

    /// Answers an event whose `ack` is set; each argument is JSON text.
    pub fn acknowledge(&self, ack: AckId, args: &[&str]) -> Result<(), Error> {
        self.driver().ask(|session, _| session.acknowledge(ack, args))
    }

    /// Connects now: ends a pause early, and leaves `Closed` and `Refused`. Does nothing if a connection exists or is
    /// being opened.
    pub fn reconnect(&self) {
        self.driver().handle(Input::Connect);
    }

    /// The connection serves its purpose: satisfies the time limit of [`ready_timeout`](Options::ready_timeout).
    pub fn ready(&self) {
        self.driver().handle(Input::Ready);
    }

    /// The connection does not serve its purpose: drops it and tries again after a pause, which grows each time as
    /// after any loss. Does nothing if there is no connection.
    pub fn retry(&self) {
        self.driver().handle(Input::Retry { after_ms: None });
    }

    /// Like [`retry`](Self::retry), for a case in which trying again is useless for this many milliseconds.
    pub fn retry_after(&self, ms: u32) {
        self.driver().handle(Input::Retry { after_ms: Some(ms) });
    }

    /// Closes the connection and stays closed until [`reconnect`](Self::reconnect).
    pub fn disconnect(&self) {
        self.driver().handle(Input::Disconnect);
    }

    /// The state of the connection.
    pub fn status(&self) -> Status {
        self.driver().with(Session::status)
    }

    /// Why the last connection ended; `None` until the first one has.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.driver().with(Session::close_reason)
    }

    /// The most recent error: explains [`CloseReason::Protocol`].
    pub fn last_error(&self) -> Option<Error> {
        self.driver().with(Session::last_error)
    }

    /// A handle that does not keep the connection open.
    pub fn downgrade(&self) -> WeakClient {
        WeakClient(Rc::downgrade(&self.0))
    }

    fn driver(&self) -> &Rc<Driver> {
        &self.0.0
    }
}

impl WeakClient {
    /// The client, unless its last handle is gone.
    pub fn upgrade(&self) -> Option<Client> {
        self.0.upgrade().map(Client)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("status", &self.status()).finish_non_exhaustive()
    }
}
