//! Calls to Apideck's Unify.
//!
//! Owns which lists a run pages through and the meaning of their rows
//! (<https://developers.apideck.com/apis/accounting>). Must not follow an `entity_url`: the key would be sent along.
//!
//! Movements of money are in three lists: expenses, payments and bill payments. A list by `updated_since` omits
//! deletions, so the full lists are fetched once a day, and whenever a record is not found. Afterwards the balances of
//! the accounts that records name are fetched one by one: a ledger has hundreds of other accounts.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::{Change, Update};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::TransactionStatus;

use super::accounts;
use crate::fetch::{Absence, Api, ApiResponse, Fetch, FetchError, LinkedConnection, Next, Page, Request, Run};
use crate::inline;
use crate::json::{self, Document};
use crate::meaning::Wanted;

/// The most rows that Apideck returns at once.
const PAGE: &str = "200";
/// Overlap with the last run: clocks differ, and a row may have been written during that run.
const OVERLAP_SECONDS: i64 = 300;
/// How often the full lists are fetched.
const WHOLE_EVERY_SECONDS: i64 = 24 * 3600;
/// The balances of at most this many accounts are fetched in a run.
const MOST_ACCOUNTS: usize = 20;

/// Apideck's interface with its keys.
pub(super) struct ApideckApi {
    pub(super) key: Option<String>,
    pub(super) app_id: Option<String>,
}

/// The lists, in the order in which they are fetched, each with the name of a record in its notifications.
const LISTS: [(&str, &str); 3] = [("expense", "expenses"), ("payment", "payments"), ("bill_payment", "bill-payments")];

/// The position of a run.
#[derive(Serialize, Deserialize)]
struct Position {
    /// The index of the list; after the last list come the accounts.
    list: usize,
    /// The cursor of its next page.
    cursor: Option<String>,
    /// Whether the full lists are fetched.
    whole: bool,
    /// The accounts that were named but not fetched yet.
    #[serde(default)]
    accounts: BTreeSet<String>,
}

/// The cursor of a complete run, in seconds since 1970.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Cursor {
    /// When it began.
    at: i64,
    /// When the last run over the full lists began.
    whole: i64,
}

/// `{serviceId}+{consumerId}`.
#[derive(Clone, Copy)]
pub(super) struct Ids<'a> {
    pub(super) service: &'a str,
    pub(super) consumer: &'a str,
}

#[async_trait]
impl Fetch for ApideckApi {
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String> {
        match (&self.key, &self.app_id) {
            (None, _) => Some("APIDECK_API_KEY is not set".to_owned()),
            (_, None) => Some("APIDECK_APP_ID is not set".to_owned()),
            _ => ids(connection).err(),
        }
    }

    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        let ids = ids(&run.connection).map_err(|reason| FetchError::Refused { reason })?;
        let last: Option<Cursor> = run.cursor.and_then(|cursor| serde_json::from_str(cursor).ok());
        if let Some(position) = run.position {
            let position: Position = serde_json::from_str(position)
                .map_err(|_| FetchError::Restart { reason: "the run's position is from another release".to_owned() })?;
            if position.list < LISTS.len() {
                return self.list(api, ids, run, last, position).await;
            }
            return self.next_account(api, ids, run, last, position).await;
        }
        let mut is_whole = last.is_none_or(|last| run.began.as_second() - last.whole >= WHOLE_EVERY_SECONDS);
        if let Wanted::Record { kind, id } = run.wanted
            && let Some((noun, path)) = LISTS.iter().find(|(noun, _)| noun == kind)
            && !is_whole
        {
            match self.record(api, ids, noun, path, id).await {
                // Its account is unknown: the full lists show which record is gone.
                Err(FetchError::Gone { .. }) => is_whole = true,
                Err(error) => return Err(error),
                Ok((mut changes, rejected, has_room)) => {
                    for account in accounts_of(&changes).into_iter().filter(|_| has_room) {
                        changes.extend(self.account(api, ids, &account).await);
                    }
                    let next = Next::End { cursor: run.cursor.map(str::to_owned), absence: Absence::MeansNothing };
                    return Ok(Page { changes, rejected, next });
                }
            }
        }
        let position = Position { list: 0, cursor: None, whole: is_whole, accounts: BTreeSet::new() };
        self.list(api, ids, run, last, position).await
    }
}

impl ApideckApi {
    /// One record by its id, and whether the budget has room for calls that can wait.
    async fn record(
        &self,
        api: &dyn Api,
        ids: Ids<'_>,
        noun: &str,
        path: &str,
        id: &str,
    ) -> Result<(Vec<Change>, Vec<crate::meaning::Rejected>, bool), FetchError> {
        let answer = self.call(api, ids, Request::get(["accounting", path, id])).await?.success()?;
        let body = open(&answer)?;
        let row = body.raw(&["data"]).ok_or_else(|| not_understood("it has no data"))?;
        let (changes, rejected) = rows(&[row], noun, ids, None);
        Ok((changes, rejected, has_room(&answer)))
    }

    /// A page of a list.
    async fn list(
        &self,
        api: &dyn Api,
        ids: Ids<'_>,
        run: &Run<'_>,
        last: Option<Cursor>,
        mut position: Position,
    ) -> Result<Page, FetchError> {
        let (noun, path) = *LISTS.get(position.list).ok_or_else(|| not_understood("there is no such list"))?;
        let mut request = Request::get(["accounting", path]).query("limit", PAGE);
        if let (false, Some(last)) = (position.whole, last) {
            let since = Timestamp::from_second(last.at.saturating_sub(OVERLAP_SECONDS)).unwrap_or(run.began);
            request = request.query("filter[updated_since]", since.to_string());
        }
        if let Some(cursor) = &position.cursor {
            request = request.query("cursor", cursor.clone());
        }
        let answer = self.call(api, ids, request).await?;
        // Not every application behind Apideck has every list.
        let (changes, rejected, cursor) = if answer.status == 501 {
            (vec![], vec![], None)
        } else {
            let answer = answer.success()?;
            let body = open(&answer)?;
            let data = body.array(&["data"]).ok_or_else(|| not_understood("it has no data"))?;
            let (changes, rejected) = rows(&data, noun, ids, Some(run.first_day));
            (changes, rejected, next_cursor(&body)?)
        };
        let room = MOST_ACCOUNTS.saturating_sub(position.accounts.len());
        position.accounts.extend(accounts_of(&changes).into_iter().take(room));
        let next = match (cursor, position.list + 1) {
            (Some(cursor), _) => Position { cursor: Some(cursor), ..position }.into_next()?,
            (None, list) if list < LISTS.len() || !position.accounts.is_empty() => {
                Position { list, cursor: None, ..position }.into_next()?
            }
            (None, _) => end(run, last, position.whole)?,
        };
        Ok(Page { changes, rejected, next })
    }

    /// Fetches the next of the named accounts.
    async fn next_account(
        &self,
        api: &dyn Api,
        ids: Ids<'_>,
        run: &Run<'_>,
        last: Option<Cursor>,
        mut position: Position,
    ) -> Result<Page, FetchError> {
        let account = position.accounts.pop_first();
        let changes = match account {
            Some(account) => self.account(api, ids, &account).await,
            None => vec![],
        };
        let is_last = position.accounts.is_empty();
        let next = if is_last { end(run, last, position.whole)? } else { position.into_next()? };
        Ok(Page { changes, rejected: vec![], next })
    }

    /// An account's name and balance. Not every application behind Apideck reports them, and transactions do not wait
    /// for them: empty if unavailable.
    async fn account(&self, api: &dyn Api, ids: Ids<'_>, account: &str) -> Vec<Change> {
        let answer = self.call(api, ids, Request::get(["accounting", "ledger-accounts", account])).await;
        let Ok(answer) = answer.and_then(ApiResponse::success) else { return vec![] };
        let row = open(&answer).ok().and_then(|body| body.raw(&["data"]));
        row.map(accounts::read).unwrap_or_default()
    }

    async fn call(&self, api: &dyn Api, ids: Ids<'_>, request: Request) -> Result<ApiResponse, FetchError> {
        let request = self
            .authorized(request)?
            .header("x-apideck-consumer-id", ids.consumer)
            .header("x-apideck-service-id", ids.service)
            .counted_against(format!("{}+{}", ids.service, ids.consumer));
        Ok(api.call(request).await?)
    }

    /// A request with the application's keys.
    pub(super) fn authorized(&self, request: Request) -> Result<Request, FetchError> {
        let (Some(key), Some(app_id)) = (&self.key, &self.app_id) else {
            return Err(FetchError::Refused { reason: "no key is configured".to_owned() });
        };
        Ok(request.header("authorization", format!("Bearer {key}")).header("x-apideck-app-id", app_id))
    }
}

pub(super) fn ids<'a>(connection: &LinkedConnection<'a>) -> Result<Ids<'a>, String> {
    let named = connection.id.split_once('+');
    let (service, consumer) = named.ok_or("its id is not {serviceId}+{consumerId}")?;
    let consumer = connection.external_user_id.unwrap_or(consumer);
    let is_header = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_header(service) && is_header(consumer) {
        Ok(Ids { service, consumer })
    } else {
        Err("its ids cannot be sent to Apideck".to_owned())
    }
}

/// The changes of rows that are not drafts, from the first day on, with the names of their accounts.
fn rows(
    rows: &[&RawValue],
    noun: &str,
    ids: Ids<'_>,
    first_day: Option<Date>,
) -> (Vec<Change>, Vec<crate::meaning::Rejected>) {
    let told: Vec<&RawValue> = rows.iter().copied().filter(|row| !is_draft(row)).collect();
    let mut listed = inline::listed_transactions(&told, noun, &format!("{}+{}", ids.service, ids.consumer));
    listed.changes.retain(|change| first_day.is_none_or(|day| is_since(change, day)));
    listed.changes.iter_mut().for_each(is_in_the_books);
    let named = accounts::named_in(&told).into_iter();
    let names = named.map(|account| Change { version: None, update: Update::Account(account) });
    (names.chain(listed.changes).collect(), listed.rejected)
}

/// Whether three quarters of the budget of the application behind Apideck are left, or it reports no budget. A burst of
/// records needs the whole budget; balances then follow in the next run that lists.
fn has_room(answer: &ApiResponse) -> bool {
    let number = |name| answer.headers.get(name)?.parse::<u32>().ok();
    let (left, all) = (number("x-downstream-ratelimit-remaining"), number("x-downstream-ratelimit-limit"));
    left.zip(all).is_none_or(|(left, all)| left >= all.div_ceil(4) * 3)
}

/// The accounts of these transactions, including deleted ones.
fn accounts_of(changes: &[Change]) -> BTreeSet<String> {
    let ids = changes.iter().filter_map(|change| match &change.update {
        Update::Transaction(new) => Some(new.account_id.clone()),
        Update::TransactionDeleted { account_id, .. } => Some(account_id.clone()),
        Update::Account(_) | Update::ConnectionStatus(_) => None,
    });
    ids.collect()
}

fn is_draft(row: &RawValue) -> bool {
    let status = Document::open(row).ok().flatten().and_then(|row| row.text(&["status"]));
    status.is_some_and(|status| status.eq_ignore_ascii_case("draft"))
}

/// An `authorised` record is final in the books: Xero's payments have no other status until they are deleted
/// (<https://developer.xero.com/documentation/api/accounting/types#payments>). A card's authorisation is different.
fn is_in_the_books(change: &mut Change) {
    if let Update::Transaction(new) = &mut change.update
        && new.status == Some(TransactionStatus::Pending)
    {
        new.status = Some(TransactionStatus::Posted);
    }
}

fn is_since(change: &Change, day: Date) -> bool {
    let Update::Transaction(new) = &change.update else { return true };
    match &new.date {
        ledger::Dated::At(when) | ledger::Dated::Reported(when) => when.date.as_str() >= day.to_string().as_str(),
        ledger::Dated::Unknown => true,
    }
}

pub(super) fn open(answer: &ApiResponse) -> Result<Document<'_>, FetchError> {
    let body = json::read(&answer.body).map_err(|error| not_understood(&error.to_string()))?;
    let document = Document::open(body).map_err(|error| not_understood(&error.to_string()))?;
    document.ok_or_else(|| not_understood("it is not an object"))
}

/// `meta.cursors.next`
fn next_cursor(body: &Document<'_>) -> Result<Option<String>, FetchError> {
    let unreadable = |error: json::Unreadable| not_understood(&error.to_string());
    let Some(meta) = body.object(&["meta"]).map_err(unreadable)? else { return Ok(None) };
    let Some(cursors) = meta.object(&["cursors"]).map_err(unreadable)? else { return Ok(None) };
    Ok(cursors.text(&["next"]))
}

fn end(run: &Run<'_>, last: Option<Cursor>, is_whole: bool) -> Result<Next, FetchError> {
    let whole = match last {
        Some(last) if !is_whole => last.whole,
        _ => run.began.as_second(),
    };
    let cursor = serde_json::to_string(&Cursor { at: run.began.as_second(), whole });
    let cursor = Some(cursor.map_err(|error| not_understood(&error.to_string()))?);
    let absence = if is_whole { Absence::MeansGoneSince(run.first_day) } else { Absence::MeansNothing };
    Ok(Next::End { cursor, absence })
}

impl Position {
    fn into_next(self) -> Result<Next, FetchError> {
        let position = serde_json::to_string(&self).map_err(|error| not_understood(&error.to_string()))?;
        Ok(Next::Page { position })
    }
}

pub(super) fn not_understood(reason: &str) -> FetchError {
    FetchError::NotUnderstood { reason: format!("Apideck's answer is not understood: {reason}") }
}
