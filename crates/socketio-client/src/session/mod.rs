//! The whole client without I/O.
//!
//! Owns the state and the calls on it; `transitions` holds the transitions between states. Must not read a clock,
//! generate a random number, open a socket or call back: time and randomness come in with each input, and actions go
//! out as [`Output`]s, in order.

mod io;
mod link;
mod outbox;
mod transitions;
mod watch;

pub use io::{Input, Output};

use std::collections::VecDeque;

use crate::reconnect::Backoff;
use crate::socket::{self, Body};
use crate::{AckId, CloseReason, Config, Error, Status, engine};
use link::Link;
use outbox::{Outbox, Queued};

/// The state machine. Feed it with [`handle`](Self::handle), then carry out what
/// [`poll`](Self::poll) returns until it is empty, then call it again no later than
/// [`next_timer`](Self::next_timer).
#[derive(Debug)]
pub struct Session {
    config: Config,
    url: Result<String, Error>,
    status: Status,
    generation: u64,
    link: Option<Link>,
    backoff: Backoff,
    /// The length of the current pause, in milliseconds.
    pause: u64,
    outbox: Outbox,
    offline: bool,
    /// Whether the page is visible.
    visible: bool,
    close_reason: Option<CloseReason>,
    last_error: Option<Error>,
    outputs: VecDeque<Output>,
}

impl Session {
    /// Does nothing until `connect`. `origin` is the page's, used if the settings name no address.
    pub fn new(config: Config, origin: &str) -> Self {
        let url = engine::url(config.url.as_deref().unwrap_or(origin), &config.path);
        let namespace_ok = config.namespace.starts_with('/') && !config.namespace.contains([',', '?']);
        Self {
            url: if namespace_ok { url } else { Err(Error::InvalidNamespace) },
            status: Status::Idle,
            generation: 0,
            link: None,
            backoff: Backoff::default(),
            pause: 0,
            outbox: Outbox::new(config.queue_limit),
            offline: false,
            visible: true,
            close_reason: None,
            last_error: None,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// The state of the connection.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Why the last connection ended; `None` until the first one has.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.close_reason
    }

    /// The most recent error: explains [`CloseReason::Protocol`].
    pub fn last_error(&self) -> Option<Error> {
        self.last_error
    }

    /// The next action.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The latest time for the next [`Input::Tick`].
    pub fn next_timer(&self) -> Option<u64> {
        let retry = match self.status {
            Status::Waiting { retry_at_ms, .. } => Some(retry_at_ms),
            _ => None,
        };
        let link = self.link.as_ref().and_then(Link::deadline);
        let probe = self.config.probe.as_ref().filter(|_| self.visible);
        let probe = probe.and_then(|probe| self.link.as_ref()?.probe_at(probe));
        [retry, link, probe, self.outbox.acks.deadline()].into_iter().flatten().min()
    }

    /// Handles an input. `random` is uniform in 0..1.
    pub fn handle(&mut self, now_ms: u64, random: f64, input: Input) {
        match input {
            Input::Connect => {
                self.backoff.reset();
                if self.link.is_none() {
                    self.attempt(now_ms);
                }
            }
            Input::Disconnect => self.disconnect(),
            Input::Ready => {
                if let Some(link) = &mut self.link {
                    link.ready(now_ms);
                }
            }
            Input::Retry { after_ms } => self.retry(now_ms, random, after_ms),
            Input::Online => {
                self.offline = false;
                if matches!(self.status, Status::Waiting { .. }) {
                    self.attempt(now_ms);
                }
            }
            Input::Offline => self.on_offline(now_ms, random),
            Input::Visible(visible) => self.on_visible(visible),
            Input::Auth { generation, payload } => self.join(generation, payload),
            Input::Transport { generation, event } => self.on_transport(now_ms, random, generation, event),
            Input::Tick => {}
        }
        self.run_timers(now_ms, random);
    }

    /// Sends an event, or queues it until there is a connection. With a time-out, an acknowledgement is requested, and
    /// the id of its [`Output::Acknowledged`] is returned.
    pub fn emit(
        &mut self,
        now_ms: u64,
        name: &str,
        args: &[&str],
        ack_timeout_ms: Option<u32>,
    ) -> Result<Option<u64>, Error> {
        let data = socket::event_data(name, args)?;
        let live = self.live_link().is_some();
        if matches!(self.status, Status::Closed | Status::Refused) {
            return Err(Error::Closed);
        }
        if !live && self.outbox.is_full() {
            return Err(Error::QueueFull);
        }
        let ack = ack_timeout_ms.map(|timeout| self.outbox.acks.issue(now_ms.saturating_add(timeout.into())));
        let frame = self.frame(Body::Event { attachments: None, ack, data: &data });
        if live {
            self.send(frame).inspect_err(|_| {
                ack.map(|id| self.outbox.acks.settle(id));
            })?;
        } else {
            self.outbox.push(Queued { frame, ack });
        }
        Ok(ack)
    }

    /// Answers an event that requested it. Fails if the event's connection is gone.
    pub fn acknowledge(&mut self, ack: AckId, args: &[&str]) -> Result<(), Error> {
        let data = socket::ack_data(args)?;
        if ack.generation != self.generation || self.live_link().is_none() {
            return Err(Error::ConnectionLost);
        }
        self.send(self.frame(Body::Ack { attachments: None, id: ack.id, data: &data }))
    }
}
