//! The effects of each message from the server.

use socketio_client::{CloseReason, Status};
use wire::api::{Snapshot, TransactionsPage};

use super::Core;
use crate::realtime::effect::Effect;
use crate::realtime::feed::samples::{snapshot, transaction};
use crate::realtime::options::Target;
use crate::realtime::reload::Progress;
use crate::realtime::status::{ClientError, ConnectionStatus};

fn at(epoch: &str, seq: u64) -> Snapshot {
    let rows = (1..=seq).map(|number| transaction(&number.to_string(), &format!("2026-11-{number:02}T10:00:00Z"), "1"));
    Snapshot { epoch: Some(epoch.to_owned()), ..snapshot(seq, rows.collect()) }
}

/// A page that the server rendered.
fn rendered(epoch: &str, seq: u64) -> Core {
    Core::new(&Target::default(), Some(at(epoch, seq)), true)
}

fn authenticated(core: &mut Core, epoch: &str, seq: u64) -> Vec<Effect> {
    core.auth_payload(None);
    let payload = format!(r#"{{"userId":"alex","seq":{seq},"epoch":"{epoch}"}}"#);
    core.on_event("authenticated", &payload, 0)
}

fn take(core: &mut Core, snapshot: Snapshot) -> Vec<Effect> {
    core.take(snapshot).unwrap_or_else(|short| panic!("{} are lacking", short.lacking))
}

#[test]
fn the_epoch_is_sent_beside_the_position() {
    let mut core = rendered("e1", 5);
    assert_eq!(core.auth_payload(None), r#"{"since":5,"epoch":"e1"}"#);
    let mut bare = Core::new(&Target::default(), None, true);
    assert_eq!(bare.auth_payload(None), "{}");
}

#[test]
fn a_page_of_the_servers_epoch_is_live_at_once() {
    let mut core = rendered("e1", 5);
    assert_eq!(authenticated(&mut core, "e1", 5), [Effect::Ready]);
    assert_eq!((core.status(), core.feed().len()), (ConnectionStatus::Live, 5));
}

#[test]
fn a_page_of_another_epoch_is_cleared_and_is_live_again_once_it_is_reloaded() {
    for seq in [3, 5, 9] {
        let mut core = rendered("old", 5);
        assert_eq!(authenticated(&mut core, "new", seq), [Effect::Clear, Effect::Ready, Effect::Reload]);
        assert_eq!((core.status(), core.feed().is_empty()), (ConnectionStatus::Connecting, true));
        assert_eq!(take(&mut core, at("new", seq)), [Effect::FlushNow(Vec::new())]);
        assert_eq!((core.status(), core.feed().seq()), (ConnectionStatus::Live, seq));
    }
}

#[test]
fn a_server_behind_the_page_clears_it() {
    let mut core = rendered("e1", 5);
    assert_eq!(authenticated(&mut core, "e1", 4), [Effect::Clear, Effect::Ready, Effect::Reload]);
    assert!(core.feed().is_empty());
}

#[test]
fn a_connected_page_is_cleared_when_the_epoch_changes() {
    let mut core = rendered("old", 5);
    authenticated(&mut core, "old", 5);
    let payload = r#"{"reason":"epoch","oldestSeq":1,"seq":3,"epoch":"new"}"#;
    assert_eq!(core.on_event("sync:required", payload, 0), [Effect::Clear, Effect::Reload]);
    assert_eq!((core.status(), core.feed().is_empty()), (ConnectionStatus::Connecting, true));
    take(&mut core, at("new", 3));
    assert_eq!((core.status(), core.feed().len()), (ConnectionStatus::Live, 3));
}

#[test]
fn the_message_after_a_sign_in_that_told_the_epoch_clears_nothing_more() {
    let mut core = rendered("old", 5);
    authenticated(&mut core, "new", 7);
    take(&mut core, at("new", 7));
    let payload = r#"{"reason":"epoch","oldestSeq":1,"seq":7}"#;
    assert_eq!(core.on_event("sync:required", payload, 0), [Effect::Reload]);
    assert_eq!(core.feed().len(), 7);
}

#[test]
fn events_that_are_too_old_leave_the_list_in_place() {
    for payload in [r#"{"reason":"too_old","oldestSeq":9,"seq":12}"#, "null"] {
        let mut core = rendered("e1", 5);
        authenticated(&mut core, "e1", 12);
        assert_eq!(core.on_event("sync:required", payload, 0), [Effect::Reload]);
        assert_eq!(core.feed().len(), 5);
    }
}

#[test]
fn a_reload_that_disagrees_with_the_socket_lets_a_new_sign_in_decide() {
    let mut core = rendered("old", 5);
    authenticated(&mut core, "old", 5);
    assert_eq!(take(&mut core, at("new", 7)), [Effect::Restart]);
    assert_eq!(core.feed().len(), 5);
    authenticated(&mut core, "new", 7);
    assert_eq!(take(&mut core, at("new", 7)), [Effect::FlushNow(Vec::new())]);
    assert_eq!(core.feed().epoch(), Some("new"));
}

#[test]
fn a_reload_behind_the_page_lets_a_new_sign_in_decide() {
    let mut core = rendered("e1", 5);
    authenticated(&mut core, "e1", 5);
    core.on_event("sync:complete", "{}", 0);
    let mut reload = core.begin_reload().expect("none is under way");
    core.look(&mut reload);
    assert_eq!(take(&mut core, at("e1", 4)), [Effect::Restart]);
}

#[test]
fn a_page_without_a_connection_takes_the_new_epoch_from_the_reload() {
    let mut core = rendered("old", 5);
    authenticated(&mut core, "old", 5);
    core.on_status(Status::Waiting { attempt: 1, retry_at_ms: 0, reason: CloseReason::PingTimeout });
    assert_eq!(take(&mut core, at("new", 3)), [Effect::Clear, Effect::FlushNow(Vec::new())]);
    assert_eq!((core.feed().len(), core.feed().epoch()), (3, Some("new")));
}

#[test]
fn another_users_data_ends_the_feed() {
    let mut core = rendered("e1", 5);
    core.auth_payload(None);
    let effects = core.on_event("authenticated", r#"{"userId":"sam","seq":5}"#, 0);
    assert_eq!(effects, [Effect::Disconnect, Effect::Clear]);
    assert_eq!((core.errors().main(), core.feed().is_empty()), (Some(&ClientError::OtherUser), true));
}

#[test]
fn a_page_that_finds_another_user_while_it_checks_its_session_asks_no_more() {
    let mut core = rendered("e1", 5);
    core.auth_payload(None);
    core.on_event("error", r#"{"message":"Authentication token has expired","code":"TOKEN_EXPIRED"}"#, 0);
    let mut reload = core.begin_reload().expect("none is under way");
    assert_ne!(core.look(&mut reload), Progress::Done, "the session is checked");
    let theirs = Snapshot { user_id: "sam".to_owned(), ..at("e1", 5) };
    assert_eq!(take(&mut core, theirs), [Effect::Disconnect, Effect::Clear]);
    assert_eq!(core.look(&mut reload), Progress::Done);
}

#[test]
fn an_older_page_of_a_list_that_was_reloaded_meanwhile_is_requested_again_at_its_new_end() {
    let ending_at = |seq, cursor: &str| Snapshot { next_cursor: Some(cursor.to_owned()), ..at("e1", seq) };
    let page = |id: &str| TransactionsPage {
        transactions: vec![transaction(id, "2026-10-01T10:00:00Z", "1")],
        ..TransactionsPage::default()
    };
    let mut core = Core::new(&Target::default(), Some(ending_at(3, "first")), true);
    let requested = core.feed().older().expect("an older page");
    core.feed.require_reload();
    take(&mut core, ending_at(5, "second"));

    let (_, instead) = core.older_loaded(&requested, Ok(page("stray")));
    let instead = instead.expect("another request");
    assert_eq!((core.feed().len(), instead.cursor.as_str()), (5, "second"));
    let (_, instead) = core.older_loaded(&instead, Ok(page("older")));
    assert_eq!((core.feed().len(), instead), (6, None));
}
