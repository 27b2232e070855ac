//! Why a token was refused.
//!
//! Owns the sentences for the operator's log. Must not contain any part of the token, and is never sent to a caller: an
//! attacker who tries tokens learns nothing from it.

/// The first rule that a token broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// RFC 7515, 7.1.
    #[error("it is too long, or not three base64url parts")]
    Form,
    /// RFC 7515, 4.
    #[error("its header is not a JSON object with unique names, or has a member of the wrong type")]
    Header,
    /// RFC 8725, 3.1.
    #[error("its `alg` is not HS256, RS256, ES256 or EdDSA")]
    Algorithm,
    /// RFC 7515, 4.1.11; RFC 7797; RFC 8725, 3.6.
    #[error("its header has `crit`, `b64`, `zip` or `enc`, none of which is supported")]
    Extension,
    /// RFC 8725, 3.11 and 3.12; RFC 7519, 5.2.
    #[error("its header says that it is another kind of token (`typ`, `cty`)")]
    Kind,
    /// RFC 7515, 5.2.
    #[error("it was not signed with an accepted key")]
    Signature,
    /// RFC 7519, 4.
    #[error("its claims are not a JSON object with unique names")]
    Claims,
    /// RFC 7519, 4.1.4 and 4.1.5.
    #[error("it has expired or is not yet valid, or `exp` or `nbf` is not a number")]
    Time,
    /// RFC 7519, 4.1.1.
    #[error("`iss` is not one of JWT_ISSUER")]
    Issuer,
    /// RFC 7519, 4.1.3.
    #[error("`aud` contains none of JWT_AUDIENCE")]
    Audience,
    /// `userId`, `id` and `sub`.
    #[error("it names no user, or its user id is invalid")]
    User,
    /// A token that this server issued for one of its pages.
    #[error("it belongs to no valid session")]
    Session,
}
