//! Connections that exist when a simulation starts.
//!
//! Owns the data of one that a product needs. Must not know how it is registered.

use super::provider::Provider;

/// A connection, with the data that calls for it need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The provider.
    pub provider: Provider,
    /// The id of its [`super::Person`].
    pub person: String,
    /// The provider's id of it: Basiq's connection, Plaid's item, `{serviceId}+{consumerId}` at Apideck.
    pub connection: String,
    /// The provider's id of its user, if it has one: Basiq's user, Apideck's consumer.
    pub user: Option<String>,
    /// Its own token for calls, if it has one: Plaid's access token.
    pub access_token: Option<String>,
    /// The bank's name, or that of the books.
    pub institution: String,
}
