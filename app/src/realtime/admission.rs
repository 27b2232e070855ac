//! What follows from a sign-in that came to nothing.
//!
//! Owns telling trouble that passes from a session that is over. A socket that is refused says little: the
//! session may have been renewed in another tab, or the server may be in trouble. So another connection is
//! tried, and then the page's own server is asked over HTTP: only its word ends a session. Must not know
//! sockets, signals or the clock.

use wire::ErrorCode;

/// After a refusal the next connection has so long to do better before the session is asked about.
const DOUBT_MS: u32 = 5_000;
/// A server whose sockets refuse what it takes over HTTP is asked more and more seldom.
const DOUBT_MAX_MS: u32 = 300_000;

/// Most of those who take up a person's places are sockets that have died; the server notices within 45 s.
const CROWDED_MS: u32 = 60_000;

/// What a page signs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The page's cookie. Whoever signs in again in another tab renews it.
    Cookie,
    /// A token that stays as it is.
    Fixed,
    /// Tokens that a host hands out: the next may be a better one.
    Fresh,
}

/// What to do about a sign-in that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequel {
    /// Say it, and leave the next word to the server.
    Tell,
    /// Say it, give this connection up, and try again after a pause: on this one nothing more would come.
    Retry,
    /// Say it, and try again after at least so many milliseconds.
    RetryAfter(u32),
    /// Try again, and ask over HTTP whether the session still holds unless that helps.
    Doubt,
    /// Give up: nothing that this page has will ever be accepted again.
    End,
}

/// Whether the person counts as signed in.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    doubtful: bool,
    /// How often a doubt turned out to be unfounded since the last sign-in.
    unfounded: u32,
}

impl Admission {
    /// The server has sent an error.
    pub fn refused(&mut self, code: ErrorCode, proof: Proof) -> Sequel {
        match code {
            ErrorCode::AuthUnavailable => Sequel::Retry,
            ErrorCode::ConnectionLimit => Sequel::RetryAfter(CROWDED_MS),
            ErrorCode::AuthTimeout => self.unanswered(proof),
            code if refuses_proof(code) && proof == Proof::Fixed => Sequel::End,
            code if refuses_proof(code) => self.unanswered(proof),
            _ => Sequel::Tell,
        }
    }

    /// The server has not signed the page in.
    pub fn unanswered(&mut self, proof: Proof) -> Sequel {
        if proof != Proof::Cookie {
            return Sequel::Retry;
        }
        self.doubtful = true;
        Sequel::Doubt
    }

    /// The server has signed the page in.
    pub fn admitted(&mut self) {
        *self = Self::default();
    }

    /// The page's server has answered over HTTP as to somebody who is signed in.
    pub fn confirmed(&mut self) {
        if std::mem::take(&mut self.doubtful) {
            self.unfounded = self.unfounded.saturating_add(1);
        }
    }

    /// The page's server has answered over HTTP that nobody is signed in. Whether that is the end: a first
    /// word out of the blue is asked about again.
    pub fn denied(&mut self) -> bool {
        std::mem::replace(&mut self.doubtful, true)
    }

    /// Whether the page's server has to be asked.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// How long the doubt is left to the next connection, in milliseconds.
    pub fn patience(&self) -> u32 {
        DOUBT_MS.saturating_mul(1 << self.unfounded.min(16)).min(DOUBT_MAX_MS)
    }
}

/// Whether what the socket signed in with was not accepted.
fn refuses_proof(code: ErrorCode) -> bool {
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
    fn a_server_that_could_not_check_is_asked_again() {
        for proof in [Proof::Cookie, Proof::Fixed, Proof::Fresh] {
            let mut admission = Admission::default();
            assert_eq!(admission.refused(ErrorCode::AuthUnavailable, proof), Sequel::Retry);
            assert!(!admission.is_doubtful());
        }
    }

    #[test]
    fn a_person_with_too_many_pages_waits_until_the_dead_ones_are_gone() {
        let mut admission = Admission::default();
        let Sequel::RetryAfter(pause) = admission.refused(ErrorCode::ConnectionLimit, Proof::Cookie) else { panic!() };
        assert!(pause > 45_000 && !admission.is_doubtful());
    }

    #[test]
    fn a_refused_cookie_is_tried_again_and_asked_about_over_http() {
        for code in REFUSALS {
            let mut admission = Admission::default();
            assert_eq!(admission.refused(code, Proof::Cookie), Sequel::Doubt, "{code:?}");
            assert!(admission.is_doubtful());
            assert!(admission.denied(), "two refusals, one of them over HTTP");
        }
        let mut admission = Admission::default();
        assert_eq!(admission.unanswered(Proof::Cookie), Sequel::Doubt);
        assert!(admission.is_doubtful());
    }

    #[test]
    fn a_doubt_ends_with_the_next_sign_in() {
        let mut admission = Admission::default();
        admission.refused(ErrorCode::TokenExpired, Proof::Cookie);
        admission.admitted();
        assert!(!admission.is_doubtful());
    }

    #[test]
    fn a_host_that_hands_out_tokens_gives_a_better_one_next_time() {
        for code in REFUSALS {
            let mut admission = Admission::default();
            assert_eq!(admission.refused(code, Proof::Fresh), Sequel::Retry, "{code:?}");
            assert!(!admission.is_doubtful());
        }
    }

    #[test]
    fn a_token_that_never_changes_and_is_refused_is_the_end() {
        for code in [ErrorCode::InvalidToken, ErrorCode::TokenExpired, ErrorCode::UserMismatch] {
            assert_eq!(Admission::default().refused(code, Proof::Fixed), Sequel::End, "{code:?}");
        }
        // Nobody has refused it.
        assert_eq!(Admission::default().refused(ErrorCode::AuthTimeout, Proof::Fixed), Sequel::Retry);
        assert_eq!(Admission::default().unanswered(Proof::Fixed), Sequel::Retry);
    }

    #[test]
    fn one_word_over_http_out_of_the_blue_ends_nothing() {
        let mut admission = Admission::default();
        assert!(!admission.denied());
        assert!(admission.is_doubtful());
        admission.confirmed();
        assert!(!admission.denied());
        assert!(admission.denied());
    }

    #[test]
    fn a_server_that_says_both_yes_and_no_is_asked_more_and_more_seldom() {
        let mut admission = Admission::default();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            admission.refused(ErrorCode::InvalidToken, Proof::Cookie);
            pauses.push(admission.patience());
            admission.confirmed();
        }
        assert_eq!(pauses, [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
        admission.admitted();
        assert_eq!(admission.patience(), 5_000);
    }
}
