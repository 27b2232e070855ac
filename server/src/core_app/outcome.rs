//! The result of a call to the core app.
//!
//! Owns the outcomes that the worker distinguishes. Must not decide what follows from one.

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The core app has received it, with this call or an earlier one.
    Delivered,
    /// The core app does not support this call and does not need it.
    NotSupported,
    /// A later attempt may succeed: 3xx, 5xx, 408, 425, 429, a timeout, a refused connection.
    Retry(String),
    /// The service secret is wrong: an operator has to correct it.
    Unauthorized(String),
    /// No attempt will succeed.
    Rejected(String),
}

impl Outcome {
    /// Its label in the metrics.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::NotSupported => "not_supported",
            Self::Retry(_) => "retry",
            Self::Unauthorized(_) => "unauthorized",
            Self::Rejected(_) => "rejected",
        }
    }
}
