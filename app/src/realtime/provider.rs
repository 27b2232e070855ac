//! One connection for each page.
//!
//! Owns finding the session that components share. Holds it weakly: the last component that uses it
//! takes it along. Must not know what a session does.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use leptos::prelude::*;

use super::options::UseRealtimeTransactionsOptions;
use super::session::Session;

#[derive(Clone, Default)]
struct Sessions(Arc<Mutex<Vec<Weak<Session>>>>);

/// Lets all components below this one share a connection. Without it, each use of the hook that is
/// not below another has its own.
pub fn provide_realtime() {
    provide_context(Sessions::default());
}

pub(super) fn session_for(options: UseRealtimeTransactionsOptions) -> Arc<Session> {
    let sessions = use_context::<Sessions>().unwrap_or_else(|| {
        let sessions = Sessions::default();
        provide_context(sessions.clone());
        sessions
    });
    let mut sessions = sessions.0.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.retain(|session| session.strong_count() > 0);
    if let Some(session) = sessions.iter().filter_map(Weak::upgrade).find(|session| session.serves(&options)) {
        return session;
    }
    let session = Session::new(options);
    sessions.push(Arc::downgrade(&session));
    session
}
