//! Signing in over Socket.IO.
//!
//! Owns the three ways to sign in (the event, the handshake, the dashboard's cookie), which all end in the same step,
//! and the answers. Must not check a signature itself, nor keep state: [`ConnectionManager`] does.

use std::sync::Arc;

use serde_json::Value;
use socketioxide::extract::SocketRef;
use tokio::sync::Semaphore;
use wire::ErrorCode;
use wire::error::SocketError;
use wire::events::{self, AuthenticateAck, Authenticated};

use super::connections::ConnectionManager;
use super::credentials::Credentials;
use super::socket_session::SocketSession;
use super::subscriber::subscriber;
use crate::auth::session::SessionCookies;
use crate::auth::token::TokenVerifier;
use crate::auth::{self, Identity, origin, presented};
use crate::clock::Clock;
use crate::cores;
use crate::feed::{Feed, JoinError, ResumePoint, Subscriber};
use crate::metrics::Metrics;
use crate::store::{LogEnds, Store};

/// How many sign-ins are completed at the same time if each queries PostgreSQL.
const AT_ONCE_ON_POSTGRESQL: usize = 128;

/// The parts that sign-in needs.
pub struct SignIn {
    /// The sockets.
    pub connections: Arc<ConnectionManager>,
    /// The feed to which a signed-in socket subscribes.
    pub feed: Arc<Feed>,
    /// The store of sessions and of users' logs.
    pub store: Arc<dyn Store>,
    /// Checks tokens.
    pub tokens: Arc<TokenVerifier>,
    /// Checks the dashboard's cookie.
    pub cookies: SessionCookies,
    /// The current time.
    pub clock: Clock,
    /// The limit of subscribers per user, for the error.
    pub limit: u32,
    /// Counts outcomes.
    pub metrics: Arc<Metrics>,
    /// Permits to complete a sign-in.
    pub permits: Semaphore,
}

impl SignIn {
    /// As many permits as sign-ins are completed at the same time; others wait without using resources. When thousands
    /// of clients reconnect at once, the events of connected clients would otherwise wait behind all of them. An
    /// embedded store answers within a fraction of a millisecond, so a few permits suffice.
    pub fn permits(is_embedded: bool) -> Semaphore {
        Semaphore::new(if is_embedded { cores::half() } else { AT_ONCE_ON_POSTGRESQL })
    }

    /// The sockets.
    pub(super) fn connections(&self) -> &Arc<ConnectionManager> {
        &self.connections
    }

    /// Signs in a socket whose handshake carries a token or the dashboard's cookie.
    pub(super) async fn at_handshake(&self, socket: SocketRef, auth: Value) {
        let Some(session) = SocketSession::of(&socket) else { return };
        let credentials = Credentials::read(&auth);
        drop(auth);
        let Some(_guard) = session.lock_for_handshake().await else { return };
        let outcome = match &credentials.token {
            Some(token) => Some(self.check_as(token, credentials.user_id.as_deref()).await),
            None => self.request_identity(&socket, credentials.user_id.as_deref()).await,
        };
        match outcome {
            Some(outcome) => drop(self.complete(&socket, &session, outcome, credentials.since).await),
            None if presented::is_in_address(&socket.req_parts().uri) => {
                drop(self.refuse_credentials(&socket, token_in_address()).await);
            }
            // The client may still send `authenticate`.
            None => {}
        }
    }

    /// Whether a handshake carries credentials.
    pub(super) fn has_credentials(&self, socket: &SocketRef, auth: &Value) -> bool {
        let headers = &socket.req_parts().headers;
        Credentials::read(auth).token.is_some()
            || presented::bearer(headers).is_some()
            || self.cookies.is_present(headers)
    }

    /// The identity of the request that opened the connection: from the token in its header, else from the dashboard's
    /// cookie. An invalid header is ignored if the cookie is valid: a proxy may have added the header.
    async fn request_identity(&self, socket: &SocketRef, user_id: Option<&str>) -> Option<Result<Identity, ErrorCode>> {
        let by_header = match presented::bearer(&socket.req_parts().headers) {
            Some(token) => Some(self.check_as(token, user_id).await),
            None => None,
        };
        if let Some(Ok(identity)) = by_header {
            return Some(Ok(identity));
        }
        self.cookie_identity(socket).await.transpose().or(by_header)
    }

    /// Answers `authenticate`.
    pub(super) async fn authenticate(&self, socket: &SocketRef, payload: Value) -> AuthenticateAck {
        let Some(session) = SocketSession::of(socket) else { return refuse(socket, ErrorCode::MissingCredentials) };
        let credentials = Credentials::read(&payload);
        drop(payload);
        let Some(_guard) = session.lock().await else { return refuse(socket, ErrorCode::RateLimited) };
        let signed_in = self.connections.user(socket);
        let since = credentials.since.clone();
        let outcome = match (credentials, signed_in) {
            // Already signed in and no newer token: repeats the answer and changes nothing.
            (Credentials { user_id, token: None, .. }, Some(user)) => {
                if user_id.is_some_and(|id| *id != *user) {
                    Err(ErrorCode::UserMismatch)
                } else {
                    Ok(None)
                }
            }
            (Credentials { user_id: Some(user_id), token: Some(token), .. }, _) => {
                self.check_as(&token, Some(&user_id)).await.map(Some)
            }
            _ => Err(ErrorCode::MissingCredentials),
        };
        match outcome {
            Ok(Some(identity)) => self.complete(socket, &session, Ok(identity), since).await,
            Ok(None) => self.repeat_answer(socket).await,
            Err(code) => self.refuse_credentials(socket, code).await,
        }
    }

    /// The identity of a token. If a user is named, it must be that user's.
    async fn check_as(&self, token: &str, user_id: Option<&str>) -> Result<Identity, ErrorCode> {
        let identity = self.check(token).await?;
        if user_id.is_some_and(|user_id| *user_id != *identity.user_id) {
            return Err(ErrorCode::UserMismatch);
        }
        Ok(identity)
    }

    async fn check(&self, token: &str) -> Result<Identity, ErrorCode> {
        let checked = auth::of_token(&self.tokens, self.store.as_ref(), token, (self.clock)()).await;
        checked.map_err(|error| match error {
            auth::Error::Invalid => ErrorCode::InvalidToken,
            auth::Error::Unavailable(reason) => {
                tracing::warn!(%reason, "a token could not be checked");
                ErrorCode::AuthUnavailable
            }
        })
    }

    /// The identity of the dashboard's cookie. The cookie is read only if the page that opened the socket is the
    /// server's own: a browser would send it for another site's page as well.
    async fn cookie_identity(&self, socket: &SocketRef) -> Result<Option<Identity>, ErrorCode> {
        let headers = &socket.req_parts().headers;
        if !self.cookies.is_present(headers) || !origin::is_own(headers) {
            return Ok(None);
        }
        match self.cookies.identity(headers, (self.clock)()).await {
            Ok(Some(identity)) => Ok(Some(identity)),
            Ok(None) => Err(ErrorCode::InvalidToken),
            Err(error) => {
                tracing::warn!(%error, "a session could not be looked up");
                Err(ErrorCode::AuthUnavailable)
            }
        }
    }

    /// Makes the socket a subscriber of the user's events.
    async fn complete(
        &self,
        socket: &SocketRef,
        session: &Arc<SocketSession>,
        outcome: Result<Identity, ErrorCode>,
        since: Option<ResumePoint>,
    ) -> AuthenticateAck {
        let identity = match outcome {
            Ok(identity) => identity,
            Err(code) => return self.refuse_credentials(socket, code).await,
        };
        let subscriber = subscriber(socket, session, &self.connections);
        let Some(user_id) = self.connections.claim(socket, &identity, &subscriber) else {
            self.metrics.signed_in("socket", ErrorCode::UserMismatch.as_str());
            return refuse(socket, ErrorCode::UserMismatch);
        };
        // Acquired after the identity is known: a sign-in that waits for a key to be fetched must not block the others.
        let _permit = self.permits.acquire().await;
        let is_new = match self.feed.join(&user_id, &subscriber).await {
            Ok(is_new) => is_new,
            Err(JoinError::Store(error)) => {
                tracing::warn!(%error, "a user's slots could not be counted");
                return self.undo(socket);
            }
            Err(JoinError::Full) => {
                let error = SocketError { limit: Some(self.limit), ..ErrorCode::ConnectionLimit.into() };
                self.metrics.signed_in("socket", error.code.as_str());
                self.connections.disconnect(socket, &error);
                return refusal(&error);
            }
        };
        // If the socket closed before it joined the room, closing did not remove it from the room.
        if self.connections.user(socket).is_none() {
            self.feed.hub().leave(&user_id, subscriber.id());
        }
        if is_new { self.start(socket, &user_id, subscriber, since).await } else { self.repeat_answer(socket).await }
    }

    /// Refuses a socket's credentials. After too many refusals the socket is disconnected.
    async fn refuse_credentials(&self, socket: &SocketRef, error: impl Into<SocketError> + Send) -> AuthenticateAck {
        let error = error.into();
        let code = error.code;
        self.metrics.signed_in("socket", code.as_str());
        let refused = refuse(socket, error);
        if code == ErrorCode::AuthUnavailable {
            self.connections.note_unchecked(socket);
        } else if !self.connections.count_refusal(socket).await {
            self.connections.disconnect(socket, &ErrorCode::RateLimited.into());
        }
        refused
    }

    /// Sends `authenticated`, then missed events, then live ones.
    async fn start(
        &self,
        socket: &SocketRef,
        user_id: &Arc<str>,
        subscriber: Subscriber,
        since: Option<ResumePoint>,
    ) -> AuthenticateAck {
        let ends = match self.store.log_ends(Arc::clone(user_id)).await {
            Ok(ends) => ends,
            Err(error) => {
                tracing::warn!(%error, "a user's log could not be read");
                return self.undo(socket);
            }
        };
        send_authenticated(socket, user_id, &ends);
        self.metrics.signed_in("socket", "accepted");
        self.feed.start_delivery(user_id, subscriber, since.as_ref(), &ends);
        accepted(user_id, ends.newest)
    }

    /// Undoes a sign-in that could not be completed, so that the client can retry it.
    fn undo(&self, socket: &SocketRef) -> AuthenticateAck {
        self.metrics.signed_in("socket", ErrorCode::AuthUnavailable.as_str());
        self.connections.undo_claim(socket);
        refuse(socket, ErrorCode::AuthUnavailable)
    }

    async fn repeat_answer(&self, socket: &SocketRef) -> AuthenticateAck {
        let Some(user_id) = self.connections.user(socket) else { return refuse(socket, ErrorCode::MissingCredentials) };
        match self.store.log_ends(Arc::clone(&user_id)).await {
            Ok(ends) => {
                send_authenticated(socket, &user_id, &ends);
                accepted(&user_id, ends.newest)
            }
            Err(error) => {
                tracing::warn!(%error, "a user's log could not be read");
                refuse(socket, ErrorCode::AuthUnavailable)
            }
        }
    }
}

fn send_authenticated(socket: &SocketRef, user_id: &str, ends: &LogEnds) {
    let (seq, epoch) = (ends.newest, Some(ends.epoch.to_string()));
    let _ = socket.emit(events::AUTHENTICATED, &Authenticated { user_id: user_id.to_owned(), seq, epoch });
}

fn accepted(user_id: &str, seq: u64) -> AuthenticateAck {
    AuthenticateAck { ok: true, user_id: Some(user_id.to_owned()), seq: Some(seq), message: None, code: None }
}

fn refuse(socket: &SocketRef, error: impl Into<SocketError>) -> AuthenticateAck {
    let error = error.into();
    let _ = socket.emit(events::ERROR, &error);
    refusal(&error)
}

/// The error if the only token is in the address.
fn token_in_address() -> SocketError {
    let code = ErrorCode::MissingCredentials;
    let message = format!(
        "{}: {}; send it in `auth`, in an `Authorization` header, or with `authenticate`",
        code.message(),
        presented::NOT_IN_ADDRESS
    );
    SocketError { message, ..code.into() }
}

fn refusal(error: &SocketError) -> AuthenticateAck {
    AuthenticateAck {
        ok: false,
        user_id: None,
        seq: None,
        message: Some(error.message.clone()),
        code: Some(error.code),
    }
}
