//! A server that has stopped answering, and the client's reaction.
#![allow(clippy::unwrap_used, reason = "clippy's own exception does not reach the helpers of a test")]

#[path = "support/rig.rs"]
mod rig;

use rig::{LIVE, OPEN, Rig};
use socketio_client::session::Input;
use socketio_client::{CloseReason, Config, Notification, Probe, Status};

const ASKED: &str = r#"42["ping"]"#;

fn probing() -> Rig {
    let probe = Probe { event: "ping".to_owned(), quiet: 5_000, timeout: 3_000, give_up: 10_000 };
    let mut rig = Rig::started(Config { probe: Some(probe), ..Config::default() });
    rig.join();
    rig.sent.clear();
    rig
}

/// The notifications about silence.
fn silences(rig: &Rig) -> Vec<bool> {
    let silence = |it: &Notification| if let Notification::Silent(is_silent) = it { Some(*is_silent) } else { None };
    rig.said.iter().filter_map(silence).collect()
}

#[test]
fn a_server_that_says_nothing_is_asked_and_any_word_of_it_is_an_answer() {
    let mut rig = probing();
    rig.advance(4_999);
    assert!(rig.sent.is_empty());
    rig.advance(1);
    assert_eq!(rig.sent, [ASKED]);
    rig.advance(2_000);
    rig.server(r#"42["pong",null]"#);
    rig.advance(4_999);
    assert_eq!(rig.sent.len(), 1, "the silence begins anew");
    rig.advance(1);
    rig.server("2");
    assert_eq!(rig.sent, [ASKED, ASKED, "3"]);
    rig.advance(4_999);
    assert_eq!((rig.status(), silences(&rig)), (Status::Live, vec![]));
}

#[test]
fn a_server_that_does_not_answer_is_silent_and_then_given_up() {
    let mut rig = probing();
    rig.advance(7_999);
    assert!(silences(&rig).is_empty());
    rig.advance(1);
    assert_eq!((silences(&rig), rig.status()), (vec![true], Status::Live));
    rig.advance(6_999);
    assert_eq!(rig.status(), Status::Live);
    rig.advance(1);
    assert!(matches!(rig.status(), Status::Waiting { attempt: 1, reason: CloseReason::Unresponsive, .. }));
    rig.advance(1_000);
    rig.join();
    rig.advance(5_000);
    assert_eq!(rig.sent.last().map(String::as_str), Some(ASKED), "the next one is asked as well");
}

#[test]
fn a_server_that_answers_late_is_live_again_over_the_same_connection() {
    let mut rig = probing();
    rig.advance(10_000);
    rig.server(r#"42["pong",null]"#);
    assert_eq!((silences(&rig), rig.opened.len()), (vec![true, false], 1));
    let last = rig.said.len() - 2;
    assert!(matches!(rig.said[last..], [Notification::Silent(false), Notification::Event(_)]), "{:?}", rig.said);
    rig.advance(4_999);
    assert_eq!(rig.status(), Status::Live);
}

#[test]
fn a_hidden_page_sends_no_probe_and_probes_at_once_when_it_becomes_visible() {
    let mut rig = probing();
    rig.input(Input::Visible(false));
    rig.advance(20_000);
    assert!(rig.sent.is_empty());
    rig.input(Input::Visible(true));
    assert_eq!(rig.sent, [ASKED]);
    // Hidden again before the answer: that probe proves nothing later.
    rig.input(Input::Visible(false));
    rig.advance(20_000);
    rig.input(Input::Visible(true));
    assert_eq!((rig.sent.len(), silences(&rig), rig.status()), (2, vec![], Status::Live));
}

#[test]
fn timers_that_come_late_do_not_take_a_server_for_silent_that_was_not_asked() {
    let mut rig = probing();
    rig.now += 30_000;
    rig.input(Input::Tick);
    assert_eq!((rig.sent.clone(), silences(&rig)), (vec![ASKED.to_owned()], vec![]));
    rig.server(r#"42["pong",null]"#);
    rig.advance(4_999);
    assert!(silences(&rig).is_empty());
}

#[test]
fn a_connection_that_is_not_ready_is_not_asked() {
    let probe = Probe { event: "ping".to_owned(), quiet: 1_000, timeout: 1_000, give_up: 2_000 };
    let mut rig = Rig::started(Config { probe: Some(probe), ready_timeout: Some(20_000), ..Config::default() });
    rig.server(OPEN);
    rig.server(LIVE);
    rig.advance(10_000);
    assert_eq!((rig.status(), silences(&rig)), (Status::Live, vec![]));
    rig.input(Input::Ready);
    rig.advance(1_000);
    assert_eq!(rig.sent.last().map(String::as_str), Some(ASKED));
}
