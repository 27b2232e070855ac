//! Messages in and out of the session: the queue, acknowledgements, events.
#![allow(clippy::unwrap_used, reason = "clippy's own exception does not reach the helpers of a test")]

#[path = "support/rig.rs"]
mod rig;

use proptest::prelude::*;
use rig::{LIVE, OPEN, Rig};
use socketio_client::engine::TransportEvent;
use socketio_client::session::Input;
use socketio_client::{Config, Error, Event, Notification, Status};

fn events(rig: &Rig) -> Vec<&Event> {
    rig.said.iter().filter_map(|it| if let Notification::Event(event) = it { Some(event) } else { None }).collect()
}

#[test]
fn what_is_sent_without_a_connection_goes_out_in_order_when_there_is_one() {
    let mut rig = Rig::started(Config::default());
    rig.emit("a").unwrap();
    rig.fail();
    rig.emit("b").unwrap();
    rig.advance(5_000);
    rig.join();
    rig.emit("c").unwrap();
    assert_eq!(rig.sent[1..], [r#"42["a"]"#, r#"42["b"]"#, r#"42["c"]"#]);
}

#[test]
fn beyond_its_bound_the_queue_takes_nothing_and_says_so() {
    let mut rig = Rig::started(Config { queue_limit: 2, ..Config::default() });
    assert_eq!((rig.emit("a"), rig.emit("b"), rig.emit("c")), (Ok(()), Ok(()), Err(Error::QueueFull)));
    rig.join();
    assert_eq!((rig.emit("d"), rig.sent.len()), (Ok(()), 4));
}

#[test]
fn a_message_larger_than_the_server_takes_never_reaches_it() {
    let mut rig = Rig::started(Config::default());
    let large = format!("\"{}\"", "x".repeat(1_000));
    let queued = rig.session.emit(rig.now, "a", &[&large], Some(9_000)).unwrap();
    rig.join();
    assert!(matches!(rig.acks[..], [(id, Err(Error::TooLarge))] if Some(id) == queued), "{:?}", rig.acks);
    assert_eq!(rig.session.emit(rig.now, "a", &[&large], Some(9_000)), Err(Error::TooLarge));
    assert_eq!((rig.sent.len(), rig.status()), (1, Status::Live));
    rig.advance(10_000);
    assert_eq!(rig.acks.len(), 1, "told once");
}

#[test]
fn an_acknowledgement_reaches_the_one_who_waits_and_only_once() {
    let mut rig = Rig::connected();
    let id = rig.emit_with_ack("a", 1_000);
    assert_eq!(rig.sent.last().unwrap(), &format!(r#"42{id}["a"]"#));
    rig.server(&format!("43{id}[1.10]"));
    rig.server(&format!("43{id}[2]"));
    let [(acked, Ok(args))] = &rig.acks[..] else { panic!("{:?}", rig.acks) };
    assert_eq!((*acked, args[0].get()), (id, "1.10"));
}

#[test]
fn an_acknowledgement_that_does_not_come_is_an_error_in_time() {
    let mut rig = Rig::connected();
    let id = rig.emit_with_ack("a", 1_000);
    rig.advance(999);
    assert!(rig.acks.is_empty());
    rig.advance(1);
    assert!(matches!(rig.acks[..], [(late, Err(Error::AckTimeout))] if late == id));
    assert_eq!(rig.status(), Status::Live);
}

#[test]
fn a_lost_connection_fails_what_was_sent_and_keeps_what_was_not() {
    let mut rig = Rig::connected();
    let sent = rig.emit_with_ack("sent", 60_000);
    rig.fail();
    assert!(matches!(rig.acks[..], [(lost, Err(Error::ConnectionLost))] if lost == sent));
    let waiting = rig.emit_with_ack("waiting", 60_000);
    rig.advance(5_000);
    rig.fail();
    assert_eq!(rig.acks.len(), 1);
    rig.advance(5_000);
    rig.join();
    assert_eq!(rig.sent.last().unwrap(), &format!(r#"42{waiting}["waiting"]"#));
}

#[test]
fn what_timed_out_in_the_queue_is_not_sent_any_more() {
    let mut rig = Rig::started(Config::default());
    rig.emit_with_ack("a", 100);
    rig.advance(100);
    assert!(matches!(rig.acks[..], [(_, Err(Error::AckTimeout))]));
    rig.join();
    assert_eq!(rig.sent.len(), 1, "{:?}", rig.sent);
}

#[test]
fn an_event_is_told_with_its_arguments_as_text() {
    let mut rig = Rig::connected();
    rig.server(r#"42["transaction",{"amount":10.10},"x"]"#);
    let [event] = events(&rig)[..] else { panic!("{:?}", rig.said) };
    assert_eq!((event.name.as_str(), event.raw_arg(0)), ("transaction", Some(r#"{"amount":10.10}"#)));
    assert_eq!(event.arg::<String>(1).unwrap().unwrap(), "x");
    assert!(event.arg::<u32>(1).unwrap().is_err() && event.arg::<String>(2).is_none());
}

#[test]
fn an_event_is_acknowledged_over_its_own_connection_only() {
    let mut rig = Rig::connected();
    rig.server(r#"427["question"]"#);
    let ack = events(&rig)[0].ack.unwrap();
    assert_eq!(rig.session.acknowledge(ack, &["true"]), Ok(()));
    rig.pump();
    assert_eq!(rig.sent.last().unwrap(), "437[true]");
    rig.fail();
    assert_eq!(rig.session.acknowledge(ack, &[]), Err(Error::ConnectionLost));
    rig.advance(5_000);
    rig.join();
    assert_eq!(rig.session.acknowledge(ack, &[]), Err(Error::ConnectionLost));
}

#[test]
fn attachments_come_with_their_event() {
    let mut rig = Rig::connected();
    rig.server(r#"451-["file",{"_placeholder":true,"num":0}]"#);
    assert!(events(&rig).is_empty());
    rig.input(Input::Transport { generation: rig.generation, event: TransportEvent::Binary(vec![1, 2]) });
    assert_eq!(events(&rig)[0].attachments, [vec![1, 2]]);
}

#[derive(Clone, Debug)]
enum Move {
    Frame(String),
    Binary,
    Fail,
    Pass(u64),
    Emit,
    Input(Input),
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => Just(Move::Frame(OPEN.into())),
        4 => Just(Move::Frame(LIVE.into())),
        2 => "[0-6][0-6]?[0-9]?(\\[\"a\"\\])?\\PC{0,3}".prop_map(Move::Frame),
        1 => Just(Move::Binary),
        1 => Just(Move::Fail),
        3 => (0_u64..60_000).prop_map(Move::Pass),
        2 => Just(Move::Emit),
        2 => prop_oneof![
            Just(Input::Connect),
            Just(Input::Disconnect),
            Just(Input::Ready),
            prop::option::of(0_u32..90_000).prop_map(|after_ms| Input::Retry { after_ms }),
            Just(Input::Online),
            Just(Input::Offline),
            Just(Input::Tick)
        ].prop_map(Move::Input),
    ]
}

proptest! {
    /// The rig itself fails at a second transport, and at a frame without a transport.
    #[test]
    fn whatever_happens_the_session_stays_whole(script in proptest::collection::vec(moves(), 0..60)) {
        let mut rig = Rig::started(Config { queue_limit: 3, ready_timeout: Some(9_000), ..Config::default() });
        for step in script {
            match step {
                Move::Frame(frame) => rig.server(&frame),
                Move::Binary => {
                    let event = TransportEvent::Binary(vec![0]);
                    rig.input(Input::Transport { generation: rig.generation, event });
                }
                Move::Fail => rig.fail(),
                Move::Pass(ms) => rig.advance(ms),
                Move::Emit => {
                    let sent = rig.session.emit(rig.now, "a", &[], Some(5_000));
                    rig.pump();
                    prop_assert!(matches!(sent, Ok(Some(_)) | Err(Error::Closed | Error::QueueFull)), "{sent:?}");
                }
                Move::Input(input) => rig.input(input),
            }
            let under_way = matches!(rig.status(), Status::Connecting | Status::Live);
            prop_assert_eq!(under_way, rig.is_open(), "{:?}", rig.status());
            let waits = matches!(rig.status(), Status::Closed | Status::Refused) || rig.session.next_timer().is_some();
            prop_assert!(waits, "it would wait for ever: {:?}", rig.status());
            prop_assert!(rig.session.next_timer().is_none_or(|due| due > rig.now), "a timer in the past");
        }
    }
}
