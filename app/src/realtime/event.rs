//! The events of a feed, read from the wire.
//!
//! Owns the known names and their payloads. Must not decide the effect of an event.

use wire::events::{BalanceUpdated, ConnectionUpdated, SyncComplete, TransactionDeleted, TransactionEvent};
use wire::{EventName, Transaction};

use crate::identity::same;

/// One event of a user's feed.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedEvent {
    /// A transaction that was not known before.
    New(TransactionEvent),
    /// A transaction changed.
    Updated(TransactionEvent),
    /// A transaction was deleted.
    Deleted(TransactionDeleted),
    /// An account's balance changed.
    Balance(BalanceUpdated),
    /// A connection to an institution changed.
    Connection(ConnectionUpdated),
    /// A connection has been synchronised.
    Sync(SyncComplete),
}

impl FeedEvent {
    /// Reads an event; `None` if the name is not a feed event's.
    pub fn read(name: &str, payload: &str) -> Option<Result<Self, serde_json::Error>> {
        Some(match EventName::parse(name)? {
            EventName::TransactionNew => serde_json::from_str(payload).map(Self::New),
            EventName::TransactionUpdated => serde_json::from_str(payload).map(Self::Updated),
            EventName::TransactionDeleted => serde_json::from_str(payload).map(Self::Deleted),
            EventName::BalanceUpdated => serde_json::from_str(payload).map(Self::Balance),
            EventName::ConnectionUpdated => serde_json::from_str(payload).map(Self::Connection),
            EventName::SyncComplete => serde_json::from_str(payload).map(Self::Sync),
        })
    }

    /// Whether it carries this transaction, in some revision.
    pub fn carries(&self, transaction: &Transaction) -> bool {
        matches!(self, Self::New(event) | Self::Updated(event) if same(&event.transaction, transaction))
    }

    /// When the server stored the event.
    pub fn timestamp(&self) -> &str {
        match self {
            Self::New(event) | Self::Updated(event) => &event.timestamp,
            Self::Deleted(event) => &event.timestamp,
            Self::Balance(event) => &event.timestamp,
            Self::Connection(event) => &event.timestamp,
            Self::Sync(event) => &event.timestamp,
        }
    }

    /// The event's number in the feed.
    pub fn seq(&self) -> u64 {
        match self {
            Self::New(event) | Self::Updated(event) => event.seq,
            Self::Deleted(event) => event.seq,
            Self::Balance(event) => event.seq,
            Self::Connection(event) => event.seq,
            Self::Sync(event) => event.seq,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_keeps_its_exact_amount() {
        let payload = r#"{"seq":7,"eventId":"e7","timestamp":"2026-11-22T10:00:00Z","connectionId":"c","accountId":"a","currency":"AUD","balance":100.10,"available":null}"#;
        let event = FeedEvent::read("balance:updated", payload).expect("known").expect("well-formed");
        let FeedEvent::Balance(balance) = &event else { panic!("{event:?}") };
        assert_eq!((event.seq(), balance.balance.to_string()), (7, "100.10".to_owned()));
    }

    #[test]
    fn an_unknown_name_is_not_an_error() {
        assert!(FeedEvent::read("pong", "{}").is_none());
        assert!(FeedEvent::read("transaction:new", "{}").is_some_and(|read| read.is_err()));
    }
}
