//! A payment on an account.
//!
//! Owns its types. Must not know the ids under which a provider reports it.

use jiff::Timestamp;

use super::cents::Cents;

/// The bank's own identity of a payment. No provider reports it; by it a test knows which rows are the same purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId(pub(super) usize);

/// A payment as its bank knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The provider's id of its account.
    pub account: String,
    /// The amount; negative is money out.
    pub cents: Cents,
    /// As the statement says it.
    pub description: String,
    /// The business that was paid, where one was.
    pub merchant: Option<String>,
    /// Its category: a code and a title of ANZSIC in Australia, one of Plaid's personal finance categories, primary and
    /// detailed, in the United States. Empty where nothing is known.
    pub category: (String, String),
    /// When it was made.
    pub made_at: Timestamp,
    /// How far it is.
    pub status: PaymentStatus,
}

/// How far a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Approved, not on the statement yet.
    Pending,
    /// On the statement.
    Posted {
        /// When it was posted.
        at: Timestamp,
        /// The account's balance then.
        balance: Cents,
    },
    /// A pending one that was never posted: a released authorisation.
    Vanished,
}

impl Payment {
    /// Whether it is pending.
    pub fn is_pending(&self) -> bool {
        self.status == PaymentStatus::Pending
    }

    /// When it was posted; nothing where it was not.
    pub fn posted_at(&self) -> Option<Timestamp> {
        match self.status {
            PaymentStatus::Posted { at, .. } => Some(at),
            PaymentStatus::Pending | PaymentStatus::Vanished => None,
        }
    }
}

/// A payment that is made.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// The amount; negative is money out.
    pub cents: Cents,
    /// As the statement says it.
    pub description: String,
    /// The business that is paid.
    pub merchant: Option<String>,
    /// When it is made.
    pub at: Timestamp,
}

impl Purchase {
    /// A payment with an amount, a text and a time.
    pub fn new(cents: Cents, description: impl Into<String>, at: Timestamp) -> Self {
        Self { cents, description: description.into(), merchant: None, at }
    }
}

/// How a pending payment is posted.
#[derive(Clone, Debug)]
pub struct Posting {
    /// When.
    pub at: Timestamp,
    /// Its final amount, where that differs: a tip, a tank that was filled for less than was approved.
    pub cents: Option<Cents>,
    /// Its final text, where that differs.
    pub description: Option<String>,
    /// When it was made, where the statement says another time.
    pub made_at: Option<Timestamp>,
}

impl Posting {
    /// As it was.
    pub fn unchanged(at: Timestamp) -> Self {
        Self { at, cents: None, description: None, made_at: None }
    }
}
