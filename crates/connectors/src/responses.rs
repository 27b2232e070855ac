//! How a provider's deliveries are answered.
//!
//! Owns the answers that a provider may require. Must not know HTTP beyond status codes.

/// An answer's status and whether it has a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Whether the usual JSON goes with it. Xero takes an empty body only.
    pub has_body: bool,
}

impl Response {
    /// A status with the usual JSON.
    pub const fn json(status: u16) -> Self {
        Self { status, has_body: true }
    }

    /// A status and nothing else.
    pub const fn empty(status: u16) -> Self {
        Self { status, has_body: false }
    }
}

/// The answers to a provider's deliveries. All other cases are answered alike for every provider: an unknown
/// connector, a body that is too large, too many deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Responses {
    /// It is durable: processed, seen before, or quarantined. Never 202, as some providers take 200 only.
    pub accepted: Response,
    /// The signature is missing, wrong or stale. GoCardless wants 498.
    pub bad_signature: Response,
    /// It is authentic, and does not have this provider's shape.
    pub malformed: Response,
    /// It could not be verified or stored now: the provider is to send it again.
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
