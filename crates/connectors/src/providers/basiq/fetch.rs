//! Calls to Basiq.
//!
//! Owns which calls a run makes and the meaning of their answers (<https://api.basiq.io/reference>). Must not follow a
//! link: ids and page tokens are read from answers, and each call is built from them.
//!
//! A run fetches the connection, its accounts, its posted transactions and its pending ones, then the accounts again.
//! Basiq recreates pending rows at each refresh, so a refresh between two calls would show a purchase as both pending
//! and posted, or as neither: if an account was updated meanwhile, the run begins again.

use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::Date;
use jiff::{Span, tz::TimeZone};
use ledger::{Change, Update};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::job::Job;
use super::links::{is_id, next_of};
use crate::fetch::{
    Absence, Api, ApiResponse, Body, Fetch, FetchError, LinkedConnection, Next, Page, Refresh, RefreshBudget, Request,
    Run, Token, TokenRequest,
};
use crate::inline::{self, Listed, status_change, status_word};
use crate::json::{self, Document};
use crate::signature;

/// The most transactions that Basiq returns at once, and its default.
const PAGE: &str = "500";
/// Banks post rows with earlier dates: this many days before the last run are fetched again.
const OVERLAP_DAYS: i64 = 14;
/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(60);

/// Basiq's interface with its key.
pub(super) struct BasiqApi {
    /// The API key as issued; during a change of key several, of which the first is used.
    pub(super) key: Option<String>,
    /// The consent page's URL.
    pub(super) consent_url: String,
}

/// The position of a run.
#[derive(Serialize, Deserialize)]
struct Position {
    stage: Stage,
    /// A digest of the accounts' times of update when the run began.
    accounts: String,
    /// The token of the next page of the stage.
    next: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Posted,
    Pending,
    Check,
}

/// A connection whose ids are in Basiq's form.
#[derive(Clone, Copy)]
pub(super) struct Ids<'a> {
    pub(super) user: &'a str,
    pub(super) connection: &'a str,
}

#[async_trait]
impl Fetch for BasiqApi {
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String> {
        if self.key.is_none() {
            return Some("BASIQ_API_KEY is not set".to_owned());
        }
        self.ids(connection).err()
    }

    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        let ids = self.ids(&run.connection).map_err(|reason| FetchError::Refused { reason })?;
        let Some(position) = run.position else { return self.first_page(api, ids).await };
        let position: Position = serde_json::from_str(position)
            .map_err(|_| FetchError::Restart { reason: "the run's position is from another release".to_owned() })?;
        match position.stage {
            Stage::Posted | Stage::Pending => self.transactions(api, ids, run, position).await,
            Stage::Check => self.check(api, ids, run, &position).await,
        }
    }

    /// <https://api.basiq.io/docs/best-practices>
    fn refresh_budget(&self) -> Option<RefreshBudget> {
        Some(RefreshBudget { times: 20, within: Duration::from_secs(24 * 3600) })
    }

    async fn refresh(&self, api: &dyn Api, connection: &LinkedConnection<'_>) -> Result<Refresh, FetchError> {
        let ids = self.ids(connection).map_err(|reason| FetchError::Refused { reason })?;
        let path = ["users", ids.user, "connections", ids.connection, "refresh"];
        let answer = self.call(api, ids, Request::post(path, Body::Empty)).await?;
        Ok(Refresh::Begun { job: answer.object()?.id(&["id"]).filter(|id| is_id(&id.as_str())) })
    }

    async fn is_refreshed(
        &self,
        api: &dyn Api,
        connection: &LinkedConnection<'_>,
        job: &str,
    ) -> Result<bool, FetchError> {
        let ids = self.ids(connection).map_err(|reason| FetchError::Refused { reason })?;
        let answer = self.call(api, ids, Request::get(["jobs", job])).await?;
        Ok(Job::read(&answer, ids.user)?.has_ended())
    }
}

impl BasiqApi {
    pub(super) fn ids<'a>(&self, connection: &LinkedConnection<'a>) -> Result<Ids<'a>, String> {
        let user = connection.external_user_id.ok_or("externalUserId, Basiq's id of the user, was not registered")?;
        let ids = Ids { user, connection: connection.id };
        if [ids.user, ids.connection].iter().all(is_id) { Ok(ids) } else { Err("its ids are not Basiq's".to_owned()) }
    }

    /// The connection's state and its accounts.
    async fn first_page(&self, api: &dyn Api, ids: Ids<'_>) -> Result<Page, FetchError> {
        let connection = self.call(api, ids, Request::get(["users", ids.user, "connections", ids.connection])).await?;
        let status = status_of(&connection)?;
        if status.as_ref().is_some_and(|change| matches!(change.update, Update::ConnectionStatus("pending"))) {
            // An empty run now would count as the first one, which reaches back further than later ones.
            return Err(FetchError::Later { reason: "Basiq is still connecting the bank".to_owned(), after: None });
        }
        let (accounts, digest) = self.accounts(api, ids).await?;
        let mut changes: Vec<Change> = status.into_iter().collect();
        changes.extend(accounts.changes);
        let next = Position { stage: Stage::Posted, accounts: digest, next: None }.into_next()?;
        Ok(Page { changes, rejected: accounts.rejected, next })
    }

    /// A page of posted or of pending transactions.
    async fn transactions(
        &self,
        api: &dyn Api,
        ids: Ids<'_>,
        run: &Run<'_>,
        position: Position,
    ) -> Result<Page, FetchError> {
        let request = Request::get(["users", ids.user, "transactions"]).query("limit", PAGE);
        let request = match &position.next {
            // The token contains the filter.
            Some(next) => request.query("next", next.clone()),
            None => request.query("filter", filter(ids, position.stage, since(run))),
        };
        let answer = self.call(api, ids, request).await?;
        let list = List::read(&answer)?;
        let listed = inline::listed_transactions(&list.rows, "transaction", ids.connection);
        let following = match (list.next, position.stage) {
            (Some(next), stage) => Position { stage, next: Some(next), ..position },
            (None, Stage::Posted) => Position { stage: Stage::Pending, next: None, ..position },
            (None, _) => Position { stage: Stage::Check, next: None, ..position },
        };
        Ok(Page { changes: listed.changes, rejected: listed.rejected, next: following.into_next()? })
    }

    /// The accounts once more, with the balances that belong to the listed transactions.
    async fn check(&self, api: &dyn Api, ids: Ids<'_>, run: &Run<'_>, position: &Position) -> Result<Page, FetchError> {
        let (accounts, digest) = self.accounts(api, ids).await?;
        if digest != position.accounts {
            return Err(FetchError::Restart { reason: "an account was refreshed during the run".to_owned() });
        }
        let cursor = Some(run.began.to_zoned(TimeZone::UTC).date().to_string());
        let next = Next::End { cursor, absence: Absence::OfPendingMeansGone };
        Ok(Page { changes: accounts.changes, rejected: accounts.rejected, next })
    }

    async fn accounts(&self, api: &dyn Api, ids: Ids<'_>) -> Result<(Listed, String), FetchError> {
        let request = Request::get(["users", ids.user, "accounts"]);
        let request = request.query("filter", format!("connection.id.eq('{}')", ids.connection));
        let answer = self.call(api, ids, request).await?;
        let list = List::read(&answer)?;
        let updated = list.rows.iter().map(|row| {
            let row = Document::open(row).ok().flatten();
            row.and_then(|row| Some(format!("{} {}", row.id(&["id"])?, row.text(&["lastUpdated"])?)))
        });
        let mut updated: Vec<String> = updated.flatten().collect();
        updated.sort_unstable();
        Ok((inline::listed_accounts(&list.rows), signature::sha256_hex(updated.join("\n").as_bytes())))
    }

    async fn call(&self, api: &dyn Api, ids: Ids<'_>, request: Request) -> Result<ApiResponse, FetchError> {
        self.send(api, request.counted_against(format!("user {}", ids.user))).await
    }

    /// Sends a request with the token of the whole application: it is valid for an hour, and 1,500 may be requested in
    /// five minutes.
    pub(super) async fn send(&self, api: &dyn Api, request: Request) -> Result<ApiResponse, FetchError> {
        let token = Box::new(self.token_call(vec![("scope", "SERVER_ACCESS".to_owned())])?);
        let token = TokenRequest { name: "server".to_owned(), request: token, read: read_token };
        api.call(request.with_token(token)).await?.success()
    }

    /// The call that gets a token of a scope.
    pub(super) fn token_call(&self, scope: Vec<(&'static str, String)>) -> Result<Request, FetchError> {
        let key = self.key.as_ref();
        let key = key.ok_or_else(|| FetchError::Refused { reason: "no key is configured".to_owned() })?;
        Ok(Request::post(["token"], Body::Form(scope))
            .header("authorization", format!("Basic {key}"))
            .header("basiq-version", "3.0")
            .counted_against("token"))
    }
}

fn read_token(answer: &ApiResponse) -> Result<Token, FetchError> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        expires_in: u64,
    }
    let read: Answer = serde_json::from_slice(&answer.body).map_err(|_| not_understood("its token cannot be read"))?;
    let lifetime = Duration::from_secs(read.expires_in).saturating_sub(MARGIN);
    Ok(Token { value: read.access_token, lifetime })
}

/// Only posted transactions are filtered by `postDate`, because it is null while a row is pending.
fn filter(ids: Ids<'_>, stage: Stage, since: Date) -> String {
    let connection = format!("connection.id.eq('{}')", ids.connection);
    match stage {
        Stage::Posted => {
            format!("{connection},transaction.status.eq('posted'),transaction.postDate.gteq('{since}')")
        }
        _ => format!("{connection},transaction.status.eq('pending')"),
    }
}

/// The first day that is fetched.
fn since(run: &Run<'_>) -> Date {
    let last: Option<Date> = run.cursor.and_then(|cursor| cursor.parse().ok());
    let again = last.and_then(|day| day.checked_sub(Span::new().days(OVERLAP_DAYS)).ok());
    again.unwrap_or(run.first_day)
}

fn status_of(answer: &ApiResponse) -> Result<Option<Change>, FetchError> {
    let body = json::read(&answer.body).map_err(|error| not_understood(&error.to_string()))?;
    let connection = Document::open(body).map_err(|error| not_understood(&error.to_string()))?;
    let word = connection.and_then(|connection| connection.text(&["status"]));
    // `invalid-connection` appears in Basiq's events but not in its specification.
    let word = word.as_deref().map(|word| word.strip_suffix("-connection").unwrap_or(word));
    Ok(word.and_then(status_word).map(|status| status_change(status, true, None, None)))
}

impl Position {
    fn into_next(self) -> Result<Next, FetchError> {
        let position = serde_json::to_string(&self).map_err(|error| not_understood(&error.to_string()))?;
        Ok(Next::Page { position })
    }
}

/// `{"type":"list","data":[…],"links":{"next":"…"}}`
struct List<'a> {
    rows: Vec<&'a RawValue>,
    next: Option<String>,
}

impl<'a> List<'a> {
    fn read(answer: &'a ApiResponse) -> Result<Self, FetchError> {
        let body = json::read(&answer.body).map_err(|error| not_understood(&error.to_string()))?;
        let list = Document::open(body).map_err(|error| not_understood(&error.to_string()))?;
        let list = list.ok_or_else(|| not_understood("it is not an object"))?;
        let rows = list.array(&["data"]).ok_or_else(|| not_understood("it has no data"))?;
        let links = list.object(&["links"]).map_err(|error| not_understood(&error.to_string()))?;
        let Some(link) = links.and_then(|links| links.text(&["next"])) else { return Ok(Self { rows, next: None }) };
        let next = next_of(&link).ok_or_else(|| not_understood("its link to the next page has no token"))?;
        Ok(Self { rows, next: Some(next) })
    }
}

fn not_understood(reason: &str) -> FetchError {
    FetchError::NotUnderstood { reason: format!("Basiq's answer is not understood: {reason}") }
}
