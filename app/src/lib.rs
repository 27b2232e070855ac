//! Tallywire's dashboard: its pages, its components, and the hook
//! [`use_realtime_transactions`](realtime::use_realtime_transactions).
//!
//! The crate is compiled twice: into the server (feature `ssr`), which renders the pages, and into WebAssembly
//! (feature `hydrate`), which hydrates them. It must not know a database or how the server keeps a session: it
//! requests its data through the port in [`backend`].

#![forbid(unsafe_code)]

mod account_names;
pub mod api;
#[cfg(feature = "ssr")]
pub mod backend;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(not(target_arch = "wasm32"))]
#[path = "browserless.rs"]
mod browser;
mod calls;
mod clock;
mod codec;
#[expect(unreachable_pub, reason = "the component macro generates public properties")]
mod components;
pub mod context;
mod erased;
pub mod error;
pub mod format;
mod identity;
mod moments;
pub mod page;
#[expect(unreachable_pub, reason = "the component macro generates public properties")]
mod pages;
pub mod realtime;
#[expect(unreachable_pub, reason = "the component macro generates public properties")]
mod root;
mod runtime;
pub mod search;
#[cfg(feature = "ssr")]
mod security;
mod timeout;
pub mod toasts;

pub use api::SERVER_FN_PREFIX;
pub use error::AppError;
pub use root::{App, shell};
