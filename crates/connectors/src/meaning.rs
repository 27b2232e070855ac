//! What a delivery means, in our own words and before anybody's name is on it.
//!
//! Owns what a delivery as a whole means. Must not know users: whose it is comes from the registered connection; what
//! changed is said in the types of `ledger`.

use ledger::Change;

use crate::masking::readable;

/// The longest name of an event that is shown, in characters.
const LONGEST_NAME: usize = 60;

/// What an authentic delivery says.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// Something changed on a connection.
    Changes {
        /// The provider's id of the connection.
        connection_id: String,
        /// In the order they are to be applied. At least one.
        changes: Vec<Change>,
        /// The items of the delivery that are not understood: they are quarantined, and hold up nothing else.
        rejected: Vec<Rejected>,
    },
    /// Something changed that the body does not carry: it has to be fetched from the provider.
    Fetch {
        /// The event's name, for people.
        event: String,
        /// The provider's id of the connection, where the body tells it.
        connection_id: Option<String>,
        /// What to fetch.
        wanted: Wanted,
    },
    /// Nothing to do: a test message, an address validation.
    Nothing,
    /// It is this provider's envelope, but nothing in it is understood: one sentence why. The delivery is
    /// quarantined.
    NotUnderstood(String),
}

impl Meaning {
    /// What the items of a delivery come to: one that is not understood holds up no other. The error says why none of them
    /// is.
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

    /// The sentence for an event of which nothing is read.
    pub(crate) fn unknown_event(name: &str) -> String {
        format!("{} is not an event that anything follows from", event_name(name))
    }

    /// Why a notification is quarantined where its provider cannot be asked.
    pub fn not_fetched(event: &str) -> String {
        format!("{event} says only what changed, and its provider is not asked for more")
    }
}

/// An event's name, for a person to read.
pub(crate) fn event_name(name: &str) -> String {
    readable(name, LONGEST_NAME).unwrap_or_default()
}

/// What has to be fetched.
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
    /// The provider's id of it, where that can be read; else where it stands, as `transactions[1]`.
    pub item: String,
    /// One sentence why.
    pub reason: String,
}

/// So many items are named in one sentence, by so many characters of their ids.
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
