//! Signing in over Socket.IO.
//!
//! Owns the three ways (the event, the handshake, the dashboard's cookie), which end in the same
//! step, and what a client is told. Must not check a signature itself nor keep a room.

use serde_json::Value;
use socketioxide::extract::SocketRef;
use wire::ErrorCode;
use wire::error::SocketError;
use wire::events::{self, AuthenticateAck, Authenticated};

use super::Gate;
use super::hub::Full;
use crate::auth::{self, Identity, session};
use crate::http::origin;

/// What a client sent to sign in.
#[derive(Debug, Default, PartialEq, Eq)]
struct Credentials {
    user_id: Option<String>,
    token: Option<String>,
}

impl Credentials {
    /// An object, or the bare user id that clients of the original send after a handshake.
    fn read(payload: &Value) -> Self {
        let text = |value: &Value| match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        match payload {
            Value::Object(fields) => Self {
                user_id: fields.get("userId").and_then(text),
                token: fields.get("token").and_then(Value::as_str).filter(|token| !token.is_empty()).map(Into::into),
            },
            other => Self { user_id: text(other), token: None },
        }
    }
}

impl Gate {
    /// Signs in a socket that brought a token, or the dashboard's cookie, with its handshake.
    pub(super) async fn sign_in_at_handshake(&self, socket: SocketRef, auth: Value) {
        let credentials = Credentials::read(&auth);
        let outcome = match credentials.token {
            Some(token) => match self.check(&token).await {
                Ok(identity) if credentials.user_id.as_ref().is_some_and(|id| *id != identity.user_id) => {
                    Err(ErrorCode::UserMismatch)
                }
                checked => checked,
            },
            None => match self.cookie_identity(&socket).await {
                Ok(Some(identity)) => Ok(identity),
                // The client may still send `authenticate`.
                Ok(None) => return,
                Err(code) => Err(code),
            },
        };
        let _ = self.admit(&socket, outcome).await;
    }

    /// Answers `authenticate`.
    pub(super) async fn sign_in(&self, socket: &SocketRef, payload: Value) -> AuthenticateAck {
        let credentials = Credentials::read(&payload);
        let signed_in = self.user(socket.id);
        let outcome = match (credentials, signed_in) {
            // Signed in, and no newer token: answered again, and nothing changes.
            (Credentials { user_id, token: None }, Some(user)) => {
                if user_id.is_some_and(|id| *id != *user) {
                    Err(ErrorCode::UserMismatch)
                } else {
                    return self.welcome(socket, &user).await;
                }
            }
            (Credentials { user_id: Some(user_id), token: Some(token) }, _) => match self.check(&token).await {
                Ok(identity) if identity.user_id != user_id => Err(ErrorCode::UserMismatch),
                checked => checked,
            },
            _ => Err(ErrorCode::MissingCredentials),
        };
        self.admit(socket, outcome).await
    }

    async fn check(&self, token: &str) -> Result<Identity, ErrorCode> {
        self.tokens.verify(token, (self.clock)()).await.map_err(|error| match error {
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
        if !session::is_present(headers) || !origin::is_own(headers) {
            return Ok(None);
        }
        match session::of_request(self.store.as_ref(), headers, (self.clock)()).await {
            Ok(Some(session)) => Ok(Some(Identity { user_id: session.user_id, expires_at: session.expires_at })),
            Ok(None) => Err(ErrorCode::InvalidToken),
            Err(error) => {
                tracing::warn!(%error, "a session could not be looked up");
                Err(ErrorCode::AuthUnavailable)
            }
        }
    }

    async fn admit(&self, socket: &SocketRef, outcome: Result<Identity, ErrorCode>) -> AuthenticateAck {
        let identity = match outcome {
            Ok(identity) => identity,
            Err(code) => return refuse(socket, code),
        };
        let Some(user_id) = self.claim(socket, &identity) else {
            return refuse(socket, ErrorCode::UserMismatch);
        };
        if self.hub.join(&user_id, socket) == Err(Full) {
            let error = SocketError { limit: Some(self.limit), ..ErrorCode::ConnectionLimit.into() };
            self.turn_away(socket, &error);
            return refusal(&error);
        }
        // It may have gone while it was being admitted, before there was a place to leave.
        if self.user(socket.id).is_none() {
            self.hub.leave(&user_id, socket.id);
        }
        self.welcome(socket, &user_id).await
    }

    /// Tells a socket that it is in the room, and from which number on.
    async fn welcome(&self, socket: &SocketRef, user_id: &str) -> AuthenticateAck {
        let newest = match self.store.newest_seq(user_id.to_owned()).await {
            Ok(newest) => newest,
            Err(error) => {
                tracing::warn!(%error, "a user's newest event number could not be read");
                self.forget(socket.id);
                return refuse(socket, ErrorCode::AuthUnavailable);
            }
        };
        let mut told = newest;
        self.hub.complete(user_id, socket.id, newest, |seq| {
            told = seq;
            let _ = socket.emit(events::AUTHENTICATED, &Authenticated { user_id: user_id.to_owned(), seq });
        });
        AuthenticateAck { ok: true, user_id: Some(user_id.to_owned()), seq: Some(told), message: None, code: None }
    }
}

fn refuse(socket: &SocketRef, code: ErrorCode) -> AuthenticateAck {
    let error = code.into();
    let _ = socket.emit(events::ERROR, &error);
    refusal(&error)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn credentials_are_an_object_or_a_bare_user_id() {
        let read = |payload| {
            let Credentials { user_id, token } = Credentials::read(&payload);
            (user_id, token)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read(json!({"userId": "a", "token": "t", "since": 4})), (some("a"), some("t")));
        assert_eq!(read(json!({"userId": 7, "token": ""})), (some("7"), None));
        assert_eq!(read(json!("a")), (some("a"), None));
        for nothing in [json!(null), json!([]), json!({"userId": ["a"], "token": {}}), json!("")] {
            assert_eq!(read(nothing), (None, None));
        }
    }
}
