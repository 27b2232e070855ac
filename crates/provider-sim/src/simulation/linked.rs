//! Connections that are there when a simulation starts.
//!
//! Owns what a product has to know of one. Must not know how it is registered.

use super::provider::Provider;

/// A connection, with what it takes to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Whose provider.
    pub provider: Provider,
    /// Whose it is: the id of the [`super::Person`].
    pub person: String,
    /// The provider's id of it: Basiq's connection, Plaid's item, `{serviceId}+{consumerId}` at Apideck.
    pub connection: String,
    /// The provider's id of its user, where it has one: Basiq's user, Apideck's consumer.
    pub user: Option<String>,
    /// What it is asked with, where that is its own: Plaid's access token.
    pub access_token: Option<String>,
    /// The bank's name, or that of the books.
    pub institution: String,
}
