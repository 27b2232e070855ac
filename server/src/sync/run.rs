//! A run: fetches a connection's data page after page.
//!
//! Owns the state of a run between its pages and between attempts, and that a run whose data changed meanwhile begins
//! again. Must not decide when: [`super::worker`] does. After a restart of the server a run begins again with its
//! cursor; the rows that its first pages stored are then unchanged.

use std::collections::HashSet;
use std::sync::Arc;

use connectors::fetch::{Absence, Credentials, FetchError, LinkedConnection, Next, Page, Run};
use connectors::{Provider, Rejected};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::http_api::HttpApi;
use crate::store::{self, BegunSync, DueSync, FinishedSync, Store, SyncPage};

/// How often a run begins again before it is postponed.
const MOST_RESTARTS: u32 = 3;
/// How long after a failure a run resumes at its position. After that the provider may have forgotten the position, and
/// reports stored since then would be newer than the run's place in the order of arrival.
const GOES_ON_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// How many items that are not understood are recorded.
const MOST_REJECTED: usize = 100;
/// The longest sentence about those items, in characters.
const LONGEST_SENTENCE: usize = 500;

/// Why a run is not complete.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// A call to the provider failed.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The source of a run's pages, and the store that they go to.
pub(super) struct RunContext<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) provider: &'a dyn Provider,
    pub(super) api: &'a HttpApi,
    pub(super) credentials: &'a Credentials,
    pub(super) first_day: Date,
    pub(super) clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
}

/// A run in progress. It survives a failed attempt, and resumes with the failed page if that may help.
pub(super) struct Progress {
    begun: BegunSync,
    began: Timestamp,
    /// How many of its steps are complete.
    done: usize,
    position: Option<String>,
    /// The next run's cursor, and the meaning of absent rows, according to the complete steps.
    cursor: Option<String>,
    absence: Absence,
    named: Arc<HashSet<i64>>,
    held_back: Vec<ledger::Change>,
    rejected: Vec<Rejected>,
    restarts: u32,
    told: Told,
}

/// The transactions that a run has announced, including those from before it began again.
#[derive(Default)]
pub(super) struct Told {
    /// How many transactions were new.
    new: u32,
    /// Those that were new since it began.
    added: HashSet<i64>,
    /// Those that were new before it began again.
    withdrawn: HashSet<i64>,
}

impl Progress {
    /// A run that has fetched nothing yet; `told` is what it had announced before it began again.
    pub(super) fn new(begun: BegunSync, due: &DueSync, began: Timestamp, told: Told) -> Self {
        Self {
            begun,
            began,
            done: 0,
            position: None,
            cursor: due.cursor.clone(),
            absence: Absence::MeansNothing,
            named: Arc::default(),
            held_back: vec![],
            rejected: vec![],
            restarts: 0,
            told,
        }
    }

    /// What remains of a run after an attempt: all of it, if the failed page can be fetched later.
    pub(super) fn after(self, error: &RunError, now: Timestamp) -> Interrupted {
        match error {
            RunError::Fetch(FetchError::Later { .. }) => Interrupted::GoesOn { progress: Box::new(self), since: now },
            // The same position might fail for ever, and a failing store may have applied a part.
            RunError::Fetch(_) | RunError::Store(_) => Interrupted::BeginsAgain(self.told.again()),
        }
    }

    /// Starts over because the data changed during the run: the rows listed so far do not count.
    fn begin_again(&mut self, due: &DueSync) {
        (self.position, self.done) = (None, 0);
        (self.cursor, self.absence) = (due.cursor.clone(), Absence::MeansNothing);
        self.named = Arc::default();
        self.held_back.clear();
        self.rejected.clear();
        self.told = std::mem::take(&mut self.told).again();
    }

    /// Fetches page after page until the run is complete. `next_due` is the time of the connection's next run.
    pub(super) async fn go_on(
        &mut self,
        context: &RunContext<'_>,
        due: &DueSync,
        next_due: Timestamp,
    ) -> Result<(), RunError> {
        let wanted = self.begun.request.wanted();
        while let Some(wanted) = wanted.get(self.done) {
            let position = self.position.clone();
            let run = Run {
                connection: linked(due, context.credentials),
                wanted,
                first_day: context.first_day,
                began: self.began,
                cursor: due.cursor.as_deref(),
                position: position.as_deref(),
            };
            match self.page(context, due, &run).await? {
                None => {}
                Some(page) => {
                    let next = self.take(context, due, page).await?;
                    match next {
                        Next::Page { position } => self.position = Some(position),
                        Next::End { cursor: left, absence: means } => {
                            self.position = None;
                            self.done += 1;
                            self.cursor = left;
                            self.absence = stronger(self.absence, means);
                        }
                    }
                }
            }
        }
        let finished = FinishedSync {
            arrival: self.begun.arrival,
            named: std::mem::take(&mut self.named),
            withdrawn: std::mem::take(&mut self.told.withdrawn),
            held_back: std::mem::take(&mut self.held_back),
            absence: self.absence,
            cursor: self.cursor.clone(),
            new_transactions: self.told.new,
            rejected: connectors::readable(&Rejected::sentence(&self.rejected), LONGEST_SENTENCE),
            due: next_due,
        };
        let connector = context.provider.description().into();
        context.store.finish_sync(due.key.clone(), connector, finished, (context.clock)()).await?;
        Ok(())
    }

    /// Fetches the next page; `None` if the run begins again.
    async fn page(&mut self, context: &RunContext<'_>, due: &DueSync, run: &Run<'_>) -> Result<Option<Page>, RunError> {
        let Some(fetch) = context.provider.fetch() else {
            return Err(FetchError::Refused { reason: "its connector cannot fetch".to_owned() }.into());
        };
        match fetch.page(context.api, run).await {
            Ok(page) => Ok(Some(page)),
            Err(FetchError::Restart { reason }) if self.restarts < MOST_RESTARTS => {
                tracing::info!(reason, "a sync run starts again from the beginning");
                self.restarts += 1;
                self.begin_again(due);
                Ok(None)
            }
            Err(FetchError::Restart { reason }) => {
                // The next attempt starts from the beginning: the provider would refuse the current position again.
                self.restarts = 0;
                self.begin_again(due);
                Err(FetchError::Later { reason, after: None }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Stores a page; returns the next step.
    async fn take(&mut self, context: &RunContext<'_>, due: &DueSync, page: Page) -> Result<Next, RunError> {
        let Page { changes, rejected, next } = page;
        for Rejected { item, reason } in &rejected {
            tracing::warn!(connection = %due.key.connection_id, item, reason, "an item of a provider's answer is not understood");
        }
        let connector = context.provider.description().into();
        let page = SyncPage { changes, arrival: self.begun.arrival, named: Arc::clone(&self.named) };
        let applied = context.store.apply_page(due.key.clone(), connector, page, (context.clock)()).await?;
        Arc::make_mut(&mut self.named).extend(applied.named);
        self.held_back.extend(applied.held_back);
        self.told.new += applied.changed.new;
        self.told.added.extend(applied.added);
        let room = MOST_REJECTED.saturating_sub(self.rejected.len());
        self.rejected.extend(rejected.into_iter().take(room));
        Ok(next)
    }
}

impl Told {
    /// The same for a run that begins again.
    fn again(mut self) -> Self {
        self.withdrawn.extend(self.added.drain());
        self
    }
}

/// What remains of a run between two attempts.
pub(super) enum Interrupted {
    /// It resumes at its position.
    GoesOn {
        /// The run.
        progress: Box<Progress>,
        /// When it failed.
        since: Timestamp,
    },
    /// It begins again.
    BeginsAgain(Told),
}

impl Interrupted {
    /// The run to resume, or else the transactions that it has announced.
    pub(super) fn resumed(self, now: Timestamp) -> Result<Progress, Told> {
        match self {
            Self::GoesOn { progress, since } if now.duration_since(since) <= GOES_ON_WITHIN => Ok(*progress),
            Self::GoesOn { progress, .. } => Err(progress.told.again()),
            Self::BeginsAgain(told) => Err(told),
        }
    }
}

/// A connection as its provider knows it.
pub(super) fn linked<'a>(due: &'a DueSync, credentials: &'a Credentials) -> LinkedConnection<'a> {
    LinkedConnection { id: &due.key.connection_id, external_user_id: due.external_user_id.as_deref(), credentials }
}

/// A run of several steps uses the absence of the step that listed the most.
fn stronger(one: Absence, other: Absence) -> Absence {
    match (one, other) {
        (Absence::MeansNothing, other) => other,
        (Absence::OfPendingMeansGone, Absence::MeansGoneSince(day)) => Absence::MeansGoneSince(day),
        (one, _) => one,
    }
}
