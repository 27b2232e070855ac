//! What follows from a sign-in that came to nothing.
//!
//! Owns telling trouble that passes from what trying again does not mend. Must not know sockets, signals
//! or the clock.

use wire::ErrorCode;

use super::status::ends_session;

/// What to do after the server has sent an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequel {
    /// Say it, and leave the next word to the server.
    Tell,
    /// Give this connection up and try again after a pause: on this one nothing more would come.
    Retry,
    /// Give up.
    End,
}

/// What an error of the server's leads to; `has_token` where a host hands out tokens, of which the next
/// may be a better one.
pub fn sequel(code: ErrorCode, has_token: bool) -> Sequel {
    match code {
        ErrorCode::AuthUnavailable | ErrorCode::AuthTimeout => Sequel::Retry,
        ErrorCode::ConnectionLimit => Sequel::End,
        code if ends_session(code) && !has_token => Sequel::End,
        _ => Sequel::Tell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_could_not_check_is_asked_again() {
        for code in [ErrorCode::AuthUnavailable, ErrorCode::AuthTimeout] {
            for has_token in [false, true] {
                assert_eq!(sequel(code, has_token), Sequel::Retry, "{code:?}");
            }
        }
    }
}
