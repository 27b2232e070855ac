//! What a unit of work is about.
//!
//! Owns the names that go together when changes of one connection are applied. Must not read or write.

use jiff::Timestamp;

use super::connection_row::ConnectionRow;
use super::owners::Owner;
use crate::store::ConnectorRef;

/// One connection of one user, through one connector.
pub(super) struct Scope<'a> {
    pub(super) connector: &'a ConnectorRef,
    pub(super) connection: &'a ConnectionRow,
    pub(super) owner: &'a Owner,
    /// When what reports the changes arrived here.
    pub(super) arrived: Timestamp,
}
