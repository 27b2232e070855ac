//! The credentials that a client sends.
//!
//! Owns reading the payload of `authenticate` and of the handshake, which may contain anything. Must not validate them:
//! [`super::sign_in`] checks the token, and the feed checks `since` against the log.

use serde_json::Value;

use crate::feed::ResumePoint;

/// A user id, a token and the newest event that the client has; each may be absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    pub user_id: Option<String>,
    pub token: Option<String>,
    pub since: Option<ResumePoint>,
}

impl Credentials {
    /// Reads an object, or the bare user id that clients of the original service send after a handshake.
    pub fn read(payload: &Value) -> Self {
        let text = |value: &Value| match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        match payload {
            Value::Object(fields) => Self {
                user_id: fields.get("userId").and_then(text),
                token: fields.get("token").and_then(Value::as_str).filter(|token| !token.is_empty()).map(Into::into),
                since: fields.get("since").filter(|since| !since.is_null()).map(|since| ResumePoint {
                    seq: number(since),
                    epoch: fields.get("epoch").filter(|epoch| !epoch.is_null()).map(epoch),
                }),
            },
            other => Self { user_id: text(other), ..Self::default() },
        }
    }
}

/// A `since` that is not a number becomes one that no log reaches, so the client has to reload.
fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(u64::MAX)
}

/// An epoch that is not a string matches none of the server's.
fn epoch(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn credentials_are_an_object_or_a_bare_user_id() {
        let read = |payload| {
            let Credentials { user_id, token, .. } = Credentials::read(&payload);
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

    #[test]
    fn a_since_that_is_not_a_number_is_one_that_no_log_reaches() {
        let since = |since| Credentials::read(&json!({ "since": since })).since.map(|point| point.seq);
        assert_eq!(since(json!(4)), Some(4));
        assert_eq!(since(json!("4")), Some(4));
        assert_eq!(since(json!(null)), None);
        for no_number in [json!(-1), json!(1.5), json!("1e3"), json!(""), json!([4]), json!({}), json!(true)] {
            assert_eq!(since(no_number), Some(u64::MAX));
        }
        let epoch = |epoch| Credentials::read(&json!({ "since": 4, "epoch": epoch })).since.unwrap().epoch;
        assert_eq!(
            (epoch(json!("e1")), epoch(json!(null)), epoch(json!(7))),
            (Some("e1".into()), None, Some("".into()))
        );
    }
}
