//! People with connections.
//!
//! Owns their types. Must not connect anything.

use super::provider::Provider;
use crate::bank::{AccountKind, Cents, NewAccount};

/// A user with connections.
#[derive(Clone, Debug)]
pub struct Person {
    /// The id of the product's user: also the consumer at Apideck and the client's user at Plaid.
    pub id: String,
    /// Their links, at most one at Apideck.
    pub links: Vec<Link>,
}

/// A link of a person to a provider.
#[derive(Clone, Debug)]
pub struct Link {
    /// The provider.
    pub provider: Provider,
    /// The bank's name, which Basiq must know; the name of the books at Apideck. Plaid has one bank.
    pub institution: String,
    /// The accounts at a bank, each with the number of its existing transactions. Books have their own account.
    pub accounts: Vec<(NewAccount, usize)>,
    /// The number of existing records in the books.
    pub records: u32,
}

impl Person {
    /// A person with one connection at each of these providers, each with a history of this many transactions.
    pub fn ordinary(id: String, providers: &[Provider], history: u32) -> Self {
        let links = providers.iter().map(|provider| Link::ordinary(*provider, history)).collect();
        Self { id, links }
    }
}

impl Link {
    /// An everyday account and a savings account; small books at Apideck.
    fn ordinary(provider: Provider, history: u32) -> Self {
        let institution = match provider {
            Provider::Basiq => "Hooli",
            Provider::Plaid => "First Platypus Bank",
            Provider::Apideck => "Studio books",
        };
        if provider == Provider::Apideck {
            return Self { provider, institution: institution.to_owned(), accounts: vec![], records: history };
        }
        let (history, saved) = (usize::try_from(history).unwrap_or(usize::MAX), usize::from(history > 20) * 6);
        let accounts = vec![
            (NewAccount::new("Everyday", AccountKind::Transaction, Cents(362_480)), history - saved),
            (NewAccount::new("Savings", AccountKind::Savings, Cents(1_260_000)), saved),
        ];
        Self { provider, institution: institution.to_owned(), accounts, records: 0 }
    }
}
