//! Rooms: the subscribers of each user's events.
//!
//! Owns membership, the limit of subscribers per user, and that each subscriber receives each event of its user once
//! and in order. Must not authenticate a subscriber, nor read the store ([`super::catch_up`] does).
//!
//! A subscriber is live or lagging. A live one receives each event as it is published. For a lagging one the hub notes
//! only the newest published number, and the subscriber catches up from the log until it is in sync. Joining, replaying
//! and recovering from a full buffer are therefore the same case, and none of them holds events in memory.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::mpsc;

use super::member::{LaggingSubscriber, Member, SyncState};
use super::subscriber::{CloseReason, Subscriber, SubscriberId};
use crate::metrics::Metrics;
use crate::slots::Slot;
use crate::store::{Epoch, FeedEvent, LogEnds};
use crate::tasks;

/// Every room of this node.
pub struct Hub {
    rooms: DashMap<Arc<str>, Vec<Member>>,
    limit: usize,
    lagging: mpsc::UnboundedSender<LaggingSubscriber>,
    metrics: Arc<Metrics>,
}

/// The user has reached the limit of subscribers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RoomFull;

impl Hub {
    /// A hub with at most `limit` subscribers per room; lagging ones are sent to `lagging`.
    pub(super) fn new(limit: u32, lagging: mpsc::UnboundedSender<LaggingSubscriber>, metrics: Arc<Metrics>) -> Self {
        Self { rooms: DashMap::new(), limit: limit as usize, lagging, metrics }
    }

    /// The metrics in which the hub counts.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The number of rooms.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// The number of subscribers in all rooms.
    pub fn members(&self) -> usize {
        self.rooms.iter().map(|room| room.len()).sum()
    }

    /// The number of a user's subscribers.
    pub fn count(&self, user_id: &str) -> usize {
        self.rooms.get(user_id).map_or(0, |room| room.len())
    }

    /// Adds a subscriber to the user's room, lagging. Counting and adding are one step, so that two subscribers cannot
    /// both take the last permit. Returns whether the subscriber is new in the room.
    pub(super) fn join(
        &self,
        user_id: &Arc<str>,
        subscriber: &Subscriber,
        slot: Option<Slot>,
    ) -> Result<bool, RoomFull> {
        let mut room = self.rooms.entry(Arc::clone(user_id)).or_default();
        if room.iter().any(|member| member.subscriber.id() == subscriber.id()) {
            return Ok(false);
        }
        if room.len() >= self.limit {
            return Err(RoomFull);
        }
        room.push(Member::joining(subscriber.clone(), slot));
        Ok(true)
    }

    /// Whether the user has reached the limit of subscribers.
    pub(super) fn is_full(&self, user_id: &str) -> bool {
        self.count(user_id) >= self.limit
    }

    /// Removes every subscriber.
    pub(super) fn take_all(&self) -> Vec<Subscriber> {
        let mut all = vec![];
        self.rooms.retain(|_, room| {
            all.extend(room.drain(..).map(|member| member.subscriber));
            false
        });
        all
    }

    /// Removes a subscriber from a room and drops an empty room. Returns whether the subscriber was there.
    pub fn leave(&self, user_id: &str, id: SubscriberId) -> bool {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return false };
        let before = room.len();
        room.retain(|member| member.subscriber.id() != id);
        let has_left = room.len() < before;
        drop(room);
        self.rooms.remove_if(user_id, |_, room| room.is_empty());
        has_left
    }

    /// Gives an event to every subscriber of its user. The cost does not grow with the number of users or the length of
    /// the log. A subscriber whose sink panics delays no other, and catches up from the log.
    pub fn publish(&self, event: &FeedEvent) {
        if let Some(mut room) = self.rooms.get_mut(&event.user_id) {
            for member in room.iter_mut() {
                let lagging = tasks::catch_panic_now("publish", &self.metrics, || member.publish(event));
                if let Some(lagging) = lagging.unwrap_or_else(|_| Some(member.fall_behind(&event.user_id, event.seq))) {
                    let _ = self.lagging.send(lagging);
                }
            }
        }
    }

    /// Disconnects a subscriber that does not read. It can reconnect and resume.
    pub(super) fn disconnect_lagging(&self, user_id: &str, subscriber: &Subscriber) {
        if self.leave(user_id, subscriber.id()) {
            self.metrics.cut_off.inc();
            subscriber.sink().close(CloseReason::Lagging);
        }
    }

    /// Updates a subscriber that has received everything of an epoch up to `cursor` and has to reach at least `until`;
    /// returns its state. It is live from then on, unless more has been published since.
    pub(super) fn sync(&self, user_id: &str, id: SubscriberId, epoch: &Epoch, cursor: u64, until: u64) -> SyncState {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return SyncState::Gone };
        let Some(member) = room.iter_mut().find(|member| member.subscriber.id() == id) else { return SyncState::Gone };
        member.sync(epoch, cursor, until)
    }

    /// A lagging subscriber was to reach `number`, but the log, read after that, ends before it.
    pub(super) fn retract(&self, user_id: &str, id: SubscriberId, number: u64, newest: u64) {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return };
        for member in room.iter_mut().filter(|member| member.subscriber.id() == id) {
            member.retract(number, newest);
        }
    }

    /// The users that have subscribers in an earlier epoch than this one.
    pub(super) fn users_before(&self, epoch: &Epoch) -> Vec<Arc<str>> {
        let is_behind = |room: &Vec<Member>| room.iter().any(|member| member.epoch.is_before(epoch));
        self.rooms.iter().filter(|room| is_behind(room)).map(|room| Arc::clone(room.key())).collect()
    }

    /// A user's log is in a new epoch and ends there. Returns the live subscribers that have to be told; those that are
    /// catching up notice at their next [`sync`](Self::sync).
    pub(super) fn replace(&self, user_id: &Arc<str>, ends: &LogEnds) -> Vec<Subscriber> {
        let Some(mut room) = self.rooms.get_mut(user_id) else { return Vec::new() };
        let mut live = Vec::new();
        for member in room.iter_mut().filter(|member| member.epoch.is_before(&ends.epoch)) {
            if member.is_live() {
                live.push(member.subscriber.clone());
            }
            member.enter(&ends.epoch, ends.newest);
        }
        live
    }

    /// Whether a subscriber is still in the room.
    pub(super) fn has(&self, user_id: &str, id: SubscriberId) -> bool {
        self.rooms.get(user_id).is_some_and(|room| room.iter().any(|member| member.subscriber.id() == id))
    }

    /// The users that have live subscribers, each with the lowest cursor among them.
    pub(super) fn cursors(&self) -> Vec<(Arc<str>, u64)> {
        let lowest = |room: &Vec<Member>| {
            let live = room.iter().filter(|member| member.is_live());
            live.map(|member| member.cursor).min()
        };
        self.rooms.iter().filter_map(|room| Some((Arc::clone(room.key()), lowest(&room)?))).collect()
    }

    /// The lowest cursor among a user's live subscribers that have not received this number; `None` if all have.
    pub(super) fn live_below(&self, user_id: &str, newest: u64) -> Option<u64> {
        let room = self.rooms.get(user_id)?;
        let live = room.iter().filter(|member| member.is_live() && member.cursor < newest);
        live.map(|member| member.cursor).min()
    }

    /// A user's log has reached a number that was not published here, because another process wrote to it.
    pub fn log_advanced(&self, user_id: &Arc<str>, newest: u64) {
        if let Some(mut room) = self.rooms.get_mut(user_id) {
            for lagging in room.iter_mut().filter_map(|member| member.advance(user_id, newest)) {
                let _ = self.lagging.send(lagging);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::BoxFuture;
    use serde_json::value::RawValue;

    use super::super::subscriber::EventSink;
    use super::*;

    struct Taking;

    impl EventSink for Taking {
        fn try_send(&self, _: &FeedEvent) -> bool {
            true
        }

        fn ready(&self, _: Duration) -> BoxFuture<'_, ()> {
            Box::pin(std::future::ready(()))
        }

        fn is_connected(&self) -> bool {
            true
        }

        fn close(&self, _: CloseReason) {}
    }

    fn event(user_id: &Arc<str>, epoch: &Epoch, seq: u64) -> FeedEvent {
        let (user_id, payload) = (Arc::clone(user_id), Arc::from(RawValue::NULL.to_owned()));
        FeedEvent { user_id, epoch: epoch.clone(), seq, name: "transaction:new", payload, delivery: None }
    }

    #[test]
    fn an_event_of_another_epoch_is_not_given_to_a_subscriber_as_the_next_one() {
        let (lagging, mut fallen_behind) = mpsc::unbounded_channel();
        let (hub, user_id) = (Hub::new(10, lagging, Arc::default()), Arc::<str>::from("alice"));
        let subscriber = Subscriber::new(SubscriberId::next(), Arc::new(Taking));
        let [former, next] = [Epoch::new("e1", 1), Epoch::new("e2", 2)];
        hub.join(&user_id, &subscriber, None).expect("room");
        assert_eq!(hub.sync(&user_id, subscriber.id(), &former, 5, 0), SyncState::InSync);
        hub.publish(&event(&user_id, &next, 6));
        let lagging = fallen_behind.try_recv().expect("it has to be told first");
        assert_eq!((&lagging.epoch, lagging.cursor), (&former, 5));
        assert_eq!(hub.sync(&user_id, subscriber.id(), &former, 5, 0), SyncState::Replaced);
        assert_eq!(hub.sync(&user_id, subscriber.id(), &next, 5, 0), SyncState::Lagging(6));
        assert_eq!(hub.sync(&user_id, subscriber.id(), &next, 6, 0), SyncState::InSync);
        hub.publish(&event(&user_id, &former, 9));
        hub.publish(&event(&user_id, &next, 7));
        assert!(fallen_behind.try_recv().is_err(), "an event of the former epoch is nothing to it");
        assert_eq!(hub.sync(&user_id, subscriber.id(), &next, 7, 0), SyncState::InSync);
    }

    #[test]
    fn every_live_subscriber_is_told_of_a_new_epoch_once() {
        let (lagging, _fallen_behind) = mpsc::unbounded_channel();
        let (hub, user_id) = (Hub::new(10, lagging, Arc::default()), Arc::<str>::from("alice"));
        let [former, next] = [Epoch::new("e1", 1), Epoch::new("e2", 2)];
        let [live, joining] = [(); 2].map(|()| Subscriber::new(SubscriberId::next(), Arc::new(Taking)));
        for subscriber in [&live, &joining] {
            hub.join(&user_id, subscriber, None).expect("room");
        }
        assert_eq!(hub.sync(&user_id, live.id(), &former, 5, 0), SyncState::InSync);
        let ends = LogEnds { epoch: next.clone(), oldest: 1, newest: 3 };
        assert_eq!(hub.users_before(&next), [Arc::clone(&user_id)]);
        let told: Vec<_> = hub.replace(&user_id, &ends).iter().map(Subscriber::id).collect();
        assert_eq!(told, [live.id()]);
        assert!(hub.users_before(&next).is_empty() && hub.replace(&user_id, &ends).is_empty());
        assert_eq!(hub.sync(&user_id, joining.id(), &former, 5, 0), SyncState::Replaced, "it read the log before");
    }

    #[test]
    fn a_number_that_the_log_does_not_reach_is_waited_for_no_longer() {
        let (lagging, _fallen_behind) = mpsc::unbounded_channel();
        let (hub, user_id) = (Hub::new(10, lagging, Arc::default()), Arc::<str>::from("alice"));
        let (subscriber, epoch) = (Subscriber::new(SubscriberId::next(), Arc::new(Taking)), Epoch::new("e1", 1));
        hub.join(&user_id, &subscriber, None).expect("room");
        let sync = |cursor| hub.sync(&user_id, subscriber.id(), &epoch, cursor, 0);
        assert_eq!(sync(5), SyncState::InSync);
        hub.log_advanced(&user_id, 9);
        assert_eq!(sync(5), SyncState::Lagging(9));
        hub.retract(&user_id, subscriber.id(), 8, 5);
        assert_eq!(sync(5), SyncState::Lagging(9), "another number than was looked for");
        hub.retract(&user_id, subscriber.id(), 9, 5);
        assert_eq!(sync(5), SyncState::InSync);
    }

    #[test]
    fn a_subscriber_that_is_joining_or_catching_up_goes_as_far_as_the_log_has_advanced_meanwhile() {
        let (lagging, mut fallen_behind) = mpsc::unbounded_channel();
        let (hub, user_id) = (Hub::new(10, lagging, Arc::default()), Arc::<str>::from("alice"));
        let (subscriber, epoch) = (Subscriber::new(SubscriberId::next(), Arc::new(Taking)), Epoch::new("e1", 1));
        hub.join(&user_id, &subscriber, None).expect("room");
        let sync = |cursor| hub.sync(&user_id, subscriber.id(), &epoch, cursor, 0);
        hub.log_advanced(&user_id, 5);
        assert_eq!(sync(4), SyncState::Lagging(5));
        hub.log_advanced(&user_id, 7);
        hub.log_advanced(&user_id, 6);
        assert_eq!(sync(5), SyncState::Lagging(7));
        assert_eq!(sync(7), SyncState::InSync);
        assert!(fallen_behind.try_recv().is_err(), "it is catching up already");
    }

    #[test]
    fn commits_that_are_published_in_another_order_are_caught_up_with_to_the_last() {
        let (lagging, mut fallen_behind) = mpsc::unbounded_channel();
        let (hub, user_id) = (Hub::new(10, lagging, Arc::default()), Arc::<str>::from("alice"));
        let subscriber = Subscriber::new(SubscriberId::next(), Arc::new(Taking));
        hub.join(&user_id, &subscriber, None).expect("room");
        let epoch = Epoch::new("e1", 1);
        let sync = |cursor| hub.sync(&user_id, subscriber.id(), &epoch, cursor, 0);
        assert_eq!(sync(0), SyncState::InSync);
        for seq in [1, 3, 2] {
            hub.publish(&event(&user_id, &epoch, seq));
        }
        let lagging = fallen_behind.try_recv().expect("it has to catch up");
        assert_eq!((lagging.cursor, fallen_behind.try_recv().is_err()), (1, true), "once, from where it was");
        assert_eq!(sync(2), SyncState::Lagging(3), "the third event is in the log as well");
        assert_eq!(sync(3), SyncState::InSync);
    }
}
