//! How recent each value of an account is.
//!
//! Owns their two stored forms: one recency for all values, or one for each. Must not know the values.

use ledger::{AccountState, Recency};

/// An account's values, in the order in which their recencies are stored.
fn each(account: &AccountState) -> [(bool, Recency); 6] {
    [
        (account.name.value.is_some(), account.name.recency),
        (account.last_digits.value.is_some(), account.last_digits.recency),
        (account.kind.value.is_some(), account.kind.recency),
        (account.currency.value.is_some(), account.currency.recency),
        (account.balance.value.is_some(), account.balance.recency),
        (account.available.value.is_some(), account.available.recency),
    ]
}

/// The stored form: the recency that all values share, plus one for each if they differ.
pub(in crate::store) fn to_columns(account: &AccountState) -> (Recency, Option<Vec<u8>>) {
    let each = each(account);
    let mut known = each.iter().filter(|(is_known, _)| *is_known).map(|(_, recency)| *recency);
    let first = known.next().unwrap_or_default();
    if known.all(|other| other == first) {
        return (first, None);
    }
    let numbers = each.iter().flat_map(|(_, recency)| [recency.version.unwrap_or(i64::MIN), recency.arrival]);
    (first, Some(numbers.flat_map(i64::to_be_bytes).collect()))
}

/// The recency of each value, from the stored form.
pub(in crate::store) fn from_columns(shared: Recency, each: Option<&[u8]>) -> [Recency; 6] {
    let mut recencies = [shared; 6];
    let Some(bytes) = each else { return recencies };
    let mut numbers = bytes.chunks_exact(8).map(|bytes| {
        let mut number = [0; 8];
        number.copy_from_slice(bytes);
        i64::from_be_bytes(number)
    });
    for recency in &mut recencies {
        if let (Some(version), Some(arrival)) = (numbers.next(), numbers.next()) {
            *recency = Recency { version: Some(version).filter(|version| *version != i64::MIN), arrival };
        }
    }
    recencies
}

#[cfg(test)]
mod tests {
    use ledger::Known;

    use super::*;

    fn known<T>(value: T, version: Option<i64>, arrival: i64) -> Known<T> {
        Known { value: Some(value), recency: Recency { version, arrival } }
    }

    #[test]
    fn values_of_one_report_share_a_recency_and_others_keep_their_own() {
        let (name, kind) = (known("Everyday".to_owned(), Some(7), 3), known("savings".to_owned(), Some(7), 3));
        let mut account = AccountState { name, kind, ..AccountState::default() };
        let (shared, each) = to_columns(&account);
        assert_eq!((shared, &each), (Recency { version: Some(7), arrival: 3 }, &None));
        account.kind = known("savings".to_owned(), None, 4);
        let (shared, each) = to_columns(&account);
        let read = from_columns(shared, each.as_deref());
        assert_eq!(read[0], Recency { version: Some(7), arrival: 3 });
        assert_eq!(read[2], Recency { version: None, arrival: 4 });
    }
}
