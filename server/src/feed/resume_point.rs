//! The point from which a client resumes.
//!
//! Owns its two written forms. Must not know the log.

use std::str::FromStr;

/// The newest event that a client has, and the epoch of its number, if the client names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    /// The event's number. For input that is not a number it is `u64::MAX`, which no log reaches.
    pub seq: u64,
    /// The epoch, as the server sent it to the client.
    pub epoch: Option<String>,
}

impl ResumePoint {
    /// Whether the number may belong to this epoch: a resume point without an epoch fits any.
    pub fn is_of(&self, epoch: &str) -> bool {
        self.epoch.as_deref().is_none_or(|own| own == epoch)
    }
}

impl FromStr for ResumePoint {
    type Err = std::convert::Infallible;

    /// Parses `<seq>` or `<epoch>:<seq>`, the id of a Server-Sent Event.
    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let (epoch, seq) = match id.trim().rsplit_once(':') {
            Some((epoch, seq)) => (Some(epoch.to_owned()), seq),
            None => (None, id.trim()),
        };
        Ok(Self { seq: seq.parse().unwrap_or(u64::MAX), epoch })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_number_or_an_epoch_and_a_number() {
        let read = |id: &str| {
            let Ok(ResumePoint { seq, epoch }) = id.parse();
            (seq, epoch)
        };
        assert_eq!(read("7"), (7, None));
        assert_eq!(read(" e1:7 "), (7, Some("e1".to_owned())));
        for odd in ["", "x", "-1", "e1:", "e1:x"] {
            assert_eq!(read(odd).0, u64::MAX, "{odd}");
        }
    }
}
