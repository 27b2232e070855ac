//! The outcome of connecting a bank.
//!
//! Owns the types. Must not call a provider.

use crate::fetch::Credentials;

/// The current outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider is still working on it.
    Waiting {
        /// The connections that the provider has named so far. They are not ready.
        named: Vec<Connected>,
    },
    /// The connections are ready.
    Ready(Vec<Connected>),
    /// The user declined.
    Declined,
    /// The provider failed to connect the bank.
    Failed {
        /// Why, in one sentence, masked.
        reason: String,
        /// The connections that the provider had named.
        named: Vec<Connected>,
    },
}

/// A connection as the provider reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connected {
    /// Its id, as webhooks name it.
    pub id: String,
    /// The provider's id of its user, if calls for the connection need it.
    pub external_user_id: Option<String>,
    /// The bank's name, if the provider reports it.
    pub institution_name: Option<String>,
    /// The credentials of the connection, if it has its own token.
    pub credentials: Option<Credentials>,
}
