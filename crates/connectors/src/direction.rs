//! The direction of money, in the words of banks.
//!
//! Owns the words, and the names of the members that hold them. Must not know amounts.
//!
//! A member that states only the direction ([`is_member`]) must be understood. One that states the kind of record
//! (`type`) may have any value, and counts if its word has a direction ([`way_of_kind`]).

use crate::plain::plain;

/// Out of the account, or into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Money out.
    Out,
    /// Money in.
    In,
}

impl Way {
    fn back(self) -> Self {
        match self {
            Self::Out => Self::In,
            Self::In => Self::Out,
        }
    }
}

/// Members that state only the direction, without case and punctuation. `CdtDbtInd` is ISO 20022's
/// (CreditDebitIndicator), the mark is that of SWIFT's statements (MT940, field 61).
const MEMBERS: [&str; 29] = [
    "direction",
    "transactiondirection",
    "txndirection",
    "paymentdirection",
    "moneydirection",
    "primarytype",
    "creditdebit",
    "creditdebitindicator",
    "creditdebitind",
    "creditdebitcode",
    "creditdebitflag",
    "creditdebitmark",
    "creditdebittype",
    "creditordebit",
    "debitcredit",
    "debitcreditindicator",
    "debitcreditind",
    "debitcreditcode",
    "debitcreditflag",
    "debitcreditmark",
    "debitcredittype",
    "debitorcredit",
    "cdtdbtind",
    "drcr",
    "crdr",
    "drcrindicator",
    "crdrindicator",
    "dcmark",
    "sign",
];

/// Members that are `true` or `false`, and what `true` means.
const FLAGS: [(&str, Way); 6] = [
    ("isdebit", Way::Out),
    ("isoutgoing", Way::Out),
    ("outgoing", Way::Out),
    ("iscredit", Way::In),
    ("isincoming", Way::In),
    ("incoming", Way::In),
];

/// Whether a member states only the direction, by its plain name.
pub(crate) fn is_member(plain: &str) -> bool {
    MEMBERS.contains(&plain)
}

/// Whether a member states the kind of record, by its plain name.
pub(crate) fn is_kind(plain: &str) -> bool {
    matches!(plain, "type" | "transactiontype" | "txntype")
}

/// The direction of a member that is `true` or `false`, by its plain name.
pub(crate) fn way_of_flag(plain: &str, value: bool) -> Option<Way> {
    FLAGS.iter().find(|(flag, _)| *flag == plain).map(|(_, way)| if value { *way } else { way.back() })
}

/// The direction that a word names: ISO 20022's `DBIT` and `CRDT`, the `D`, `C`, `RD` and `RC` of MT940 (a reversal
/// goes the other way), and what banks and their customers say. `paid` has no direction: either side may pay a bill.
pub fn way(word: &str) -> Option<Way> {
    let word = word.trim();
    match word {
        "-" | "\u{2212}" => return Some(Way::Out),
        "+" => return Some(Way::In),
        _ => {}
    }
    Some(match plain(word).as_ref() {
        "debit" | "debits" | "debited" | "dbit" | "dbt" | "deb" | "dr" | "d" | "rc" => Way::Out,
        "out" | "outgoing" | "outbound" | "outflow" | "outward" | "outwards" | "moneyout" => Way::Out,
        "sent" | "send" | "paidout" | "spend" | "spent" | "minus" | "negative" => Way::Out,
        "expense" | "expenses" | "withdrawal" | "withdraw" | "withdrawn" | "purchase" | "directdebit" => Way::Out,
        "credit" | "credits" | "credited" | "crdt" | "cdt" | "cred" | "cr" | "c" | "rd" => Way::In,
        "in" | "incoming" | "inbound" | "inflow" | "inward" | "inwards" | "moneyin" => Way::In,
        "received" | "receive" | "paidin" | "plus" | "positive" => Way::In,
        "income" | "deposit" | "deposited" | "refund" | "refunded" | "directcredit" => Way::In,
        _ => return None,
    })
}

/// Whether a word names the direction itself, and not a kind of payment that usually goes that way: a purchase can be
/// credited, a deposit can be taken back.
pub(crate) fn is_direction_itself(word: &str) -> bool {
    let kinds = ["withdraw", "purchase", "deposit", "refund", "direct"];
    let word = plain(word);
    !kinds.iter().any(|kind| word.starts_with(kind))
}

/// The direction of a kind of record, if its word has one.
pub(crate) fn way_of_kind(word: &str) -> Option<Way> {
    if plain(word) == "billpayment" { Some(Way::Out) } else { way(word) }
}

/// Whether a word means that money moved between a user's own accounts.
pub(crate) fn is_transfer(word: &str) -> bool {
    plain(word) == "transfer"
}

/// Whether a word belongs to Apideck's PaymentType (accounting.yml), which states whose debt is paid.
pub(crate) fn is_payment_type(word: &str) -> bool {
    plain(word).starts_with("accounts")
}

/// The direction of a payment by its PaymentType: payables are money out, receivables money in, including prepayments
/// and overpayments. A credit is returned, and has the opposite direction.
pub(crate) fn way_of_payment(payment_type: &str) -> Option<Way> {
    let plain = plain(payment_type);
    let (side, kind) = match (plain.strip_prefix("accountspayable"), plain.strip_prefix("accountsreceivable")) {
        (Some(kind), _) => (Way::Out, kind),
        (_, Some(kind)) => (Way::In, kind),
        _ => return None,
    };
    match kind {
        "" | "overpayment" | "prepayment" => Some(side),
        "credit" => Some(side.back()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_banks_are_known_in_any_case_and_with_blanks_around_them() {
        for word in
            ["DR", "debit ", "Debit", "DBIT", "D", "outgoing", "OUT", "Money out", "paid_out", "Sent", "-", "RC"]
        {
            assert_eq!(way(word), Some(Way::Out), "{word}");
        }
        for word in
            ["CR", " credit", "Credit", "CRDT", "c", "incoming", "In", "money-in", "paidIn", "received", "+", "RD"]
        {
            assert_eq!(way(word), Some(Way::In), "{word}");
        }
        for word in ["", "paid", "both", "internal", "transfer", "transaction", "payment", "card", "drx", "1", "true"] {
            assert_eq!(way(word), None, "{word}");
        }
    }

    #[test]
    fn members_are_known_in_every_spelling() {
        for name in [
            "direction",
            "credit_debit_indicator",
            "creditDebitIndicator",
            "CreditDebitIndicator",
            "CdtDbtInd",
            "DR/CR",
        ] {
            assert!(is_member(&plain(name)), "{name}");
        }
        for name in ["type", "status", "description", "debit", "credit", "directionsToBranch"] {
            assert!(!is_member(&plain(name)), "{name}");
        }
    }

    #[test]
    fn each_payment_type_of_apideck_has_its_direction() {
        for (payment_type, expected) in [
            ("accounts_receivable", Some(Way::In)),
            ("accounts_payable", Some(Way::Out)),
            ("accounts_receivable_credit", Some(Way::Out)),
            ("accounts_payable_credit", Some(Way::In)),
            ("accounts_receivable_overpayment", Some(Way::In)),
            ("accounts_payable_overpayment", Some(Way::Out)),
            ("accounts_receivable_prepayment", Some(Way::In)),
            ("accounts_payable_prepayment", Some(Way::Out)),
            ("accounts_payable_refund", None),
            ("cash", None),
        ] {
            assert_eq!(way_of_payment(payment_type), expected, "{payment_type}");
        }
    }
}
