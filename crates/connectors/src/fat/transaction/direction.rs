//! Which way the money went.
//!
//! Owns the words for it and the sign that follows. Must not turn an amount around that a sender signed.

use wire::{Amount, PrimaryType};

use crate::document::Document;
use crate::fat::Understood;

/// What a transaction's words say of its direction.
pub(super) struct Direction {
    way: Option<Way>,
    between_own_accounts: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Out,
    In,
}

impl Direction {
    /// The first member with a word that is known counts (Basiq's `type` is always `transaction`, which says
    /// nothing); where there is none, the kind of Apideck's record does: expenses and payments of bills
    /// are money out, though their amounts have no sign.
    pub(super) fn read(item: &Document<'_>, noun: &str) -> Self {
        let names = [
            "direction",
            "primaryType",
            "primary_type",
            "creditDebitIndicator",
            "transactionType",
            "transaction_type",
            "type",
        ];
        let words = || names.iter().filter_map(|name| item.text(&[*name]).map(|word| word.to_lowercase()));
        let way = words().find_map(|word| way(&word)).or_else(|| way(noun));
        let class = item.text(&["class"]).is_some_and(|class| class.eq_ignore_ascii_case("transfer"));
        Self { way, between_own_accounts: class || words().any(|word| word == "transfer") }
    }

    /// The amount with its sign. Money out is negative whether its sender signed it or not; a negative
    /// amount of money *in* may be its reversal or a habit of notation, and is refused.
    pub(super) fn signed(&self, amount: Amount) -> Understood<Amount> {
        match self.way {
            Some(Way::Out) => Ok(-amount.abs()),
            Some(Way::In) if amount.is_negative() => {
                Err("the transaction is called money in, but its amount is negative".to_owned())
            }
            _ => Ok(amount),
        }
    }

    /// By what it is called, else by the sign.
    pub(super) fn primary_type(&self, amount: Amount) -> PrimaryType {
        match self.way {
            _ if self.between_own_accounts => PrimaryType::Transfer,
            Some(Way::Out) => PrimaryType::Expense,
            Some(Way::In) => PrimaryType::Income,
            None if amount.is_negative() => PrimaryType::Expense,
            None => PrimaryType::Income,
        }
    }
}

fn way(word: &str) -> Option<Way> {
    match word {
        "debit" | "dbit" | "expense" | "withdrawal" | "purchase" | "outflow" | "out" | "bill_payment" => Some(Way::Out),
        "credit" | "crdt" | "income" | "deposit" | "refund" | "inflow" | "in" => Some(Way::In),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::read;

    fn directed(json: &str, noun: &str, amount: &str) -> Option<(String, PrimaryType)> {
        let item = Document::open(read(json.as_bytes()).unwrap()).unwrap().unwrap();
        let direction = Direction::read(&item, noun);
        let signed = direction.signed(amount.parse().unwrap()).ok()?;
        Some((signed.to_string(), direction.primary_type(signed)))
    }

    #[test]
    fn money_out_is_negative_whether_it_was_signed_or_not() {
        for amount in ["12.50", "-12.50"] {
            let told = directed(r#"{"type": "transaction", "direction": "debit"}"#, "transaction", amount);
            assert_eq!(told, Some(("-12.50".to_owned(), PrimaryType::Expense)));
        }
    }

    #[test]
    fn without_a_word_the_sign_decides() {
        assert_eq!(directed("{}", "transaction", "-1"), Some(("-1".to_owned(), PrimaryType::Expense)));
        assert_eq!(directed("{}", "transaction", "1"), Some(("1".to_owned(), PrimaryType::Income)));
    }

    #[test]
    fn an_expense_is_money_out_and_its_refund_money_in() {
        assert_eq!(directed("{}", "expense", "5"), Some(("-5".to_owned(), PrimaryType::Expense)));
        assert_eq!(directed(r#"{"type": "refund"}"#, "expense", "5"), Some(("5".to_owned(), PrimaryType::Income)));
    }

    #[test]
    fn a_transfer_keeps_its_sign() {
        let transfer = r#"{"class": "transfer", "direction": "debit"}"#;
        assert_eq!(directed(transfer, "transaction", "9"), Some(("-9".to_owned(), PrimaryType::Transfer)));
    }

    #[test]
    fn negative_money_in_is_refused() {
        assert_eq!(directed(r#"{"direction": "credit"}"#, "transaction", "-5"), None);
    }
}
