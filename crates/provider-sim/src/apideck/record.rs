//! Records of an accounting service.
//!
//! Owns their types. Must not know JSON or HTTP.

use jiff::Timestamp;

use crate::bank::Cents;

/// Which resource a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// Money that was spent, or came back.
    Expense,
    /// What customers pay, or suppliers are paid.
    Payment,
    /// What suppliers are paid for their bills.
    BillPayment,
}

impl RecordKind {
    /// As paths name it.
    pub(super) fn resource(self) -> &'static str {
        match self {
            Self::Expense => "expenses",
            Self::Payment => "payments",
            Self::BillPayment => "bill-payments",
        }
    }

    /// As events name it.
    pub(super) fn entity(self) -> &'static str {
        match self {
            Self::Expense => "expense",
            Self::Payment => "payment",
            Self::BillPayment => "bill_payment",
        }
    }

    /// The type that a record has unless it is given another.
    fn default_type(self) -> &'static str {
        match self {
            Self::Expense => "expense",
            Self::Payment => "accounts_receivable",
            Self::BillPayment => "accounts_payable",
        }
    }
}

/// How far a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordStatus {
    /// It may still change, and does not count.
    Draft,
    /// It counts.
    Posted,
    /// It counts no longer.
    Voided,
}

impl RecordStatus {
    /// As the resource names it.
    pub(super) fn word(self, kind: RecordKind) -> &'static str {
        match (self, kind) {
            (Self::Draft, _) => "draft",
            (Self::Posted, RecordKind::Expense) => "posted",
            (Self::Posted, _) => "authorised",
            (Self::Voided, _) => "voided",
        }
    }
}

/// A record that is entered.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Its resource.
    pub kind: RecordKind,
    /// Its type within the resource: `refund`, `accounts_receivable_credit` …
    pub type_name: String,
    /// The amount, without a sign: the direction is that of the type.
    pub cents: Cents,
    /// The other party's name.
    pub party: String,
    /// Its purpose.
    pub memo: String,
    /// How far it is.
    pub status: RecordStatus,
}

impl NewRecord {
    /// A posted record of the resource's usual type.
    pub fn new(kind: RecordKind, cents: Cents, party: impl Into<String>, memo: impl Into<String>) -> Self {
        let type_name = kind.default_type().to_owned();
        Self { kind, type_name, cents, party: party.into(), memo: memo.into(), status: RecordStatus::Posted }
    }

    /// The same with another type.
    #[must_use]
    pub fn of_type(mut self, type_name: impl Into<String>) -> Self {
        self.type_name = type_name.into();
        self
    }

    /// The same as a draft.
    #[must_use]
    pub fn draft(mut self) -> Self {
        self.status = RecordStatus::Draft;
        self
    }
}

/// A record as its accounting service has it.
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
    /// The id of the ledger account that the money is on.
    pub account: String,
    /// The other party's id and name.
    pub party: (String, String),
    /// Its purpose.
    pub memo: String,
    /// Its number.
    pub number: String,
    /// How far it is.
    pub status: RecordStatus,
    /// When it happened.
    pub made_at: Timestamp,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was changed, from 1 on.
    pub version: u32,
    /// Its place among all records.
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
            // A credit is the reverse of its account.
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
