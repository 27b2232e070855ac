//! The direction of a transaction's money.
//!
//! Owns which of its members decide, and the resulting sign. Must not reverse an amount that a sender signed, nor take
//! an unknown word for money in.

use wire::{Amount, PrimaryType};

use super::Understood;
use crate::direction::{self, Way};
use crate::json::{self, Document};

/// The direction, as a body states it.
pub(super) struct Direction {
    way: Option<Way>,
    /// A member that states only the direction has an unknown value.
    is_unknown: bool,
    between_own_accounts: bool,
}

/// The directions that several members name.
#[derive(Default)]
struct Ways {
    out: bool,
    into: bool,
}

impl Ways {
    fn add(&mut self, way: Way) {
        match way {
            Way::Out => self.out = true,
            Way::In => self.into = true,
        }
    }

    fn agreed(&self) -> Understood<Option<Way>> {
        match (self.out, self.into) {
            (true, true) => Err("the transaction is marked as both money out and money in".to_owned()),
            (true, false) => Ok(Some(Way::Out)),
            (false, true) => Ok(Some(Way::In)),
            (false, false) => Ok(None),
        }
    }
}

impl Direction {
    /// Members that state only the direction decide, and must agree; then the kinds of record, and last the kind of
    /// Apideck's record: expenses and payments of bills are money out, though their amounts have no sign.
    pub(super) fn read(item: &Document<'_>, noun: &str) -> Understood<Self> {
        let mut direction = Self::of_members(item)?;
        let mut found = Ways::default();
        let mut kinds = Ways::default();
        found.out = direction.way == Some(Way::Out);
        found.into = direction.way == Some(Way::In);
        let kinds_of_record = item.members().filter(|member| direction::is_kind(&member.plain));
        for word in kinds_of_record.filter_map(|member| json::text(member.raw)) {
            if noun == "payment" && direction::is_payment_type(&word) {
                match direction::way_of_payment(&word) {
                    Some(way) => found.add(way),
                    None => direction.is_unknown = true,
                }
            } else if let Some(way) = direction::way_of_kind(&word) {
                if direction::is_direction_itself(&word) { found.add(way) } else { kinds.add(way) }
            }
            direction.between_own_accounts |= direction::is_transfer(&word);
        }
        direction.between_own_accounts |= item.text(&["class"]).is_some_and(|class| direction::is_transfer(&class));
        direction.way = found.agreed()?;
        if direction.way.is_none() && !direction.is_unknown {
            direction.way = kinds.agreed()?.or_else(|| direction::way_of_kind(noun));
        }
        Ok(direction)
    }

    /// The direction by the members that state only the direction.
    pub(super) fn of_members(object: &Document<'_>) -> Understood<Self> {
        let (mut ways, mut is_unknown, mut between_own_accounts) = (Ways::default(), false, false);
        for member in object.members().filter(|member| !json::is_absent(member.raw)) {
            let flag = json::boolean(member.raw);
            if let Some(way) = flag.and_then(|value| direction::way_of_flag(&member.plain, value)) {
                ways.add(way);
            } else if direction::is_member(&member.plain) {
                let word = json::text(member.raw).unwrap_or_default();
                match direction::way(&word) {
                    Some(way) => ways.add(way),
                    None if direction::is_transfer(&word) => between_own_accounts = true,
                    None => is_unknown = true,
                }
            }
        }
        Ok(Self { way: ways.agreed()?, is_unknown, between_own_accounts })
    }

    /// The amount with its sign. Money out is negative whether its sender signed it or not; a negative amount of money
    /// *in* may be a reversal or a habit of notation, and is refused.
    pub(super) fn signed(&self, amount: Amount) -> Understood<Amount> {
        match self.way {
            Some(Way::Out) => Ok(-amount.abs()),
            Some(Way::In) if amount.is_negative() => {
                Err("the transaction is marked as money in, but its amount is negative".to_owned())
            }
            None if self.is_unknown && !amount.is_negative() => {
                Err("the direction of the transaction is not known, and its amount has no sign".to_owned())
            }
            _ => Ok(amount),
        }
    }

    /// The type by the word for it, else by the sign.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;

    fn directed(json: &str, noun: &str, amount: &str) -> Option<(String, PrimaryType)> {
        let item = Document::open(read(json.as_bytes()).unwrap()).unwrap().unwrap();
        let direction = Direction::read(&item, noun).ok()?;
        let signed = direction.signed(amount.parse().unwrap()).ok()?;
        Some((signed.to_string(), direction.primary_type(signed)))
    }

    fn out(amount: &str) -> Option<(String, PrimaryType)> {
        Some((amount.to_owned(), PrimaryType::Expense))
    }

    fn income(amount: &str) -> Option<(String, PrimaryType)> {
        Some((amount.to_owned(), PrimaryType::Income))
    }

    #[test]
    fn money_out_is_negative_whether_it_was_signed_or_not() {
        for amount in ["12.50", "-12.50"] {
            for found in [
                r#"{"type": "transaction", "direction": "debit"}"#,
                r#"{"direction": "DR"}"#,
                r#"{"direction": "debit "}"#,
                r#"{"direction": "outgoing"}"#,
                r#"{"credit_debit_indicator": "DBIT"}"#,
                r#"{"CdtDbtInd": "DBIT", "type": "card"}"#,
                r#"{"isDebit": true}"#,
                r#"{"isCredit": false}"#,
                r#"{"transactionType": "Withdrawal"}"#,
            ] {
                assert_eq!(directed(found, "transaction", amount), out("-12.50"), "{found}");
            }
        }
    }

    #[test]
    fn a_word_that_is_not_known_is_never_money_in() {
        for found in [
            r#"{"direction": "sideways"}"#,
            r#"{"direction": "paid", "type": "deposit"}"#,
            r#"{"creditDebitIndicator": "X"}"#,
            r#"{"direction": 1}"#,
            r#"{"direction": {"code": "DBIT"}}"#,
            r#"{"drcr": true}"#,
        ] {
            for noun in ["transaction", "payment", "expense"] {
                assert_eq!(directed(found, noun, "20.00"), None, "{found}");
                assert_eq!(directed(found, noun, "-20.00"), out("-20.00"), "{found}");
            }
        }
        assert_eq!(directed(r#"{"direction": null, "drcr": " "}"#, "transaction", "20"), income("20"));
    }

    #[test]
    fn a_kind_of_record_says_nothing_where_its_word_has_no_direction() {
        for kind in ["transaction", "payment", "card", "accounts_payable", "eftpos"] {
            assert_eq!(directed(&format!(r#"{{"type": "{kind}"}}"#), "transaction", "20"), income("20"), "{kind}");
        }
    }

    #[test]
    fn members_that_disagree_are_refused_and_a_kind_gives_way_to_the_direction() {
        for found in [
            r#"{"direction": "debit", "creditDebitIndicator": "CRDT"}"#,
            r#"{"direction": "debit", "isCredit": true}"#,
            r#"{"direction": "debit", "type": "credit"}"#,
            r#"{"primaryType": "income", "drCr": "DR"}"#,
            r#"{"type": "purchase", "transactionType": "refund"}"#,
        ] {
            for amount in ["20", "-20"] {
                assert_eq!(directed(found, "transaction", amount), None, "{found}");
            }
        }
        let credited = r#"{"type": "purchase", "direction": "credit"}"#;
        assert_eq!(directed(credited, "transaction", "20"), income("20"));
    }

    #[test]
    fn a_payment_goes_the_way_of_its_payment_type() {
        let paid = |payment_type: &str, noun| directed(&format!(r#"{{"type": "{payment_type}"}}"#), noun, "49.99");
        assert_eq!(paid("accounts_payable", "payment"), out("-49.99"));
        assert_eq!(paid("accounts_payable_credit", "payment"), income("49.99"));
        assert_eq!(paid("accounts_receivable", "payment"), income("49.99"));
        assert_eq!(paid("accounts_receivable_credit", "payment"), out("-49.99"));
        assert_eq!(paid("accounts_elsewhere", "payment"), None);
        for payment_type in ["accounts_payable", "accounts_payable_prepayment"] {
            assert_eq!(paid(payment_type, "bill_payment"), out("-49.99"));
        }
    }

    #[test]
    fn without_a_word_the_sign_decides() {
        assert_eq!(directed("{}", "transaction", "-1"), out("-1"));
        assert_eq!(directed("{}", "transaction", "1"), income("1"));
    }

    #[test]
    fn an_expense_is_money_out_and_its_refund_money_in() {
        assert_eq!(directed("{}", "expense", "5"), out("-5"));
        assert_eq!(directed(r#"{"type": "refund"}"#, "expense", "5"), income("5"));
    }

    #[test]
    fn a_transfer_keeps_its_sign() {
        let transfer = r#"{"class": "transfer", "direction": "debit"}"#;
        assert_eq!(directed(transfer, "transaction", "9"), Some(("-9".to_owned(), PrimaryType::Transfer)));
        for found in [r#"{"primaryType": "transfer"}"#, r#"{"type": "Transfer"}"#] {
            assert_eq!(directed(found, "transaction", "9"), Some(("9".to_owned(), PrimaryType::Transfer)), "{found}");
        }
    }

    #[test]
    fn negative_money_in_is_refused() {
        assert_eq!(directed(r#"{"direction": "credit"}"#, "transaction", "-5"), None);
    }
}
