//! Basiq's signature.
//!
//! Owns the headers of Standard Webhooks (<https://api.basiq.io/docs/webhooks-security>) and the schedule of attempts. Must
//! not send anything.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;

use crate::webhooks::{Message, Schedule, Scheme, Signed};

/// The secret in Basiq's own documentation has no padding and surplus bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h
/// (<https://api.basiq.io/docs/delivery-schedule-and-retries>). The time limit for an answer is not documented; 30 s is
/// the default of Svix, whose schedule this is.
pub(super) fn schedule() -> Schedule {
    Schedule {
        pauses: [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].map(Duration::from_secs).into(),
        timeout: Duration::from_secs(30),
        any_2xx: true,
        ends_subscription: true,
    }
}

/// HMAC-SHA256 of `id.time.body` under the key after `whsec_`, decoded from base64.
pub(super) struct StandardWebhooks;

impl Scheme for StandardWebhooks {
    fn provider(&self) -> &'static str {
        "basiq"
    }

    fn sign(&self, secret: &str, message: &Message, _number: usize, at: Timestamp) -> Signed {
        let time = at.as_second().to_string();
        let signed = format!("{}.{time}.{}", message.id, message.body);
        let text = secret.strip_prefix("whsec_").unwrap_or(secret);
        let key = LENIENT.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
        let headers = vec![
            ("webhook-id", message.id.clone()),
            ("webhook-timestamp", time),
            ("webhook-signature", format!("v1,{}", STANDARD.encode(tag.as_ref()))),
        ];
        Signed { headers, body: message.body.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Standard Webhooks' own libraries.
    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        let message = Message {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
            event: String::new(),
            body: r#"{"test": 2432232314}"#.to_owned(),
        };
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let signed = StandardWebhooks.sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &message, 1, at);
        assert_eq!(signed.headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
