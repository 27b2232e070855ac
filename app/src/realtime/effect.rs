//! What a decision leads to.
//!
//! Owns the list of effects that [`core`](super::core) returns and the controller executes. Must not execute any.

use super::feed::News;

/// One effect.
#[derive(Debug, PartialEq)]
pub(super) enum Effect {
    /// Show the feed and notify the listeners, batched with what follows shortly.
    Flush { changed: bool, news: Vec<News> },
    /// Show the feed and notify the listeners at once.
    FlushNow(Vec<News>),
    /// Nothing of what was shown is valid any more: clear it, with all pending notifications.
    Clear,
    /// Reload over HTTP, unless the events arrive first.
    Reload,
    /// Tell the connection that it is signed in.
    Ready,
    /// Connect again and resume from where the feed stands.
    Restart,
    /// Close the connection and retry after the usual delay.
    Retry,
    /// Close the connection and retry after at least so many milliseconds.
    RetryAfter(u32),
    /// Close the connection for good.
    Disconnect,
}
