//! A bank account.
//!
//! Owns its type. Must not know how a provider reports it.

use super::cents::Cents;
use super::payment::PaymentId;

/// The kind of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// For everyday payments.
    Transaction,
    /// For savings.
    Savings,
    /// A credit card; a debt is a negative balance.
    CreditCard,
}

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its holder's name for it.
    pub name: String,
    /// Its kind.
    pub kind: AccountKind,
    /// Its balance.
    pub balance: Cents,
}

impl NewAccount {
    /// An account with a name, a kind and a balance.
    pub fn new(name: impl Into<String>, kind: AccountKind, balance: Cents) -> Self {
        Self { name: name.into(), kind, balance }
    }
}

/// An account as its bank knows it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The provider's id of it.
    pub id: String,
    /// Its holder's name for it.
    pub name: String,
    /// Its kind.
    pub kind: AccountKind,
    /// Branch (BSB, six digits) and number (nine digits).
    pub number: (String, String),
    /// Its posted balance.
    pub balance: Cents,
    /// Its payments, in the order in which they were made.
    pub(crate) payments: Vec<PaymentId>,
}
