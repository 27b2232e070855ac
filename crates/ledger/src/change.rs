//! A provider's report, in our own terms and without a user.
//!
//! Owns the normalised types. Must not know users: the registered connection decides whose a change is.

use serde_json::value::RawValue;
use wire::{Amount, Currency, DatePrecision, PrimaryType, TransactionStatus};

/// One thing that changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// How recent the report is, if the provider says so: the time of the change in milliseconds since 1970, or the
    /// row's version.
    pub version: Option<i64>,
    /// The change.
    pub update: Update,
}

/// The kinds of changes.
#[derive(Clone, Debug)]
pub enum Update {
    /// A new or changed transaction.
    Transaction(Box<NewTransaction>),
    /// A deleted transaction.
    TransactionDeleted {
        /// The provider's id.
        transaction_id: String,
        /// Its account.
        account_id: String,
    },
    /// An account, its name or balance.
    Account(AccountUpdate),
    /// The connection's own state: `active`, `pending`, `invalid`, `revoked` or `deleted`.
    ConnectionStatus(&'static str),
}

/// A transaction without its owner.
#[derive(Clone, Debug)]
pub struct NewTransaction {
    /// The provider's id, unique within the account.
    pub transaction_id: String,
    /// The provider's id of the pending transaction that this one replaces, if the provider names one (Plaid's
    /// `pending_transaction_id`).
    pub predecessor: Option<String>,
    /// The provider's id of the account.
    pub account_id: String,
    /// Negative is money out.
    pub amount: Amount,
    /// The currency, if the transaction or the accompanying account names one.
    pub currency: Option<Currency>,
    /// When it happened.
    pub date: Dated,
    /// Its direction.
    pub primary_type: PrimaryType,
    /// The provider's finer class.
    pub secondary_type: Option<String>,
    /// Readable text, masked.
    pub description: String,
    /// The text as received, if masking or tidying changed it (masked as well).
    pub original_description: Option<String>,
    /// Who was paid, or who paid.
    pub merchant: Option<String>,
    /// The payment's reference.
    pub reference: Option<String>,
    /// Where it happened.
    pub location: Option<String>,
    /// The account's balance after it.
    pub balance: Option<Amount>,
    /// Other members of the provider's row.
    pub metadata: Option<Box<RawValue>>,
    /// The provider's guess at a category.
    pub category_hint: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// A picture of the receipt.
    pub receipt_url: Option<String>,
    /// The invoice, bill or statement.
    pub document_url: Option<String>,
    /// Whether the bank has booked it.
    pub status: Option<TransactionStatus>,
}

/// A day or an instant, as stored and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// RFC 3339 in UTC; for a day, its midnight.
    pub date: String,
    /// Which of the two it is.
    pub precision: DatePrecision,
}

/// When a transaction happened, as far as the report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dated {
    /// By its own date.
    At(When),
    /// It has no date; the event that reported it happened then.
    Reported(When),
    /// No date is known: the delivery's arrival replaces it.
    Unknown,
}

/// The report of an account; members that are not reported stay unchanged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountUpdate {
    /// The provider's id.
    pub account_id: String,
    /// Its name.
    pub name: Option<String>,
    /// The last four digits of its number.
    pub last_digits: Option<String>,
    /// `transaction`, `savings`, `credit-card` …
    pub kind: Option<String>,
    /// Its currency.
    pub currency: Option<Currency>,
    /// The booked balance.
    pub balance: Option<Amount>,
    /// The available balance.
    pub available: Option<Amount>,
}

impl Change {
    /// The account that the change is about; `None` if it is about the connection.
    pub fn account_id(&self) -> Option<&str> {
        match &self.update {
            Update::Transaction(new) => Some(&new.account_id),
            Update::TransactionDeleted { account_id, .. } => Some(account_id),
            Update::Account(update) => Some(&update.account_id),
            Update::ConnectionStatus(_) => None,
        }
    }

    /// The transaction that the change is about, by its account and the provider's id.
    pub fn transaction(&self) -> Option<(&str, &str)> {
        match &self.update {
            Update::Transaction(new) => Some((&new.account_id, &new.transaction_id)),
            Update::TransactionDeleted { transaction_id, account_id } => Some((account_id, transaction_id)),
            Update::Account(_) | Update::ConnectionStatus(_) => None,
        }
    }

    /// The pending transaction that it replaces, by its account and the provider's id.
    pub fn predecessor(&self) -> Option<(&str, &str)> {
        match &self.update {
            Update::Transaction(new) => Some((&new.account_id, new.predecessor.as_deref()?)),
            Update::TransactionDeleted { .. } | Update::Account(_) | Update::ConnectionStatus(_) => None,
        }
    }
}
