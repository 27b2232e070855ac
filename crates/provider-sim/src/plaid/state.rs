//! The state of the simulated Plaid.
//!
//! Owns its items and tokens, and their changes. The same calls on the same seed have the same outcome. Must not do
//! I/O, or read a clock.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::change_log::{ChangeLog, Updated};
use super::item::{DAYS, Item, Readiness, Trouble};
use super::messages::{self, Happened};
use super::options::PlaidOptions;
use super::session::Session;
use crate::bank::{AccountKind, Bank, Cents, Connection, Country, Naming, NewAccount, Unknown};
use crate::budget::Budget;
use crate::ids::Ids;
use crate::webhooks::Message;

/// The bank that users connect, one of Plaid's test institutions.
pub(super) const INSTITUTION: (&str, &str) = ("ins_109508", "First Platypus Bank");

/// How long a public token is valid.
const PUBLIC_TOKEN: Duration = Duration::from_secs(30 * 60);
/// How long a link token is valid.
pub(super) const LINK_TOKEN: Duration = Duration::from_secs(4 * 3600);

/// The purpose of a link token.
#[derive(Clone, Debug, Default)]
pub(super) struct Link {
    pub(super) user: String,
    pub(super) webhook: Option<String>,
    pub(super) days: Option<u32>,
    /// The item that is repaired, in update mode.
    pub(super) item: Option<String>,
    /// The address that Hosted Link redirects to.
    pub(super) completion_redirect_uri: Option<String>,
}

/// The state of the simulated Plaid.
#[derive(Debug)]
pub(super) struct State {
    pub(super) bank: Bank,
    pub(super) items: BTreeMap<String, Item>,
    pub(super) links: BTreeMap<String, Link>,
    /// The session of each link token that was opened.
    pub(super) sessions: BTreeMap<String, Session>,
    /// The item and expiry of each public token.
    public_tokens: BTreeMap<String, (String, Timestamp)>,
    pub(super) sync_calls: Budget,
    /// The messages to send.
    pub(super) outgoing: Vec<Message>,
    pub(super) last_webhook: Option<(&'static str, Timestamp)>,
    ids: Ids,
}

impl State {
    pub(super) fn new(options: &PlaidOptions) -> Self {
        Self {
            bank: Bank::new(options.seed, Naming::Base62, Country::America),
            items: BTreeMap::new(),
            links: BTreeMap::new(),
            sessions: BTreeMap::new(),
            public_tokens: BTreeMap::new(),
            sync_calls: Budget::new(options.syncs_a_minute, Duration::from_secs(60)),
            outgoing: Vec::new(),
            last_webhook: None,
            ids: Ids::new(options.seed ^ 0x0069_6473),
        }
    }

    /// The id of an answer.
    pub(super) fn request_id(&mut self) -> String {
        self.ids.base62(15)
    }

    /// A token of a kind: `link`, `public`, `access`.
    fn token(&mut self, kind: &str) -> String {
        format!("{kind}-sandbox-{}", self.ids.uuid())
    }

    /// Issues a token with which a user can connect a bank.
    pub(super) fn add_link(&mut self, link: Link) -> String {
        let token = self.token("link");
        self.links.insert(token.clone(), link);
        token
    }

    /// A user opens Link; opening it again changes nothing.
    pub(super) fn open_link(&mut self, token: &str, now: Timestamp) -> Result<(), Unknown> {
        if !self.links.contains_key(token) {
            return Err(Unknown(format!("link token {token:?}")));
        }
        let id = self.ids.uuid();
        let new = Session { id, started_at: now, finished_at: None, public_token: None, has_exit: false };
        self.sessions.entry(token.to_owned()).or_insert(new);
        Ok(())
    }

    /// A user leaves Link without connecting a bank.
    pub(super) fn leave_link(&mut self, token: &str, now: Timestamp) -> Result<(), Unknown> {
        self.open_link(token, now)?;
        self.links.remove(token);
        if let Some(session) = self.sessions.get_mut(token) {
            (session.finished_at, session.has_exit) = (Some(now), true);
        }
        Ok(())
    }

    /// A user completes Link. In update mode the item is repaired; otherwise a new one is added. Returns the public
    /// token, and the new item.
    pub(super) fn complete_link(&mut self, token: &str, now: Timestamp) -> Result<(String, Option<String>), Unknown> {
        self.open_link(token, now)?;
        let link = self.links.remove(token).unwrap_or_default();
        let (item, is_new) = match link.item {
            Some(item) => (item, false),
            None => (self.add_item_with_history(&link.user, link.days, now)?, true),
        };
        if !is_new {
            self.repair(&item, false, now)?;
        }
        let public_token = self.public_token(&item, now);
        if let Some(session) = self.sessions.get_mut(token) {
            session.finished_at = Some(now);
            session.public_token = is_new.then(|| public_token.clone());
        }
        Ok((public_token, is_new.then_some(item)))
    }

    /// Adds an item: a user has connected a bank with these accounts. Nothing is reported before the first update.
    pub(super) fn add_item(
        &mut self,
        user: &str,
        accounts: Vec<NewAccount>,
        days: Option<u32>,
        now: Timestamp,
    ) -> (String, Connection) {
        let connection = self.bank.connect(user, INSTITUTION.0, accounts, now).clone();
        let item = Item {
            id: connection.id.clone(),
            access_token: self.token("access"),
            readiness: Readiness::NotReady,
            trouble: None,
            is_synced: false,
            days,
            created_at: now,
            updated_at: None,
            log: ChangeLog::default(),
        };
        let access_token = item.access_token.clone();
        self.items.insert(item.id.clone(), item);
        (access_token, connection)
    }

    /// Adds an item whose bank has a history.
    pub(super) fn add_item_with_history(
        &mut self,
        user: &str,
        days: Option<u32>,
        now: Timestamp,
    ) -> Result<String, Unknown> {
        let accounts = vec![
            NewAccount::new("Plaid Checking", AccountKind::Transaction, Cents(11_094)),
            NewAccount::new("Plaid Saving", AccountKind::Savings, Cents(21_000)),
        ];
        let (_, connection) = self.add_item(user, accounts, days, now);
        let history = Duration::from_secs(u64::from(days.unwrap_or(DAYS)) * 24 * 3600);
        for (account, payments) in connection.accounts.iter().zip([60, 6]) {
            self.bank.past(account, payments, history, now)?;
        }
        Ok(connection.id)
    }

    /// Issues a token that can be exchanged once for the item's access token.
    pub(super) fn public_token(&mut self, item: &str, now: Timestamp) -> String {
        let token = self.token("public");
        let expires = now.checked_add(PUBLIC_TOKEN).unwrap_or(now);
        self.public_tokens.insert(token.clone(), (item.to_owned(), expires));
        token
    }

    /// The item of a public token, which this uses up.
    pub(super) fn exchange(&mut self, public_token: &str, now: Timestamp) -> Option<&Item> {
        let (item, expires) = self.public_tokens.remove(public_token)?;
        self.items.get(&item).filter(|_| expires > now)
    }

    /// The item of an access token.
    pub(super) fn item_of(&self, access_token: &str) -> Option<&Item> {
        self.items.values().find(|item| item.access_token == access_token)
    }

    fn item_mut(&mut self, id: &str) -> Result<&mut Item, Unknown> {
        self.items.get_mut(id).ok_or_else(|| Unknown(format!("item {id:?}")))
    }

    /// The first call of `/transactions/sync` fixes how far back the item reaches.
    pub(super) fn begin_syncing(&mut self, id: &str, days: Option<u32>) -> Result<(), Unknown> {
        let connection = self.bank.connection(id)?.clone();
        let Self { bank, items, .. } = self;
        let Some(item) = items.get_mut(id).filter(|item| !item.is_synced) else { return Ok(()) };
        item.is_synced = true;
        item.days = item.days.or(days).or(Some(DAYS));
        if item.readiness == Readiness::Complete {
            // No cursor has been issued yet.
            item.log = ChangeLog::default();
            item.log.update(bank, &connection, item.since());
        }
        Ok(())
    }

    /// Reads the bank and reports the changes.
    pub(super) fn update(&mut self, id: &str, now: Timestamp) -> Result<Updated, Unknown> {
        let connection = self.bank.connection(id)?.clone();
        let Self { bank, items, .. } = self;
        let item = items.get_mut(id).ok_or_else(|| Unknown(format!("item {id:?}")))?;
        if item.trouble.is_some() {
            return Ok(Updated::default());
        }
        let is_first = item.readiness == Readiness::NotReady;
        let updated = item.log.update(bank, &connection, item.since());
        (item.readiness, item.updated_at) = (Readiness::Complete, Some(now));
        let is_synced = item.is_synced;
        if is_first {
            self.happened(id, &Happened::InitialUpdate { new: updated.added }, now);
            self.happened(id, &Happened::HistoricalUpdate { new: updated.added }, now);
        } else if updated.added > 0 {
            self.happened(id, &Happened::DefaultUpdate { new: updated.added }, now);
        }
        if !updated.removed.is_empty() {
            self.happened(id, &Happened::TransactionsRemoved { ids: updated.removed.clone() }, now);
        }
        if is_synced && (is_first || updated != Updated::default()) {
            self.happened(id, &Happened::SyncUpdatesAvailable, now);
        }
        Ok(updated)
    }

    /// Makes the item's bank unreadable.
    pub(super) fn trouble(&mut self, id: &str, trouble: Trouble, now: Timestamp) -> Result<(), Unknown> {
        self.item_mut(id)?.trouble = Some(trouble);
        self.happened(id, &Happened::Trouble(trouble), now);
        Ok(())
    }

    /// Makes the item's bank readable again; reported only if that happened outside the application.
    pub(super) fn repair(&mut self, id: &str, is_told: bool, now: Timestamp) -> Result<(), Unknown> {
        self.item_mut(id)?.trouble = None;
        if is_told {
            self.happened(id, &Happened::LoginRepaired, now);
        }
        Ok(())
    }

    /// Removes the item with its access token.
    pub(super) fn remove(&mut self, id: &str) -> Result<(), Unknown> {
        self.items.remove(id).ok_or_else(|| Unknown(format!("item {id:?}")))?;
        self.bank.disconnect(id).map(drop)
    }

    fn happened(&mut self, item: &str, happened: &Happened, now: Timestamp) {
        let id = self.ids.uuid();
        self.last_webhook = Some((happened.code(), now));
        self.outgoing.push(messages::message(id, item, happened));
    }
}
