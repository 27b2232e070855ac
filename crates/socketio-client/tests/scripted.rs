//! The session against a scripted server, with a clock and randomness that the test controls.
#![allow(clippy::unwrap_used, reason = "clippy's own exception does not reach the helpers of a test")]

#[path = "support/rig.rs"]
mod rig;

use rig::{LIVE, OPEN, Rig};
use socketio_client::session::Input;
use socketio_client::{CloseReason, Config, Error, Notification, Status, engine::TransportEvent};

#[test]
fn the_handshake_opens_the_address_and_joins_with_a_payload_asked_for_each_time() {
    let mut rig = Rig::connected();
    assert_eq!(rig.opened, ["wss://bank.example/socket.io/?EIO=4&transport=websocket"]);
    assert_eq!(rig.sent, [r#"40{"token":1}"#]);
    assert_eq!(rig.statuses(), [Status::Connecting, Status::Live]);
    rig.fail();
    rig.advance(1_000);
    rig.server(OPEN);
    assert_eq!(rig.sent.last().map(String::as_str), Some(r#"40{"token":2}"#));
}

#[test]
fn a_ping_is_answered() {
    let mut rig = Rig::connected();
    rig.server("2");
    assert_eq!(rig.sent.last().map(String::as_str), Some("3"));
}

#[test]
fn pauses_grow_while_attempts_fail() {
    let mut rig = Rig::started(Config::default());
    let mut pauses = Vec::new();
    for attempt in 1..=5 {
        rig.fail();
        let Status::Waiting { attempt: shown, retry_at_ms, reason } = rig.status() else {
            panic!("{:?}", rig.status())
        };
        assert_eq!((shown, reason), (attempt, CloseReason::TransportError));
        pauses.push(retry_at_ms - rig.now);
        rig.advance(retry_at_ms - rig.now - 1);
        assert!(!rig.is_open(), "not before its time");
        rig.advance(1);
        assert_eq!(rig.status(), Status::Connecting);
    }
    assert_eq!(pauses, [1_000, 2_000, 3_500, 3_750, 3_750], "in the middle of what jitter allows");
}

#[test]
fn the_counter_starts_over_only_after_a_stable_connection() {
    let mut rig = Rig::connected();
    for (lived, attempt) in [(4_999, 1), (4_999, 2), (5_000, 1)] {
        rig.advance(lived);
        rig.fail();
        assert!(
            matches!(rig.status(), Status::Waiting { attempt: shown, .. } if shown == attempt),
            "{:?}",
            rig.status()
        );
        rig.advance(5_000);
        rig.join();
    }
}

fn with_ready_timeout() -> Rig {
    let mut rig = Rig::started(Config { ready_timeout: Some(20_000), ..Config::default() });
    rig.join();
    rig
}

#[test]
fn a_connection_that_its_owner_does_not_find_ready_is_given_up() {
    let mut rig = with_ready_timeout();
    rig.advance(19_999);
    assert_eq!(rig.status(), Status::Live);
    rig.advance(1);
    assert!(matches!(rig.status(), Status::Waiting { attempt: 1, reason: CloseReason::NotReady, .. }));
    rig.advance(5_000);
    rig.join();
    rig.advance(20_000);
    assert!(matches!(rig.status(), Status::Waiting { attempt: 2, .. }), "joined for long, but never of use");
    rig.advance(5_000);
    rig.join();
    rig.input(Input::Ready);
    for _ in 0..10 {
        rig.advance(19_999);
        rig.server("2");
    }
    assert_eq!(rig.status(), Status::Live);
    rig.fail();
    assert!(matches!(rig.status(), Status::Waiting { attempt: 1, .. }), "it was stable");
}

#[test]
fn only_a_joined_namespace_can_be_ready_and_without_a_limit_it_is() {
    let mut rig = Rig::started(Config { ready_timeout: Some(20_000), ..Config::default() });
    rig.input(Input::Ready);
    rig.join();
    rig.advance(20_000);
    assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::NotReady, .. }));

    let mut rig = Rig::connected();
    rig.advance(40_000);
    assert_eq!(rig.status(), Status::Live);
}

#[test]
fn a_connection_that_its_owner_cannot_use_is_tried_again_with_pauses_that_grow() {
    let mut rig = with_ready_timeout();
    let mut pauses = Vec::new();
    for attempt in 1..=3 {
        rig.input(Input::Retry { after_ms: None });
        let Status::Waiting { attempt: shown, retry_at_ms, reason } = rig.status() else {
            panic!("{:?}", rig.status())
        };
        assert_eq!((shown, reason, rig.is_open()), (attempt, CloseReason::Unusable, false));
        pauses.push(retry_at_ms - rig.now);
        rig.advance(retry_at_ms - rig.now);
        rig.join();
    }
    assert_eq!(pauses, [1_000, 2_000, 3_500]);
}

#[test]
fn a_pause_that_the_owner_sets_is_kept_to_and_not_counted() {
    let mut rig = with_ready_timeout();
    for _ in 0..3 {
        rig.input(Input::Retry { after_ms: Some(60_000) });
        let Status::Waiting { attempt: 1, retry_at_ms, .. } = rig.status() else { panic!("{:?}", rig.status()) };
        assert_eq!(retry_at_ms - rig.now, 75_000, "longer by half of what jitter allows");
        rig.advance(74_999);
        rig.input(Input::Tick);
        assert!(!rig.is_open());
        rig.advance(1);
        rig.join();
    }
    rig.input(Input::Retry { after_ms: Some(60_000) });
    rig.now -= 500_000;
    rig.input(Input::Tick);
    assert_eq!(rig.status(), Status::Connecting, "the clock was set back");
}

#[test]
fn a_pause_that_the_owner_sets_does_not_count_without_a_network() {
    let mut rig = Rig::started(Config::default());
    rig.input(Input::Offline);
    rig.input(Input::Retry { after_ms: Some(60_000) });
    assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::Offline, .. }));
}

#[test]
fn there_is_nothing_to_try_again_without_a_connection() {
    let mut rig = Rig::connected();
    rig.fail();
    let waiting = rig.status();
    rig.input(Input::Retry { after_ms: None });
    assert_eq!(rig.status(), waiting);
    rig.input(Input::Disconnect);
    rig.input(Input::Retry { after_ms: None });
    assert_eq!(rig.status(), Status::Closed);
}

#[test]
fn late_events_of_an_older_attempt_are_ignored() {
    let mut rig = Rig::started(Config::default());
    let old = rig.generation;
    rig.fail();
    rig.advance(1_000);
    rig.join();
    rig.said.clear();
    for event in [TransportEvent::Closed, TransportEvent::Failed, TransportEvent::Text("42[\"old\"]".into())] {
        rig.input(Input::Transport { generation: old, event });
    }
    rig.input(Input::Auth { generation: old, payload: None });
    assert_eq!((rig.status(), rig.said.len()), (Status::Live, 0));
}

#[test]
fn an_event_after_the_loss_of_its_own_connection_is_ignored() {
    let mut rig = Rig::connected();
    rig.fail();
    rig.said.clear();
    rig.server(r#"42["late"]"#);
    rig.fail();
    assert!(rig.said.is_empty());
}

#[test]
fn silence_for_interval_and_timeout_is_the_end() {
    let mut rig = Rig::connected();
    rig.advance(44_000);
    rig.server("2");
    rig.advance(44_999);
    assert_eq!(rig.status(), Status::Live);
    rig.advance(1);
    assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::PingTimeout, .. }));
    assert!(!rig.is_open());
}

#[test]
fn a_clock_that_is_set_back_hides_no_dead_connection() {
    let mut rig = Rig::connected();
    rig.now -= 600_000;
    rig.input(Input::Tick);
    assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::PingTimeout, .. }));

    let mut rig = Rig::started(Config::default());
    rig.now -= 600_000;
    rig.input(Input::Tick);
    assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::HandshakeTimeout, .. }));
}

#[test]
fn a_handshake_that_does_not_end_is_given_up() {
    for steps in [&[][..], &[OPEN]] {
        let mut rig = Rig::started(Config::default());
        steps.iter().for_each(|frame| rig.server(frame));
        rig.advance(19_999);
        assert_eq!(rig.status(), Status::Connecting);
        rig.advance(1);
        assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::HandshakeTimeout, .. }));
    }
}

#[test]
fn a_refusal_is_told_and_ends_the_attempts_until_asked_again() {
    let mut rig = Rig::started(Config::default());
    rig.server(OPEN);
    rig.server(r#"44{"message":"Invalid or expired token"}"#);
    assert!(
        rig.said
            .iter()
            .any(|it| matches!(it, Notification::Refused { message } if message == "Invalid or expired token"))
    );
    assert_eq!((rig.status(), rig.session.next_timer()), (Status::Refused, None));
    rig.input(Input::Online);
    rig.advance(1_000_000);
    assert_eq!((rig.opened.len(), rig.emit("a")), (1, Err(Error::Closed)));
    rig.input(Input::Connect);
    rig.join();
    assert_eq!(rig.status(), Status::Live);
}

#[test]
fn closed_on_request_stays_closed_and_comes_back_and_reconnects_as_before() {
    let mut rig = Rig::connected();
    rig.input(Input::Disconnect);
    assert_eq!((rig.status(), rig.sent.last().map(String::as_str), rig.is_open()), (Status::Closed, Some("41"), false));
    rig.input(Input::Online);
    rig.advance(1_000_000);
    assert_eq!((rig.opened.len(), rig.emit("a")), (1, Err(Error::Closed)));
    rig.input(Input::Connect);
    rig.join();
    rig.fail();
    rig.advance(5_000);
    assert_eq!((rig.status(), rig.opened.len()), (Status::Connecting, 3));
}

#[test]
fn connecting_again_cuts_a_pause_short_and_is_nothing_while_live() {
    let mut rig = Rig::connected();
    rig.input(Input::Connect);
    assert_eq!((rig.status(), rig.opened.len()), (Status::Live, 1));
    rig.fail();
    rig.input(Input::Connect);
    assert_eq!((rig.status(), rig.opened.len()), (Status::Connecting, 2));
}

#[test]
fn without_a_network_attempts_are_rare_and_online_means_at_once() {
    let mut rig = Rig::connected();
    rig.input(Input::Offline);
    let Status::Waiting { attempt: 1, retry_at_ms, reason: CloseReason::Offline } = rig.status() else {
        panic!("{:?}", rig.status())
    };
    assert_eq!(retry_at_ms, rig.now + 30_000);
    rig.advance(30_000);
    assert_eq!(rig.status(), Status::Connecting, "the browser may be wrong");
    rig.fail();
    assert!(matches!(rig.status(), Status::Waiting { attempt: 1, .. }), "not counted: {:?}", rig.status());
    rig.input(Input::Online);
    assert_eq!(rig.status(), Status::Connecting);
    rig.join();
    assert_eq!(rig.status(), Status::Live);
}

#[test]
fn going_offline_in_a_pause_makes_it_a_long_one() {
    let mut rig = Rig::connected();
    rig.fail();
    rig.input(Input::Offline);
    rig.advance(29_999);
    assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::Offline, .. }));
}

#[test]
fn a_disconnect_packet_of_the_server_is_a_loss_like_others_unless_told_otherwise() {
    let mut rig = Rig::connected();
    rig.server("41");
    assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::ServerDisconnect, .. }));

    let mut config = Config::default();
    config.policy.reconnect_after_server_disconnect = false;
    let mut rig = Rig::started(config);
    rig.join();
    rig.server("41");
    assert_eq!((rig.status(), rig.session.next_timer()), (Status::Closed, None));
}

#[test]
fn nonsense_is_an_error_value_and_a_new_attempt() {
    for frame in ["", "x", "7", "4", "49", "42", "42[", "42[1]", "43[]", "451-", r#"0{"sid":"again"}"#] {
        let mut rig = Rig::connected();
        rig.server(frame);
        assert!(matches!(rig.status(), Status::Waiting { reason: CloseReason::Protocol, .. }), "{frame}");
        assert!(matches!(rig.session.last_error(), Some(Error::Malformed(_))), "{frame}");
        rig.advance(5_000);
        assert_eq!(rig.status(), Status::Connecting);
    }
}

#[test]
fn settings_that_cannot_work_are_refused_without_an_attempt() {
    let broken = [
        Config { url: Some("ftp://x".into()), ..Config::default() },
        Config { namespace: "admin".into(), ..Config::default() },
    ];
    for config in broken {
        let rig = Rig::started(config);
        assert_eq!((rig.status(), rig.opened.len()), (Status::Refused, 0));
    }
}

#[test]
fn a_connect_payload_that_is_not_json_is_refused() {
    let mut rig = Rig::started(Config::default());
    let generation = rig.generation;
    rig.input(Input::Auth { generation, payload: Some("{".into()) });
    assert_eq!((rig.status(), rig.session.last_error()), (Status::Refused, Some(Error::InvalidJson)));
}

#[test]
fn a_clock_set_back_does_not_make_a_pause_longer() {
    let mut rig = Rig::connected();
    rig.fail();
    rig.now -= 500_000;
    rig.input(Input::Tick);
    assert_eq!(rig.status(), Status::Connecting);
}

#[test]
fn a_policy_without_pauses_still_waits_for_the_timer() {
    let mut config = Config::default();
    config.policy.reconnection_delay = 0;
    let mut rig = Rig::started(config);
    rig.fail();
    assert!(matches!(rig.status(), Status::Waiting { .. }), "{:?}", rig.status());
}

#[test]
fn another_namespace_is_joined_and_named_in_every_frame() {
    let mut rig = Rig::started(Config { namespace: "/admin".into(), ..Config::default() });
    rig.server(OPEN);
    rig.server(LIVE);
    assert_eq!(rig.status(), Status::Connecting, "that was the main namespace");
    rig.server(r#"40/admin,{"sid":"x"}"#);
    rig.emit("a").unwrap();
    assert_eq!(rig.sent, [r#"40/admin,{"token":1}"#, r#"42/admin,["a"]"#]);
}
