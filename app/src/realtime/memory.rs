//! What a tab remembers across a reload: for each user, the last event that the listeners were notified of.
//!
//! Owns where it is stored and under which name: in the tab's session storage. A reload, a page from the browser's
//! history and a restored session find it; another tab has its own, and closing the tab deletes it. The name contains
//! the user's id, so that users never share a position. Must not interpret the position. If a browser refuses storage,
//! nothing is remembered and all else works.

use std::sync::{Mutex, PoisonError};

use super::feed::Position;

/// The memory of one feed.
#[derive(Debug, Default)]
pub(super) struct Memory {
    server: Option<String>,
    /// Whether anything is remembered.
    enabled: bool,
    /// The last value written: storage is written only when it changes.
    written: Mutex<Option<Position>>,
}

impl Memory {
    /// The memory of a feed from a server; `None` for the page's own.
    pub(super) fn new(server: Option<String>, enabled: bool) -> Self {
        Self { server, enabled, written: Mutex::default() }
    }

    /// The position that was stored for a user.
    pub(super) fn recall(&self, user_id: &str) -> Option<Position> {
        let name = name(self.server.as_deref(), user_id).filter(|_| self.enabled)?;
        read(&name).and_then(|text| parse(&text))
    }

    /// Stores a position for a user.
    pub(super) fn remember(&self, user_id: &str, position: Option<Position>) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.enabled || *written == position {
            return;
        }
        if let (Some(name), Some(position)) = (name(self.server.as_deref(), user_id), position) {
            write(&name, &text_of(&position));
            *written = Some(position);
        }
    }
}

/// `7`, or `epoch:7`.
fn text_of(Position { epoch, seq }: &Position) -> String {
    match epoch {
        Some(epoch) => format!("{epoch}:{seq}"),
        None => seq.to_string(),
    }
}

/// Reads `7` or `epoch:7`. An epoch may contain any character.
fn parse(text: &str) -> Option<Position> {
    let (epoch, seq) = match text.rsplit_once(':') {
        Some((epoch, seq)) => (Some(epoch.to_owned()), seq),
        None => (None, text),
    };
    Some(Position { epoch, seq: seq.parse().ok()? })
}

/// `None` until the owner of the feed is known. Each server has its own name.
fn name(server: Option<&str>, user_id: &str) -> Option<String> {
    if user_id.is_empty() {
        return None;
    }
    Some(match server {
        None => format!("tallywire:told:{user_id}"),
        Some(server) => format!("tallywire:told@{server} {user_id}"),
    })
}

#[cfg(target_arch = "wasm32")]
fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok()?
}

#[cfg(target_arch = "wasm32")]
fn read(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

#[cfg(target_arch = "wasm32")]
fn write(name: &str, value: &str) {
    if let Some(storage) = storage() {
        // Storage may be full or refused; the page works without it.
        let _ = storage.set_item(name, value);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn read(_name: &str) -> Option<String> {
    None
}

#[cfg(not(target_arch = "wasm32"))]
fn write(_name: &str, _value: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        for epoch in [None, Some("e1"), Some("2026:11:25"), Some("")] {
            let position = Position { epoch: epoch.map(str::to_owned), seq: 7 };
            assert_eq!(parse(&text_of(&position)), Some(position));
        }
        for odd in ["", "soon", "e1:", "e1:x"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn users_and_servers_have_positions_of_their_own() {
        let names =
            [name(None, "alex"), name(None, "sam"), name(Some("https://a"), "alex"), name(None, "alex https://a")];
        for (at, one) in names.iter().enumerate() {
            assert!(one.is_some() && !names[..at].contains(one), "{names:?}");
        }
    }

    #[test]
    fn a_feed_without_an_owner_remembers_nothing() {
        assert_eq!(name(None, ""), None);
    }
}
