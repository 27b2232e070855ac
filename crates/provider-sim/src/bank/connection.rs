//! A person's connection to a bank.
//!
//! Owns its type. Must not know how a provider reports it.

use jiff::Timestamp;

/// A connection: Basiq's connection, Plaid's item.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The provider's id of it.
    pub id: String,
    /// The provider's id of its user.
    pub user: String,
    /// The provider's id of the bank.
    pub institution: String,
    /// The ids of its accounts.
    pub accounts: Vec<String>,
    /// Whether the bank accepts the connection.
    pub status: ConnectionStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its consent ends.
    pub expires_at: Timestamp,
    /// When the bank was last read.
    pub refreshed_at: Timestamp,
}

/// Whether a connection's bank accepts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// It is being set up.
    Pending,
    /// The bank accepts it.
    Active,
    /// Its consent has ended, or its credentials are no longer valid: its user has to sign in again.
    Invalid,
}
