//! A run: a connection is asked page after page.
//!
//! Owns what is known of a run between its pages and between attempts at it, and that a run whose data changed meanwhile
//! begins again. Must not decide when: [`super::worker`] does. After a restart a run begins again with its cursor, and
//! finds what its first pages have stored as known.

use std::collections::HashSet;
use std::sync::Arc;

use connectors::fetch::{Absence, Credentials, FetchError, LinkedConnection, Next, Page, Run};
use connectors::{Provider, Rejected};
use jiff::Timestamp;
use jiff::civil::Date;

use super::http_api::HttpApi;
use crate::store::{self, BegunSync, DueSync, FinishedSync, Store, SyncPage};

/// So often a run begins again before it is left for later.
const MOST_RESTARTS: u32 = 3;
/// So many items are named that are not understood.
const MOST_REJECTED: usize = 100;
/// The longest sentence about them, in characters.
const LONGEST_SENTENCE: usize = 500;

/// Why a run is not complete.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// The provider's interface.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Where a run gets its pages from and puts them.
pub(super) struct RunContext<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) provider: &'a dyn Provider,
    pub(super) api: &'a HttpApi,
    pub(super) credentials: &'a Credentials,
    pub(super) first_day: Date,
    pub(super) clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
}

/// A run under way. It is kept over a failed attempt, which goes on with the page that failed.
pub(super) struct Progress {
    begun: BegunSync,
    began: Timestamp,
    /// How many of the things it asks for are done.
    done: usize,
    position: Option<String>,
    named: Arc<HashSet<i64>>,
    held_back: Vec<ledger::Change>,
    rejected: Vec<Rejected>,
    new_transactions: u32,
    restarts: u32,
}

impl Progress {
    /// A run that has not asked yet.
    pub(super) fn new(begun: BegunSync, began: Timestamp) -> Self {
        Self {
            begun,
            began,
            done: 0,
            position: None,
            named: Arc::default(),
            held_back: vec![],
            rejected: vec![],
            new_transactions: 0,
            restarts: 0,
        }
    }

    /// Asks page after page until the run is complete. `due` is when the connection is asked next.
    pub(super) async fn go_on(
        &mut self,
        context: &RunContext<'_>,
        due: &DueSync,
        next_due: Timestamp,
    ) -> Result<(), RunError> {
        let wanted = self.begun.request.wanted();
        let (mut cursor, mut absence) = (due.cursor.clone(), Absence::MeansNothing);
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
            match self.page(context, &run).await? {
                None => {}
                Some(page) => {
                    let next = self.take(context, due, page).await?;
                    match next {
                        Next::Page { position } => self.position = Some(position),
                        Next::End { cursor: left, absence: means } => {
                            self.position = None;
                            self.done += 1;
                            cursor = left;
                            absence = stronger(absence, means);
                        }
                    }
                }
            }
        }
        let finished = FinishedSync {
            arrival: self.begun.arrival,
            named: std::mem::take(&mut self.named),
            held_back: std::mem::take(&mut self.held_back),
            absence,
            cursor,
            new_transactions: self.new_transactions,
            rejected: connectors::readable(&Rejected::sentence(&self.rejected), LONGEST_SENTENCE),
            due: next_due,
        };
        let connector = context.provider.description().into();
        context.store.finish_sync(due.key.clone(), connector, finished, (context.clock)()).await?;
        Ok(())
    }

    /// The next page; nothing where the run begins again.
    async fn page(&mut self, context: &RunContext<'_>, run: &Run<'_>) -> Result<Option<Page>, RunError> {
        let Some(fetch) = context.provider.fetch() else {
            return Err(FetchError::Refused { reason: "its connector cannot be asked".to_owned() }.into());
        };
        match fetch.page(context.api, run).await {
            Ok(page) => Ok(Some(page)),
            Err(FetchError::Restart { reason }) if self.restarts < MOST_RESTARTS => {
                tracing::info!(reason, "a run begins again");
                self.restarts += 1;
                (self.position, self.done) = (None, 0);
                self.named = Arc::default();
                self.held_back.clear();
                self.rejected.clear();
                Ok(None)
            }
            Err(FetchError::Restart { reason }) => Err(FetchError::Later { reason, after: None }.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores a page; what follows it.
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
        self.new_transactions += applied.changed.new;
        let room = MOST_REJECTED.saturating_sub(self.rejected.len());
        self.rejected.extend(rejected.into_iter().take(room));
        Ok(next)
    }
}

/// A connection as its provider knows it.
pub(super) fn linked<'a>(due: &'a DueSync, credentials: &'a Credentials) -> LinkedConnection<'a> {
    LinkedConnection { id: &due.key.connection_id, external_user_id: due.external_user_id.as_deref(), credentials }
}

/// A run that asked for several things means what the one that listed most means.
fn stronger(one: Absence, other: Absence) -> Absence {
    match (one, other) {
        (Absence::MeansNothing, other) => other,
        (Absence::OfPendingMeansGone, Absence::MeansGoneSince(day)) => Absence::MeansGoneSince(day),
        (one, _) => one,
    }
}
