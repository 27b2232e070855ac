//! The meaning of a delivery, in our own terms and without a user.
//!
//! Owns the meaning of a delivery as a whole. Must not know users: the registered connection decides whose it is;
//! changes are in the types of `ledger`.

use ledger::Change;

use crate::masking::readable;

/// The longest name of an event that is shown, in characters.
const LONGEST_NAME: usize = 60;

/// The meaning of an authentic delivery.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// Something changed on a connection.
    Changes {
        /// The provider's id of the connection.
        connection_id: String,
        /// In the order in which they are applied. At least one.
        changes: Vec<Change>,
        /// The items of the delivery that are not understood: they are quarantined, and block nothing else.
        rejected: Vec<Rejected>,
    },
    /// Something changed for a user of the provider, such as the end of a consent: on every connection of that user.
    UserChanges {
        /// The provider's id of its user.
        provider_user: String,
        /// In the order in which they are applied. At least one.
        changes: Vec<Change>,
    },
    /// Something changed that the body does not contain: it has to be fetched from the provider.
    Fetch {
        /// The event's name, for messages.
        event: String,
        /// The provider's id of the connection, if the body has it.
        connection_id: Option<String>,
        /// What to fetch.
        wanted: Wanted,
    },
    /// Nothing to do: a test message, an address validation.
    Nothing,
    /// The envelope is this provider's, but nothing in it is understood: one sentence why. The delivery is quarantined.
    NotUnderstood(String),
}

impl Meaning {
    /// The meaning of a delivery's items: one that is not understood blocks no other. The error says why none of them
    /// is understood.
    pub(crate) fn of_items(
        connection_id: Result<String, String>,
        changes: Vec<Change>,
        rejected: Vec<Rejected>,
    ) -> Result<Self, String> {
        match rejected.as_slice() {
            [only] if changes.is_empty() => Err(only.reason.clone()),
            [_, ..] if changes.is_empty() => Err(Rejected::sentence(&rejected)),
            _ => Ok(Self::Changes { connection_id: connection_id?, changes, rejected }),
        }
    }

    /// A single change of a connection.
    pub(crate) fn of(connection_id: String, change: Change) -> Self {
        Self::Changes { connection_id, changes: vec![change], rejected: vec![] }
    }

    /// The sentence for an event that is not read.
    pub(crate) fn unknown_event(name: &str) -> String {
        format!("{} is not an event that is handled", event_name(name))
    }

    /// Why a notification is quarantined if its provider cannot be fetched from.
    pub fn not_fetched(event: &str) -> String {
        format!("{event} says only that something changed, and the data cannot be fetched")
    }
}

/// An event's name, as readable text.
pub(crate) fn event_name(name: &str) -> String {
    readable(name, LONGEST_NAME).unwrap_or_default()
}

/// The scope of a fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The connection's transactions.
    Transactions,
    /// One record.
    Record {
        /// The provider's name of its kind: `expense`, `payment` …
        kind: String,
        /// The provider's id of it.
        id: String,
    },
}

/// One item of a delivery that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The provider's id of it if readable, else its place, such as `transactions[1]`.
    pub item: String,
    /// One sentence why.
    pub reason: String,
}

/// A sentence names this many items, by this many characters of their ids.
const NAMED: usize = 2;
const SHOWN: usize = 40;

impl Rejected {
    /// One sentence for several of them.
    pub fn sentence(rejected: &[Self]) -> String {
        let named = rejected.iter().take(NAMED).map(|Self { item, reason }| {
            let item: String = item.chars().take(SHOWN).collect();
            format!("{item}: {reason}")
        });
        let mut sentence = named.collect::<Vec<_>>().join("; ");
        if rejected.len() > NAMED {
            sentence.push_str(&format!("; and {} more", rejected.len() - NAMED));
        }
        sentence
    }
}
