//! Recovery from a failed sign-in.
//!
//! Owns the distinction between a temporary failure and a session that has ended. A refused socket proves little: the
//! session may have been renewed in another tab, or the server may have a fault. So the page connects again and then
//! checks the session with its own server over HTTP, and only that answer ends a session. Must not know sockets,
//! signals or the clock.

use wire::ErrorCode;

/// How long after a refusal the next connection may take before the session is checked over HTTP.
const CHECK_MS: u32 = 5_000;
/// The longest wait, for a server whose sockets keep refusing a session that it accepts over HTTP.
const CHECK_MAX_MS: u32 = 300_000;

/// At the connection limit, most sockets are usually dead; the server closes those within 45 s.
const LIMIT_RETRY_MS: u32 = 60_000;

/// How a page signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// The page's cookie. Signing in again in another tab renews it.
    #[default]
    Cookie,
    /// A token that never changes.
    Fixed,
    /// Tokens from the embedding application: the next one may be valid.
    Fresh,
}

/// What to do after a failed sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Show the error. The server decides whether the connection continues.
    Show,
    /// Show the error, close this connection, which will deliver nothing, and retry after the usual delay.
    Retry,
    /// Show the error and retry after at least this many milliseconds.
    RetryAfter(u32),
    /// Retry, and check the session over HTTP unless the retry succeeds.
    CheckSession,
    /// The session has ended: no credential of this page will be accepted again.
    End,
}

/// Whether the session is believed to be valid.
#[derive(Clone, Debug, Default)]
pub struct AuthRecovery {
    check_needed: bool,
    /// How many checks over HTTP found the session valid since the last sign-in.
    confirmations: u32,
}

impl AuthRecovery {
    /// The server has sent an error.
    pub fn refused(&mut self, code: ErrorCode, proof: Proof) -> NextStep {
        match code {
            ErrorCode::AuthUnavailable => NextStep::Retry,
            ErrorCode::ConnectionLimit => NextStep::RetryAfter(LIMIT_RETRY_MS),
            ErrorCode::AuthTimeout => self.unanswered(proof),
            code if is_credential_refusal(code) && proof == Proof::Fixed => NextStep::End,
            code if is_credential_refusal(code) => self.unanswered(proof),
            _ => NextStep::Show,
        }
    }

    /// The server did not answer the sign-in.
    pub fn unanswered(&mut self, proof: Proof) -> NextStep {
        if proof != Proof::Cookie {
            return NextStep::Retry;
        }
        self.check_needed = true;
        NextStep::CheckSession
    }

    /// The server has signed the page in.
    pub fn signed_in(&mut self) {
        *self = Self::default();
    }

    /// The page's own server has answered over HTTP with the user's data.
    pub fn confirmed(&mut self) {
        if std::mem::take(&mut self.check_needed) {
            self.confirmations = self.confirmations.saturating_add(1);
        }
    }

    /// The page's own server has answered 401 over HTTP. Returns whether the session has ended: a single unexpected 401
    /// is checked once more.
    pub fn denied(&mut self) -> bool {
        std::mem::replace(&mut self.check_needed, true)
    }

    /// Whether the session has to be checked over HTTP.
    pub fn needs_check(&self) -> bool {
        self.check_needed
    }

    /// How long to wait for the next connection before the check, in milliseconds.
    pub fn check_delay_ms(&self) -> u32 {
        CHECK_MS.saturating_mul(1 << self.confirmations.min(16)).min(CHECK_MAX_MS)
    }
}

/// Whether the credential itself was refused.
fn is_credential_refusal(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::MissingCredentials
            | ErrorCode::InvalidToken
            | ErrorCode::TokenExpired
            | ErrorCode::UserMismatch
            | ErrorCode::Unauthorized
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSALS: [ErrorCode; 3] = [ErrorCode::InvalidToken, ErrorCode::TokenExpired, ErrorCode::AuthTimeout];

    #[test]
    fn a_server_that_could_not_check_the_session_is_tried_again() {
        for proof in [Proof::Cookie, Proof::Fixed, Proof::Fresh] {
            let mut recovery = AuthRecovery::default();
            assert_eq!(recovery.refused(ErrorCode::AuthUnavailable, proof), NextStep::Retry);
            assert!(!recovery.needs_check());
        }
    }

    #[test]
    fn a_page_at_the_connection_limit_waits_until_dead_sockets_are_closed() {
        let mut recovery = AuthRecovery::default();
        let NextStep::RetryAfter(pause) = recovery.refused(ErrorCode::ConnectionLimit, Proof::Cookie) else { panic!() };
        assert!(pause > 45_000 && !recovery.needs_check());
    }

    #[test]
    fn a_refused_cookie_is_retried_and_checked_over_http() {
        for code in REFUSALS {
            let mut recovery = AuthRecovery::default();
            assert_eq!(recovery.refused(code, Proof::Cookie), NextStep::CheckSession, "{code:?}");
            assert!(recovery.needs_check());
            assert!(recovery.denied(), "two refusals, one of them over HTTP");
        }
        let mut recovery = AuthRecovery::default();
        assert_eq!(recovery.unanswered(Proof::Cookie), NextStep::CheckSession);
        assert!(recovery.needs_check());
    }

    #[test]
    fn the_next_sign_in_makes_a_check_unnecessary() {
        let mut recovery = AuthRecovery::default();
        recovery.refused(ErrorCode::TokenExpired, Proof::Cookie);
        recovery.signed_in();
        assert!(!recovery.needs_check());
    }

    #[test]
    fn an_application_that_supplies_tokens_is_asked_for_the_next_one() {
        for code in REFUSALS {
            let mut recovery = AuthRecovery::default();
            assert_eq!(recovery.refused(code, Proof::Fresh), NextStep::Retry, "{code:?}");
            assert!(!recovery.needs_check());
        }
    }

    #[test]
    fn a_refused_fixed_token_ends_the_session() {
        for code in [ErrorCode::InvalidToken, ErrorCode::TokenExpired, ErrorCode::UserMismatch] {
            assert_eq!(AuthRecovery::default().refused(code, Proof::Fixed), NextStep::End, "{code:?}");
        }
        // The server did not refuse it.
        assert_eq!(AuthRecovery::default().refused(ErrorCode::AuthTimeout, Proof::Fixed), NextStep::Retry);
        assert_eq!(AuthRecovery::default().unanswered(Proof::Fixed), NextStep::Retry);
    }

    #[test]
    fn a_single_unexpected_401_does_not_end_the_session() {
        let mut recovery = AuthRecovery::default();
        assert!(!recovery.denied());
        assert!(recovery.needs_check());
        recovery.confirmed();
        assert!(!recovery.denied());
        assert!(recovery.denied());
    }

    #[test]
    fn a_server_that_contradicts_itself_is_checked_less_and_less_often() {
        let mut recovery = AuthRecovery::default();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            recovery.refused(ErrorCode::InvalidToken, Proof::Cookie);
            pauses.push(recovery.check_delay_ms());
            recovery.confirmed();
        }
        assert_eq!(pauses, [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
        recovery.signed_in();
        assert_eq!(recovery.check_delay_ms(), 5_000);
    }
}
