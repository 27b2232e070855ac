//! The outcome of connecting a bank.
//!
//! Owns the types. Must not call a provider.

use crate::fetch::Credentials;

/// The current outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider is still at work.
    Waiting {
        /// The connections that it has named already. They are not ready.
        named: Vec<Connected>,
    },
    /// The connections are ready.
    Ready(Vec<Connected>),
    /// The user did not agree.
    Declined,
    /// The provider could not do it.
    Failed {
        /// Why, in one sentence, masked.
        reason: String,
        /// The connections that it had named.
        named: Vec<Connected>,
    },
}

/// A connection as the provider reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connected {
    /// Its id, as webhooks name it.
    pub id: String,
    /// The provider's id of its user, where calls for the connection need it.
    pub external_user_id: Option<String>,
    /// The bank's name, where the provider reports it.
    pub institution_name: Option<String>,
    /// The credentials of the connection, where it has a token of its own.
    pub credentials: Option<Credentials>,
}
