//! The place of a database, for messages.
//!
//! Owns that an error at the start says which server and database it concerns, and which setting to change. Must not name a
//! user or a password.

use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;

use crate::store::Error;

/// `host:port/database`.
pub(super) fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_default();
    match options.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    }
}

/// The same of a `postgres://` address.
pub fn place_of(url: &str) -> String {
    PgConnectOptions::from_str(url).map_or_else(|_| "an invalid address".to_owned(), |options| place(&options))
}

/// The error with the place of the database, and with advice where the cause is known.
pub(super) fn at(options: &PgConnectOptions, error: Error) -> Error {
    let told = |detail: &str| format!("PostgreSQL at {}: {detail}{}", place(options), advice(detail));
    match error {
        Error::Unavailable(detail) => Error::Unavailable(told(&detail)),
        Error::Corrupt(detail) => Error::Corrupt(told(&detail)),
        other => other,
    }
}

fn advice(detail: &str) -> &'static str {
    let advice = [
        (
            "unsupported startup parameter",
            ". This is a pooler: DATABASE_URL may be its address only if DATABASE_DIRECT_URL is PostgreSQL's own",
        ),
        ("permission denied for schema", ". The role has to own the database, or to have CREATE on this schema"),
        ("has no equivalent in encoding", ". The database needs the encoding UTF8"),
    ];
    advice.into_iter().find(|(part, _)| detail.contains(part)).map_or("", |(_, advice)| advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_at_the_start_names_the_database_and_no_password_and_says_what_to_change() {
        let options = PgConnectOptions::from_str("postgres://user:secret@db.example:6432/tallywire").unwrap();
        let refused = Error::Unavailable("unsupported startup parameter: extra_float_digits (08P01)".to_owned());
        assert_eq!(
            at(&options, refused).to_string(),
            "the store is unavailable: PostgreSQL at db.example:6432/tallywire: unsupported startup parameter: \
             extra_float_digits (08P01). This is a pooler: DATABASE_URL may be its address only if \
             DATABASE_DIRECT_URL is PostgreSQL's own"
        );
    }
}
