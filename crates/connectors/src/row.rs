//! A transaction built from the parts that a connector has read.
//!
//! Owns the masking and the limits of its texts, and a description for each. Must not read JSON.

use std::collections::BTreeMap;

use ledger::{Change, Dated, NewTransaction, Update};
use serde_json::value::{RawValue, to_raw_value};
use wire::{Amount, Currency, PrimaryType, TransactionStatus};

use crate::json;
use crate::masking::{in_words, masked_number, original, readable};

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 1000;
/// The longest text of another kind, in characters.
const MAX_TEXT: usize = 200;
/// The longest number in metadata, in characters.
const MAX_NUMBER: usize = 40;
const MAX_TAGS: usize = 20;
const MAX_TAG: usize = 60;

/// The parts of a transaction, with its texts as received.
pub(crate) struct Row {
    /// The provider's id.
    pub(crate) transaction_id: String,
    /// The provider's id of the account.
    pub(crate) account_id: String,
    /// Negative is money out.
    pub(crate) amount: Amount,
    /// The currency, if the provider says.
    pub(crate) currency: Option<Currency>,
    /// When it happened.
    pub(crate) date: Dated,
    /// The bank's text.
    pub(crate) description: Option<String>,
    /// The bank's text before the provider tidied it, if it sends both.
    pub(crate) original: Option<String>,
    /// Who was paid, or who paid.
    pub(crate) merchant: Option<String>,
    /// The payment's reference.
    pub(crate) reference: Option<String>,
    /// Where it happened.
    pub(crate) location: Option<String>,
    /// The provider's word for its kind.
    pub(crate) kind: Option<String>,
    /// The provider's guess at a category.
    pub(crate) category: Option<String>,
    /// The account's balance after it.
    pub(crate) balance: Option<Amount>,
    /// Whether the bank has booked it.
    pub(crate) status: Option<TransactionStatus>,
    /// The provider's id of the pending transaction that it replaces.
    pub(crate) predecessor: Option<String>,
    /// Whether it is between a user's own accounts.
    pub(crate) is_transfer: bool,
    /// Free labels.
    pub(crate) tags: Vec<String>,
    /// Other members to store, by name.
    pub(crate) metadata: BTreeMap<String, Box<RawValue>>,
}

impl Row {
    /// A transaction without optional parts.
    pub(crate) fn new(transaction_id: String, account_id: String, amount: Amount, date: Dated) -> Self {
        Self {
            transaction_id,
            account_id,
            amount,
            currency: None,
            date,
            description: None,
            original: None,
            merchant: None,
            reference: None,
            location: None,
            kind: None,
            category: None,
            balance: None,
            status: None,
            predecessor: None,
            is_transfer: false,
            tags: vec![],
            metadata: BTreeMap::new(),
        }
    }

    /// The resulting change.
    pub(crate) fn into_change(self, version: Option<i64>) -> Change {
        Change { version, update: Update::Transaction(Box::new(self.into_transaction())) }
    }

    fn into_transaction(self) -> NewTransaction {
        let primary_type = match self.amount {
            _ if self.is_transfer => PrimaryType::Transfer,
            amount if amount.is_negative() => PrimaryType::Expense,
            _ => PrimaryType::Income,
        };
        let short = |text: Option<String>| text.as_deref().and_then(|text| readable(text, MAX_TEXT));
        let (merchant, reference, kind) = (short(self.merchant), short(self.reference), short(self.kind));
        let shown = self.description.as_deref().and_then(|text| readable(text, MAX_DESCRIPTION));
        let stands_in = merchant.clone().or_else(|| reference.clone()).or_else(|| kind.as_deref().map(in_words));
        let description = shown.or(stands_in).unwrap_or_else(|| in_general(primary_type).to_owned());
        let as_it_came = self.original.or(self.description).map(|text| original(&text, MAX_DESCRIPTION));
        NewTransaction {
            transaction_id: self.transaction_id,
            account_id: self.account_id,
            amount: self.amount,
            currency: self.currency,
            date: self.date,
            primary_type,
            secondary_type: kind,
            original_description: as_it_came.filter(|text| *text != description && !text.trim().is_empty()),
            description,
            merchant,
            reference,
            location: short(self.location),
            balance: self.balance,
            metadata: if self.metadata.is_empty() { None } else { to_raw_value(&self.metadata).ok() },
            category_hint: short(self.category),
            tags: self.tags.iter().filter_map(|tag| readable(tag, MAX_TAG)).take(MAX_TAGS).collect(),
            receipt_url: None,
            document_url: None,
            status: self.status,
            predecessor: self.predecessor,
        }
    }
}

/// A value that is stored unchanged: a readable text, a number or a flag. `None` for values that could be large.
pub(crate) fn kept(value: &RawValue) -> Option<Box<RawValue>> {
    match value.get().as_bytes().first() {
        Some(b'"') => readable(&json::text(value)?, MAX_TEXT).and_then(|text| to_raw_value(&text).ok()),
        Some(b'-' | b'0'..=b'9' | b't' | b'f') if value.get().len() <= MAX_NUMBER => {
            Some(masked_number(value).unwrap_or_else(|| value.to_owned()))
        }
        _ => None,
    }
}

fn in_general(primary_type: PrimaryType) -> &'static str {
    match primary_type {
        PrimaryType::Transfer => "Transfer",
        PrimaryType::Expense => "Money out",
        PrimaryType::Income => "Money in",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(amount: &str) -> Row {
        Row::new("t".to_owned(), "a".to_owned(), amount.parse().unwrap(), Dated::Unknown)
    }

    #[test]
    fn a_row_always_has_something_to_read() {
        let own = |text: &str| Some(text.to_owned());
        let rows = [
            (Row { description: own(" Rent  May "), merchant: own("Landlord"), ..row("-1") }, "Rent May"),
            (
                Row { description: own("\u{200b}"), merchant: own("Landlord"), reference: own("R1"), ..row("-1") },
                "Landlord",
            ),
            (Row { reference: own("R1"), kind: own("card_payment"), ..row("-1") }, "R1"),
            (Row { kind: own("card_payment"), ..row("-1") }, "Card payment"),
            (Row { is_transfer: true, ..row("-1") }, "Transfer"),
            (row("-1"), "Money out"),
            (row("1"), "Money in"),
        ];
        for (row, description) in rows {
            assert_eq!(row.into_transaction().description, description);
        }
    }

    #[test]
    fn texts_are_masked_and_what_was_changed_is_kept_as_it_came() {
        let text = "Card 4111 1111 1111 1111\nUp";
        let new =
            Row { description: Some(text.to_owned()), merchant: Some(text.to_owned()), ..row("-1") }.into_transaction();
        assert_eq!(new.description, "Card •••• 1111 Up");
        assert_eq!(new.original_description.as_deref(), Some("Card •••• 1111\nUp"));
        assert_eq!(new.merchant.as_deref(), Some("Card •••• 1111 Up"));
    }
}
