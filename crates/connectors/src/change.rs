//! What a delivery means, in our own words and before anybody's name is on it.
//!
//! Owns the normalised types. Must not know users: whose it is comes from the registered connection.

use serde_json::value::RawValue;
use wire::{Amount, Currency, PrimaryType, TransactionStatus};

use crate::When;

/// What an authentic delivery says.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// Something changed on a connection.
    Changes {
        /// The provider's id of the connection.
        connection_id: String,
        /// In the order they are to be applied.
        changes: Vec<Change>,
    },
    /// Nothing to do: a test message, an address validation.
    Nothing,
    /// It is this provider's envelope, but what is in it is not understood: one sentence why. The
    /// delivery is kept.
    NotUnderstood(String),
}

/// One thing that changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// A transaction is as this says, new or not.
    Transaction(Box<NewTransaction>),
    /// A transaction is gone.
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
    /// The provider's id of the account.
    pub account_id: String,
    /// Negative is money out.
    pub amount: Amount,
    /// Where the transaction itself, or the account beside it, tells.
    pub currency: Option<Currency>,
    /// When it happened.
    pub date: Dated,
    /// Its direction.
    pub primary_type: PrimaryType,
    /// The provider's finer class.
    pub secondary_type: Option<String>,
    /// For a person to read, masked.
    pub description: String,
    /// As it came, where masking or tidying changed it (masked as well).
    pub original_description: Option<String>,
    /// Who was paid, or who paid.
    pub merchant: Option<String>,
    /// The payment's reference.
    pub reference: Option<String>,
    /// Where it happened.
    pub location: Option<String>,
    /// The account's balance after it.
    pub balance: Option<Amount>,
    /// What else the provider said.
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

/// When a transaction happened, as far as that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dated {
    /// By its own date.
    At(When),
    /// It has none; the event that told of it happened then.
    Told(When),
    /// Nothing tells: it is when the delivery arrived.
    Unknown,
}

/// What is told of an account; what is not told stays as it was.
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
    /// What can be spent.
    pub available: Option<Amount>,
}
