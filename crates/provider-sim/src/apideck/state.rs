//! The state of the simulated Apideck.
//!
//! Owns the books, Vault's sessions and budgets, and the messages about changes. Must not do I/O, or read a clock.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::books::{Books, ConnectionState};
use super::messages;
use super::options::ApideckOptions;
use super::record::{NewRecord, Record};
use crate::bank::Unknown;
use crate::budget::Budget;
use crate::webhooks::Message;

/// How long a session lasts.
const SESSION: Duration = Duration::from_secs(3600);

/// A session of Vault: a consumer may choose and authorise services until it ends.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) consumer: String,
    pub(super) redirect_uri: String,
    pub(super) expires_at: Timestamp,
}

/// The state of the simulated Apideck.
#[derive(Debug)]
pub(super) struct State {
    pub(super) books: Books,
    pub(super) sessions: BTreeMap<String, Session>,
    /// The budget of each connection's service.
    pub(super) downstream: Budget,
    /// The messages to send.
    pub(super) outgoing: Vec<Message>,
    links: String,
}

impl State {
    pub(super) fn new(options: &ApideckOptions) -> Self {
        Self {
            books: Books::new(options.seed),
            sessions: BTreeMap::new(),
            downstream: Budget::new(options.calls_a_minute, Duration::from_secs(60)),
            outgoing: Vec::new(),
            links: options.links.clone(),
        }
    }

    /// Adds a session, and returns its token.
    pub(super) fn add_session(&mut self, consumer: &str, redirect_uri: &str, now: Timestamp) -> String {
        let expires_at = now.checked_add(SESSION).unwrap_or(now);
        self.sessions.retain(|_, session| session.expires_at > now);
        let token = self.books.ids().base62(48);
        let session = Session { consumer: consumer.to_owned(), redirect_uri: redirect_uri.to_owned(), expires_at };
        self.sessions.insert(token.clone(), session);
        token
    }

    /// A consumer chooses a service and authorises it; an existing connection can be called again.
    pub(super) fn connect(&mut self, consumer: &str, service: &str, now: Timestamp) -> Result<String, Unknown> {
        let id = format!("{service}+{consumer}");
        if self.books.connection(&id).is_err() {
            self.books.add(consumer, service, now);
            self.tell_connection("created", &id, now)?;
        }
        self.set_state(&id, ConnectionState::Callable, "callable", now)?;
        Ok(id)
    }

    /// Changes a connection's state.
    pub(super) fn set_state(
        &mut self,
        connection: &str,
        state: ConnectionState,
        verb: &str,
        now: Timestamp,
    ) -> Result<(), Unknown> {
        let known = self.books.connection_mut(connection)?;
        (known.state, known.updated_at) = (state, now);
        self.tell_connection(verb, connection, now)
    }

    /// Deletes a connection with its accounts and records.
    pub(super) fn delete_connection(&mut self, connection: &str, now: Timestamp) -> Result<(), Unknown> {
        self.tell_connection("deleted", connection, now)?;
        self.books.remove(connection).map(drop)
    }

    /// Enters a record.
    pub(super) fn enter(&mut self, connection: &str, new: NewRecord, now: Timestamp) -> Result<Record, Unknown> {
        let record = self.books.enter(connection, new, now, now)?;
        self.tell_record("created", connection, &record, now)?;
        Ok(record)
    }

    /// Changes a record.
    pub(super) fn change(
        &mut self,
        connection: &str,
        record: &str,
        change: impl FnOnce(&mut Record),
        now: Timestamp,
    ) -> Result<(), Unknown> {
        let record = self.books.change(connection, record, change, now)?;
        self.tell_record("updated", connection, &record, now)
    }

    /// Voids a record.
    pub(super) fn void(&mut self, connection: &str, record: &str, now: Timestamp) -> Result<(), Unknown> {
        let record = self.books.void(connection, record, now)?;
        self.tell_record("updated", connection, &record, now)
    }

    /// Deletes a record.
    pub(super) fn delete(&mut self, connection: &str, record: &str, now: Timestamp) -> Result<(), Unknown> {
        let record = self.books.delete(connection, record)?;
        self.tell_record("deleted", connection, &record, now)
    }

    fn tell_record(&mut self, verb: &str, connection: &str, record: &Record, now: Timestamp) -> Result<(), Unknown> {
        let (message_id, event_id) = (self.books.ids().uuid(), self.books.ids().uuid());
        let connection = self.books.connection(connection)?;
        self.outgoing.push(messages::of_record((message_id, &event_id), verb, &self.links, connection, record, now));
        Ok(())
    }

    fn tell_connection(&mut self, verb: &str, connection: &str, now: Timestamp) -> Result<(), Unknown> {
        let (message_id, event_id) = (self.books.ids().uuid(), self.books.ids().uuid());
        let connection = self.books.connection(connection)?;
        self.outgoing.push(messages::of_connection((message_id, &event_id), verb, connection, now));
        Ok(())
    }
}
