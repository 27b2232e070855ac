//! Why something could not be stored or found.
//!
//! Owns the one error type of the store. Must not know HTTP.

/// What the store answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something could not be stored or found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// It is taken, or somebody else's.
    #[error("{0}")]
    Conflict(&'static str),
    /// The question is wrong: one sentence.
    #[error("{0}")]
    Invalid(&'static str),
    /// It cannot be done now, but perhaps later: the disk is full, the database is locked, too much
    /// is waiting already. The text is for the log.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The one who asks has too much being answered, or asked for too much at once: one sentence.
    #[error("{0}")]
    Busy(&'static str),
    /// The database file is damaged. The text is for the log.
    #[error("the database file is damaged: {0}")]
    Damaged(String),
    /// What was read is not what was ever written. The text is for the log.
    #[error("the store holds what it should not: {0}")]
    Corrupt(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, OperationInterrupted};
        match (&error, error.sqlite_error_code()) {
            (rusqlite::Error::QueryReturnedNoRows, _) => Self::NotFound,
            (_, Some(DatabaseCorrupt | NotADatabase)) => Self::Damaged(error.to_string()),
            (_, Some(OperationInterrupted)) => {
                Self::Busy("This takes too long: ask for less, a shorter time for example")
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}
