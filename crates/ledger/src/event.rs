//! Events of a user's feed.
//!
//! Owns their numbers, their ids, and how payloads are stamped and encoded; `wire` has the payloads' shapes. Must not
//! know who receives them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use wire::events::{EventSource, Stamp, TransactionEvent};
use wire::{EventName, Transaction};

use crate::context::Context;

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// The user's number for it.
    pub seq: u64,
    /// Its name on the wire.
    pub name: EventName,
    /// Its payload as sent: encoded once for all subscribers.
    pub payload: Box<RawValue>,
    /// The transaction whose newest revision it reports, by its account and id.
    pub of_transaction: Option<(String, String)>,
    /// Whether the payload can be rebuilt from that transaction's row while it holds the revision.
    pub is_of_row: bool,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.seq == other.seq && self.name == other.name && self.payload.get() == other.payload.get()
    }
}

/// The id of an event: the same for the same event of the same history, so it need not be stored.
pub fn event_id(epoch: &str, user_id: &str, seq: u64) -> String {
    let mut hash = Sha256::new();
    // With the length, so that no two inputs coincide.
    hash.update((epoch.len() as u64).to_be_bytes());
    hash.update(epoch);
    hash.update(seq.to_be_bytes());
    hash.update(user_id);
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    // A UUID of version 8, for application-specific content (RFC 9562 5.8).
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let id = u128::from_be_bytes(bytes);
    let part = |shift: u32, bits: u32| (id >> shift) & ((1 << bits) - 1);
    format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", part(96, 32), part(80, 16), part(64, 16), part(48, 16), part(0, 48))
}

/// The payload of the event that reported a transaction's newest revision, rebuilt from the transaction: byte for byte
/// as it was sent.
pub fn transaction_payload(epoch: &str, seq: u64, at: Timestamp, transaction: Transaction) -> Box<RawValue> {
    let stamp = stamped(epoch, &transaction.user_id, seq, at);
    payload(&TransactionEvent::new(stamp, transaction, None))
}

/// The stamp of an event.
pub(crate) fn stamp(context: &Context<'_>, seq: u64) -> Stamp {
    stamped(context.epoch, context.user_id, seq, context.now)
}

fn stamped(epoch: &str, user_id: &str, seq: u64, at: Timestamp) -> Stamp {
    Stamp { seq, event_id: event_id(epoch, user_id, seq), timestamp: format!("{at:.3}"), source: EventSource::Realtime }
}

/// An event with a payload.
pub(crate) fn event(seq: u64, name: EventName, content: &impl Serialize) -> Event {
    Event { seq, name, payload: payload(content), of_transaction: None, is_of_row: false }
}

fn payload(content: &impl Serialize) -> Box<RawValue> {
    // Every payload is a struct of texts, numbers and raw JSON: encoding cannot fail.
    serde_json::value::to_raw_value(content).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::event_id;

    #[test]
    fn an_events_id_is_a_uuid_of_its_own_and_always_the_same() {
        let id = event_id("e", "alice", 1);
        assert_eq!(id, event_id("e", "alice", 1));
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'8'));
        for other in [event_id("e", "alice", 2), event_id("e", "bob", 1), event_id("f", "alice", 1)] {
            assert_ne!(id, other);
        }
    }
}
