//! Requests and notifications, over reloads of the page.

use std::sync::Arc;

use crate::realtime::event::FeedEvent;
use crate::realtime::feed::samples::{deleted, new, snapshot, transaction, updated};
use crate::realtime::feed::{Feed, Need, News, Outcome, Position, SignIn};
use wire::Transaction;
use wire::api::{Snapshot, TransactionsPage};

fn row(number: u64) -> Transaction {
    transaction(&number.to_string(), &format!("2026-11-{number:02}T10:00:00Z"), "1")
}

/// The server after `seq` events, each of which added a transaction.
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

/// A page that holds `seq` events, in a tab that has notified up to `notified`.
fn page(seq: u64, notified: u64) -> Feed {
    let mut page = Feed::new(at(seq));
    page.recall(Some(notified.into()));
    page
}

#[test]
fn the_first_page_of_a_tab_notifies_of_nothing_in_its_snapshot() {
    let mut feed = Feed::new(at(3));
    feed.recall(None);
    assert_eq!((feed.notified(), feed.ask()), (Some(3), Some(3)));
    assert_eq!(feed.signed_in(None, 3), SignIn::Continue);
    assert_eq!(feed.need(), Need::Nothing);
}

#[test]
fn a_reloaded_page_notifies_of_what_it_missed_and_shows_it_once() {
    let mut feed = page(5, 3);
    assert_eq!(feed.ask(), Some(3));
    assert_eq!(feed.signed_in(None, 5), SignIn::Continue);
    assert_eq!(feed.need(), Need::Nothing, "the list is complete");
    let outcomes: Vec<Outcome> = [4, 5, 6].map(|number| feed.apply(event(number))).into();
    assert_eq!(outcomes.iter().map(|outcome| outcome.changed).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(outcomes.iter().flat_map(|outcome| added(&outcome.news)).collect::<Vec<_>>(), ["4", "5", "6"]);
    assert_eq!((feed.notified(), feed.len()), (Some(6), 6));
    assert_eq!(feed.summary().currencies[0].income.to_string(), "6");
}

#[test]
fn a_second_replay_notifies_of_nothing_again() {
    let mut feed = page(5, 3);
    feed.ask();
    for number in [4, 4, 5, 4] {
        feed.apply(event(number));
    }
    assert_eq!(feed.ask(), Some(5));
    assert_eq!(feed.apply(event(5)), Outcome::default());
}

#[test]
fn a_transaction_deleted_while_the_page_was_away_is_not_notified() {
    let mut feed = Feed::new(snapshot(5, vec![row(1), row(2), row(3)]));
    feed.recall(Some(3.into()));
    feed.ask();
    assert_eq!(feed.apply(event(4)), Outcome::default());
    assert_eq!(feed.apply(deleted(5, "4", "everyday")), Outcome::default());
    assert_eq!(feed.notified(), Some(5));
}

#[test]
fn a_changed_transaction_is_notified_in_its_current_revision() {
    let changed = Transaction { revision: 2, amount: "9".parse().expect("an amount"), ..row(2) };
    let mut feed = Feed::new(snapshot(3, vec![row(1), changed.clone()]));
    feed.recall(Some(1.into()));
    feed.ask();
    assert_eq!(feed.apply(event(2)).news, [News::Added(Arc::new(changed.clone()))]);
    assert_eq!(feed.apply(updated(3, changed.clone())).news, [News::Updated(Arc::new(changed))]);
}

#[test]
fn a_transaction_older_than_the_first_page_is_notified_as_well() {
    let mut feed = Feed::new(Snapshot { next_cursor: Some("older".to_owned()), ..snapshot(3, vec![row(2), row(3)]) });
    feed.recall(Some(0.into()));
    feed.ask();
    assert_eq!(added(&feed.apply(event(1)).news), ["1"]);
}

#[test]
fn a_page_from_a_cache_catches_up_and_notifies_only_of_what_the_tab_has_not_seen() {
    let mut feed = page(2, 4);
    assert_eq!(feed.ask(), Some(2));
    assert_eq!(feed.signed_in(None, 5), SignIn::Continue);
    assert_eq!(feed.need(), Need::Events);
    let notified: Vec<String> =
        [3, 4, 5].iter().flat_map(|number| feed.apply(event(*number)).news).map(|news| format!("{news:?}")).collect();
    assert_eq!((notified.len(), feed.len(), feed.notified(), feed.need()), (1, 5, Some(5), Need::Nothing));
}

#[test]
fn a_page_from_the_history_learns_what_another_page_has_notified_since() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.recall(Some(5.into()));
    assert_eq!(feed.ask(), Some(3));
    assert_eq!([4, 5, 6].map(|number| feed.apply(event(number)).news.len()), [0, 0, 1]);
}

#[test]
fn a_storage_that_is_behind_causes_no_second_notification() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.apply(event(4));
    feed.recall(Some(3.into()));
    assert_eq!((feed.ask(), feed.apply(event(4))), (Some(4), Outcome::default()));
}

#[test]
fn a_server_that_starts_over_replaces_everything_and_the_memory() {
    for (seq, notified) in [(9, 9), (1, 9), (9, 1)] {
        let mut feed = page(seq, notified);
        feed.ask();
        assert_eq!(feed.signed_in(None, 2), SignIn::StartOver);
        feed.sync_required();
        assert_eq!((feed.need(), feed.notified()), (Need::Snapshot, Some(2)), "{seq} and {notified}");
        assert!(feed.is_empty() && feed.accounts().is_empty(), "nothing that may no longer exist is shown");
        let merged = feed.merge(at(2)).expect("taken");
        assert_eq!((feed.len(), feed.seq(), feed.notified(), feed.need()), (2, 2, Some(2), Need::Nothing));
        assert_eq!(merged.news, []);
        assert_eq!(feed.ask(), Some(2));
    }
}

#[test]
fn a_snapshot_that_overtakes_the_sign_in_is_not_a_server_that_starts_over() {
    let mut feed = page(2, 2);
    feed.ask();
    feed.merge(at(4)).expect("taken");
    feed.signed_in(None, 3);
    assert_eq!((feed.seq(), feed.need()), (4, Need::Nothing));
}

#[test]
fn a_reload_replaces_events_that_the_server_no_longer_has() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.signed_in(None, 5);
    feed.sync_required();
    let merged = feed.merge(at(5)).expect("taken");
    assert_eq!((added(&merged.news), feed.notified(), feed.need()), (vec!["4", "5"], Some(5), Need::Nothing));
}

#[test]
fn events_that_arrive_after_a_reload_are_notified_one_by_one() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.signed_in(None, 5);
    assert_eq!(feed.merge(at(5)).expect("taken").news, []);
    assert_eq!([4, 5].map(|number| added(&feed.apply(event(number)).news).len()), [1, 1]);
}

#[test]
fn an_ended_feed_shows_nothing_and_needs_nothing() {
    let mut feed = Feed::new(Snapshot { next_cursor: Some("older".to_owned()), ..at(3) });
    feed.recall(None);
    let asked = feed.older().expect("there is more");
    feed.apply(event(5));
    feed.end();
    let shown = (feed.len(), feed.accounts().len(), feed.summary().currencies.len(), feed.next_cursor());
    assert_eq!((shown, feed.need()), ((0, 0, 0, None), Need::Nothing));
    // Answers to earlier requests arrive too late.
    assert_eq!((feed.merge(at(5)), feed.append(&asked, TransactionsPage::default())), (None, false));
    assert!(feed.is_empty());
    assert_eq!((feed.user_id(), feed.notified()), ("alex", Some(3)));
}

#[test]
fn an_owner_who_signs_in_again_is_notified_of_what_was_missed() {
    let mut feed = Feed::new(at(3));
    feed.recall(None);
    feed.end();
    assert_eq!(feed.ask(), Some(3));
    assert_eq!(feed.signed_in(None, 4), SignIn::Continue);
    assert_eq!(feed.need(), Need::Snapshot);
    feed.apply(event(4));
    let merged = feed.merge(at(4)).expect("taken");
    assert_eq!((added(&merged.news), feed.len(), feed.need()), (vec!["4"], 4, Need::Nothing));
}

#[test]
fn a_reload_without_news_leaves_later_events_to_arrive_one_by_one() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.signed_in(None, 3);
    feed.sync_required();
    feed.merge(at(3)).expect("taken");
    feed.ask();
    feed.signed_in(None, 5);
    assert_eq!(feed.merge(at(5)).expect("taken").news, []);
    assert_eq!([4, 5].map(|number| added(&feed.apply(event(number)).news).len()), [1, 1]);
}

#[test]
fn lost_events_that_arrive_after_all_leave_later_ones_to_arrive_one_by_one() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.lose();
    feed.apply(event(4));
    feed.signed_in(None, 5);
    assert_eq!(feed.merge(at(5)).expect("taken").news, []);
    assert_eq!(added(&feed.apply(event(5)).news), ["5"]);
}

#[test]
fn an_event_in_the_list_is_not_notified_before_the_ones_preceding_it() {
    let mut feed = page(5, 3);
    feed.ask();
    let early = feed.apply(event(5));
    assert_eq!((early.gap, early.news.len(), feed.notified(), feed.since()), (true, 0, Some(3), 3));
    // A new event waits as well.
    let new = feed.apply(event(6));
    assert_eq!((new.gap, new.changed, new.news.len(), feed.len()), (true, true, 0, 6));
    assert_eq!((added(&feed.apply(event(4)).news), feed.notified()), (vec!["4", "5", "6"], Some(6)));
}

#[test]
fn events_that_a_reload_skipped_are_notified_once_though_they_never_arrive() {
    let mut feed = page(3, 3);
    feed.ask();
    feed.signed_in(None, 6);
    assert_eq!(feed.merge(at(6)).expect("taken").news, []);
    assert_eq!(added(&feed.apply(event(4)).news), ["4"]);
    assert!(feed.apply(event(6)).gap);
    feed.lose();
    assert_eq!(feed.need(), Need::Snapshot, "for the notifications");
    assert_eq!(added(&feed.merge(at(6)).expect("taken").news), ["5", "6"]);
    assert_eq!((feed.notified(), feed.apply(event(5)), feed.need()), (Some(6), Outcome::default(), Need::Nothing));
}

#[test]
fn a_page_without_a_snapshot_requests_only_new_events() {
    let mut feed = Feed::default();
    feed.belongs_to("alex");
    feed.recall(None);
    assert_eq!(feed.ask(), None);
    assert_eq!(feed.signed_in(None, 3), SignIn::Continue);
    assert_eq!(feed.need(), Need::Snapshot);
    // The event arrives before the snapshot.
    assert_eq!(feed.apply(event(4)), Outcome::default());
    let merged = feed.merge(at(4)).expect("taken");
    assert_eq!((added(&merged.news), feed.len(), feed.notified()), (vec!["4"], 4, Some(4)));
}

#[test]
fn a_page_without_a_snapshot_resumes_from_what_the_tab_remembers() {
    let mut feed = Feed::default();
    feed.belongs_to("alex");
    feed.recall(Some(2.into()));
    assert_eq!(feed.ask(), Some(2));
    assert_eq!(feed.signed_in(None, 3), SignIn::Continue);
    feed.apply(event(3));
    assert_eq!(added(&feed.merge(at(3)).expect("taken").news), ["3"]);
}

#[test]
fn a_page_that_learns_its_owner_requests_again_what_was_missed() {
    for (remembered, again) in [(None, SignIn::Continue), (Some(3), SignIn::Continue), (Some(2), SignIn::ResumeAgain)] {
        let mut feed = Feed::default();
        assert_eq!(feed.ask(), None);
        feed.belongs_to("alex");
        feed.recall(remembered.map(Position::from));
        assert_eq!(feed.signed_in(None, 3), again, "{remembered:?}");
        assert_eq!(feed.ask(), remembered.or(Some(3)));
        assert_eq!(feed.signed_in(None, 3), SignIn::Continue);
    }
}
