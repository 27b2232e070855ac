//! What a component can ask of the hook.
//!
//! Owns the options and their defaults. Must not act on them.

use std::sync::Arc;

use leptos::prelude::*;
use wire::Transaction;
use wire::api::Snapshot;
use wire::events::SyncStats;

use super::admission::Proof;

/// What signs in.
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

    /// Whether both sign in the same person. Two tokens may be two people's, unless it is said whose they
    /// are: `is_told`.
    pub(super) fn is_as(&self, other: &Self, is_told: bool) -> bool {
        match (self, other) {
            (Self::Cookie, Self::Cookie) => true,
            (Self::Cookie, _) | (_, Self::Cookie) => false,
            (Self::Fixed(one), Self::Fixed(other)) => is_told || one == other,
            _ => is_told,
        }
    }

    /// The token to send, if it is one.
    pub(super) fn token(&self) -> Option<String> {
        match self {
            Self::Cookie => None,
            Self::Fixed(token) => Some(token.clone()),
            Self::Fresh(token) => token(),
        }
    }
}

/// Options of [`use_realtime_transactions`](super::use_realtime_transactions).
#[derive(Clone)]
pub struct UseRealtimeTransactionsOptions {
    pub(super) initial: Option<Snapshot>,
    pub(super) limit: Option<usize>,
    pub(super) url: Option<String>,
    pub(super) credential: Credential,
    pub(super) user_id: Option<String>,
    pub(super) immediate: bool,
    pub(super) resume: bool,
    pub(super) on_new_transaction: Option<Callback<Transaction>>,
    pub(super) on_updated: Option<Callback<Transaction>>,
    pub(super) on_sync_complete: Option<Callback<SyncStats>>,
}

impl Default for UseRealtimeTransactionsOptions {
    fn default() -> Self {
        Self {
            initial: None,
            limit: None,
            url: None,
            credential: Credential::default(),
            user_id: None,
            immediate: true,
            resume: true,
            on_new_transaction: None,
            on_updated: None,
            on_sync_complete: None,
        }
    }
}

impl UseRealtimeTransactionsOptions {
    /// The page's own server, its session cookie, connecting by itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the server rendered, so that the browser does not fetch it again. Without it, the first
    /// connection loads it.
    #[must_use]
    pub fn initial(mut self, snapshot: Snapshot) -> Self {
        self.initial = Some(snapshot);
        self
    }

    /// How many transactions the hook returns at most; all that are loaded unless told.
    #[must_use]
    pub fn limit(mut self, transactions: usize) -> Self {
        self.limit = Some(transactions);
        self
    }

    /// Another Socket.IO server than the page's own. What was missed is still reloaded from the
    /// page's own.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Gives the token to sign in with, asked anew at each connect. Unless told, the page's session
    /// cookie signs in.
    #[must_use]
    pub fn token(mut self, token: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        self.credential = Credential::Fresh(Arc::new(token));
        self
    }

    /// The one token to sign in with. Where it is not accepted any more, the session has ended.
    #[must_use]
    pub fn fixed_token(mut self, token: impl Into<String>) -> Self {
        self.credential = Credential::Fixed(token.into());
        self
    }

    /// Whose feed it is; must be the token's user. Unless told, the server knows.
    #[must_use]
    pub fn user_id(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// Whether to connect when the component is mounted; so unless told. Otherwise `reconnect` does.
    #[must_use]
    pub fn immediate(mut self, immediate: bool) -> Self {
        self.immediate = immediate;
        self
    }

    /// Whether a page that is reloaded goes on from where it was: what happened in between is told
    /// by the callbacks, and nothing a second time. So unless told. The tab keeps a number for it in
    /// its session storage; where there is none, and with `false`, a page begins with what it holds.
    /// Components that share a connection go by the first one's.
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Called once for each transaction that appears, including those that were missed for a while.
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
    pub fn on_sync_complete(mut self, callback: impl Fn(SyncStats) + Send + Sync + 'static) -> Self {
        self.on_sync_complete = Some(Callback::new(callback));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::session::Session;
    use super::*;

    #[test]
    fn components_share_a_connection_only_where_it_is_the_same_persons() {
        type Options = UseRealtimeTransactionsOptions;
        let (new, fresh) = (Options::new, || Options::new().token(|| Some("token".to_owned())));
        let shared = |one: Options, other: Options| Session::new(one).serves(&other);
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
