//! The context in which a change is applied.
//!
//! Owns the inputs that every rule needs. Must not hold anything that a change alters.

use std::borrow::Cow;

use jiff::Timestamp;
use wire::Currency;

/// The properties of a connector that its stored rows carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connector {
    /// The `connectorId` of its rows.
    pub id: Cow<'static, str>,
    /// The `connectorType` of its rows.
    pub connector_type: Cow<'static, str>,
    /// The `source` of its transactions.
    pub source: Cow<'static, str>,
    /// The currency if nothing names one.
    pub default_currency: Currency,
}

/// Whose data it is, where it came from, and when.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The owner: the user that the connection is registered for.
    pub user_id: &'a str,
    /// The connector.
    pub connector: &'a Connector,
    /// The provider's id of the connection.
    pub connection_id: &'a str,
    /// Identifies this database and its history: part of every event's id.
    pub epoch: &'a str,
    /// Now.
    pub now: Timestamp,
    /// When the delivery arrived.
    pub arrived: Timestamp,
    /// The position of these changes in the order of arrival.
    pub arrival: i64,
    /// Whether a service pushes these changes itself: its calls are never late, so a push after a deletion restores the
    /// transaction.
    pub is_pushed: bool,
    /// Whether these changes were fetched: they are the provider's current state, and never late as a delivery can be.
    pub is_fetched: bool,
    /// Whether transactions go to a core app as well.
    pub forwards: bool,
}
