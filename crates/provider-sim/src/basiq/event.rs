//! Events.
//!
//! Owns the stored events and their messages. Must not send anything.
//!
//! Event names: `GET /events/types` (<https://api.basiq.io/reference/listeventtypes>). An event is kept for seven days.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::webhooks::Message;

/// Basiq's events, each with its subject.
pub(super) const TYPES: [(&str, &str); 15] = [
    ("account.updated", "an account's attributes changed"),
    ("connection.activated", "a connection became active"),
    ("connection.created", "a connection was made"),
    ("connection.deleted", "a connection was deleted"),
    ("connection.invalidated", "a connection became invalid"),
    ("consent.created", "a consent was given"),
    ("consent.expired", "a consent has expired"),
    ("consent.reminder", "a reminder of a consent"),
    ("consent.revoked", "a consent was revoked"),
    ("consent.updated", "a consent was changed"),
    ("consent.warning", "a consent is about to expire"),
    ("transactions.updated", "transactions were added"),
    ("user.created", "a user was created"),
    ("user.deleted", "a user was deleted"),
    ("user.updated", "a user was changed"),
];

const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// An event.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) id: String,
    /// `transactions.updated`
    pub(super) name: &'static str,
    pub(super) user: String,
    pub(super) at: Timestamp,
    /// The path of its subject, after `/users/{userId}`.
    pub(super) about: String,
    /// The event's data.
    pub(super) data: Value,
}

impl Event {
    /// `transactions` and `updated`.
    pub(super) fn entity_and_verb(&self) -> (&str, &str) {
        self.name.split_once('.').unwrap_or((self.name, ""))
    }

    /// The link to its subject.
    pub(super) fn entity_link(&self, links: &str) -> String {
        format!("{links}/users/{}{}", self.user, self.about)
    }

    /// Its webhook: links without data.
    pub(super) fn message(&self, links: &str, id: String) -> Message {
        let body = json!({
            "eventId": self.id,
            "eventTypeId": self.name,
            "links": {
                "event": format!("{links}/events/{}", self.id),
                "eventEntity": self.entity_link(links),
            },
        });
        Message { id, event: self.name.to_owned(), body: body.to_string() }
    }
}

/// The events that are kept, oldest first.
#[derive(Debug, Default)]
pub(super) struct Events(VecDeque<Event>);

impl Events {
    pub(super) fn add(&mut self, event: Event) {
        let is_old = |first: &Event| first.at.checked_add(KEPT).is_ok_and(|forgotten| forgotten <= event.at);
        while self.0.front().is_some_and(is_old) {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.0.iter()
    }
}
