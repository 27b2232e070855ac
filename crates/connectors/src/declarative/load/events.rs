//! The table `events` of a file.
//!
//! Owns the rule that each event is named once. Must not know items.

use super::table::{File, Found, Table};
use crate::declarative::events::{Events, Kind, Names};
use crate::declarative::times::Notation;

/// The keys that list events, and what those events report.
const LISTS: [(&str, Kind); 7] = [
    ("new", Kind::Saved),
    ("updated", Kind::Saved),
    ("deleted", Kind::Deleted),
    ("accounts", Kind::Accounts),
    ("notification", Kind::Notification),
    ("ignored", Kind::Nothing),
    ("ping", Kind::Nothing),
];

/// Reads the table.
pub(super) fn read(file: &File<'_>, table: Table<'_, '_>) -> Events {
    let mut names = Names::default();
    let mut add = |key: &str, found: &Found<String>, kind| {
        let name = found.value.escape_debug();
        let inner = found.value.strip_suffix('*').unwrap_or(&found.value);
        if inner.contains('*') {
            file.problem(found.at, format!("events.{key} has \"{name}\"; a * is expected only at the end"));
        } else if !names.add(&found.value, kind) {
            file.problem(
                found.at,
                format!("events.{key} has \"{name}\", which events already lists; once is expected"),
            );
        }
    };
    for (key, kind) in LISTS {
        table.words(key).iter().for_each(|found| add(key, found, kind));
    }
    for (found, state) in table.words_by_name("connection-status") {
        add("connection-status", &found, Kind::Status(state));
    }
    let has_name = table.has("name");
    let lists = LISTS.iter().map(|(key, _)| *key).chain(["connection-status"]);
    let used: Vec<&str> = lists.filter(|key| table.has(key)).collect();
    for key in used.iter().filter(|_| !has_name) {
        table
            .problem_of(key, format!("events.{key} lists events, but events.name, the path of their name, is missing"));
    }
    if has_name && used.is_empty() {
        table.problem_of("name", "events.name is set, but no event is listed; events.new or another list is expected");
    }
    let name = table.paths("name");
    if table.has("time-format") && !table.has("time") {
        table.problem_of("time-format", "events.time-format has no meaning without events.time");
    }
    Events {
        name: has_name.then_some(name),
        names,
        connection: table.paths("connection"),
        time: table.paths("time"),
        time_notation: table.word("time-format").and_then(Notation::named),
    }
}
