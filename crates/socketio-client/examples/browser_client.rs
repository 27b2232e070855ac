//! The client of `docs/guides/real-time.md`, compiled.
//!
//! Owns nothing. Must not differ from the guide: the guide's test compares them.
#![cfg(target_arch = "wasm32")]

#[path = "../../../docs/guides/snippets/browser_client.rs"]
pub mod guide;
