//! The feed of this node: its rooms, the subscribers of each session, and its end of the bus.
//!
//! Owns what happens with a message from the bus. Must not authenticate anybody.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::bus::{Bus, Control, Message};
use super::catch_up;
use super::hub::Hub;
use super::resume_point::ResumePoint;
use super::sessions::{Entry, SessionIndex};
use super::subscriber::{CloseReason, Subscriber, SubscriberId};
use crate::auth::session::SessionId;
use crate::metrics::Metrics;
use crate::store::{EventLog, LogEnds, Store};
use crate::tasks;
use crate::telemetry::spans;

/// Live delivery to the subscribers of this node.
pub struct Feed {
    hub: Arc<Hub>,
    sessions: SessionIndex,
    store: Arc<dyn Store>,
    log: Arc<dyn EventLog>,
    bus: Arc<dyn Bus>,
}

impl Feed {
    /// A feed with at most `limit` subscribers per user, and the task that runs it. `messages` is this node's end of
    /// `bus`.
    pub fn new(
        limit: u32,
        store: Arc<dyn Store>,
        bus: Arc<dyn Bus>,
        messages: mpsc::UnboundedReceiver<Message>,
        metrics: Arc<Metrics>,
    ) -> (Arc<Self>, impl Future<Output = ()> + Send) {
        let (lagging, fallen_behind) = mpsc::unbounded_channel();
        let hub = Arc::new(Hub::new(limit, lagging, metrics));
        let log: Arc<dyn EventLog> = Arc::<dyn Store>::clone(&store);
        let catching_up = catch_up::run(Arc::clone(&log), Arc::clone(&hub), fallen_behind);
        let feed = Arc::new(Self { hub, sessions: SessionIndex::default(), store, log, bus });
        let receiving = Arc::clone(&feed).receive(messages);
        let running = async move {
            tokio::join!(receiving, catching_up);
        };
        (feed, running)
    }

    /// The rooms.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Starts delivery to a subscriber that has joined its room: first what it missed since `since`, then live events.
    pub fn start_delivery(
        &self,
        user_id: &Arc<str>,
        subscriber: Subscriber,
        since: Option<&ResumePoint>,
        ends: LogEnds,
    ) {
        catch_up::start(&self.log, &self.hub, user_id, subscriber, since, ends);
    }

    /// A subscriber has signed in with a dashboard session and is disconnected when that ends.
    pub fn bind_session(&self, session: SessionId, user_id: &Arc<str>, subscriber: &Subscriber) {
        self.sessions.insert(session, Entry { user_id: Arc::clone(user_id), subscriber: subscriber.clone() });
    }

    /// A subscriber that signed in with a dashboard session has disconnected.
    pub fn unbind_session(&self, session: SessionId, id: SubscriberId) {
        self.sessions.remove(session, id);
    }

    /// A dashboard session has ended: its sockets and streams are disconnected, on every node.
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
            Message::Control(Control::SessionEnded(session)) => self.disconnect(session),
        }
    }

    fn disconnect(&self, session: SessionId) {
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
    use crate::store::FeedEvent;
    use crate::store::sqlite::SqliteStore;

    /// Remembers what it was given.
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
            seq,
            name: "transaction:new",
            payload,
            delivery: None,
        }])
    }

    /// A feed, its bus, and these subscribers of one user's events, signed in with one session.
    fn feed(sinks: &[&Arc<Recorder>]) -> (Arc<Feed>, LocalBus, impl Future<Output = ()> + Send + use<>) {
        let store = Arc::new(SqliteStore::open_temporary(Box::new(drop)).expect("a store"));
        let (bus, messages) = LocalBus::new();
        let (feed, running) = Feed::new(10, store, Arc::new(bus.clone()), messages, Arc::default());
        let user_id = Arc::<str>::from("alice");
        for sink in sinks {
            let subscriber = Subscriber::new(SubscriberId::next(), Arc::clone(sink) as Arc<dyn EventSink>);
            assert_eq!(feed.hub().join(&user_id, &subscriber), Ok(true));
            feed.bind_session([7; 32], &user_id, &subscriber);
            feed.start_delivery(&user_id, subscriber, None, LogEnds { oldest: 1, newest: 0 });
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
