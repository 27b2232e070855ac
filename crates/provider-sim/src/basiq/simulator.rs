//! The interface for the owner of a simulated Basiq.
//!
//! Owns the interface for tests and the demo. Must not decide about changes.

use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::app::App;
use super::institutions::{self, INSTITUTIONS};
use super::options::BasiqOptions;
use super::routes;
use super::row::{Balances, Refreshed, Row};
use super::signing;
use super::user::User;
use crate::bank::{Account, Bank, Connection, NewAccount, Unknown};
use crate::http::{CallCounts, Faults, Gate, Server, gated};
use crate::webhooks::Webhooks;

/// A simulated Basiq. It runs until it is dropped.
///
/// ```no_run
/// # use provider_sim::{bank::{AccountKind, Cents, NewAccount, Purchase}, basiq::{Basiq, BasiqOptions}, Clock};
/// # async fn example(now: jiff::Timestamp) -> Result<(), Box<dyn std::error::Error>> {
/// let basiq = Basiq::start(BasiqOptions::new(Clock::starting_at(now))).await?;
/// basiq.webhooks().subscribe("http://127.0.0.1:3003/api/connectors/basiq/webhook", "whsec_c2VjcmV0");
/// let user = basiq.add_user("gavin@hooli.com");
/// let everyday = NewAccount::new("Everyday", AccountKind::Transaction, Cents(100_000));
/// let connection = basiq.connect(&user, vec![everyday])?;
/// basiq.bank(|bank, now| bank.purchase(&connection.accounts[0], Purchase::new(Cents(-450), "SINGLE O", now)))?;
/// basiq.refresh(&connection.id)?; // and the webhook is on its way
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Basiq {
    app: Arc<App>,
    counts: CallCounts,
    faults: Faults,
    server: Server,
}

impl Basiq {
    /// Listens at the options' address.
    pub async fn start(options: BasiqOptions) -> io::Result<Self> {
        let stopping = CancellationToken::new();
        let (clock, schedule) = (options.clock.clone(), signing::schedule());
        let (address, recorder) = (options.address, options.recorder.clone());
        let webhooks = Webhooks::new(clock, signing::StandardWebhooks, schedule, recorder.clone(), stopping.clone());
        let webhooks = webhooks.map_err(io::Error::other)?;
        let app = Arc::new(App::new(options, webhooks, stopping.clone()));
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

    /// `http://127.0.0.1:<port>`: the value for `BASIQ_API_URL`. The consent page is at `/home`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The API key that it accepts.
    pub fn api_key(&self) -> &str {
        &self.app.options.api_key
    }

    /// Its webhooks.
    pub fn webhooks(&self) -> &Webhooks {
        &self.app.webhooks
    }

    /// How often it was called. A scope is a connection's id, else a user's id; `token` for `POST /token`.
    pub fn calls(&self) -> &CallCounts {
        &self.counts
    }

    /// The faults of calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Calls `happens` with the banks and the simulated time. The next refresh reports the changes.
    pub fn bank<T>(&self, happens: impl FnOnce(&mut Bank, Timestamp) -> T) -> T {
        self.app.with(|state, now| happens(&mut state.bank, now))
    }

    /// Adds a user, and returns the id.
    pub fn add_user(&self, email: &str) -> String {
        let user = User { email: email.to_owned(), ..User::default() };
        self.app.with(|state, now| state.add_user(user, now)).id
    }

    /// Connects a user's bank with these accounts at once, without the consent page.
    pub fn connect(&self, user: &str, accounts: Vec<NewAccount>) -> Result<Connection, Unknown> {
        self.app.with(|state, now| state.connect(user, INSTITUTIONS[0].0, accounts, now))
    }

    /// Connects a bank of this name: `Hooli`, `Harbour Bank`, `Southern Mutual`.
    pub fn connect_at(&self, user: &str, bank: &str, accounts: Vec<NewAccount>) -> Result<Connection, Unknown> {
        let institution = institutions::id_of(bank).ok_or_else(|| Unknown(format!("bank {bank:?}")))?;
        self.app.with(|state, now| state.connect(user, institution, accounts, now))
    }

    /// Reads the bank again, at once and outside any budget, as Basiq's own daily refresh does. A webhook reports the
    /// changes.
    pub fn refresh(&self, connection: &str) -> Result<Refreshed, Unknown> {
        self.app.with(|state, now| state.refresh(connection, now))
    }

    /// Makes the bank reject the connection.
    pub fn invalidate(&self, connection: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.invalidate(connection, now))
    }

    /// Makes the bank accept the connection again.
    pub fn reactivate(&self, connection: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.activate(connection, now))
    }

    /// Sets the address that the consent page redirects to.
    pub fn return_to(&self, address: impl Into<String>) {
        self.app.with(|state, _| state.redirect_url = address.into());
    }

    /// Makes the next job that connects a bank fail: the bank does not accept the user's credentials.
    pub fn fail_next_consent(&self) {
        let failure =
            ("invalid-credentials", "Cannot login to target institution.", "The credentials were not accepted.");
        self.app.with(|state, _| state.next_failure = Some(failure));
    }

    /// How many users it has.
    pub fn users(&self) -> usize {
        self.app.with(|state, _| state.users.len())
    }

    /// Revokes a user's consent: all their connections are deleted.
    pub fn revoke_consent(&self, user: &str) {
        self.app.with(|state, now| state.revoke(user, now));
    }

    /// Expires a user's consent: all their connections become invalid.
    pub fn expire_consent(&self, user: &str) {
        self.app.with(|state, now| state.expire_consent(user, now));
    }

    /// Deletes a connection.
    pub fn delete(&self, connection: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.delete(connection, now))
    }

    /// Expires every issued token.
    pub fn expire_tokens(&self) {
        self.app.with(|state, now| state.tokens.expire(None, now));
    }

    /// A connection's current transactions, newest first: a complete run must end with these.
    pub fn transactions(&self, connection: &str) -> Vec<Row> {
        let mut rows = self.app.with(|state, _| state.rows.of(connection).to_vec());
        rows.sort_by_key(|row| std::cmp::Reverse(row.place()));
        rows
    }

    /// A connection's accounts with their balances at its last refresh.
    pub fn accounts(&self, connection: &str) -> Result<Vec<(Account, Balances)>, Unknown> {
        self.app.with(|state, _| {
            let connection = state.bank.connection(connection)?;
            let accounts = state.bank.accounts_of(connection);
            Ok(accounts.filter_map(|account| Some((account.clone(), state.rows.balances(&account.id)?))).collect())
        })
    }
}
