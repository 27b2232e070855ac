//! The texts of a transaction that substitute for one another.
//!
//! Owns the texts of a row. Must not leave a row without a readable one.

use wire::PrimaryType;

use super::details::{self, MAX_TEXT};
use crate::inline::Understood;
use crate::json::Document;
use crate::masking::{in_words, original, readable};

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 1000;

const DESCRIPTIONS: &[&str] = &["description", "memo", "narrative", "details", "note"];
const ORIGINALS: &[&str] = &["originalDescription", "original_description", "rawDescription", "raw_description"];
const REFERENCES: &[&str] = &["reference", "number", "paymentReference", "payment_reference"];

pub(super) struct Texts {
    pub(super) description: String,
    pub(super) original: Option<String>,
    pub(super) merchant: Option<String>,
    pub(super) reference: Option<String>,
}

impl Texts {
    pub(super) fn read(
        item: &Document<'_>,
        noun: &str,
        primary_type: PrimaryType,
        account_name: Option<&str>,
    ) -> Understood<Self> {
        let merchant = details::merchant(item)?;
        let reference = first(item, REFERENCES, MAX_TEXT).map(|(shown, _)| shown);
        let given = first(item, ORIGINALS, MAX_DESCRIPTION);
        let found = first(item, DESCRIPTIONS, MAX_DESCRIPTION).or_else(|| given.clone());
        let as_it_came = given.or_else(|| found.clone()).map(|(_, text)| original(&text, MAX_DESCRIPTION));
        // The merchant, else the reference, else the kind of payment.
        let description = match found.map(|(shown, _)| shown).or_else(|| merchant.clone()).or_else(|| reference.clone())
        {
            Some(description) => description,
            None => kind(item, noun, primary_type, account_name)?,
        };
        Ok(Self { original: as_it_came.filter(|text| *text != description), description, merchant, reference })
    }
}

/// The first of some members with readable text: for display, and as received.
fn first(item: &Document<'_>, names: &[&str], limit: usize) -> Option<(String, String)> {
    names.iter().find_map(|name| {
        let text = item.words(&[name])?;
        Some((readable(&text, limit)?, text))
    })
}

/// The kind of payment: by the provider's own words, else by its record and its direction, with the account if its name
/// is known.
fn kind(item: &Document<'_>, noun: &str, primary_type: PrimaryType, account_name: Option<&str>) -> Understood<String> {
    let found = details::sub_class(item)?.or_else(|| details::secondary_type(item));
    let found = match found {
        Some(found) => Some(found),
        None => details::category(item)?,
    };
    if let Some(found) = found {
        return Ok(in_words(&found));
    }
    let kind = match (noun, primary_type) {
        (_, PrimaryType::Transfer) => "Transfer",
        ("expense", PrimaryType::Expense) => "Expense",
        ("expense", PrimaryType::Income) => "Refund",
        ("bill_payment", _) => "Bill payment",
        (_, PrimaryType::Expense) => "Money out",
        (_, PrimaryType::Income) => "Money in",
    };
    Ok(account_name.map_or_else(|| kind.to_owned(), |name| format!("{kind}, {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;

    fn described(json: &str, noun: &str, primary_type: PrimaryType) -> String {
        let item = Document::open(read(json.as_bytes()).unwrap()).unwrap().unwrap();
        Texts::read(&item, noun, primary_type, Some("Everyday")).unwrap().description
    }

    #[test]
    fn a_row_always_has_something_to_read() {
        for (json, description) in [
            (r#"{"description": 12345}"#, "12345"),
            (r#"{"description": ["Rent", 11, true]}"#, "Rent 11"),
            (r#"{"description": true, "memo": "Rent"}"#, "Rent"),
            (r#"{"description": "\u200d \u200b", "narrative": "Rent"}"#, "Rent"),
            (r#"{"description": "", "merchant": 7}"#, "7"),
            (r#"{"merchant": {"name": " "}, "counterparty": "Landlord"}"#, "Landlord"),
            (r#"{"reference": 4711}"#, "4711"),
            (r#"{"subClass": {"title": "Bank fees"}, "class": "bank-fee"}"#, "Bank fees"),
            (r#"{"class": "cash-withdrawal"}"#, "Cash withdrawal"),
            (r#"{"class": "pan_411111111_1111111"}"#, "Pan •••• 1111"),
            (r#"{"category": {"name": "groceries"}}"#, "Groceries"),
            (r#"{"description": {}, "tags": []}"#, "Money out, Everyday"),
        ] {
            assert_eq!(described(json, "transaction", PrimaryType::Expense), description, "{json}");
        }
        for (noun, primary_type, description) in [
            ("expense", PrimaryType::Expense, "Expense, Everyday"),
            ("expense", PrimaryType::Income, "Refund, Everyday"),
            ("bill_payment", PrimaryType::Expense, "Bill payment, Everyday"),
            ("payment", PrimaryType::Income, "Money in, Everyday"),
            ("transaction", PrimaryType::Transfer, "Transfer, Everyday"),
        ] {
            assert_eq!(described("{}", noun, primary_type), description);
        }
    }
}
