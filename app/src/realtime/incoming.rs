//! What the server says, taken in.
//!
//! Owns what a sign-in, an event, an error and a gap lead to. Must not decide what an event changes
//! ([`super::feed`] does) nor know the Socket.IO client beyond its status.

use std::sync::Arc;

use leptos::prelude::{GetUntracked, Set};
use socketio_client::{CloseReason, Status};
use wire::error::SocketError;
use wire::events::{AUTHENTICATED, Authenticate, Authenticated, ERROR, SYNC_REQUIRED};

use super::admission::Sequel;
use super::event::FeedEvent;
use super::feed::Need;
use super::repair::Remedy;
use super::session::{Session, lock};
use super::status::{ClientError, ConnectionStatus};
use super::troubles::Part;
use crate::clock::now_millis;

impl Session {
    fn change(self: &Arc<Self>, event: FeedEvent) {
        let (outcome, since) = {
            let mut feed = self.feed();
            (feed.apply(event), feed.since())
        };
        self.show_soon(outcome.changed, outcome.news);
        self.remember();
        if outcome.gap {
            self.fill_gap(since);
        } else {
            self.catch_up();
        }
    }

    /// Fetches what is missing, if anything is. Events on their way are waited for.
    pub(super) fn catch_up(self: &Arc<Self>) {
        if self.feed().need() != Need::Nothing {
            self.request_reload();
        }
    }

    /// Events were lost on the way.
    fn fill_gap(self: &Arc<Self>, since: u64) {
        let remedy = lock(&self.repair).remedy(since, now_millis());
        match remedy {
            Remedy::AskAgain => self.link.restart(),
            Remedy::Reload => {
                self.feed().lose();
                self.request_reload();
            }
        }
    }

    /// Time passes, also for a page that hears of nothing.
    pub(super) fn on_minute(self: &Arc<Self>, now: i64) {
        if self.status.get_untracked() != ConnectionStatus::Live {
            // Once it is live, a minute later.
            return;
        }
        let due = lock(&self.turn).is_due(&self.feed().summary().from, now);
        if due {
            self.feed().require_reload();
            self.request_reload();
        }
    }

    fn on_authenticated(self: &Arc<Self>, payload: &Authenticated) {
        if !self.is_for(&payload.user_id) {
            self.give_up(ClientError::OtherUser);
            return;
        }
        let ask_again = self.feed().signed_in(payload.seq);
        self.remember();
        if ask_again {
            self.link.restart();
            return;
        }
        self.link.ready();
        lock(&self.admission).admitted();
        self.mended(Part::Connection);
        self.status.set(ConnectionStatus::Live);
        self.catch_up();
    }

    fn on_error(self: &Arc<Self>, error: SocketError) {
        let sequel = lock(&self.admission).refused(error.code, self.credential.proof());
        if !matches!(sequel, Sequel::Doubt | Sequel::End) {
            self.trouble(Part::Connection, ClientError::Server(error));
        }
        self.follow(sequel);
    }

    fn follow(self: &Arc<Self>, sequel: Sequel) {
        match sequel {
            Sequel::Tell => {}
            Sequel::Retry => self.link.retry(),
            Sequel::RetryAfter(ms) => self.link.retry_after(ms),
            Sequel::Doubt => {
                self.request_reload();
                self.link.retry();
            }
            Sequel::End => self.give_up(ClientError::SessionEnded),
        }
    }
}

/// What a link calls.
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the server has no link"))]
impl Session {
    /// The handshake's `auth`: who signs in, and from where events are asked for.
    pub(super) fn auth_payload(&self) -> String {
        self.recall();
        let since = self.feed().ask();
        let payload = Authenticate { user_id: self.user_id.clone(), token: self.credential.token(), since };
        serde_json::to_string(&payload).unwrap_or_else(|_| "{}".to_owned())
    }

    pub(super) fn on_status(self: &Arc<Self>, status: Status) {
        self.status.set(status.into());
        if matches!(status, Status::Waiting { reason: CloseReason::NotReady, .. }) {
            let sequel = lock(&self.admission).unanswered(self.credential.proof());
            self.follow(sequel);
        }
    }

    /// The server has stopped answering, or answers again. A socket that has not signed in stays what it is.
    pub(super) fn on_silent(&self, is_silent: bool) {
        let (from, to) = match is_silent {
            true => (ConnectionStatus::Live, ConnectionStatus::Silent),
            false => (ConnectionStatus::Silent, ConnectionStatus::Live),
        };
        if self.status.get_untracked() == from {
            self.status.set(to);
        }
    }

    pub(super) fn on_refused(&self, message: String) {
        self.trouble(Part::Connection, ClientError::Refused(message));
    }

    pub(super) fn on_event(self: &Arc<Self>, name: &str, payload: &str) {
        self.heard_at.set(Some(now_millis()));
        let malformed = |part| self.trouble(part, ClientError::Malformed(name.to_owned()));
        match name {
            AUTHENTICATED => match serde_json::from_str(payload) {
                Ok(payload) => self.on_authenticated(&payload),
                Err(_) => malformed(Part::Connection),
            },
            ERROR => match serde_json::from_str(payload) {
                Ok(error) => self.on_error(error),
                Err(_) => malformed(Part::Connection),
            },
            SYNC_REQUIRED => {
                self.feed().sync_required();
                self.remember();
                self.request_reload();
            }
            _ => match FeedEvent::read(name, payload) {
                Some(Ok(event)) => self.change(event),
                Some(Err(_)) => {
                    malformed(Part::Reload);
                    // Its number is not known; the snapshot will be beyond it.
                    self.feed().require_reload();
                    self.request_reload();
                }
                None => {}
            },
        }
    }
}
