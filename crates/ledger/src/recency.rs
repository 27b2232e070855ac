//! Which of two reports of the same thing is newer.
//!
//! Owns that order. Deliveries are late, repeated and reordered; the provider's time or version of a row decides, and
//! without one the order of arrival. Must not know the reported value.

use std::cmp::Ordering;

/// How recent a report is.
///
/// Times and row versions share one number line: a time is in milliseconds since 1970, which is larger than any row
/// version, so a report with a time is newer than one with only a row version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Recency {
    /// The provider's version: a time in milliseconds since 1970, or a row's version.
    pub version: Option<i64>,
    /// The position in the order of arrival.
    pub arrival: i64,
}

impl Recency {
    /// Whether this report is older than another. Of two with the same version, the one that arrived later is newer; if
    /// one has no version, arrival decides.
    pub fn is_older_than(self, other: Self) -> bool {
        self.order(other) == Ordering::Less
    }

    /// Whether this report certainly happened after another one.
    pub fn has_later_version_than(self, other: Self) -> bool {
        self.version.zip(other.version).is_some_and(|(own, others)| own > others)
    }

    /// Whether both have the same version, so that only arrival distinguishes them.
    pub fn is_contemporary_of(self, other: Self) -> bool {
        self.version.is_some() && self.version == other.version
    }

    fn order(self, other: Self) -> Ordering {
        let by_version = match (self.version, other.version) {
            (Some(own), Some(others)) => own.cmp(&others),
            _ => Ordering::Equal,
        };
        by_version.then(self.arrival.cmp(&other.arrival))
    }

    /// The recency of a row after another report was accepted: a report without a version does not lower the version
    /// that later ones are compared with.
    #[must_use]
    pub fn advanced_to(self, taken: Self) -> Self {
        Self { version: self.version.max(taken.version), arrival: self.arrival.max(taken.arrival) }
    }
}

impl Recency {
    /// The recency of a deletion of a row with this recency: if the deletion has no version, no report is certainly
    /// later.
    pub fn deleted_at(self, deletion: Self) -> Self {
        let advanced = self.advanced_to(deletion);
        Self { version: deletion.version.and(advanced.version), ..advanced }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recency(version: Option<i64>, arrival: i64) -> Recency {
        Recency { version, arrival }
    }

    #[test]
    fn what_the_provider_says_decides_and_arrival_only_where_it_says_nothing() {
        assert!(recency(Some(1), 9).is_older_than(recency(Some(2), 3)));
        assert!(!recency(Some(2), 3).is_older_than(recency(Some(1), 9)));
        assert!(recency(None, 3).is_older_than(recency(Some(1), 9)));
        assert!(recency(Some(1), 3).is_older_than(recency(Some(1), 9)));
        assert!(!recency(Some(1), 3).is_older_than(recency(Some(1), 3)), "the same report");
    }

    #[test]
    fn a_report_without_a_version_lowers_nothing() {
        let row = recency(Some(10), 1).advanced_to(recency(None, 2));
        assert_eq!(row, recency(Some(10), 2));
        assert!(recency(Some(9), 3).is_older_than(row));
    }
}
