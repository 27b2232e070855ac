//! The interface for the owner of a simulated Apideck.
//!
//! Owns the interface for tests and the demo. Must not decide about changes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::app::App;
use super::books::ConnectionState;
use super::options::ApideckOptions;
use super::record::{LedgerAccount, NewRecord, Record};
use super::{routes, signing};
use crate::bank::{Cents, Unknown};
use crate::http::{CallCounts, Faults, Gate, Server, gated};
use crate::webhooks::Webhooks;

/// A simulated Apideck. It runs until it is dropped.
#[derive(Debug)]
pub struct Apideck {
    app: Arc<App>,
    counts: CallCounts,
    faults: Faults,
    server: Server,
}

impl Apideck {
    /// Listens at the options' address.
    pub async fn start(options: ApideckOptions) -> io::Result<Self> {
        let stopping = CancellationToken::new();
        let (clock, schedule) = (options.clock.clone(), signing::schedule());
        let (address, recorder) = (options.address, options.recorder.clone());
        let webhooks = Webhooks::new(clock, signing::SortedKeys, schedule, recorder.clone(), stopping.clone());
        let webhooks = webhooks.map_err(io::Error::other)?;
        let app = Arc::new(App::new(options, webhooks));
        let (counts, faults) = (CallCounts::default(), Faults::default());
        let gate = Gate {
            front: Arc::clone(&app),
            counts: counts.clone(),
            faults: faults.clone(),
            recorder,
            stopping: stopping.clone(),
        };
        let server = Server::start(address, gated(routes::routes(Arc::clone(&app)), gate), stopping).await?;
        Ok(Self { app, counts, faults, server })
    }

    /// `http://127.0.0.1:<port>`: the value for `APIDECK_API_URL`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The API key and the application's id that it accepts.
    pub fn application(&self) -> (&str, &str) {
        (&self.app.options.api_key, &self.app.options.app_id)
    }

    /// Its webhooks. The secret of a subscription is the API key: Apideck signs with it.
    pub fn webhooks(&self) -> &Webhooks {
        &self.app.webhooks
    }

    /// How often it was called. A scope is a connection (`xero+consumer-1`), else a consumer.
    pub fn calls(&self) -> &CallCounts {
        &self.counts
    }

    /// The faults of calls. An expired token here means a connection that has to be authorised again.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Connects a service for a consumer at once, without Vault's page, and returns the connection's id,
    /// `{serviceId}+{consumerId}`. Its books have one bank account.
    pub fn connect(&self, consumer: &str, service: &str) -> Result<String, Unknown> {
        self.app.with(|state, now| state.connect(consumer, service, now))
    }

    /// Enters a number of typical records of a small studio, evenly over the time before now. No webhook reports them.
    pub fn history(&self, connection: &str, count: u32, before: Duration) -> Result<(), Unknown> {
        self.app.with(|state, now| state.books.history(connection, count, before, now))
    }

    /// Enters a record.
    pub fn enter(&self, connection: &str, record: NewRecord) -> Result<Record, Unknown> {
        self.app.with(|state, now| state.enter(connection, record, now))
    }

    /// Enters a typical record of a small studio.
    pub fn draw(&self, connection: &str) -> Result<Record, Unknown> {
        self.app.with(|state, now| {
            let record = state.books.draw();
            state.enter(connection, record, now)
        })
    }

    /// Changes a record.
    pub fn change(&self, connection: &str, record: &str, change: impl FnOnce(&mut Record)) -> Result<(), Unknown> {
        self.app.with(|state, now| state.change(connection, record, change, now))
    }

    /// Voids a record: it stays in lists with that status.
    pub fn void(&self, connection: &str, record: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.void(connection, record, now))
    }

    /// Deletes a record: it is no longer in any list.
    pub fn delete(&self, connection: &str, record: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.delete(connection, record, now))
    }

    /// Makes the connection require a new authorisation.
    pub fn revoke(&self, connection: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.set_state(connection, ConnectionState::Invalid, "revoked", now))
    }

    /// Authorises the connection again.
    pub fn authorize(&self, connection: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.set_state(connection, ConnectionState::Callable, "callable", now))
    }

    /// Deletes the connection with its accounts and records.
    pub fn disconnect(&self, connection: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.delete_connection(connection, now))
    }

    /// A connection's current records, in the order in which they were entered: a complete run must end with these.
    pub fn records(&self, connection: &str) -> Result<Vec<Record>, Unknown> {
        self.app.with(|state, _| {
            let mut records: Vec<_> = state.books.connection(connection)?.records.values().cloned().collect();
            records.sort_by_key(|record| record.serial);
            Ok(records)
        })
    }

    /// A connection's accounts with their balances.
    pub fn accounts(&self, connection: &str) -> Result<Vec<(LedgerAccount, Cents)>, Unknown> {
        self.app.with(|state, _| {
            let connection = state.books.connection(connection)?;
            let accounts = connection.accounts.iter();
            Ok(accounts.map(|account| (account.clone(), connection.balance(account))).collect())
        })
    }
}
