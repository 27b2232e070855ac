//! What a tab remembers over a reload: one number for each person, up to which they have been told.
//!
//! Owns where it is kept and under which name. In the tab's session storage: a reload, a page restored
//! from history and a restored session find it; another tab has its own, and closing the tab forgets
//! it. The name has the person's id, so that nobody is given another's number. Must not decide what the
//! number means. Without storage, which a browser may refuse, nothing is remembered and all else works.

use std::sync::{Mutex, PoisonError};

/// The memory of one feed.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What was written last, so that it is written only where it changed.
    written: Mutex<Option<u64>>,
}

impl Memory {
    /// The number that was kept for a person.
    pub(super) fn recall(server: Option<&str>, user_id: &str) -> Option<u64> {
        read(&name(server, user_id)?).and_then(|text| text.parse().ok())
    }

    /// Keeps a number for a person.
    pub(super) fn remember(&self, server: Option<&str>, user_id: &str, told: Option<u64>) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none() || *written == told {
            return;
        }
        if let (Some(name), Some(told)) = (name(server, user_id), told) {
            *written = Some(told);
            write(&name, &told.to_string());
        }
    }
}

/// Nothing while it is not known whose feed it is. Another server than the page's own counts for itself.
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
        // A full or refused storage forgets; the page goes on without.
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
    fn people_and_servers_have_memories_of_their_own() {
        let names =
            [name(None, "alex"), name(None, "sam"), name(Some("https://a"), "alex"), name(None, "alex https://a")];
        for (at, one) in names.iter().enumerate() {
            assert!(one.is_some() && !names[..at].contains(one), "{names:?}");
        }
    }

    #[test]
    fn a_feed_that_is_nobodys_yet_remembers_nothing() {
        assert_eq!(name(None, ""), None);
    }
}
