//! What to fetch for a connection.
//!
//! Owns how several requests are merged into one. Must not know when one is due.

use std::collections::BTreeSet;

use connectors::Wanted;
use serde::{Deserialize, Serialize};

/// Up to this many records are fetched one by one; beyond that, the full lists are fetched.
const MOST_RECORDS: usize = 50;

/// What to fetch for a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SyncRequest {
    /// Everything new.
    Everything,
    /// These records: their kinds and ids.
    Records(BTreeSet<(String, String)>),
}

impl SyncRequest {
    /// One request that covers both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Records(mut records), Self::Records(more)) => {
                records.extend(more);
                if records.len() > MOST_RECORDS { Self::Everything } else { Self::Records(records) }
            }
            _ => Self::Everything,
        }
    }

    /// The steps of a run, in order.
    pub fn wanted(&self) -> Vec<Wanted> {
        match self {
            Self::Everything => vec![Wanted::Transactions],
            Self::Records(records) => {
                records.iter().map(|(kind, id)| Wanted::Record { kind: kind.clone(), id: id.clone() }).collect()
            }
        }
    }
}

impl From<Wanted> for SyncRequest {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Transactions => Self::Everything,
            Wanted::Record { kind, id } => Self::Records([(kind, id)].into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: usize) -> SyncRequest {
        Wanted::Record { kind: "expense".to_owned(), id: id.to_string() }.into()
    }

    #[test]
    fn requests_for_records_are_one_until_they_are_many() {
        let few = (0..50).map(record).reduce(SyncRequest::and).expect("requests");
        assert_eq!(few.wanted().len(), 50);
        assert_eq!(few.clone().and(record(7)).wanted().len(), 50, "the same one again is no other");
        assert_eq!(few.clone().and(record(50)).wanted(), [Wanted::Transactions]);
        assert_eq!(few.and(SyncRequest::Everything), SyncRequest::Everything);
    }
}
