//! The subject of a unit of work.
//!
//! Owns the identifiers that belong together when changes of one connection are applied. Must not read or write.

use jiff::Timestamp;

use super::connection::ConnectionRow;
use super::owner::Owner;
use crate::store::ConnectorRef;

/// One connection of one user, through one connector.
pub(in crate::store) struct Scope<'a> {
    pub(in crate::store) connector: &'a ConnectorRef,
    pub(in crate::store) connection: &'a ConnectionRow,
    pub(in crate::store) owner: &'a Owner,
    /// When the report of the changes arrived here.
    pub(in crate::store) arrived: Timestamp,
}
