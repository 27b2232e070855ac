//! What is asked for and what is told, over reloads of the page.

use std::sync::Arc;

use crate::realtime::feed::samples::{deleted, new, snapshot, transaction, updated};
use crate::realtime::feed::{Feed, FeedEvent, Need, News, Outcome};
use wire::Transaction;
use wire::api::{Snapshot, TransactionsPage};

fn row(number: u64) -> Transaction {
    transaction(&number.to_string(), &format!("2026-11-{number:02}T10:00:00Z"), "1")
}

/// The server after as many events, each of which brought a transaction.
fn at(seq: u64) -> Snapshot {
    snapshot(seq, (1..=seq).map(row).collect())
}

fn event(number: u64) -> FeedEvent {
    new(number, row(number))
}

fn added(news: &[News]) -> Vec<&str> {
    let added = news.iter().filter_map(|news| match news {
        News::Added(transaction) => Some(transaction.transaction_id.as_str()),
        _ => None,
    });
    added.collect()
}

/// A page that holds `seq` events, in a tab that has told of `told`.
fn page(seq: u64, told: u64) -> Feed {
    let mut page = Feed::new(at(seq));
    page.recall(Some(told));
    page
}

#[test]
fn a_first_page_tells_nothing_of_what_it_holds() {
    let mut feed = Feed::new(at(3));
    feed.recall(None);
    assert_eq!((feed.told(), feed.ask()), (Some(3), Some(3)));
    assert!(!feed.signed_in(3));
    assert_eq!(feed.need(), Need::Nothing);
}

#[test]
fn a_reloaded_page_tells_what_happened_while_it_was_away_and_shows_it_once() {
    let mut feed = page(5, 3);
    assert_eq!(feed.ask(), Some(3));
    assert!(!feed.signed_in(5));
    assert_eq!(feed.need(), Need::Nothing, "the list is complete");
    let outcomes: Vec<Outcome> = [4, 5, 6].map(|number| feed.apply(event(number))).into();
    assert_eq!(outcomes.iter().map(|outcome| outcome.changed).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(outcomes.iter().flat_map(|outcome| added(&outcome.news)).collect::<Vec<_>>(), ["4", "5", "6"]);
    assert_eq!((feed.told(), feed.len()), (Some(6), 6));
    assert_eq!(feed.summary().currencies[0].income.to_string(), "6");
}

#[test]
fn what_was_told_is_not_told_again_by_a_second_replay() {
    let mut feed = page(5, 3);
    feed.ask();
    for number in [4, 4, 5, 4] {
        feed.apply(event(number));
    }
    assert_eq!(feed.ask(), Some(5));
    assert_eq!(feed.apply(event(5)), Outcome::default());
}

#[test]
fn what_was_deleted_while_the_page_was_away_is_not_told() {
    let mut feed = Feed::new(snapshot(5, vec![row(1), row(2), row(3)]));
    feed.recall(Some(3));
    feed.ask();
    assert_eq!(feed.apply(event(4)), Outcome::default());
    assert_eq!(feed.apply(deleted(5, "4", "everyday")), Outcome::default());
    assert_eq!(feed.told(), Some(5));
}

#[test]
fn what_has_changed_since_is_told_as_it_is_now() {
    let changed = Transaction { revision: 2, amount: "9".parse().expect("an amount"), ..row(2) };
    let mut feed = Feed::new(snapshot(3, vec![row(1), changed.clone()]));
    feed.recall(Some(1));
    feed.ask();
    assert_eq!(feed.apply(event(2)).news, [News::Added(Arc::new(changed.clone()))]);
    assert_eq!(feed.apply(updated(3, changed.clone())).news, [News::Updated(Arc::new(changed))]);
}

#[test]
fn what_is_older_than_the_first_page_is_told_as_well() {
    let mut feed = Feed::new(Snapshot { next_cursor: Some("older".to_owned()), ..snapshot(3, vec![row(2), row(3)]) });
    feed.recall(Some(0));
    feed.ask();
    assert_eq!(added(&feed.apply(event(1)).news), ["1"]);
}

#[test]
fn a_page_out_of_a_cache_catches_up_and_tells_only_what_the_tab_has_not_seen() {
    let mut feed = page(2, 4);
    assert_eq!(feed.ask(), Some(2));
    assert!(!feed.signed_in(5));
    assert_eq!(feed.need(), Need::Events);
    let told: Vec<String> =
        [3, 4, 5].iter().flat_map(|number| feed.apply(event(*number)).news).map(|news| format!("{news:?}")).collect();
    assert_eq!((told.len(), feed.len(), feed.told(), feed.need()), (1, 5, Some(5), Need::Nothing));
}

#[test]
fn a_page_that_lay_in_the_history_learns_what_another_has_told_since() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.recall(Some(5));
    assert_eq!(feed.ask(), Some(3));
    assert_eq!([4, 5, 6].map(|number| feed.apply(event(number)).news.len()), [0, 0, 1]);
}

#[test]
fn a_storage_that_does_not_keep_up_makes_nobody_hear_a_thing_twice() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.apply(event(4));
    feed.recall(Some(3));
    assert_eq!((feed.ask(), feed.apply(event(4))), (Some(4), Outcome::default()));
}

#[test]
fn a_server_that_starts_over_replaces_everything_and_the_memory() {
    for (seq, told) in [(9, 9), (1, 9), (9, 1)] {
        let mut feed = page(seq, told);
        feed.ask();
        assert!(!feed.signed_in(2));
        feed.sync_required();
        assert_eq!((feed.need(), feed.told()), (Need::Snapshot, Some(2)), "{seq} and {told}");
        let merged = feed.merge(at(2)).expect("taken");
        assert_eq!((feed.len(), feed.seq(), feed.told(), feed.need()), (2, 2, Some(2), Need::Nothing));
        assert_eq!(merged.news, []);
        assert_eq!(feed.ask(), Some(2));
    }
}

#[test]
fn a_snapshot_that_overtakes_the_sign_in_is_not_a_server_that_starts_over() {
    let mut feed = page(2, 2);
    feed.ask();
    feed.merge(at(4)).expect("taken");
    feed.signed_in(3);
    assert_eq!((feed.seq(), feed.need()), (4, Need::Nothing));
}

#[test]
fn a_log_that_no_longer_reaches_back_is_made_up_for_by_a_reload() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.signed_in(5);
    feed.sync_required();
    let merged = feed.merge(at(5)).expect("taken");
    assert_eq!((added(&merged.news), feed.told(), feed.need()), (vec!["4", "5"], Some(5), Need::Nothing));
}

#[test]
fn events_that_come_after_all_are_told_by_themselves_and_not_by_the_reload() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.signed_in(5);
    assert_eq!(feed.merge(at(5)).expect("taken").news, []);
    assert_eq!([4, 5].map(|number| added(&feed.apply(event(number)).news).len()), [1, 1]);
}

#[test]
fn a_feed_that_was_given_up_shows_nothing_and_wants_nothing() {
    let mut feed = Feed::new(Snapshot { next_cursor: Some("older".to_owned()), ..at(3) });
    feed.recall(None);
    let asked = feed.older().expect("there is more");
    feed.apply(event(5));
    feed.give_up();
    let shown = (feed.len(), feed.accounts().len(), feed.summary().currencies.len(), feed.next_cursor());
    assert_eq!((shown, feed.need()), ((0, 0, 0, None), Need::Nothing));
    // What was on its way comes too late.
    assert_eq!((feed.merge(at(5)), feed.append(&asked, TransactionsPage::default())), (None, false));
    assert!(feed.is_empty());
    assert_eq!((feed.user_id(), feed.told()), ("alex", Some(3)));
}

#[test]
fn a_person_who_comes_back_to_a_feed_that_was_given_up_is_told_what_was_missed() {
    let mut feed = Feed::new(at(3));
    feed.recall(None);
    feed.give_up();
    assert_eq!(feed.ask(), Some(3));
    assert!(!feed.signed_in(4));
    assert_eq!(feed.need(), Need::Snapshot);
    feed.apply(event(4));
    let merged = feed.merge(at(4)).expect("taken");
    assert_eq!((added(&merged.news), feed.len(), feed.need()), (vec!["4"], 4, Need::Nothing));
}

#[test]
fn a_reload_that_brings_nothing_new_leaves_later_events_to_come_by_themselves() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.signed_in(3);
    feed.sync_required();
    feed.merge(at(3)).expect("taken");
    feed.ask();
    feed.signed_in(5);
    assert_eq!(feed.merge(at(5)).expect("taken").news, []);
    assert_eq!([4, 5].map(|number| added(&feed.apply(event(number)).news).len()), [1, 1]);
}

#[test]
fn events_that_were_given_up_and_come_after_all_leave_later_ones_to_come_by_themselves() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.lose();
    feed.apply(event(4));
    feed.signed_in(5);
    assert_eq!(feed.merge(at(5)).expect("taken").news, []);
    assert_eq!(added(&feed.apply(event(5)).news), ["5"]);
}

#[test]
fn an_event_that_is_shown_already_is_not_told_before_those_that_lead_to_it() {
    let mut feed = page(5, 3);
    feed.ask();
    let early = feed.apply(event(5));
    assert_eq!((early.gap, early.news.len(), feed.told(), feed.since()), (true, 0, Some(3), 3));
    // Nor is one that is new.
    let new = feed.apply(event(6));
    assert_eq!((new.gap, new.changed, new.news.len(), feed.len()), (true, true, 0, 6));
    assert_eq!((added(&feed.apply(event(4)).news), feed.told()), (vec!["4", "5", "6"], Some(6)));
}

#[test]
fn what_a_reload_has_jumped_over_is_told_once_though_its_events_do_not_come() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.signed_in(6);
    assert_eq!(feed.merge(at(6)).expect("taken").news, []);
    assert_eq!(added(&feed.apply(event(4)).news), ["4"]);
    assert!(feed.apply(event(6)).gap);
    feed.lose();
    assert_eq!(feed.need(), Need::Snapshot, "for what there is to tell");
    assert_eq!(added(&feed.merge(at(6)).expect("taken").news), ["5", "6"]);
    assert_eq!((feed.told(), feed.apply(event(5)), feed.need()), (Some(6), Outcome::default(), Need::Nothing));
}

#[test]
fn a_page_without_a_snapshot_asks_for_nothing_but_what_comes() {
    let mut feed = Feed::default();
    feed.belongs_to("alex");
    feed.recall(None);
    assert_eq!(feed.ask(), None);
    assert!(!feed.signed_in(3));
    assert_eq!(feed.need(), Need::Snapshot);
    // It happens before the snapshot has come.
    assert_eq!(feed.apply(event(4)), Outcome::default());
    let merged = feed.merge(at(4)).expect("taken");
    assert_eq!((added(&merged.news), feed.len(), feed.told()), (vec!["4"], 4, Some(4)));
}

#[test]
fn a_page_without_a_snapshot_goes_on_from_what_the_tab_remembers() {
    let mut feed = Feed::default();
    feed.belongs_to("alex");
    feed.recall(Some(2));
    assert_eq!(feed.ask(), Some(2));
    assert!(!feed.signed_in(3));
    feed.apply(event(3));
    assert_eq!(added(&feed.merge(at(3)).expect("taken").news), ["3"]);
}

#[test]
fn a_page_that_learns_whose_it_is_asks_again_where_something_was_missed() {
    for (remembered, again) in [(None, false), (Some(3), false), (Some(2), true)] {
        let mut feed = Feed::default();
        assert_eq!(feed.ask(), None);
        feed.belongs_to("alex");
        feed.recall(remembered);
        assert_eq!(feed.signed_in(3), again, "{remembered:?}");
        assert_eq!(feed.ask(), remembered.or(Some(3)));
        assert!(!feed.signed_in(3));
    }
}
