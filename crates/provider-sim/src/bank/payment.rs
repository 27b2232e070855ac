//! A payment on an account.
//!
//! Owns its types. Must not know the ids under which a provider reports it.

use jiff::Timestamp;

use super::cents::Cents;

/// The bank's own identity of a payment. No provider reports it; it tells a test which rows are the same purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId(pub(super) usize);

/// A payment as its bank knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The provider's id of its account.
    pub account: String,
    /// The amount; negative is money out.
    pub cents: Cents,
    /// The text on the statement.
    pub description: String,
    /// The business that was paid, if any.
    pub merchant: Option<String>,
    /// Its category: a code and a title of ANZSIC in Australia, one of Plaid's personal finance categories, primary and
    /// detailed, in the United States. Empty if unknown.
    pub category: (String, String),
    /// When it was made.
    pub made_at: Timestamp,
    /// Its status.
    pub status: PaymentStatus,
}

/// The status of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Approved, but not on the statement yet.
    Pending,
    /// On the statement.
    Posted {
        /// When it was posted.
        at: Timestamp,
        /// The account's balance then.
        balance: Cents,
    },
    /// It was pending and never posted: a released authorisation.
    Vanished,
}

impl Payment {
    /// Whether it is pending.
    pub fn is_pending(&self) -> bool {
        self.status == PaymentStatus::Pending
    }

    /// When it was posted; `None` if it was not.
    pub fn posted_at(&self) -> Option<Timestamp> {
        match self.status {
            PaymentStatus::Posted { at, .. } => Some(at),
            PaymentStatus::Pending | PaymentStatus::Vanished => None,
        }
    }
}

/// A payment to make.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// The amount; negative is money out.
    pub cents: Cents,
    /// The text on the statement.
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
    /// The time of posting.
    pub at: Timestamp,
    /// Its final amount, if different: a tip, or a tank that was filled for less than was approved.
    pub cents: Option<Cents>,
    /// Its final text, if different.
    pub description: Option<String>,
    /// When it was made, if the statement gives a different time.
    pub made_at: Option<Timestamp>,
}

impl Posting {
    /// A posting without changes.
    pub fn unchanged(at: Timestamp) -> Self {
        Self { at, cents: None, description: None, made_at: None }
    }
}
