//! Records of an accounting service.
//!
//! Owns their types. Must not know JSON or HTTP.

use jiff::Timestamp;

use crate::bank::Cents;

/// A record's resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// Money that was spent or refunded.
    Expense,
    /// Payments by customers or to suppliers.
    Payment,
    /// Payments of suppliers' bills.
    BillPayment,
}

impl RecordKind {
    /// The name in paths.
    pub(super) fn resource(self) -> &'static str {
        match self {
            Self::Expense => "expenses",
            Self::Payment => "payments",
            Self::BillPayment => "bill-payments",
        }
    }

    /// The name in events.
    pub(super) fn entity(self) -> &'static str {
        match self {
            Self::Expense => "expense",
            Self::Payment => "payment",
            Self::BillPayment => "bill_payment",
        }
    }

    /// A record's default type.
    fn default_type(self) -> &'static str {
        match self {
            Self::Expense => "expense",
            Self::Payment => "accounts_receivable",
            Self::BillPayment => "accounts_payable",
        }
    }
}

/// The progress of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordStatus {
    /// It may still change, and does not count.
    Draft,
    /// It counts.
    Posted,
    /// It no longer counts.
    Voided,
}

impl RecordStatus {
    /// The resource's word for it.
    pub(super) fn word(self, kind: RecordKind) -> &'static str {
        match (self, kind) {
            (Self::Draft, _) => "draft",
            (Self::Posted, RecordKind::Expense) => "posted",
            (Self::Posted, _) => "authorised",
            (Self::Voided, _) => "voided",
        }
    }
}

/// A record to enter.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Its resource.
    pub kind: RecordKind,
    /// Its type within the resource: `refund`, `accounts_receivable_credit` …
    pub type_name: String,
    /// The amount, without a sign: the type determines the direction.
    pub cents: Cents,
    /// The other party's name.
    pub party: String,
    /// Its purpose.
    pub memo: String,
    /// Its status.
    pub status: RecordStatus,
}

impl NewRecord {
    /// A posted record of the resource's usual type.
    pub fn new(kind: RecordKind, cents: Cents, party: impl Into<String>, memo: impl Into<String>) -> Self {
        let type_name = kind.default_type().to_owned();
        Self { kind, type_name, cents, party: party.into(), memo: memo.into(), status: RecordStatus::Posted }
    }

    /// Sets the type.
    #[must_use]
    pub fn of_type(mut self, type_name: impl Into<String>) -> Self {
        self.type_name = type_name.into();
        self
    }

    /// Makes it a draft.
    #[must_use]
    pub fn draft(mut self) -> Self {
        self.status = RecordStatus::Draft;
        self
    }
}

/// A record as its accounting service stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The service's id of it.
    pub id: String,
    /// Its resource.
    pub kind: RecordKind,
    /// Its type within the resource.
    pub type_name: String,
    /// The amount, without a sign.
    pub cents: Cents,
    /// The id of the ledger account that holds the money.
    pub account: String,
    /// The other party's id and name.
    pub party: (String, String),
    /// Its purpose.
    pub memo: String,
    /// Its number.
    pub number: String,
    /// Its status.
    pub status: RecordStatus,
    /// When it happened.
    pub made_at: Timestamp,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Its version, from 1: how often it was changed.
    pub version: u32,
    /// Its position among all records.
    pub(super) serial: u64,
}

impl Record {
    /// Its effect on its account's balance; negative is money out.
    pub fn effect(&self) -> Cents {
        if self.status != RecordStatus::Posted {
            return Cents::default();
        }
        let is_in = match (self.kind, self.type_name.as_str()) {
            (RecordKind::Expense, name) => name == "refund",
            // A credit goes the opposite way to its account.
            (_, name) => name.starts_with("accounts_receivable") != name.ends_with("_credit"),
        };
        if is_in { self.cents } else { -self.cents }
    }
}

/// An account of an accounting service's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerAccount {
    /// The service's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its code in the chart of accounts.
    pub code: String,
    /// The bank account's number.
    pub number: String,
    /// Its currency.
    pub currency: String,
    /// Its balance without its records.
    pub opening: Cents,
    /// When it was opened.
    pub created_at: Timestamp,
}
