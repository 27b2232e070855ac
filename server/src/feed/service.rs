//! The feed of this node: its rooms, the subscribers of each session, and its end of the bus.
//!
//! Owns the handling of messages from the bus. Must not authenticate a subscriber.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::bus::{Bus, Control, Message};
use super::hub::{Hub, RoomFull};
use super::resume_point::ResumePoint;
use super::sessions::{Entry, SessionIndex};
use super::subscriber::{CloseReason, Subscriber, SubscriberId};
use super::{catch_up, epoch_change};
use crate::auth::session::SessionId;
use crate::metrics::Metrics;
use crate::slots::{self, NodeSlots};
use crate::store::{self, EventLog, LogEnds, Store};
use crate::tasks;
use crate::telemetry::spans;

/// Live delivery to the subscribers of this node.
pub struct Feed {
    hub: Arc<Hub>,
    sessions: SessionIndex,
    store: Arc<dyn Store>,
    log: Arc<dyn EventLog>,
    bus: Arc<dyn Bus>,
    /// `None` if this is the only node.
    slots: Option<Arc<NodeSlots>>,
}

/// Why a subscriber could not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The user has reached the limit of sockets and streams over all nodes.
    #[error("the user has as many subscribers as are allowed")]
    Full,
    /// The store could not be asked whether there is room.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<RoomFull> for JoinError {
    fn from(_: RoomFull) -> Self {
        Self::Full
    }
}

impl From<slots::Error> for JoinError {
    fn from(error: slots::Error) -> Self {
        match error {
            slots::Error::Full => Self::Full,
            slots::Error::Store(error) => Self::Store(error),
        }
    }
}

impl Feed {
    /// Creates a feed with at most `limit` subscribers per user (over all nodes if there are `slots`), and the task
    /// that runs it. `messages` is this node's end of `bus`.
    pub fn new(
        (limit, slots): (u32, Option<Arc<NodeSlots>>),
        store: Arc<dyn Store>,
        bus: Arc<dyn Bus>,
        messages: mpsc::UnboundedReceiver<Message>,
        metrics: Arc<Metrics>,
    ) -> (Arc<Self>, impl Future<Output = ()> + Send) {
        let (lagging, fallen_behind) = mpsc::unbounded_channel();
        let hub = Arc::new(Hub::new(limit, lagging, metrics));
        let log: Arc<dyn EventLog> = Arc::<dyn Store>::clone(&store);
        let catching_up = catch_up::run(Arc::clone(&log), Arc::clone(&hub), fallen_behind);
        let telling = epoch_change::run(Arc::clone(&log), Arc::clone(&hub));
        let feed = Arc::new(Self { hub, sessions: SessionIndex::default(), store, log, bus, slots });
        let receiving = Arc::clone(&feed).receive(messages);
        let running = async move {
            tokio::join!(receiving, catching_up, telling);
        };
        (feed, running)
    }

    /// The rooms.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Adds a subscriber to its user's room if the user is below the limit over all nodes; returns whether it is new
    /// there.
    pub async fn join(&self, user_id: &Arc<str>, subscriber: &Subscriber) -> Result<bool, JoinError> {
        let Some(slots) = &self.slots else { return Ok(self.hub.join(user_id, subscriber, None)?) };
        if self.hub.has(user_id, subscriber.id()) {
            return Ok(false);
        }
        if self.hub.is_full(user_id) {
            return Err(JoinError::Full);
        }
        let slot = slots.acquire(user_id).await?;
        let is_valid = slot.validity();
        let is_new = self.hub.join(user_id, subscriber, Some(slot))?;
        // If the node gave up its slots meanwhile, the subscribers that had joined have already been disconnected.
        if !is_valid() {
            self.hub.leave(user_id, subscriber.id());
            return Err(store::Error::Unavailable("the slot was given up".to_owned()).into());
        }
        Ok(is_new)
    }

    /// Disconnects every subscriber, because this node has given up its slots. They can resume at another node.
    pub fn disconnect_all(&self) {
        for subscriber in self.hub.take_all() {
            let close = || subscriber.sink().close(CloseReason::SlotLost);
            let _ = tasks::catch_panic_now("disconnect", self.hub.metrics(), close);
        }
    }

    /// Starts delivery to a subscriber that has joined its room: the missed events since `since` first, then live ones.
    pub fn start_delivery(
        &self,
        user_id: &Arc<str>,
        subscriber: Subscriber,
        since: Option<&ResumePoint>,
        ends: &LogEnds,
    ) {
        catch_up::start(&self.log, &self.hub, user_id, subscriber, since, ends);
    }

    /// A subscriber has signed in with a dashboard session. It is disconnected when the session ends.
    pub fn bind_session(&self, session: SessionId, user_id: &Arc<str>, subscriber: &Subscriber) {
        self.sessions.insert(session, Entry { user_id: Arc::clone(user_id), subscriber: subscriber.clone() });
    }

    /// A subscriber that signed in with a dashboard session has disconnected.
    pub fn unbind_session(&self, session: SessionId, id: SubscriberId) {
        self.sessions.remove(session, id);
    }

    /// A dashboard session has ended: disconnects its sockets and streams on every node.
    pub fn end_session(&self, session: SessionId) {
        self.bus.publish(Message::Control(Control::SessionEnded(session)));
    }

    pub(super) fn sessions(&self) -> Vec<SessionId> {
        self.sessions.all()
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    async fn receive(self: Arc<Self>, mut messages: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = messages.recv().await {
            let _ = tasks::catch_panic_now("feed", self.hub.metrics(), || self.handle(message));
        }
    }

    fn handle(&self, message: Message) {
        match message {
            Message::Committed(events) => {
                for event in &events {
                    self.hub.publish(event);
                    self.hub.metrics().published(event.name);
                    spans::published(event.delivery, &event.user_id, event.seq, event.name);
                }
            }
            Message::Control(Control::SessionEnded(session)) => self.session_has_ended(session),
        }
    }

    /// A dashboard session has ended, here or elsewhere: disconnects its sockets and streams on this node.
    pub fn session_has_ended(&self, session: SessionId) {
        for Entry { user_id, subscriber } in self.sessions.take(session) {
            self.hub.leave(&user_id, subscriber.id());
            let close = || subscriber.sink().close(CloseReason::SessionEnded);
            let _ = tasks::catch_panic_now("disconnect", self.hub.metrics(), close);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::BoxFuture;
    use parking_lot::Mutex;
    use serde_json::value::RawValue;

    use super::*;
    use crate::feed::{EventSink, LocalBus};
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Epoch, FeedEvent};

    /// A sink that records the events that it receives.
    #[derive(Default)]
    struct Recorder {
        events: Mutex<Vec<u64>>,
        closed: Mutex<Option<CloseReason>>,
        panics: bool,
    }

    impl EventSink for Recorder {
        fn try_send(&self, event: &FeedEvent) -> bool {
            assert!(!self.panics, "this one panics");
            self.events.lock().push(event.seq);
            true
        }

        fn ready(&self, _: Duration) -> BoxFuture<'_, ()> {
            Box::pin(std::future::ready(()))
        }

        fn is_connected(&self) -> bool {
            self.closed.lock().is_none()
        }

        fn close(&self, reason: CloseReason) {
            assert!(!self.panics, "this one panics");
            *self.closed.lock() = Some(reason);
        }
    }

    fn committed(user_id: &Arc<str>, seq: u64) -> Message {
        let payload: Arc<RawValue> = RawValue::from_string("{}".to_owned()).expect("JSON").into();
        Message::Committed(vec![FeedEvent {
            user_id: Arc::clone(user_id),
            epoch: Epoch::new("e1", 1),
            seq,
            name: "transaction:new",
            payload,
            delivery: None,
        }])
    }

    /// A feed, its bus, and a task that runs it; the sinks are subscribers of one user, signed in with one session.
    fn feed(sinks: &[&Arc<Recorder>]) -> (Arc<Feed>, LocalBus, impl Future<Output = ()> + Send + use<>) {
        let store = Arc::new(SqliteStore::open_temporary(Box::new(drop)).expect("a store"));
        let (bus, messages) = LocalBus::new();
        let (feed, running) = Feed::new((10, None), store, Arc::new(bus.clone()), messages, Arc::default());
        let user_id = Arc::<str>::from("alice");
        for sink in sinks {
            let subscriber = Subscriber::new(SubscriberId::next(), Arc::clone(sink) as Arc<dyn EventSink>);
            assert_eq!(feed.hub().join(&user_id, &subscriber, None), Ok(true));
            feed.bind_session([7; 32], &user_id, &subscriber);
            let ends = LogEnds { epoch: Epoch::new("e1", 1), oldest: 1, newest: 0 };
            feed.start_delivery(&user_id, subscriber, None, &ends);
        }
        (feed, bus, running)
    }

    #[tokio::test]
    async fn committed_events_and_the_end_of_a_session_reach_a_subscriber_in_order() {
        let (user_id, sink) = (Arc::<str>::from("alice"), Arc::new(Recorder::default()));
        let (feed, bus, running) = feed(&[&sink]);
        for seq in 1..=2 {
            bus.publish(committed(&user_id, seq));
        }
        feed.end_session([1; 32]);
        feed.end_session([7; 32]);
        bus.publish(committed(&user_id, 3));
        assert!(futures_util::poll!(std::pin::pin!(running)).is_pending());
        assert_eq!(*sink.events.lock(), [1, 2], "in order, and none after the end of the session");
        assert_eq!(*sink.closed.lock(), Some(CloseReason::SessionEnded));
        assert_eq!((feed.hub().count("alice"), feed.sessions().len()), (0, 0));
    }

    #[tokio::test]
    async fn a_subscriber_that_panics_keeps_no_event_and_no_sign_out_from_the_others() {
        let user_id = Arc::<str>::from("alice");
        let panicking = Arc::new(Recorder { panics: true, ..Recorder::default() });
        let others = [Arc::new(Recorder::default()), Arc::new(Recorder::default())];
        let (feed, bus, running) = feed(&[&others[0], &panicking, &others[1]]);
        bus.publish(committed(&user_id, 1));
        bus.publish(committed(&user_id, 2));
        feed.end_session([7; 32]);
        assert!(futures_util::poll!(std::pin::pin!(running)).is_pending());
        for other in &others {
            assert_eq!(*other.events.lock(), [1, 2]);
            assert_eq!(*other.closed.lock(), Some(CloseReason::SessionEnded));
        }
        let metrics = feed.hub().metrics().encode().expect("text");
        assert!(metrics.contains(r#"tallywire_task_panics_total{task="publish"} 1"#), "{metrics}");
        assert!(metrics.contains(r#"tallywire_task_panics_total{task="disconnect"} 1"#), "{metrics}");
    }
}
