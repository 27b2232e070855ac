//! The effects of a decision.
//!
//! Owns the list of effects that [`core`](super::core) returns and the controller executes. Must not execute any.

use super::feed::News;

/// One effect.
#[derive(Debug, PartialEq)]
pub(super) enum Effect {
    /// Show the feed and notify the listeners, batched with the next changes.
    Flush { changed: bool, news: Vec<News> },
    /// Show the feed and notify the listeners at once.
    FlushNow(Vec<News>),
    /// The shown data is no longer valid: clear it, with all pending notifications.
    Clear,
    /// Reload over HTTP, unless the events arrive first.
    Reload,
    /// Tell the connection that it is signed in.
    Ready,
    /// Connect again and resume from the feed's position.
    Restart,
    /// Close the connection and retry after the usual delay.
    Retry,
    /// Close the connection and retry after at least this many milliseconds.
    RetryAfter(u32),
    /// Close the connection for good.
    Disconnect,
}
