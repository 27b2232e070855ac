//! The meaning of a transaction's absence from a provider's lists.
//!
//! Owns which stored transactions are then gone. Must not know how a provider is called.

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use wire::time::unix_millis;
use wire::{DatePrecision, Transaction, TransactionStatus};

/// The meaning of a stored transaction's absence from a complete run of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// None: the provider reports deletions explicitly.
    MeansNothing,
    /// A pending one is gone, or was listed under another id.
    OfPendingMeansGone,
    /// A transaction of this day or later is gone.
    MeansGoneSince(Date),
}

impl Absence {
    /// Whether a transaction that was not listed is gone, or now has another id.
    pub(crate) fn means_gone(self, transaction: &Transaction) -> bool {
        match self {
            Self::MeansNothing => false,
            Self::OfPendingMeansGone => transaction.status == Some(TransactionStatus::Pending),
            Self::MeansGoneSince(day) => is_since(transaction, day),
        }
    }
}

/// Whether a transaction happened on a day or later, in any time zone in which the provider may count days: the last
/// zone to begin a day is twelve hours behind UTC.
fn is_since(transaction: &Transaction, day: Date) -> bool {
    let begin = match transaction.precision() {
        DatePrecision::Day => day.at(0, 0, 0, 0),
        DatePrecision::Instant => day.to_datetime(time(12, 0, 0, 0)),
    };
    let begin = begin.to_zoned(TimeZone::UTC).map(|begin| begin.timestamp().as_millisecond());
    unix_millis(&transaction.date).zip(begin.ok()).is_some_and(|(date, begin)| date >= begin)
}
