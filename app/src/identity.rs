//! The identity of transactions.
//!
//! Owns comparing identities in place: a separate key would copy four strings, and lists are long. Must not compare
//! contents.

use wire::Transaction;
use wire::transaction::TransactionKey;

/// Whether both are the same transaction, in any revision.
pub(crate) fn same(one: &Transaction, other: &Transaction) -> bool {
    // Most pairs differ in the first field.
    one.transaction_id == other.transaction_id
        && one.account_id == other.account_id
        && one.connection_id == other.connection_id
        && one.connector_id == other.connector_id
}

/// Whether a key identifies a transaction.
pub(crate) fn names(key: &TransactionKey, transaction: &Transaction) -> bool {
    key.transaction_id == transaction.transaction_id
        && key.account_id == transaction.account_id
        && key.connection_id == transaction.connection_id
        && key.connector_id == transaction.connector_id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::feed::samples::transaction;

    #[test]
    fn every_part_of_a_key_counts_and_nothing_else() {
        let one = transaction("1", "2026-11-22T10:00:00Z", "1");
        let changed = Transaction { revision: 2, description: "Other".to_owned(), ..one.clone() };
        assert!(same(&one, &changed) && names(&one.key(), &changed));
        let other = "other".to_owned();
        for different in [
            Transaction { transaction_id: other.clone(), ..one.clone() },
            Transaction { account_id: other.clone(), ..one.clone() },
            Transaction { connection_id: other.clone(), ..one.clone() },
            Transaction { connector_id: other, ..one.clone() },
        ] {
            assert!(!same(&one, &different) && !names(&one.key(), &different), "{different:?}");
        }
    }
}
