//! Jobs.
//!
//! Owns the progress of a job. Must not wait for it, nor do its work.

use std::time::Duration;

use jiff::Timestamp;

/// The purpose of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// A user connects a bank on the consent page.
    Connect,
    /// A connection is refreshed.
    Refresh,
}

/// A job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) connection: String,
    pub(super) institution: String,
    pub(super) work: Work,
    pub(super) created_at: Timestamp,
    pub(super) duration: Duration,
    pub(super) end: Option<End>,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) at: Timestamp,
    /// Why it failed: code, title and detail.
    pub(super) failure: Option<Failure>,
}

/// Why a job failed: code, title and detail.
pub(super) type Failure = (&'static str, &'static str, &'static str);

/// The progress of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Pending,
    InProgress,
    Success,
    Failed,
}

impl Step {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in-progress",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

impl Job {
    /// The progress of its three steps: verify-credentials, retrieve-accounts, retrieve-transactions. The last one
    /// succeeds at the job's end, not by the clock alone.
    pub(super) fn steps(&self, now: Timestamp) -> [Step; 3] {
        match &self.end {
            Some(End { failure: None, .. }) => [Step::Success; 3],
            Some(_) => [Step::Failed, Step::Pending, Step::Pending],
            None => {
                let passed = Duration::try_from(now.duration_since(self.created_at)).unwrap_or_default();
                match passed.saturating_mul(3) {
                    passed if passed < self.duration => [Step::InProgress, Step::Pending, Step::Pending],
                    passed if passed < self.duration * 2 => [Step::Success, Step::InProgress, Step::Pending],
                    _ => [Step::Success, Step::Success, Step::InProgress],
                }
            }
        }
    }

    /// When it last changed.
    pub(super) fn updated_at(&self) -> Timestamp {
        self.end.as_ref().map_or(self.created_at, |end| end.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_a_job_follow_one_another_and_the_last_waits_for_its_end() {
        let created_at = Timestamp::from_second(1_700_000_000).unwrap();
        let mut job = Job {
            id: "j".to_owned(),
            user: "u".to_owned(),
            connection: "c".to_owned(),
            institution: "AU00000".to_owned(),
            work: Work::Refresh,
            created_at,
            duration: Duration::from_secs(3),
            end: None,
        };
        let words = |job: &Job, seconds| job.steps(created_at + Duration::from_secs(seconds)).map(Step::word);
        assert_eq!(words(&job, 0), ["in-progress", "pending", "pending"]);
        assert_eq!(words(&job, 1), ["success", "in-progress", "pending"]);
        assert_eq!(words(&job, 9), ["success", "success", "in-progress"]);
        job.end = Some(End { at: created_at, failure: None });
        assert_eq!(words(&job, 0), ["success", "success", "success"]);
    }
}
