//! The message that wakes other nodes.
//!
//! Owns its encoding, and that no message exceeds the limit of PostgreSQL's `NOTIFY`. Must not send one.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::auth::session::SessionId;

/// The longest message in bytes: PostgreSQL accepts payloads below 8,000
/// (<https://www.postgresql.org/docs/15/sql-notify.html>).
const LIMIT: usize = 7_900;

/// The sender of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    pub(super) node: &'a str,
    pub(super) epoch: &'a str,
}

/// A message, in JSON.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message<'a> {
    /// The node that sent it.
    #[serde(borrow)]
    pub(super) node: Cow<'a, str>,
    /// The epoch of its database: another database may share the channel, and event numbers differ after a restore.
    #[serde(borrow)]
    pub(super) epoch: Cow<'a, str>,
    /// Users and the newest numbers in their logs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) users: Vec<(String, u64)>,
    /// Whether a connection is due for a sync.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) syncs: bool,
    /// Dashboard sessions that have ended, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sessions: Vec<String>,
}

impl Message<'_> {
    fn nothing(Origin { node, epoch }: Origin<'_>) -> Message<'_> {
        Message { node: node.into(), epoch: epoch.into(), users: vec![], syncs: false, sessions: vec![] }
    }

    /// The dashboard sessions that have ended.
    pub(super) fn ended_sessions(&self) -> impl Iterator<Item = SessionId> {
        self.sessions.iter().filter_map(|session| hex::decode(session).ok()?.try_into().ok())
    }
}

/// What has happened since the last message.
#[derive(Debug, Default)]
pub(super) struct Pending {
    users: HashMap<Arc<str>, u64>,
    syncs: bool,
    sessions: HashSet<SessionId>,
}

impl Pending {
    /// Notes that a user's log has advanced to a number.
    pub(super) fn advanced(&mut self, user_id: Arc<str>, seq: u64) {
        let newest = self.users.entry(user_id).or_default();
        *newest = seq.max(*newest);
    }

    /// Notes that a connection is due for a sync.
    pub(super) fn sync_requested(&mut self) {
        self.syncs = true;
    }

    /// Notes that a dashboard session has ended.
    pub(super) fn session_ended(&mut self, session: SessionId) {
        self.sessions.insert(session);
    }

    /// Packs everything into as few messages as the limit allows. A user whose id does not fit into any is left to the
    /// other nodes' polling.
    pub(super) fn into_messages(self, origin: Origin<'_>) -> Vec<String> {
        let mut messages = Messages::of(origin);
        messages.current.syncs = self.syncs;
        for session in self.sessions {
            let session = hex::encode(session);
            if let Some(message) = messages.with_room_for(&session) {
                message.sessions.push(session);
            }
        }
        for (user_id, seq) in self.users {
            let user = (user_id.as_ref().to_owned(), seq);
            if let Some(message) = messages.with_room_for(&user) {
                message.users.push(user);
            }
        }
        messages.finish()
    }
}

/// Messages within the limit, in order.
struct Messages<'a> {
    origin: Origin<'a>,
    full: Vec<String>,
    current: Message<'a>,
    /// An upper bound of the current message's bytes.
    length: usize,
}

impl<'a> Messages<'a> {
    fn of(origin: Origin<'a>) -> Self {
        Self { origin, full: vec![], current: Message::nothing(origin), length: overhead(origin) }
    }

    /// The message that has room for another entry; `None` if the entry is too long for any message.
    fn with_room_for(&mut self, entry: &impl Serialize) -> Option<&mut Message<'a>> {
        let more = encoded(entry).len() + 1;
        if overhead(self.origin) + more > LIMIT {
            return None;
        }
        if self.length + more > LIMIT {
            self.full.push(encoded(&std::mem::replace(&mut self.current, Message::nothing(self.origin))));
            self.length = overhead(self.origin);
        }
        self.length += more;
        Some(&mut self.current)
    }

    fn finish(mut self) -> Vec<String> {
        if self.current != Message::nothing(self.origin) {
            self.full.push(encoded(&self.current));
        }
        self.full
    }
}

/// The bytes of a message other than its entries.
fn overhead(origin: Origin<'_>) -> usize {
    let (users, sessions) = (vec![("".into(), 0)], vec![String::new()]);
    encoded(&Message { syncs: true, users, sessions, ..Message::nothing(origin) }).len()
}

fn encoded(value: &impl Serialize) -> String {
    // Strings, numbers and lists can always be encoded as JSON.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    const N1: Origin<'_> = Origin { node: "n1", epoch: "e1" };

    fn read(text: &str) -> Message<'_> {
        serde_json::from_str(text).expect("a message")
    }

    #[test]
    fn commits_of_one_user_are_one_entry_with_the_newest_number() {
        let mut pending = Pending::default();
        [3, 5, 4].into_iter().for_each(|seq| pending.advanced("alice".into(), seq));
        let messages = pending.into_messages(N1);
        assert_eq!(messages, [r#"{"node":"n1","epoch":"e1","users":[["alice",5]]}"#]);
        assert_eq!(read(&messages[0]), Message { users: vec![("alice".into(), 5)], ..Message::nothing(N1) });
    }

    #[test]
    fn many_users_are_spread_over_messages_within_the_limit_and_none_is_left_out() {
        let mut pending = Pending::default();
        (0..2_000).for_each(|user| pending.advanced(format!("user \"{user}\" {}", "é".repeat(40)).into(), user + 1));
        pending.sync_requested();
        let messages = pending.into_messages(Origin {
            node: "0190a8e4-0000-7000-8000-000000000000",
            epoch: "0190a8e4-0000-7000-8000-000000000001",
        });
        assert!(messages.iter().all(|message| message.len() < 8_000), "{}", messages[0].len());
        let users: usize = messages.iter().map(|message| read(message).users.len()).sum();
        assert_eq!(users, 2_000);
        assert_eq!(messages.iter().filter(|message| read(message).syncs).count(), 1);
    }

    #[test]
    fn a_request_for_a_sync_is_a_message_of_its_own_and_nothing_is_none() {
        let mut pending = Pending::default();
        pending.sync_requested();
        assert_eq!(pending.into_messages(N1), [r#"{"node":"n1","epoch":"e1","syncs":true}"#]);
        assert!(Pending::default().into_messages(N1).is_empty());
    }

    #[test]
    fn sessions_that_end_together_are_spread_over_messages_within_the_limit_and_read_as_they_were() {
        let mut pending = Pending::default();
        let session = |number: u32| Sha256::digest(number.to_be_bytes()).into();
        (0..300).for_each(|number| pending.session_ended(session(number)));
        pending.advanced("alice".into(), 1);
        let messages = pending.into_messages(N1);
        assert!(messages.iter().all(|message| message.len() < 8_000) && messages.len() < 5, "{}", messages.len());
        let ended: HashSet<_> =
            messages.iter().flat_map(|message| read(message).ended_sessions().collect::<Vec<_>>()).collect();
        assert_eq!(ended, (0..300).map(session).collect());
        // A message with unknown or invalid entries may come from another release.
        let odd = read(r#"{"node":"n1","epoch":"e1","sessions":["","zz","00"],"more":1}"#).ended_sessions().count();
        assert_eq!(odd, 0);
    }

    #[test]
    fn a_user_whose_id_no_message_can_hold_holds_up_no_other() {
        let mut pending = Pending::default();
        pending.advanced("x".repeat(9_000).into(), 1);
        pending.advanced("alice".into(), 1);
        assert_eq!(pending.into_messages(N1), [r#"{"node":"n1","epoch":"e1","users":[["alice",1]]}"#]);
    }
}
