//! The list by day.
//!
//! Owns the day of a transaction and its place in that day, in the time zone of the reader. Must not show anything.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use wire::Transaction;
use wire::rank::rank;

use super::keyed::Item;
use crate::clock::local_offset_minutes;
use crate::format::{Day, moment};

type Rows = Vec<Arc<Transaction>>;

/// A day and its transactions, newest first.
#[derive(Clone, Debug)]
pub(super) struct DayRows {
    pub(super) day: Day,
    pub(super) rows: Arc<Rows>,
}

impl PartialEq for DayRows {
    fn eq(&self, other: &Self) -> bool {
        self.day == other.day
    }
}

impl Eq for DayRows {}

impl Hash for DayRows {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.day.hash(state);
    }
}

impl Item for DayRows {
    fn is_unchanged(&self, other: &Self) -> bool {
        self.rows.len() == other.rows.len()
            && self.rows.iter().zip(&*other.rows).all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

/// The days of a list that is in the store's order, newest first.
pub(super) fn by_day(transactions: Rows, is_local: bool) -> Vec<DayRows> {
    by_day_at(transactions, |millis| if is_local { local_offset_minutes(millis) } else { 0 })
}

fn by_day_at(transactions: Rows, offset: impl Fn(i64) -> i32) -> Vec<DayRows> {
    let mut days: BTreeMap<Reverse<Day>, (Rows, bool)> = BTreeMap::new();
    for transaction in transactions {
        let moment = moment(&transaction, &offset);
        let day = moment.map_or(Day { year: 1970, month: 1, day: 1 }, |moment| moment.day);
        let (rows, has_untimed) = days.entry(Reverse(day)).or_default();
        *has_untimed |= moment.is_none_or(|moment| moment.time.is_none());
        rows.push(transaction);
    }
    let days = days.into_iter().map(|(Reverse(day), (mut rows, has_untimed))| {
        if has_untimed {
            // The store orders by days in UTC, which begin and end at other moments than local days.
            let place = |it: &Arc<Transaction>| {
                let millis = wire::time::unix_millis(&it.date).unwrap_or_default();
                Reverse(rank(it, offset(millis)))
            };
            rows.sort_by_cached_key(place);
        }
        DayRows { day, rows: Arc::new(rows) }
    });
    days.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::day_code;
    use crate::realtime::feed::samples::transaction;

    fn seen(id: &str, date: &str, first_seen_at: &str) -> Arc<Transaction> {
        let first_seen_at = Some(first_seen_at.to_owned());
        Arc::new(Transaction { first_seen_at, ..transaction(id, date, "1") })
    }

    /// The days at an offset of a list that the store has ordered.
    fn days(offset: i32, mut rows: Rows) -> Vec<(String, String)> {
        rows.sort_by_key(|it| Reverse(rank(it, 0)));
        let days = by_day_at(rows, |_| offset).into_iter();
        let ids = |rows: &Rows| rows.iter().map(|it| it.transaction_id.clone()).collect::<Vec<_>>().join(" ");
        days.map(|DayRows { day, rows }| (day_code(day), ids(&rows))).collect()
    }

    fn rows() -> Rows {
        vec![
            seen("lunch", "2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z"),
            seen("invoice", "2026-11-22T00:00:00Z", "2026-11-22T14:00:00Z"),
            seen("late", "2026-11-22T00:00:00Z", "2026-11-24T09:00:00Z"),
            seen("dinner", "2026-11-22T19:00:00Z", "2026-11-22T19:00:01Z"),
            seen("breakfast", "2026-11-23T07:00:00Z", "2026-11-23T07:00:01Z"),
        ]
    }

    fn own(days: &[(&str, &str)]) -> Vec<(String, String)> {
        days.iter().map(|(day, ids)| ((*day).to_owned(), (*ids).to_owned())).collect()
    }

    #[test]
    fn a_day_without_a_time_stands_where_it_was_seen() {
        assert_eq!(days(0, rows()), own(&[("2026-11-23", "breakfast"), ("2026-11-22", "late dinner invoice lunch")]));
    }

    #[test]
    fn the_order_within_a_day_is_that_of_the_place() {
        // In Sydney, dinner is on the next day, with breakfast. In Los Angeles, breakfast is late on the previous day;
        // the transaction that was last on that day in UTC remains at its top.
        assert_eq!(days(660, rows()), own(&[("2026-11-23", "breakfast dinner"), ("2026-11-22", "late invoice lunch")]));
        assert_eq!(days(-480, rows()), own(&[("2026-11-22", "late breakfast dinner invoice lunch")]));
    }
}
