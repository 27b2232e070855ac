//! The rule that pairs transactions without a linking id.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ledger::matching::{Matching, Unlinked, match_unlinked};
use proptest::prelude::*;
use wire::Amount;

/// A transaction's date, amount, text and id. The ids of posted ones begin with `x`.
type Row = (String, Amount, String, String);

fn unlinked(rows: &[Row]) -> Vec<Unlinked<'_>> {
    rows.iter()
        .map(|(date, amount, text, id)| Unlinked { date, amount: *amount, text, id, is_posted: id.starts_with('x') })
        .collect()
}

/// A transaction as `id day amount text`; the day is in November 2026, optionally with an hour.
fn read(line: &&str) -> Row {
    let words: Vec<&str> = line.splitn(4, ' ').collect();
    let (day, hour) = words[1].split_once('T').unwrap_or((words[1], "0"));
    let date = format!("2026-11-{day:0>2}T{hour:0>2}:00:00Z");
    (date, words[2].parse().unwrap(), words[3].to_owned(), words[0].to_owned())
}

/// The pairs as `pending>unknown`, and the ids of gone and new transactions.
fn matched(pending: &[&str], unknown: &[&str]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let pending: Vec<Row> = pending.iter().map(read).collect();
    let unknown: Vec<Row> = unknown.iter().map(read).collect();
    let Matching { pairs, gone, new } = match_unlinked(&unlinked(&pending), &unlinked(&unknown));
    let mut pairs: Vec<_> =
        pairs.iter().map(|(one, other)| format!("{}>{}", pending[*one].3, unknown[*other].3)).collect();
    pairs.sort();
    let ids = |rows: &[Row], places: &[usize]| places.iter().map(|place| rows[*place].3.clone()).collect();
    (pairs, ids(&pending, &gone), ids(&unknown, &new))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn the_same_day_amount_and_text_are_a_pair() {
    let pending = ["p1 13 -4.50 COFFEE", "p2 13 -30 FUEL", "p3 12 -4.50 COFFEE"];
    let unknown = ["x1 12 -4.5 COFFEE", "x2 13 -4.50 COFFEE", "x3 13 -8 LUNCH"];
    assert_eq!(matched(&pending, &unknown), (texts(&["p1>x2", "p3>x1"]), texts(&["p2"]), texts(&["x3"])));
}

#[test]
fn one_that_changed_in_one_thing_is_a_pair_where_there_is_no_other_candidate() {
    for unknown in ["x 14 -50 DINNER", "x 12 -57.50 DINNER", "x 12 -50 DINNER SYDNEY AU"] {
        assert_eq!(matched(&["p 12 -50 DINNER"], &[unknown]).0, ["p>x"], "{unknown}");
    }
}

#[test]
fn one_that_changed_in_two_things_or_in_its_direction_is_another() {
    for unknown in ["x 14 -57.50 DINNER", "x 12 -57.50 SUPPER", "x 14 -50 SUPPER", "x 12 50 DINNER", "x 12 40 DINNER"] {
        assert_eq!(matched(&["p 12 -50 DINNER"], &[unknown]), (vec![], texts(&["p"]), texts(&["x"])), "{unknown}");
    }
}

#[test]
fn with_more_than_one_candidate_none_is_taken() {
    let either = matched(&["p1 12 -50 DINNER", "p2 12 -60 DINNER"], &["x 12 -55 DINNER"]);
    assert_eq!(either, (vec![], texts(&["p1", "p2"]), texts(&["x"])));
    let both_claim_it = matched(&["p 12 -50 DINNER"], &["x1 13 -50 DINNER", "x2 12 -55 DINNER"]);
    assert_eq!(both_claim_it, (vec![], texts(&["p"]), texts(&["x1", "x2"])));
}

#[test]
fn what_is_taken_is_no_candidate_any_more() {
    let exact_first = matched(&["p1 12 -50 DINNER", "p2 12 -60 DINNER"], &["x1 12 -60 DINNER", "x2 12 -55 DINNER"]);
    assert_eq!(exact_first.0, ["p1>x2", "p2>x1"]);
    // `x1` can only be `p1`, so `x2` is `p2`.
    let one_after_the_other =
        matched(&["p1 12 -50 DINNER", "p2 12 -60 DINNER"], &["x1 13 -50 DINNER", "x2 12 -55 DINNER"]);
    assert_eq!(one_after_the_other.0, ["p1>x1", "p2>x2"]);
}

#[test]
fn twins_are_paired_one_to_one_also_where_all_of_them_changed() {
    let pending = ["p1 12 -4.50 COFFEE", "p2 12 -4.50 COFFEE"];
    assert_eq!(matched(&pending, &["x1 12 -4.50 COFFEE", "x2 12 -4.50 COFFEE"]).0, ["p1>x1", "p2>x2"]);
    assert_eq!(matched(&pending, &["x1 13 -4.50 COFFEE", "x2 13 -4.50 COFFEE"]).0, ["p1>x1", "p2>x2"]);
    assert_eq!(matched(&pending, &["x1 13 -4.50 COFFEE", "x2 12 -5.00 COFFEE"]).0.len(), 2);
    assert_eq!(matched(&pending, &["x1 12 -4.50 COFFEE"]), (texts(&["p1>x1"]), texts(&["p2"]), vec![]));
    let fewer = matched(&pending[..1], &["x1 13 -4.50 COFFEE", "x2 13 -4.50 COFFEE"]);
    assert_eq!(fewer, (texts(&["p1>x1"]), vec![], texts(&["x2"])));
}

#[test]
fn of_twins_those_of_the_same_time_are_a_pair() {
    let matched = matched(&["p 12T15 -4.50 COFFEE"], &["x1 12T10 -4.50 COFFEE", "x2 12T15 -4.50 COFFEE"]);
    assert_eq!(matched, (texts(&["p>x2"]), vec![], texts(&["x1"])));
}

#[test]
fn what_is_posted_goes_before_what_is_still_pending() {
    let matched = matched(&["p 12 -50 DINNER"], &["y 13 -50 DINNER", "x 12 -57.50 DINNER"]);
    assert_eq!(matched, (texts(&["p>x"]), vec![], texts(&["y"])));
    let under_another_id = self::matched(&["p 12 -50 DINNER"], &["y 12 -57.50 DINNER"]);
    assert_eq!(under_another_id.0, ["p>y"]);
}

#[test]
fn a_hold_of_nothing_becomes_the_amount_that_is_paid() {
    assert_eq!(matched(&["p 12 0 FUEL"], &["x 12 -61.20 FUEL"]).0, ["p>x"]);
}

/// Few days, hours, amounts and texts, so that rows collide.
fn rows(name: &'static str) -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec((0_u8..3, 0_u8..2, -3_i64..3, 0_u8..3), 0..12).prop_map(move |rows| {
        let row = |(index, (day, hour, amount, text)): (usize, (u8, u8, i64, u8))| {
            let date = format!("2026-11-1{day}T0{hour}:00:00Z");
            let name = if name == "x" && index % 3 == 0 { "y" } else { name };
            (date, amount.to_string().parse().unwrap(), format!("text {text}"), format!("{name}{index:02}"))
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

/// The pairs by their ids.
fn pairs(pending: &[Row], unknown: &[Row]) -> Vec<(String, String)> {
    let matching = match_unlinked(&unlinked(pending), &unlinked(unknown));
    let pair = |(one, other): (usize, usize)| (pending[one].3.clone(), unknown[other].3.clone());
    let mut pairs: Vec<_> = matching.pairs.into_iter().map(pair).collect();
    pairs.sort();
    pairs
}

/// How many of day, amount and text two rows have in common.
fn common(one: &Row, other: &Row) -> usize {
    usize::from(one.0[..10] == other.0[..10]) + usize::from(one.1 == other.1) + usize::from(one.2 == other.2)
}

fn picked(rows: &[Row], places: &[usize]) -> Vec<Row> {
    places.iter().map(|place| rows[*place].clone()).collect()
}

proptest! {
    #[test]
    fn each_transaction_is_in_one_pair_or_left_over(pending in rows("p"), unknown in rows("x")) {
        let Matching { pairs, gone, new } = match_unlinked(&unlinked(&pending), &unlinked(&unknown));
        let mut one: Vec<_> = pairs.iter().map(|pair| pair.0).chain(gone).collect();
        let mut other: Vec<_> = pairs.iter().map(|pair| pair.1).chain(new).collect();
        one.sort_unstable();
        other.sort_unstable();
        prop_assert_eq!(one, (0..pending.len()).collect::<Vec<_>>());
        prop_assert_eq!(other, (0..unknown.len()).collect::<Vec<_>>());
    }

    #[test]
    fn a_pair_differs_in_one_thing_at_most_and_never_in_its_direction(pending in rows("p"), unknown in rows("x")) {
        for (one, other) in match_unlinked(&unlinked(&pending), &unlinked(&unknown)).pairs {
            let (one, other) = (&pending[one], &unknown[other]);
            prop_assert!(common(one, other) >= 2);
            let is_in = |row: &Row| !row.1.is_negative() && !row.1.is_zero();
            prop_assert_eq!(is_in(one), is_in(other));
        }
    }

    #[test]
    fn nothing_that_is_the_same_is_left_over_on_both_sides(pending in rows("p"), unknown in rows("x")) {
        let Matching { gone, new, .. } = match_unlinked(&unlinked(&pending), &unlinked(&unknown));
        for (one, other) in gone.iter().flat_map(|one| new.iter().map(move |other| (one, other))) {
            prop_assert!(common(&pending[*one], &unknown[*other]) < 3);
        }
    }

    #[test]
    fn what_is_left_over_of_what_is_posted_has_no_pair(pending in rows("p"), mut unknown in rows("x")) {
        unknown.retain(|row| row.3.starts_with('x'));
        let Matching { gone, new, .. } = match_unlinked(&unlinked(&pending), &unlinked(&unknown));
        prop_assert!(pairs(&picked(&pending, &gone), &picked(&unknown, &new)).is_empty());
    }

    #[test]
    fn the_order_of_what_is_passed_in_does_not_matter(
        (pending, shuffled) in rows("p").prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        (unknown, shuffled_unknown) in rows("x").prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        prop_assert_eq!(pairs(&pending, &unknown), pairs(&shuffled, &shuffled_unknown));
    }

    #[test]
    fn rows_that_have_only_other_ids_are_all_paired(rows in rows("p").prop_shuffle()) {
        let renamed: Vec<Row> = rows.iter().rev().map(|row| (row.0.clone(), row.1, row.2.clone(), row.3.replace('p', "x"))).collect();
        prop_assert_eq!(pairs(&rows, &renamed).len(), rows.len());
        for (one, other) in match_unlinked(&unlinked(&rows), &unlinked(&renamed)).pairs {
            prop_assert_eq!(&rows[one].0, &renamed[other].0, "of the same time as well");
        }
    }
}
