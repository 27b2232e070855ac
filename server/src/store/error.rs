//! Why a method of the store failed.
//!
//! Owns the store's only error type. Must not know HTTP.

/// The result of a store's method.
pub type Result<T> = std::result::Result<T, Error>;

/// The message of a query that was cancelled.
const TOO_LONG: &str = "This takes too long: request less, for example a shorter period";

/// Why a method of the store failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The requested thing does not exist.
    #[error("not found")]
    NotFound,
    /// Already taken, or another user's.
    #[error("{0}")]
    Conflict(&'static str),
    /// The request is wrong: one sentence.
    #[error("{0}")]
    Invalid(&'static str),
    /// Not possible now, but perhaps later: the disk is full, the database is locked, or too many operations are waiting.
    /// The text is for the log.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The database rolled the unit of work back in favour of another transaction, and did so again on each retry. The text
    /// is for the log.
    #[error("the store is unavailable: {0}")]
    Undone(String),
    /// The caller has too many requests in progress, or requested too much at once: one sentence.
    #[error("{0}")]
    Busy(&'static str),
    /// The database file is damaged. The text is for the log.
    #[error("the database file is damaged: {0}")]
    Damaged(String),
    /// Stored data is invalid. The text is for the log.
    #[error("the store holds invalid data: {0}")]
    Corrupt(String),
}

impl Error {
    /// Whether a retry may succeed later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Undone(_) | Self::Busy(_))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, OperationInterrupted};
        match (&error, error.sqlite_error_code()) {
            (rusqlite::Error::QueryReturnedNoRows, _) => Self::NotFound,
            (_, Some(DatabaseCorrupt | NotADatabase)) => Self::Damaged(error.to_string()),
            (_, Some(OperationInterrupted)) => Self::Busy(TOO_LONG),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(answer) = &error else {
            return match error {
                sqlx::Error::RowNotFound => Self::NotFound,
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt(error.to_string()),
                // A refused or lost connection, or a pool that is exhausted or closed.
                _ => Self::Unavailable(error.to_string()),
            };
        };
        // <https://www.postgresql.org/docs/15/errcodes-appendix.html>
        let code = answer.code();
        // Without the line of PostgreSQL's own source that the driver's text ends with.
        let told = || format!("{} ({})", answer.message(), code.as_deref().unwrap_or("no code"));
        match code.as_deref() {
            // A serialisation failure or a deadlock.
            Some("40001" | "40P01") => Self::Undone(told()),
            // Beyond `statement_timeout`.
            Some("57014") => Self::Busy(TOO_LONG),
            // A text with U+0000, which PostgreSQL cannot store. Identifiers and readable texts have none.
            Some("22021") => Self::Invalid("A text contains U+0000"),
            // A damaged table or index.
            Some("XX001" | "XX002") => Self::Damaged(told()),
            // The server is shutting down or starting, is a read-only replica, or a lock timed out, for example.
            _ => Self::Unavailable(told()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}
