//! Signing in over Socket.IO.
//!
//! Owns the three ways (the event, the handshake, the dashboard's cookie), which end in the same
//! step, and what a client is told. Must not check a signature itself nor keep a room.

use std::sync::Arc;

use serde_json::Value;
use socketioxide::extract::SocketRef;
use wire::ErrorCode;
use wire::error::SocketError;
use wire::events::{self, AuthenticateAck, Authenticated};

use super::Gate;
use super::credentials::Credentials;
use super::hub::Full;
use super::outlet::Outlet;
use super::resume;
use super::visit::Visit;
use crate::auth::{self, Identity, origin, presented};

impl Gate {
    /// Signs in a socket that brought a token, or the dashboard's cookie, with its handshake.
    pub(super) async fn sign_in_at_handshake(&self, socket: SocketRef, auth: Value) {
        let Some(visit) = Visit::of(&socket) else { return };
        let credentials = Credentials::read(&auth);
        drop(auth);
        let Some(_turn) = visit.first_turn().await else { return };
        let outcome = match &credentials.token {
            Some(token) => Some(self.check_as(token, credentials.user_id.as_deref()).await),
            None => self.proof_of_request(&socket, credentials.user_id.as_deref()).await,
        };
        match outcome {
            Some(outcome) => drop(self.admit(&socket, &visit, outcome, credentials.since).await),
            None if presented::is_in_address(&socket.req_parts().uri) => {
                drop(self.refuse_proof(&socket, token_in_address()));
            }
            // The client may still send `authenticate`.
            None => {}
        }
    }

    /// Whether a handshake brings something to sign in with.
    pub(super) fn brings_proof(&self, socket: &SocketRef, auth: &Value) -> bool {
        let headers = &socket.req_parts().headers;
        Credentials::read(auth).token.is_some()
            || presented::bearer(headers).is_some()
            || self.cookies.is_present(headers)
    }

    /// Whose the request is that began the connection: by the token of its header, else by the dashboard's cookie. A
    /// header that proves nothing changes nothing: it may be a proxy's.
    async fn proof_of_request(&self, socket: &SocketRef, user_id: Option<&str>) -> Option<Result<Identity, ErrorCode>> {
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
    pub(super) async fn sign_in(&self, socket: &SocketRef, payload: Value) -> AuthenticateAck {
        let Some(visit) = Visit::of(socket) else { return refuse(socket, ErrorCode::MissingCredentials) };
        let credentials = Credentials::read(&payload);
        drop(payload);
        let Some(_turn) = visit.turn().await else { return refuse(socket, ErrorCode::RateLimited) };
        let signed_in = self.user(socket);
        let since = credentials.since;
        let outcome = match (credentials, signed_in) {
            // Signed in, and no newer token: answered again, and nothing changes.
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
            Ok(Some(identity)) => self.admit(socket, &visit, Ok(identity), since).await,
            Ok(None) => self.answer_again(socket).await,
            Err(code) => self.refuse_proof(socket, code),
        }
    }

    /// Whose token it is; where a user is named, it must be that user's.
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

    /// The cookie counts only where the page that opened the socket is the server's own: another
    /// site's page would bring the cookie as well.
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

    async fn admit(
        &self,
        socket: &SocketRef,
        visit: &Arc<Visit>,
        outcome: Result<Identity, ErrorCode>,
        since: Option<u64>,
    ) -> AuthenticateAck {
        let identity = match outcome {
            Ok(identity) => identity,
            Err(code) => return self.refuse_proof(socket, code),
        };
        let Some(user_id) = self.claim(socket, &identity) else {
            self.hub.metrics().signed_in("socket", ErrorCode::UserMismatch.as_str());
            return refuse(socket, ErrorCode::UserMismatch);
        };
        let outlet = Outlet::Socket(socket.clone(), Arc::clone(visit));
        let is_new = match self.hub.join(&user_id, &outlet) {
            Ok(is_new) => is_new,
            Err(Full) => {
                let error = SocketError { limit: Some(self.limit), ..ErrorCode::ConnectionLimit.into() };
                self.hub.metrics().signed_in("socket", error.code.as_str());
                self.turn_away(socket, &error);
                return refusal(&error);
            }
        };
        // It may have gone while it was being admitted, before there was a place to leave.
        if self.user(socket).is_none() {
            self.hub.leave(&user_id, outlet.id());
        }
        if is_new { self.welcome(socket, &user_id, outlet, since).await } else { self.answer_again(socket).await }
    }

    /// Refuses what a socket brought. It may try again, but not for ever.
    fn refuse_proof(&self, socket: &SocketRef, error: impl Into<SocketError>) -> AuthenticateAck {
        let error = error.into();
        let code = error.code;
        self.hub.metrics().signed_in("socket", code.as_str());
        let refused = refuse(socket, error);
        if code != ErrorCode::AuthUnavailable && !self.may_try_again(socket) {
            self.turn_away(socket, &ErrorCode::RateLimited.into());
        }
        refused
    }

    /// Tells a socket that it is in the room; what it has missed comes next, then what happens.
    async fn welcome(
        &self,
        socket: &SocketRef,
        user_id: &Arc<str>,
        outlet: Outlet,
        since: Option<u64>,
    ) -> AuthenticateAck {
        let ends = match self.store.log_ends(Arc::clone(user_id)).await {
            Ok(ends) => ends,
            Err(error) => {
                tracing::warn!(%error, "a user's log could not be read");
                self.hub.metrics().signed_in("socket", ErrorCode::AuthUnavailable.as_str());
                self.forget(socket);
                return refuse(socket, ErrorCode::AuthUnavailable);
            }
        };
        tell(socket, user_id, ends.newest);
        self.hub.metrics().signed_in("socket", "accepted");
        resume::begin(&self.store, &self.hub, user_id, outlet, since, ends);
        accepted(user_id, ends.newest)
    }

    async fn answer_again(&self, socket: &SocketRef) -> AuthenticateAck {
        let Some(user_id) = self.user(socket) else { return refuse(socket, ErrorCode::MissingCredentials) };
        match self.store.log_ends(Arc::clone(&user_id)).await {
            Ok(ends) => {
                tell(socket, &user_id, ends.newest);
                accepted(&user_id, ends.newest)
            }
            Err(error) => {
                tracing::warn!(%error, "a user's log could not be read");
                refuse(socket, ErrorCode::AuthUnavailable)
            }
        }
    }
}

fn tell(socket: &SocketRef, user_id: &str, seq: u64) {
    let _ = socket.emit(events::AUTHENTICATED, &Authenticated { user_id: user_id.to_owned(), seq, epoch: None });
}

fn accepted(user_id: &str, seq: u64) -> AuthenticateAck {
    AuthenticateAck { ok: true, user_id: Some(user_id.to_owned()), seq: Some(seq), message: None, code: None }
}

fn refuse(socket: &SocketRef, error: impl Into<SocketError>) -> AuthenticateAck {
    let error = error.into();
    let _ = socket.emit(events::ERROR, &error);
    refusal(&error)
}

/// Why somebody who put a token into the address is not signed in.
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
