//! People who have connected something.
//!
//! Owns their types. Must not connect anything.

use super::provider::Provider;
use crate::bank::{AccountKind, Cents, NewAccount};

/// Somebody with connections.
#[derive(Clone, Debug)]
pub struct Person {
    /// How the product's users are told apart: also the consumer at Apideck and the client's user at Plaid.
    pub id: String,
    /// What they have connected, at most one thing at Apideck.
    pub links: Vec<Link>,
}

/// Something that a person has connected.
#[derive(Clone, Debug)]
pub struct Link {
    /// Through which provider.
    pub provider: Provider,
    /// The bank's name, which Basiq has to know; what the books at Apideck are called. Plaid has one bank.
    pub institution: String,
    /// The accounts at a bank, each with how many transactions it has already. Books have an account of their own.
    pub accounts: Vec<(NewAccount, usize)>,
    /// How many records are in the books already.
    pub records: u32,
}

impl Person {
    /// Somebody with one connection at each of these providers, each with so many transactions already.
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
