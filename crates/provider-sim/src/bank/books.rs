//! The banks' books.
//!
//! Owns the accounts, payments and connections of one simulator. Must not know what a provider has reported of them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::merchants::{self, Country, Merchant};
use super::{
    Account, Cents, Connection, ConnectionStatus, NewAccount, Payment, PaymentId, PaymentStatus, Posting, Purchase,
};
use crate::ids::Ids;

/// How long an Australian consent to share data lasts at most.
const CONSENT: Duration = Duration::from_secs(365 * 24 * 3600);

/// A name that the simulator does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {0}")]
pub struct Unknown(pub String);

/// The form of a provider's ids.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Naming {
    /// `ee01356a-6ecb-4929-9c2d-87b961bb46d2`
    Uuid,
    /// `BxBXxLj1m4HMXBm9WZZmCWVbPjX16EHwv99vp`
    Base62,
}

/// The books.
#[derive(Debug)]
pub struct Bank {
    ids: Ids,
    naming: Naming,
    country: Country,
    accounts: BTreeMap<String, Account>,
    connections: BTreeMap<String, Connection>,
    payments: Vec<Payment>,
}

impl Bank {
    pub(crate) fn new(seed: u64, naming: Naming, country: Country) -> Self {
        let ids = Ids::new(seed);
        Self { ids, naming, country, accounts: BTreeMap::new(), connections: BTreeMap::new(), payments: Vec::new() }
    }

    /// An id in the provider's form.
    pub(crate) fn id(&mut self) -> String {
        match self.naming {
            Naming::Uuid => self.ids.uuid(),
            Naming::Base62 => self.ids.base62(37),
        }
    }

    /// A person connects a bank, at which these accounts are opened.
    pub fn connect(&mut self, user: &str, institution: &str, accounts: Vec<NewAccount>, now: Timestamp) -> &Connection {
        let id = self.id();
        let accounts = accounts.into_iter().map(|account| self.open(account)).collect();
        let connection = Connection {
            id: id.clone(),
            user: user.to_owned(),
            institution: institution.to_owned(),
            accounts,
            status: ConnectionStatus::Active,
            created_at: now,
            expires_at: later(now, CONSENT),
            refreshed_at: now,
        };
        self.connections.entry(id).or_insert(connection)
    }

    fn open(&mut self, account: NewAccount) -> String {
        let id = self.id();
        let number = (format!("062{}", self.ids.digits(3)), self.ids.digits(9));
        let NewAccount { name, kind, balance } = account;
        let account = Account { id: id.clone(), name, kind, number, balance, payments: Vec::new() };
        self.accounts.insert(id.clone(), account);
        id
    }

    /// Makes a payment, which is pending.
    pub fn purchase(&mut self, account: &str, purchase: Purchase) -> Result<PaymentId, Unknown> {
        let Purchase { cents, description, merchant, at } = purchase;
        let category = <(String, String)>::default();
        let payment = Payment {
            account: account.to_owned(),
            cents,
            description,
            merchant,
            category,
            made_at: at,
            status: PaymentStatus::Pending,
        };
        self.enter(payment)
    }

    /// Makes a typical payment, which is pending.
    pub fn draw(&mut self, account: &str, at: Timestamp) -> Result<PaymentId, Unknown> {
        let kind = self.account(account)?.kind;
        let merchant = merchants::draw(self.country, kind, &mut self.ids);
        self.pay(account, merchant, at)
    }

    /// Makes a payment of this kind, which is pending.
    pub(super) fn pay(&mut self, account: &str, merchant: &Merchant, at: Timestamp) -> Result<PaymentId, Unknown> {
        let cents = merchant.amount(&mut self.ids);
        let payment = Payment {
            account: account.to_owned(),
            cents,
            description: merchant.statement.to_owned(),
            merchant: (!merchant.name.is_empty()).then(|| merchant.name.to_owned()),
            category: (merchant.category.0.to_owned(), merchant.category.1.to_owned()),
            made_at: at,
            status: PaymentStatus::Pending,
        };
        self.enter(payment)
    }

    /// The country in which its people spend.
    pub(super) fn country(&self) -> Country {
        self.country
    }

    /// Random ids and choices.
    pub(super) fn ids_mut(&mut self) -> &mut Ids {
        &mut self.ids
    }

    /// Makes and posts a number of typical payments, evenly over the time before `now`.
    pub fn history(&mut self, account: &str, count: u32, before: Duration, now: Timestamp) -> Result<(), Unknown> {
        for index in (1..=count).rev() {
            let made_at = earlier(now, before / count * index);
            let payment = self.draw(account, made_at)?;
            self.post(payment, Posting::unchanged(made_at))?;
        }
        Ok(())
    }

    fn enter(&mut self, payment: Payment) -> Result<PaymentId, Unknown> {
        let account = account_mut(&mut self.accounts, &payment.account)?;
        let id = PaymentId(self.payments.len());
        account.payments.push(id);
        self.payments.push(payment);
        Ok(id)
    }

    /// Posts a pending payment. Any other stays unchanged.
    pub fn post(&mut self, payment: PaymentId, posting: Posting) -> Result<(), Unknown> {
        let entry = payment_mut(&mut self.payments, payment)?;
        if !entry.is_pending() {
            return Ok(());
        }
        entry.cents = posting.cents.unwrap_or(entry.cents);
        entry.description = posting.description.unwrap_or_else(|| entry.description.clone());
        entry.made_at = posting.made_at.unwrap_or(entry.made_at);
        let account = account_mut(&mut self.accounts, &entry.account)?;
        account.balance += entry.cents;
        entry.status = PaymentStatus::Posted { at: posting.at, balance: account.balance };
        Ok(())
    }

    /// Releases a pending payment, which is never posted. Any other stays unchanged.
    pub fn vanish(&mut self, payment: PaymentId) -> Result<(), Unknown> {
        let entry = payment_mut(&mut self.payments, payment)?;
        if entry.is_pending() {
            entry.status = PaymentStatus::Vanished;
        }
        Ok(())
    }

    /// Changes a pending payment's amount or text while it is pending. Any other stays unchanged.
    pub fn amend(&mut self, payment: PaymentId, cents: Cents, description: &str) -> Result<(), Unknown> {
        let entry = payment_mut(&mut self.payments, payment)?;
        if entry.is_pending() {
            entry.cents = cents;
            description.clone_into(&mut entry.description);
        }
        Ok(())
    }

    /// An account.
    pub fn account(&self, id: &str) -> Result<&Account, Unknown> {
        self.accounts.get(id).ok_or_else(|| Unknown(format!("account {id:?}")))
    }

    /// An account's available balance: its balance including pending payments.
    pub fn available(&self, account: &Account) -> Cents {
        let pending = self.payments_of(account).filter(|(_, payment)| payment.is_pending());
        account.balance + pending.map(|(_, payment)| payment.cents).sum()
    }

    /// A payment.
    pub fn payment(&self, id: PaymentId) -> Result<&Payment, Unknown> {
        self.payments.get(id.0).ok_or_else(|| Unknown(format!("payment {}", id.0)))
    }

    /// An account's payments in the order in which they were made.
    pub fn payments_of<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = (PaymentId, &'a Payment)> {
        account.payments.iter().filter_map(|id| self.payments.get(id.0).map(|payment| (*id, payment)))
    }

    /// A connection.
    pub fn connection(&self, id: &str) -> Result<&Connection, Unknown> {
        self.connections.get(id).ok_or_else(|| unknown_connection(id))
    }

    /// All connections, or those of one user.
    pub fn connections(&self, user: Option<&str>) -> impl Iterator<Item = &Connection> {
        self.connections.values().filter(move |connection| user.is_none_or(|user| connection.user == user))
    }

    /// A connection's accounts.
    pub fn accounts_of<'a>(&'a self, connection: &'a Connection) -> impl Iterator<Item = &'a Account> {
        connection.accounts.iter().filter_map(|id| self.accounts.get(id))
    }

    /// A connection, to change it.
    pub(crate) fn connection_mut(&mut self, id: &str) -> Result<&mut Connection, Unknown> {
        self.connections.get_mut(id).ok_or_else(|| unknown_connection(id))
    }

    /// Withdraws the consent: the connection is gone with its accounts and payments.
    pub(crate) fn disconnect(&mut self, id: &str) -> Result<Connection, Unknown> {
        self.connections.remove(id).ok_or_else(|| unknown_connection(id))
    }
}

fn unknown_connection(id: &str) -> Unknown {
    Unknown(format!("connection {id:?}"))
}

fn account_mut<'a>(accounts: &'a mut BTreeMap<String, Account>, id: &str) -> Result<&'a mut Account, Unknown> {
    accounts.get_mut(id).ok_or_else(|| Unknown(format!("account {id:?}")))
}

fn payment_mut(payments: &mut [Payment], id: PaymentId) -> Result<&mut Payment, Unknown> {
    payments.get_mut(id.0).ok_or_else(|| Unknown(format!("payment {}", id.0)))
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::ZERO);
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}
