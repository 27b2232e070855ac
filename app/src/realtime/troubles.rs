//! What is wrong at the moment.
//!
//! Owns one place for each thing that can go wrong by itself, so that what goes right again takes back its
//! own error and no other. Must not know how it is shown.

use super::status::ClientError;

/// What it is that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Connecting and signing in.
    Connection,
    /// Fetching what the events have not told.
    Reload,
    /// Fetching an older page.
    Older,
}

/// The errors.
#[derive(Clone, Debug, Default)]
pub struct Troubles {
    connection: Option<ClientError>,
    reload: Option<ClientError>,
    older: Option<ClientError>,
}

impl Troubles {
    /// Something has gone wrong. What is final leaves nothing else to be said.
    pub fn put(&mut self, part: Part, error: ClientError) {
        if error.is_final() {
            *self = Self::default();
        }
        *self.place(part) = Some(error);
    }

    /// It has gone right.
    pub fn mend(&mut self, part: Part) {
        *self.place(part) = None;
    }

    /// What to say of the whole page, if anything.
    pub fn worst(&self) -> Option<&ClientError> {
        self.connection.as_ref().or(self.reload.as_ref())
    }

    /// What to say where older pages are asked for.
    pub fn older(&self) -> Option<&ClientError> {
        self.older.as_ref()
    }

    fn place(&mut self, part: Part) -> &mut Option<ClientError> {
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
    use crate::AppError;

    fn refused() -> ClientError {
        ClientError::Refused("full".to_owned())
    }

    fn unreachable() -> ClientError {
        ClientError::Reload(AppError::Unreachable)
    }

    #[test]
    fn what_goes_right_takes_back_its_own_error_only() {
        let mut troubles = Troubles::default();
        troubles.put(Part::Reload, unreachable());
        troubles.put(Part::Connection, refused());
        troubles.mend(Part::Older);
        assert_eq!(troubles.worst(), Some(&refused()));
        troubles.mend(Part::Connection);
        assert_eq!(troubles.worst(), Some(&unreachable()));
        troubles.mend(Part::Reload);
        assert_eq!(troubles.worst(), None);
    }

    #[test]
    fn an_older_page_that_did_not_come_is_no_trouble_of_the_whole_page() {
        let mut troubles = Troubles::default();
        troubles.put(Part::Older, unreachable());
        assert_eq!((troubles.worst(), troubles.older()), (None, Some(&unreachable())));
        troubles.mend(Part::Older);
        assert_eq!(troubles.older(), None);
    }

    #[test]
    fn the_end_of_a_session_is_all_there_is_to_say() {
        let mut troubles = Troubles::default();
        troubles.put(Part::Reload, unreachable());
        troubles.put(Part::Connection, ClientError::SessionEnded);
        assert_eq!(troubles.worst(), Some(&ClientError::SessionEnded));
        troubles.mend(Part::Connection);
        assert_eq!(troubles.worst(), None);
    }
}
