//! Values for examples and tests.
//!
//! Owns the shortest complete values. Must not be used by a server.

use wire::{Currency, DatePrecision, PrimaryType};

use crate::change::{Change, Dated, NewTransaction, Update, When};
use crate::context::{Connector, Context};

static CONNECTOR: Connector = Connector {
    id: std::borrow::Cow::Borrowed("basiq"),
    connector_type: std::borrow::Cow::Borrowed("bank"),
    source: std::borrow::Cow::Borrowed("BANK_API"),
    default_currency: Currency::AUD,
};

impl Context<'static> {
    /// A context for examples.
    #[doc(hidden)]
    pub fn example() -> Self {
        Self {
            user_id: "alice",
            connector: &CONNECTOR,
            connection_id: "conn-1",
            epoch: "epoch-1",
            now: jiff::Timestamp::UNIX_EPOCH,
            arrived: jiff::Timestamp::UNIX_EPOCH,
            arrival: 1,
            is_pushed: false,
            is_fetched: false,
            forwards: true,
        }
    }
}

impl Change {
    /// A transaction for examples.
    #[doc(hidden)]
    pub fn example(transaction_id: &str, amount: &str) -> Self {
        let amount: wire::Amount = amount.parse().unwrap_or_default();
        let new = NewTransaction {
            transaction_id: transaction_id.to_owned(),
            predecessor: None,
            account_id: "acc-1".to_owned(),
            amount,
            currency: None,
            date: Dated::At(When { date: "2026-11-20T08:30:00Z".to_owned(), precision: DatePrecision::Instant }),
            primary_type: if amount.is_negative() { PrimaryType::Expense } else { PrimaryType::Income },
            secondary_type: None,
            description: "CORNER ESPRESSO".to_owned(),
            original_description: None,
            merchant: None,
            reference: None,
            location: None,
            balance: None,
            metadata: None,
            category_hint: None,
            tags: vec![],
            receipt_url: None,
            document_url: None,
            status: None,
        };
        Self { version: None, update: Update::Transaction(Box::new(new)) }
    }

    /// Sets the version.
    #[doc(hidden)]
    #[must_use]
    pub fn versioned(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }
}
