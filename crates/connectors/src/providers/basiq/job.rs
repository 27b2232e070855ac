//! Basiq's jobs.
//!
//! Owns reading a job (<https://api.basiq.io/reference/getjobs>): its progress, and its connection, in `links.source`.
//! Must not fetch one.

use super::links::connection_of_user;
use crate::fetch::{ApiResponse, FetchError};
use crate::json::Document;
use crate::masking::readable;

/// How much of a failure is quoted, in characters.
const SHOWN: usize = 200;

/// The progress of a job.
pub(super) enum State {
    Waiting,
    Done,
    Failed(String),
}

/// The relevant parts of a job.
pub(super) struct Job {
    pub(super) state: State,
    pub(super) connection: Option<String>,
}

impl Job {
    /// Refuses a job of another user: the ids in a callback are not authenticated.
    pub(super) fn read(answer: &ApiResponse, user: &str) -> Result<Self, FetchError> {
        let job = answer.object()?;
        let links = job.object(&["links"]).map_err(|error| FetchError::not_understood(error.to_string()))?;
        let source = links.and_then(|links| links.text(&["source"]));
        let connection = match &source {
            None => None,
            Some(link) => {
                let id = connection_of_user(link, user);
                Some(id.ok_or_else(|| FetchError::not_understood("the job is not one of this user's connections"))?)
            }
        };
        let steps = job.array(&["steps"]).unwrap_or_default();
        let steps: Vec<Document<'_>> = steps.into_iter().filter_map(|step| Document::open(step).ok()?).collect();
        Ok(Self { state: state(&steps), connection: connection.map(str::to_owned) })
    }

    /// Whether its outcome is final.
    pub(super) fn has_ended(&self) -> bool {
        !matches!(self.state, State::Waiting)
    }
}

fn state(steps: &[Document<'_>]) -> State {
    let status = |step: &Document<'_>| step.text(&["status"]).unwrap_or_default();
    if let Some(failed) = steps.iter().find(|step| status(step) == "failed") {
        let result = failed.object(&["result"]).ok().flatten();
        let reason = result.and_then(|result| result.words(&["detail", "title", "code"]));
        let reason = reason.and_then(|reason| readable(&reason, SHOWN));
        return State::Failed(reason.unwrap_or_else(|| "the bank could not be connected".to_owned()));
    }
    if !steps.is_empty() && steps.iter().all(|step| status(step) == "success") { State::Done } else { State::Waiting }
}
