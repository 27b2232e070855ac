//! The kind of report in a delivery, by its event's name.
//!
//! Owns the names of events, and the members common to every event. Must not read items.

use std::collections::BTreeMap;

use ledger::Dated;

use super::path::{Paths, Scope};
use super::times::Notation;
use super::values;
use crate::ids;
use crate::json::Document;
use crate::meaning::Meaning;
use crate::understood::Understood;

/// The kind of report of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Transactions that are new or have changed.
    Saved,
    /// Transactions that are gone.
    Deleted,
    /// Accounts and their balances.
    Accounts,
    /// The connection's own state.
    Status(&'static str),
    /// Something changed, but the event does not say what.
    Notification,
    /// Nothing.
    Nothing,
}

/// Names of events, each with its kind. A `*` at the end of a name matches any rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, Kind>);

/// The members common to every event.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    /// The path of the event's name; `None` if each delivery reports transactions.
    pub(super) name: Option<Paths>,
    pub(super) names: Names,
    pub(super) connection: Paths,
    pub(super) time: Paths,
    pub(super) time_notation: Option<Notation>,
}

impl Names {
    /// Adds a name; `false` if it was already there.
    pub(super) fn add(&mut self, name: &str, kind: Kind) -> bool {
        let is_new = !self.0.contains_key(name);
        self.0.entry(name.to_owned()).or_insert(kind);
        is_new
    }

    /// Whether any event has such a kind.
    pub(super) fn any(&self, is: impl Fn(Kind) -> bool) -> bool {
        self.0.values().any(|kind| is(*kind))
    }

    /// The kind of an event: an exact name first, then the longest prefix.
    fn kind(&self, name: &str) -> Option<Kind> {
        let beginning = |(pattern, kind): (&String, &Kind)| {
            let beginning = pattern.strip_suffix('*').filter(|beginning| name.starts_with(beginning))?;
            Some((beginning.len(), *kind))
        };
        let longest = || self.0.iter().filter_map(beginning).max_by_key(|(length, _)| *length);
        self.0.get(name).copied().or_else(|| longest().map(|(_, kind)| kind))
    }
}

impl Events {
    /// The event's name, which messages use as well, and its kind.
    pub(super) fn kind(&self, body: &Document<'_>) -> Understood<(String, Kind)> {
        let Some(paths) = &self.name else { return Ok(("the delivery".to_owned(), Kind::Saved)) };
        let name = paths.read(Scope { item: body, body }, crate::json::text)?.ok_or("the body names no event")?;
        let kind = self.names.kind(&name).ok_or_else(|| Meaning::unknown_event(&name))?;
        Ok((name, kind))
    }

    /// The provider's id of the connection.
    pub(super) fn connection(&self, body: &Document<'_>) -> Understood<Option<String>> {
        let id = self.connection.read(Scope { item: body, body }, crate::json::id)?;
        id.map(|id| ids::checked(id, "connection")).transpose()
    }

    /// How recent the event is.
    pub(super) fn version(&self, body: &Document<'_>) -> Understood<Option<i64>> {
        values::version(&self.time, self.time_notation, Scope { item: body, body })
    }

    /// The event's time, for a transaction without a date.
    pub(super) fn dated(&self, body: &Document<'_>) -> Understood<Dated> {
        let Some(raw) = self.time.raw(Scope { item: body, body })? else { return Ok(Dated::Unknown) };
        let notation = self.time_notation.unwrap_or(Notation::Rfc3339);
        notation.when(raw).map(Dated::Reported).ok_or_else(|| "the time of the event is not a date".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_before_a_beginning_and_a_longer_beginning_before_a_shorter_one() {
        let mut names = Names::default();
        for (name, kind) in [
            ("transaction.*", Kind::Saved),
            ("transaction.deleted", Kind::Deleted),
            ("transaction.draft.*", Kind::Nothing),
            ("ping", Kind::Nothing),
        ] {
            assert!(names.add(name, kind));
        }
        assert!(!names.add("ping", Kind::Saved));
        for (name, kind) in [
            ("transaction.created", Some(Kind::Saved)),
            ("transaction.", Some(Kind::Saved)),
            ("transaction.deleted", Some(Kind::Deleted)),
            ("transaction.draft.created", Some(Kind::Nothing)),
            ("transaction", None),
            ("pings", None),
            ("", None),
        ] {
            assert_eq!(names.kind(name), kind, "{name}");
        }
    }
}
