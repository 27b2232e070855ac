//! Apideck's signature.
//!
//! Owns the headers (<https://developers.apideck.com/guides/webhook-signature-verification>), the count of attempts in the
//! body, and the schedule. Must not send anything.

use std::time::Duration;

use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde_json::Value;

use crate::webhooks::{Message, Schedule, Scheme, Signed};

/// After 3, 5, 10 and 30 minutes, 1, 2, 4 and 8 hours; the documented ninth attempt, after 12 hours, would come when
/// the message is older than 24 hours, and such messages are dropped (<https://help.apideck.com/en/articles/4231682>).
/// 60 s for an answer.
pub(super) fn schedule() -> Schedule {
    Schedule {
        pauses: [3, 5, 10, 30, 60, 120, 240, 480].map(|minutes| Duration::from_secs(minutes * 60)).into(),
        timeout: Duration::from_secs(60),
        any_2xx: true,
        ends_subscription: true,
    }
}

/// HMAC-SHA256 in hex of the body with its keys sorted, under the API key.
pub(super) struct SortedKeys;

impl Scheme for SortedKeys {
    fn provider(&self) -> &'static str {
        "apideck"
    }

    fn sign(&self, secret: &str, message: &Message, number: usize, _at: Timestamp) -> Signed {
        let body = message.body.replacen(r#""execution_attempt":1"#, &format!(r#""execution_attempt":{number}"#), 1);
        let value: Value = serde_json::from_str(&body).unwrap_or_default();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), sorted(&value).as_bytes());
        let signature = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = vec![
            ("x-apideck-signature", signature),
            ("x-apideck-event-type", message.event.clone()),
            ("x-apideck-idempotency-key", message.id.clone()),
        ];
        Signed { headers, body }
    }
}

/// Compact JSON with the keys of objects sorted; arrays stay unchanged, as in Apideck's own sample.
fn sorted(value: &Value) -> String {
    let Value::Object(members) = value else { return value.to_string() };
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    let members = members.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), sorted(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recomputed from the example in Apideck's specification, under a made-up key.
    #[test]
    fn the_signature_is_over_the_sorted_keys_and_not_over_the_body() {
        let body = concat!(
            r#"{"payload":{"event_type":"accounting.expense.created","unified_api":"accounting","service_id":"xero","#,
            r#""consumer_id":"test_user_id","event_id":"d290f1ee-6c54-4b01-90e6-d701748f0851","entity_id":"123456ASDF","#,
            r#""entity_url":"https://unify.apideck.com/accounting/expenses/123456ASDF","entity_type":"expense","#,
            r#""occurred_at":"2020-01-01T00:00:00.000Z"}}"#
        );
        let event = "accounting.expense.created".to_owned();
        let message = Message { id: "key".to_owned(), event, body: body.to_owned() };
        let signed = SortedKeys.sign("fixture-key-not-a-real-secret", &message, 1, Timestamp::UNIX_EPOCH);
        assert_eq!(signed.headers[0].1, "fe64e41d99cc28d4c7fe1a4b3f1fb68fbc67e7513d8e43e15f391932bbece5fe");
    }
}
