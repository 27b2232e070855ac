//! Filtering the list.
//!
//! Owns which transactions match a filter, and merging the server's results with the loaded transactions. Must not
//! send requests.

use std::sync::Arc;

use folding::fold;
use wire::api::{Account, TransactionQuery};
use wire::rank::rank;
use wire::{PrimaryType, Transaction};

use crate::identity::same;

/// What to search for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this account.
    pub account: Option<AccountKey>,
    /// Only this direction.
    pub primary_type: Option<PrimaryType>,
    /// Only transactions with this text.
    pub text: String,
}

/// The identity of an account: its id alone is unique only within a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountKey {
    /// The connector.
    pub connector_id: String,
    /// The connection.
    pub connection_id: String,
    /// The provider's id.
    pub account_id: String,
}

impl From<&Account> for AccountKey {
    fn from(account: &Account) -> Self {
        Self {
            connector_id: account.connector_id.clone(),
            connection_id: account.connection_id.clone(),
            account_id: account.account_id.clone(),
        }
    }
}

impl AccountKey {
    /// Whether a transaction is of this account.
    pub fn owns(&self, transaction: &Transaction) -> bool {
        transaction.account_id == self.account_id
            && transaction.connection_id == self.connection_id
            && transaction.connector_id == self.connector_id
    }
}

impl Filter {
    /// Whether every transaction matches.
    pub fn is_empty(&self) -> bool {
        self.account.is_none() && self.primary_type.is_none() && self.text.trim().is_empty()
    }

    /// Whether a transaction matches.
    pub fn matches(&self, transaction: &Transaction) -> bool {
        self.lets_through(transaction, &self.needle())
    }

    /// The text, folded by the same rule as on the server.
    fn needle(&self) -> String {
        fold(&self.text)
    }

    fn lets_through(&self, transaction: &Transaction, needle: &str) -> bool {
        let texts = [Some(&transaction.description), transaction.merchant.as_ref(), transaction.reference.as_ref()];
        self.account.as_ref().is_none_or(|account| account.owns(transaction))
            && self.primary_type.is_none_or(|primary_type| transaction.primary_type == primary_type)
            && (needle.is_empty() || texts.into_iter().flatten().any(|text| fold(text).contains(needle)))
    }

    /// The same filter as a query for the server.
    pub fn query(&self, before: Option<String>) -> TransactionQuery {
        let text = self.text.trim();
        TransactionQuery {
            before,
            account: self.account.as_ref().map(|account| account.account_id.clone()),
            connector: self.account.as_ref().map(|account| account.connector_id.clone()),
            q: (!text.is_empty()).then(|| text.to_owned()),
            primary_type: self.primary_type.map(|primary_type| primary_type.as_str().to_owned()),
            ..TransactionQuery::default()
        }
    }

    /// The matches in the live list and in the server's results, newest first and each once. If both have a
    /// transaction, the newer revision is shown.
    pub fn combine(&self, live: &[Arc<Transaction>], found: &[Arc<Transaction>]) -> Vec<Arc<Transaction>> {
        let needle = self.needle();
        let through = |it: &&Arc<Transaction>| self.lets_through(it, &needle);
        let mut list: Vec<Arc<Transaction>> = live.iter().filter(through).cloned().collect();
        for transaction in found {
            let known = live.iter().any(|other| same(other, transaction) && other.revision >= transaction.revision);
            if !known && through(&transaction) {
                list.retain(|other| !same(other, transaction));
                list.push(Arc::clone(transaction));
            }
        }
        list.sort_by_cached_key(|it| std::cmp::Reverse(rank(it, 0)));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::feed::samples::transaction;

    fn text(text: &str) -> Filter {
        Filter { text: text.to_owned(), ..Filter::default() }
    }

    #[test]
    fn text_is_found_in_any_case_in_description_and_merchant() {
        let mut coffee = transaction("1", "2026-11-22T10:00:00Z", "-4.50");
        coffee.merchant = Some("Blue Door".to_owned());
        assert!(text(" blue ").matches(&coffee));
        assert!(text(&coffee.description.to_uppercase()).matches(&coffee));
        assert!(!text("rent").matches(&coffee));
    }

    #[test]
    fn text_is_found_whatever_its_accents_and_forms() {
        let mut kebap = transaction("1", "2026-11-22T10:00:00Z", "-4.50");
        kebap.merchant = Some("\u{130}STANBUL Stra\u{df}e Cafe\u{301}".to_owned());
        for query in ["istanbul", "STRASSE", "caf\u{e9}", "cafe", "\u{ff49}stanbul"] {
            assert!(text(query).matches(&kebap), "{query}");
        }
    }

    #[test]
    fn an_account_of_another_connection_with_the_same_id_is_another_account() {
        let own = transaction("1", "2026-11-22T10:00:00Z", "-4.50");
        let account = AccountKey {
            connector_id: own.connector_id.clone(),
            connection_id: "another".to_owned(),
            account_id: own.account_id.clone(),
        };
        assert!(!Filter { account: Some(account), ..Filter::default() }.matches(&own));
    }

    #[test]
    fn search_results_join_the_live_list_without_duplicates() {
        let newer = transaction("2", "2026-11-22T10:00:00Z", "-1");
        let mut changed = transaction("1", "2026-11-20T10:00:00Z", "-2");
        changed.revision = 2;
        let old_revision = transaction("1", "2026-11-20T10:00:00Z", "-3");
        let oldest = transaction("0", "2026-11-01T10:00:00Z", "-4");
        let list = Filter::default().combine(&[newer, changed].map(Arc::new), &[old_revision, oldest].map(Arc::new));
        let shown: Vec<_> = list.iter().map(|it| (it.transaction_id.as_str(), it.revision)).collect();
        assert_eq!(shown, [("2", 1), ("1", 2), ("0", 1)]);
    }
}
