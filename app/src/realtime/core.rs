//! The decisions of a live feed on one page.
//!
//! Owns the feed, the errors and the state of the connection, and decides what each input leads to: the effects that it
//! returns. Must not execute them, know signals or timers, or read a clock: the time is passed in.

use socketio_client::{CloseReason, Status};
use wire::api::Snapshot;
use wire::error::SocketError;
use wire::events::{AUTHENTICATED, Authenticate, Authenticated, ERROR, SYNC_REQUIRED, SyncRequired};

use super::auth_recovery::{AuthRecovery, NextStep, Proof};
use super::connection::Connection;
use super::effect::Effect;
use super::errors::{Errors, Part};
use super::event::FeedEvent;
use super::feed::{Feed, Merged, Need, SignIn};
use super::fetch::Short;
use super::memory::Memory;
use super::month::MonthRollover;
use super::options::Target;
use super::reload::{Progress, Reload};
use super::repair::{Remedy, Repair};
use super::status::{ClientError, ConnectionStatus};
use crate::error::AppError;

mod older;
#[cfg(test)]
mod tests;

#[derive(Default)]
pub(super) struct Core {
    user_id: Option<String>,
    proof: Proof,
    memory: Memory,
    feed: Feed,
    repair: Repair,
    rollover: MonthRollover,
    recovery: AuthRecovery,
    errors: Errors,
    connection: Connection,
    reloading: bool,
    /// The event up to which the list was complete when the last snapshot was requested.
    requested_at: u64,
}

impl Core {
    /// `resume`: whether a reloaded page continues from the tab's position.
    pub(super) fn new(target: &Target, initial: Option<Snapshot>, resume: bool) -> Self {
        Self {
            user_id: target.user_id.clone(),
            proof: target.credential.proof(),
            memory: Memory::new(target.url.clone(), resume),
            feed: initial.map(Feed::new).unwrap_or_default(),
            ..Self::default()
        }
    }

    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    pub(super) fn errors(&self) -> &Errors {
        &self.errors
    }

    pub(super) fn status(&self) -> ConnectionStatus {
        self.connection.status()
    }

    /// The handshake's `auth`: the user, and the position to resume from.
    pub(super) fn auth_payload(&mut self, token: Option<String>) -> String {
        self.recall();
        let since = self.feed.ask();
        let epoch = since.and_then(|_| self.feed.epoch()).map(str::to_owned);
        let payload = Authenticate { user_id: self.user_id.clone(), token, since, epoch };
        serde_json::to_string(&payload).unwrap_or_else(|_| "{}".to_owned())
    }

    pub(super) fn recall(&mut self) {
        let remembered = self.memory.recall(self.owner());
        self.feed.recall(remembered);
    }

    /// Stores the position of the last notification. Must not be called while notifications are pending.
    pub(super) fn remember(&self) {
        self.memory.remember(self.owner(), self.feed.position());
    }

    /// The user who owns the feed; empty until known.
    fn owner(&self) -> &str {
        if self.feed.user_id().is_empty() { self.user_id.as_deref().unwrap_or_default() } else { self.feed.user_id() }
    }

    /// Whether data of this user belongs to this feed. A feed without an owner becomes theirs.
    fn accepts(&mut self, user_id: &str) -> bool {
        let owner = self.owner();
        let is_theirs = owner.is_empty() || owner == user_id;
        if is_theirs && self.feed.user_id().is_empty() {
            self.feed.belongs_to(user_id);
            self.recall();
        }
        is_theirs
    }

    pub(super) fn reconnecting(&mut self) {
        self.errors.clear(Part::Connection);
    }

    pub(super) fn on_status(&mut self, status: Status) -> Vec<Effect> {
        self.connection.transport_changed(status);
        match status {
            Status::Waiting { reason: CloseReason::NotReady, .. } => {
                let step = self.recovery.unanswered(self.proof);
                self.follow(step)
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn on_silent(&mut self, is_silent: bool) {
        self.connection.silent(is_silent);
    }

    pub(super) fn on_refused(&mut self, message: String) {
        self.errors.set(Part::Connection, ClientError::Refused(message));
    }

    pub(super) fn on_event(&mut self, name: &str, payload: &str, now: i64) -> Vec<Effect> {
        match name {
            AUTHENTICATED => {
                let payload = self.readable(name, serde_json::from_str(payload));
                payload.map(|payload| self.on_authenticated(&payload)).unwrap_or_default()
            }
            ERROR => {
                let error = self.readable(name, serde_json::from_str(payload));
                error.map(|error| self.on_error(error)).unwrap_or_default()
            }
            SYNC_REQUIRED => self.on_sync_required(serde_json::from_str(payload).ok()),
            _ => match FeedEvent::read(name, payload) {
                Some(Ok(event)) => self.on_feed_event(event, now),
                Some(Err(_)) => {
                    self.errors.set(Part::Reload, ClientError::Malformed(name.to_owned()));
                    self.feed.require_reload();
                    vec![Effect::Reload]
                }
                None => Vec::new(),
            },
        }
    }

    fn readable<T>(&mut self, name: &str, read: serde_json::Result<T>) -> Option<T> {
        if read.is_err() {
            self.errors.set(Part::Connection, ClientError::Malformed(name.to_owned()));
        }
        read.ok()
    }

    fn on_authenticated(&mut self, payload: &Authenticated) -> Vec<Effect> {
        if !self.accepts(&payload.user_id) {
            return self.end(ClientError::OtherUser);
        }
        let mut effects = match self.feed.signed_in(payload.epoch.as_deref(), payload.seq) {
            SignIn::ResumeAgain => return vec![Effect::Restart],
            SignIn::StartOver => vec![self.dropped()],
            SignIn::Continue => Vec::new(),
        };
        self.recovery.signed_in();
        self.errors.clear(Part::Connection);
        self.connection.signed_in(self.feed.is_loaded());
        effects.push(Effect::Ready);
        effects.extend(self.catch_up());
        effects
    }

    /// The server cannot send the missing events. An unreadable payload means the same.
    fn on_sync_required(&mut self, payload: Option<SyncRequired>) -> Vec<Effect> {
        let epoch = payload.filter(|payload| payload.reason == SyncRequired::EPOCH);
        let is_dropped =
            epoch.is_some_and(|SyncRequired { epoch, seq, .. }| self.feed.epoch_changed(epoch.as_deref(), seq));
        if is_dropped {
            return vec![self.dropped(), Effect::Reload];
        }
        self.feed.sync_required();
        vec![Effect::Reload]
    }

    /// The feed has dropped everything.
    fn dropped(&mut self) -> Effect {
        self.requested_at = 0;
        self.connection.data_changed(self.feed.is_loaded());
        Effect::Clear
    }

    fn on_error(&mut self, error: SocketError) -> Vec<Effect> {
        let step = self.recovery.refused(error.code, self.proof);
        if !matches!(step, NextStep::CheckSession | NextStep::End) {
            self.errors.set(Part::Connection, ClientError::Server(error));
        }
        self.follow(step)
    }

    fn follow(&mut self, step: NextStep) -> Vec<Effect> {
        match step {
            NextStep::Show => Vec::new(),
            NextStep::Retry => vec![Effect::Retry],
            NextStep::RetryAfter(ms) => vec![Effect::RetryAfter(ms)],
            NextStep::CheckSession => vec![Effect::Reload, Effect::Retry],
            NextStep::End => self.end(ClientError::SessionEnded),
        }
    }

    fn on_feed_event(&mut self, event: FeedEvent, now: i64) -> Vec<Effect> {
        let outcome = self.feed.apply(event);
        let mut effects = vec![Effect::Flush { changed: outcome.changed, news: outcome.news }];
        effects.extend(if outcome.gap { Some(self.fill_gap(now)) } else { self.catch_up() });
        effects
    }

    fn catch_up(&self) -> Option<Effect> {
        (self.feed.need() != Need::Nothing).then_some(Effect::Reload)
    }

    fn fill_gap(&mut self, now: i64) -> Effect {
        match self.repair.remedy(self.feed.since(), now) {
            Remedy::Resume => Effect::Restart,
            Remedy::Reload => {
                self.feed.lose();
                Effect::Reload
            }
        }
    }

    /// A minute has passed. Also called on a page that receives no events.
    pub(super) fn on_minute(&mut self, now: i64) -> Option<Effect> {
        let is_due = self.connection.is_live() && self.rollover.is_due(&self.feed.summary().from, now);
        is_due.then(|| {
            self.feed.require_reload();
            Effect::Reload
        })
    }

    /// Shortens a list that is not being read. Without a connection it stays, because nothing could replace it.
    pub(super) fn shorten(&mut self) -> Option<Effect> {
        (self.connection.is_live() && self.feed.shorten()).then_some(Effect::Reload)
    }

    /// Ends the feed for a reason that retrying does not solve, and hides everything. Cancels any check of the session.
    fn end(&mut self, error: ClientError) -> Vec<Effect> {
        self.errors.set(Part::Connection, error);
        self.recovery = AuthRecovery::default();
        self.feed.end();
        vec![Effect::Disconnect, Effect::Clear]
    }

    /// Begins a reload. `None` if one is in progress.
    pub(super) fn begin_reload(&mut self) -> Option<Reload> {
        if std::mem::replace(&mut self.reloading, true) {
            return None;
        }
        Some(Reload::new(self.feed.seq(), self.feed.need(), self.feed.is_loaded(), self.recovery.check_delay_ms()))
    }

    /// Checks how far the events have come.
    pub(super) fn look(&mut self, reload: &mut Reload) -> Progress {
        self.requested_at = self.feed.seq();
        let progress = reload.look(self.requested_at, self.feed.need(), self.recovery.needs_check());
        if progress == Progress::Done {
            self.errors.clear(Part::Reload);
            self.reloading = false;
        }
        progress
    }

    /// Applies a snapshot, unless it is too short.
    pub(super) fn take(&mut self, snapshot: Snapshot) -> Result<Vec<Effect>, Box<Short>> {
        if !self.accepts(&snapshot.user_id) {
            return Ok(self.end(ClientError::OtherUser));
        }
        self.recovery.confirmed();
        let mut effects = Vec::new();
        if self.feed.is_foreign(&snapshot) || snapshot.seq < self.requested_at {
            if self.connection.is_signed_in() {
                // The socket and the page's own server disagree: a new sign-in decides.
                return Ok(vec![Effect::Restart]);
            }
            self.feed.start_over(snapshot.epoch.as_deref(), snapshot.seq);
            effects.push(self.dropped());
        }
        let lacking = self.feed.lacking(&snapshot);
        if lacking > 0 {
            return Err(Box::new(Short { snapshot, lacking }));
        }
        let Some(Merged { news }) = self.feed.merge(snapshot) else { return Ok(effects) };
        self.errors.clear(Part::Reload);
        self.connection.data_changed(self.feed.is_loaded());
        effects.push(Effect::FlushNow(news));
        Ok(effects)
    }

    /// A request of the reload was answered. Returns whether the reload continues, and the effects.
    pub(super) fn reloaded(&mut self, reload: &mut Reload, result: Result<(), AppError>) -> (bool, Vec<Effect>) {
        let Err(error) = result else {
            reload.succeeded();
            return (true, Vec::new());
        };
        self.feed.keep_long();
        match error {
            AppError::Unauthorized if self.recovery.denied() => {
                self.reloading = false;
                return (false, self.end(ClientError::SessionEnded));
            }
            AppError::Unauthorized => reload.unauthorized(),
            error => {
                self.errors.set(Part::Reload, ClientError::Reload(error));
                reload.failed();
            }
        }
        (true, Vec::new())
    }
}
