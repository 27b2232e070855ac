//! What a server function answers when it has no data to give.
//!
//! Owns the reasons and the sentences a person reads. Must not carry details of a fault: those stay
//! in the server's log.

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::codec::Json;

/// Why a server function failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppError {
    /// Nobody is signed in, or no longer.
    Unauthorized,
    /// The question itself is wrong: one sentence why.
    Invalid(String),
    /// The server cannot answer now; asking again later helps.
    Unavailable,
    /// The server could not be reached.
    Unreachable,
    /// A fault.
    Internal,
}

impl AppError {
    /// One sentence for a person.
    pub fn message(&self) -> String {
        match self {
            Self::Unauthorized => "You've been signed out. Sign in to continue.".to_owned(),
            Self::Invalid(reason) => reason.clone(),
            Self::Unavailable => "We can't load your data right now. Try again in a moment.".to_owned(),
            Self::Unreachable => "The server can't be reached. Check your connection.".to_owned(),
            Self::Internal => "Something went wrong on our side.".to_owned(),
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = Json;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::Invalid("The request is malformed.".to_owned())
            }
            _ => Self::Internal,
        }
    }
}
