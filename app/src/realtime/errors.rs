//! The current errors.
//!
//! Owns one slot for each part that can fail independently, so that a success clears only its own error. Must not know
//! how errors are shown.

use super::status::ClientError;

/// A part that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Connecting and signing in.
    Connection,
    /// Reloading over HTTP.
    Reload,
    /// Fetching an older page.
    Older,
}

/// The errors.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    connection: Option<ClientError>,
    reload: Option<ClientError>,
    older: Option<ClientError>,
}

impl Errors {
    /// The part has failed. A final error replaces all others.
    pub fn set(&mut self, part: Part, error: ClientError) {
        if error.is_final() {
            *self = Self::default();
        }
        *self.slot(part) = Some(error);
    }

    /// The part works again.
    pub fn clear(&mut self, part: Part) {
        *self.slot(part) = None;
    }

    /// The error of the whole page.
    pub fn main(&self) -> Option<&ClientError> {
        self.connection.as_ref().or(self.reload.as_ref())
    }

    /// The error of loading an older page.
    pub fn older(&self) -> Option<&ClientError> {
        self.older.as_ref()
    }

    fn slot(&mut self, part: Part) -> &mut Option<ClientError> {
        match part {
            Part::Connection => &mut self.connection,
            Part::Reload => &mut self.reload,
            Part::Older => &mut self.older,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AppError;

    fn refused() -> ClientError {
        ClientError::Refused("full".to_owned())
    }

    fn unreachable() -> ClientError {
        ClientError::Reload(AppError::Unreachable)
    }

    #[test]
    fn a_success_clears_its_own_error_only() {
        let mut errors = Errors::default();
        errors.set(Part::Reload, unreachable());
        errors.set(Part::Connection, refused());
        errors.clear(Part::Older);
        assert_eq!(errors.main(), Some(&refused()));
        errors.clear(Part::Connection);
        assert_eq!(errors.main(), Some(&unreachable()));
        errors.clear(Part::Reload);
        assert_eq!(errors.main(), None);
    }

    #[test]
    fn a_failed_older_page_is_not_an_error_of_the_whole_page() {
        let mut errors = Errors::default();
        errors.set(Part::Older, unreachable());
        assert_eq!((errors.main(), errors.older()), (None, Some(&unreachable())));
        errors.clear(Part::Older);
        assert_eq!(errors.older(), None);
    }

    #[test]
    fn the_end_of_a_session_replaces_all_other_errors() {
        let mut errors = Errors::default();
        errors.set(Part::Reload, unreachable());
        errors.set(Part::Connection, ClientError::SessionEnded);
        assert_eq!(errors.main(), Some(&ClientError::SessionEnded));
        errors.clear(Part::Connection);
        assert_eq!(errors.main(), None);
    }
}
