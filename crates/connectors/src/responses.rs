//! How a provider's deliveries are answered.
//!
//! Owns the answers that a provider may require. Must not know HTTP beyond status codes.

/// An answer's status and whether it has a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Whether it has the usual JSON body. Xero accepts an empty body only.
    pub has_body: bool,
}

impl Response {
    /// A status with the usual JSON.
    pub const fn json(status: u16) -> Self {
        Self { status, has_body: true }
    }

    /// A status without a body.
    pub const fn empty(status: u16) -> Self {
        Self { status, has_body: false }
    }
}

/// The answers to a provider's deliveries. All other cases have the same answer for every provider: an unknown
/// connector, a body that is too large, too many deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Responses {
    /// The delivery is durable: processed, seen before, or quarantined. Never 202, because some providers accept only
    /// 200.
    pub accepted: Response,
    /// The signature is missing, wrong or stale. GoCardless requires 498.
    pub bad_signature: Response,
    /// It is authentic, but does not have this provider's form.
    pub malformed: Response,
    /// It could not be verified or stored now: the provider should send it again.
    pub unavailable: Response,
}

impl Default for Responses {
    fn default() -> Self {
        Self {
            accepted: Response::json(200),
            bad_signature: Response::json(401),
            malformed: Response::json(400),
            unavailable: Response::json(503),
        }
    }
}
