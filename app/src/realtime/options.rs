//! The options of the hook.
//!
//! Owns the options and their defaults. Must not act on them.

use std::sync::Arc;

use leptos::prelude::*;
use wire::Transaction;
use wire::api::Snapshot;
use wire::events::{SyncComplete, SyncStats};

use super::auth_recovery::Proof;

/// How the page signs in.
#[derive(Clone, Default)]
pub(super) enum Credential {
    #[default]
    Cookie,
    Fixed(String),
    Fresh(Arc<dyn Fn() -> Option<String> + Send + Sync>),
}

impl Credential {
    pub(super) fn proof(&self) -> Proof {
        match self {
            Self::Cookie => Proof::Cookie,
            Self::Fixed(_) => Proof::Fixed,
            Self::Fresh(_) => Proof::Fresh,
        }
    }

    /// Whether both sign in the same user. Two tokens may belong to two users, unless the user is known.
    fn is_same(&self, other: &Self, is_user_known: bool) -> bool {
        match (self, other) {
            (Self::Cookie, Self::Cookie) => true,
            (Self::Cookie, _) | (_, Self::Cookie) => false,
            (Self::Fixed(one), Self::Fixed(other)) => is_user_known || one == other,
            _ => is_user_known,
        }
    }

    /// The token to send, if the credential is one.
    pub(super) fn token(&self) -> Option<String> {
        match self {
            Self::Cookie => None,
            Self::Fixed(token) => Some(token.clone()),
            Self::Fresh(token) => token(),
        }
    }
}

/// The owner and the server of a feed.
#[derive(Clone, Default)]
pub(super) struct Target {
    pub(super) url: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) credential: Credential,
}

impl Target {
    /// Whether both are the same user's feed from the same server.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.url == other.url
            && self.user_id == other.user_id
            && self.credential.is_same(&other.credential, self.user_id.is_some())
    }
}

/// Options of [`use_realtime_transactions`](super::use_realtime_transactions).
#[derive(Clone)]
pub struct UseRealtimeTransactionsOptions {
    pub(super) initial: Option<Snapshot>,
    pub(super) limit: Option<usize>,
    pub(super) target: Target,
    pub(super) immediate: bool,
    pub(super) resume: bool,
    pub(super) on_new_transaction: Option<Callback<Transaction>>,
    pub(super) on_updated: Option<Callback<Transaction>>,
    pub(super) on_sync: Option<Callback<SyncComplete>>,
}

impl Default for UseRealtimeTransactionsOptions {
    fn default() -> Self {
        Self {
            initial: None,
            limit: None,
            target: Target::default(),
            immediate: true,
            resume: true,
            on_new_transaction: None,
            on_updated: None,
            on_sync: None,
        }
    }
}

impl UseRealtimeTransactionsOptions {
    /// The page's own server, its session cookie, connecting automatically.
    pub fn new() -> Self {
        Self::default()
    }

    /// The snapshot that the server rendered, so that the browser does not fetch it again. Without it, the first
    /// connection loads it.
    #[must_use]
    pub fn initial(mut self, snapshot: Snapshot) -> Self {
        self.initial = Some(snapshot);
        self
    }

    /// How many transactions the hook returns at most; by default all loaded ones.
    #[must_use]
    pub fn limit(mut self, transactions: usize) -> Self {
        self.limit = Some(transactions);
        self
    }

    /// Another Socket.IO server than the page's own. Reloads still go to the page's own server.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.target.url = Some(url.into());
        self
    }

    /// Supplies a token for each connect. By default the page signs in with its session cookie.
    #[must_use]
    pub fn token(mut self, token: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        self.target.credential = Credential::Fresh(Arc::new(token));
        self
    }

    /// The only token to sign in with. When the server no longer accepts it, the session has ended.
    #[must_use]
    pub fn fixed_token(mut self, token: impl Into<String>) -> Self {
        self.target.credential = Credential::Fixed(token.into());
        self
    }

    /// The owner of the feed; must be the token's user. By default the server decides.
    #[must_use]
    pub fn user_id(mut self, user_id: impl Into<String>) -> Self {
        self.target.user_id = Some(user_id.into());
        self
    }

    /// Whether to connect when the component is mounted, which is the default. Otherwise call `reconnect`.
    #[must_use]
    pub fn immediate(mut self, immediate: bool) -> Self {
        self.immediate = immediate;
        self
    }

    /// Whether a reloaded page resumes from its position, which is the default: the callbacks are called for everything
    /// that happened in between, and never twice. The position is in the tab's session storage. Without one, or with
    /// `false`, a page begins with its snapshot. Components that share a connection use the first one's option.
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Called once for each new transaction, including those that were missed for a while.
    #[must_use]
    pub fn on_new_transaction(mut self, callback: impl Fn(Transaction) + Send + Sync + 'static) -> Self {
        self.on_new_transaction = Some(Callback::new(callback));
        self
    }

    /// Called for each change of a transaction.
    #[must_use]
    pub fn on_updated(mut self, callback: impl Fn(Transaction) + Send + Sync + 'static) -> Self {
        self.on_updated = Some(Callback::new(callback));
        self
    }

    /// Called when a connection to an institution has been synchronised.
    #[must_use]
    pub fn on_sync_complete(self, callback: impl Fn(SyncStats) + Send + Sync + 'static) -> Self {
        self.on_sync(move |event| callback(event.stats))
    }

    /// The same with the connection that was synchronised. If both are set, the later one is called.
    #[must_use]
    pub fn on_sync(mut self, callback: impl Fn(SyncComplete) + Send + Sync + 'static) -> Self {
        self.on_sync = Some(Callback::new(callback));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_share_a_connection_only_for_the_same_user() {
        type Options = UseRealtimeTransactionsOptions;
        let (new, fresh) = (Options::new, || Options::new().token(|| Some("token".to_owned())));
        let shared = |one: Options, other: Options| one.target.is_same(&other.target);
        assert!(shared(new(), new()));
        assert!(shared(new().user_id("alex"), new().user_id("alex")));
        assert!(shared(fresh().user_id("alex"), fresh().user_id("alex")));
        assert!(shared(fresh().user_id("alex"), new().user_id("alex").fixed_token("a")));
        assert!(shared(new().fixed_token("a"), new().fixed_token("a")));
        assert!(!shared(new().user_id("alex"), new().user_id("sam")));
        assert!(!shared(new().url("https://a"), new()));
        assert!(!shared(fresh(), fresh()), "each may be somebody else's");
        assert!(!shared(new().fixed_token("a"), new().fixed_token("b")));
        assert!(!shared(new(), fresh()));
        assert!(!shared(fresh().user_id("alex"), new().user_id("alex")), "the cookie may be another person's");
    }
}
