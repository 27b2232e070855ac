//! The interface for the owner of a simulated Plaid.
//!
//! Owns the interface for tests and the demo. Must not decide about changes.

use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::app::App;
use super::change_log::{Row, Updated};
use super::item::Trouble;
use super::keys::Keys;
use super::options::PlaidOptions;
use super::routes;
use super::schedule::schedule;
use crate::bank::{Account, Bank, NewAccount, Unknown};
use crate::http::{CallCounts, Faults, Gate, Server, gated};
use crate::webhooks::Webhooks;

/// A simulated Plaid. It runs until it is dropped.
pub struct Plaid {
    app: Arc<App>,
    counts: CallCounts,
    faults: Faults,
    server: Server,
}

/// An item that was connected without Link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedItem {
    /// Its id.
    pub item_id: String,
    /// The access token for its calls.
    pub access_token: String,
    /// The ids of its accounts.
    pub accounts: Vec<String>,
}

impl Plaid {
    /// Listens at the options' address.
    pub async fn start(options: PlaidOptions) -> io::Result<Self> {
        let stopping = CancellationToken::new();
        let keys = Keys::new(options.seed ^ 0x006b_6579, options.clock.now()).map_err(io::Error::other)?;
        let (address, recorder) = (options.address, options.recorder.clone());
        let clock = options.clock.clone();
        let webhooks = Webhooks::new(clock, keys.clone(), schedule(), recorder.clone(), stopping.clone());
        let webhooks = webhooks.map_err(io::Error::other)?;
        let app = Arc::new(App::new(options, webhooks, keys, stopping.clone()));
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

    /// `http://127.0.0.1:<port>`: the value for `PLAID_API_URL`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The client id and the secret that it accepts.
    pub fn client(&self) -> (&str, &str) {
        (&self.app.options.client_id, &self.app.options.secret)
    }

    /// Its webhooks. A subscription needs no secret; the `webhook` of a link token also makes one.
    pub fn webhooks(&self) -> &Webhooks {
        &self.app.webhooks
    }

    /// How often it was called. Scopes are items' ids.
    pub fn calls(&self) -> &CallCounts {
        &self.counts
    }

    /// The faults of calls. An expired token here means an item whose user has to sign in again.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Calls `happens` with the banks and the simulated time. The next update reports the changes.
    pub fn bank<T>(&self, happens: impl FnOnce(&mut Bank, Timestamp) -> T) -> T {
        self.app.with(|state, now| happens(&mut state.bank, now))
    }

    /// Connects a user's bank with these accounts, without Link. Nothing is reported before the first
    /// [`Plaid::update`].
    pub fn connect(&self, user: &str, accounts: Vec<NewAccount>) -> LinkedItem {
        let (access_token, connection) = self.app.with(|state, now| state.add_item(user, accounts, None, now));
        LinkedItem { item_id: connection.id, access_token, accounts: connection.accounts }
    }

    /// Completes Link with this token as its user would, and returns the public token that Link hands to the page. In
    /// update mode the item is repaired; otherwise a new item's bank is read within the options' `update_duration`.
    pub fn complete_link(&self, link_token: &str) -> Result<String, Unknown> {
        self.app.complete_link(link_token)
    }

    /// Reads the item's bank at once. Webhooks report the changes.
    pub fn update(&self, item: &str) -> Result<Updated, Unknown> {
        self.app.with(|state, now| state.update(item, now))
    }

    /// Makes the item's user have to sign in again.
    pub fn require_login(&self, item: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.trouble(item, Trouble::LoginRequired, now))
    }

    /// Withdraws the permission of the item's user.
    pub fn revoke_permission(&self, item: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.trouble(item, Trouble::PermissionRevoked, now))
    }

    /// Repairs the item as if its user had signed in again, in another application.
    pub fn repair(&self, item: &str) -> Result<(), Unknown> {
        self.app.with(|state, now| state.repair(item, true, now))
    }

    /// Signs webhooks with a new key from now on; the previous one has expired.
    pub fn rotate_key(&self) -> io::Result<()> {
        self.app.keys.rotate(self.app.options.clock.now()).map_err(io::Error::other)
    }

    /// An item's current transactions: a complete run must end with these.
    pub fn transactions(&self, item: &str) -> Vec<Row> {
        self.app
            .with(|state, _| state.items.get(item).map(|item| item.log.rows().cloned().collect()).unwrap_or_default())
    }

    /// An item's accounts.
    pub fn accounts(&self, item: &str) -> Result<Vec<Account>, Unknown> {
        self.app.with(|state, _| {
            let connection = state.bank.connection(item)?;
            Ok(state.bank.accounts_of(connection).cloned().collect())
        })
    }
}
