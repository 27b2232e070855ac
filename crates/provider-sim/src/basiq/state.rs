//! The state of the simulated Basiq.
//!
//! Owns its users, connections, rows, jobs and events, and their changes. The same calls on the same seed have the same
//! outcome. Must not do I/O, or read a clock.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::{Event, Events};
use super::job::{End, Failure, Job, Work};
use super::options::BasiqOptions;
use super::paging::Pages;
use super::row::{Refreshed, Rows};
use super::token::Tokens;
use super::user::User;
use crate::bank::{AccountKind, Bank, Cents, Connection, ConnectionStatus, Country, Naming, NewAccount, Unknown};
use crate::budget::Budget;
use crate::ids::Ids;
use crate::webhooks::Message;

/// How long jobs can be read.
const JOBS_KEPT: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

/// The state of the simulated Basiq.
#[derive(Debug)]
pub(super) struct State {
    pub(super) bank: Bank,
    pub(super) rows: Rows,
    pub(super) users: BTreeMap<String, User>,
    pub(super) jobs: BTreeMap<String, Job>,
    pub(super) events: Events,
    pub(super) tokens: Tokens,
    pub(super) pages: Pages,
    pub(super) refreshes: Budget,
    pub(super) token_calls: Budget,
    /// The newest link to the consent page of each user.
    pub(super) auth_links: BTreeMap<String, String>,
    /// The messages to send.
    pub(super) outgoing: Vec<Message>,
    pub(super) ids: Ids,
    /// The address that the consent page redirects to.
    pub(super) redirect_url: String,
    /// Why the next job that connects a bank fails.
    pub(super) next_failure: Option<Failure>,
    links: String,
    job_duration: std::time::Duration,
}

impl State {
    pub(super) fn new(options: &BasiqOptions) -> Self {
        let seed = options.seed;
        let (day, minutes) = (std::time::Duration::from_secs(24 * 3600), std::time::Duration::from_secs(300));
        Self {
            bank: Bank::new(seed, Naming::Uuid, Country::Australia),
            rows: Rows::default(),
            users: BTreeMap::new(),
            jobs: BTreeMap::new(),
            events: Events::default(),
            tokens: Tokens::new(seed ^ 0x0074_6f6b_656e),
            pages: Pages::new(seed ^ 0x0070_6167_6573),
            refreshes: Budget::new(options.refreshes_a_day, day),
            token_calls: Budget::new(options.tokens_in_5_minutes, minutes),
            auth_links: BTreeMap::new(),
            outgoing: Vec::new(),
            ids: Ids::new(seed ^ 0x0069_6473),
            redirect_url: options.redirect_url.clone(),
            next_failure: None,
            links: options.links.clone(),
            job_duration: options.job_duration,
        }
    }

    /// Adds a user.
    pub(super) fn add_user(&mut self, mut user: User, now: Timestamp) -> User {
        user.id = self.ids.uuid();
        self.users.insert(user.id.clone(), user.clone());
        self.tell_user("user.created", &user.id, now);
        user
    }

    /// Deletes a user with all their data.
    pub(super) fn delete_user(&mut self, user: &str, now: Timestamp) {
        let connections: Vec<_> = self.bank.connections(Some(user)).map(|connection| connection.id.clone()).collect();
        for connection in connections {
            let _known = self.delete(&connection, now);
        }
        self.users.remove(user);
        self.tell_user("user.deleted", user, now);
    }

    /// Connects a user's bank with these accounts at once.
    pub(super) fn connect(
        &mut self,
        user: &str,
        institution: &str,
        accounts: Vec<NewAccount>,
        now: Timestamp,
    ) -> Result<Connection, Unknown> {
        if !self.users.contains_key(user) {
            return Err(Unknown(format!("user {user:?}")));
        }
        let connection = self.bank.connect(user, institution, accounts, now).clone();
        self.tell_connection("connection.created", &connection, now);
        self.activate(&connection.id, now)?;
        self.bank.connection(&connection.id).cloned()
    }

    /// A user connects a bank on the consent page: a job makes the connection.
    pub(super) fn begin_connect(&mut self, user: &str, institution: &str, now: Timestamp) -> Result<String, Unknown> {
        let accounts = vec![
            NewAccount::new("Everyday Account", AccountKind::Transaction, Cents(184_310)),
            NewAccount::new("Goal Saver", AccountKind::Savings, Cents(1_260_000)),
        ];
        let connection = self.bank.connect(user, institution, accounts, now).clone();
        let history = std::time::Duration::from_secs(45 * 24 * 3600);
        for (account, payments) in connection.accounts.iter().zip([60, 6]) {
            self.bank.past(account, payments, history, now)?;
        }
        self.bank.connection_mut(&connection.id)?.status = ConnectionStatus::Pending;
        self.tell_connection("connection.created", &connection, now);
        Ok(self.add_job(&connection, Work::Connect, now))
    }

    /// A user consents again: a job makes the connection active, with its existing accounts.
    pub(super) fn begin_reauthorise(&mut self, connection: &str, now: Timestamp) -> Result<String, Unknown> {
        let connection = self.bank.connection(connection)?.clone();
        Ok(self.add_job(&connection, Work::Connect, now))
    }

    /// Starts a job that reads the connection's bank again.
    pub(super) fn begin_refresh(&mut self, connection: &str, now: Timestamp) -> Result<String, Unknown> {
        let connection = self.bank.connection(connection)?.clone();
        Ok(self.add_job(&connection, Work::Refresh, now))
    }

    fn add_job(&mut self, connection: &Connection, work: Work, now: Timestamp) -> String {
        self.jobs.retain(|_, job| job.created_at.checked_add(JOBS_KEPT).is_ok_and(|forgotten| forgotten > now));
        let id = self.ids.uuid();
        let job = Job {
            id: id.clone(),
            user: connection.user.clone(),
            connection: connection.id.clone(),
            institution: connection.institution.clone(),
            work,
            created_at: now,
            duration: self.job_duration,
            end: None,
        };
        self.jobs.insert(id.clone(), job);
        id
    }

    /// Ends a job, whether it succeeded or failed.
    pub(super) fn finish(&mut self, job: &str, now: Timestamp) {
        let Some((connection, work)) = self.jobs.get(job).map(|job| (job.connection.clone(), job.work.clone())) else {
            return;
        };
        let wanted = if work == Work::Connect { self.next_failure.take() } else { None };
        let done = match work {
            _ if wanted.is_some() => self.invalidate(&connection, now),
            Work::Connect => self.activate(&connection, now),
            Work::Refresh => self.refresh(&connection, now).map(drop),
        };
        let gone = |_| ("connection-not-found", "Connection not found", "The connection is gone.");
        let failure = wanted.or_else(|| done.err().map(gone));
        if let Some(job) = self.jobs.get_mut(job) {
            job.end = Some(End { at: now, failure });
        }
    }

    /// Reads the bank again and reports its rows.
    pub(super) fn refresh(&mut self, connection: &str, now: Timestamp) -> Result<Refreshed, Unknown> {
        let known = self.bank.connection_mut(connection)?;
        known.refreshed_at = now;
        let known = known.clone();
        let refreshed = self.rows.refresh(&mut self.bank, &known, now);
        if refreshed != Refreshed::default() {
            let about = format!("/transactions?filter=connection.id.eq('{connection}')");
            let count = (refreshed.posted + refreshed.pending).to_string();
            let data =
                json!({ "type": "list", "count": count, "connection": { "type": "connection", "id": connection } });
            self.happened("transactions.updated", &known.user, about, data, now);
        }
        Ok(refreshed)
    }

    /// Makes a connection active and reads its bank.
    pub(super) fn activate(&mut self, connection: &str, now: Timestamp) -> Result<(), Unknown> {
        let known = self.bank.connection_mut(connection)?;
        known.status = ConnectionStatus::Active;
        let known = known.clone();
        self.tell_connection("connection.activated", &known, now);
        self.refresh(connection, now).map(drop)
    }

    /// The bank no longer accepts the connection: its user has to sign in again.
    pub(super) fn invalidate(&mut self, connection: &str, now: Timestamp) -> Result<(), Unknown> {
        let known = self.bank.connection_mut(connection)?;
        known.status = ConnectionStatus::Invalid;
        let known = known.clone();
        self.tell_connection("connection.invalidated", &known, now);
        Ok(())
    }

    /// Revokes a user's consent: all their connections are deleted.
    pub(super) fn revoke(&mut self, user: &str, now: Timestamp) {
        let connections: Vec<_> = self.bank.connections(Some(user)).map(|connection| connection.id.clone()).collect();
        self.happened("consent.revoked", user, "/consents".to_owned(), json!({ "type": "consent" }), now);
        for connection in connections {
            let _known = self.delete(&connection, now);
        }
    }

    /// Expires a user's consent: their connections stay invalid until a new consent.
    pub(super) fn expire_consent(&mut self, user: &str, now: Timestamp) {
        let connections: Vec<_> = self.bank.connections(Some(user)).map(|connection| connection.id.clone()).collect();
        self.happened("consent.expired", user, "/consents".to_owned(), json!({ "type": "consent" }), now);
        for connection in connections {
            let _known = self.invalidate(&connection, now);
        }
    }

    /// Deletes a connection with its accounts and rows.
    pub(super) fn delete(&mut self, connection: &str, now: Timestamp) -> Result<(), Unknown> {
        let connection = self.bank.disconnect(connection)?;
        self.rows.forget(&connection);
        self.tell_connection("connection.deleted", &connection, now);
        Ok(())
    }

    fn tell_user(&mut self, name: &'static str, user: &str, now: Timestamp) {
        self.happened(name, user, String::new(), json!({ "type": "user", "id": user }), now);
    }

    fn tell_connection(&mut self, name: &'static str, connection: &Connection, now: Timestamp) {
        let data = json!({ "type": "connection", "id": connection.id });
        self.happened(name, &connection.user, format!("/connections/{}", connection.id), data, now);
    }

    fn happened(&mut self, name: &'static str, user: &str, about: String, data: Value, now: Timestamp) {
        let event = Event { id: self.ids.hex(64), name, user: user.to_owned(), at: now, about, data };
        let message_id = format!("msg_{}", self.ids.base62(27));
        self.outgoing.push(event.message(&self.links, message_id));
        self.events.add(event);
    }
}
