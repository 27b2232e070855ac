//! Calls to Teller.
//!
//! Owns which calls a run makes. Must not read rows: `rows` does.
//!
//! A run fetches the accounts, then for each account its transactions, newest first, until they are older than the
//! run's window, and its balances (<https://teller.io/docs/api/account/transactions>).

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Teller, rows};
use crate::fetch::{
    Absence, Api, ApiResponse, Fetch, FetchError, LinkedConnection, Next, Page, Request, Run, Window, following,
};
use crate::items::Items;
use crate::json::Document;
use crate::masking::readable;
use crate::{body, ids};

const ACCESS_TOKEN: &str = "accessToken";

/// The size of a page.
const PAGE: usize = 250;
/// How much of an error is quoted, in characters.
const SHOWN: usize = 200;

/// The position of a run.
#[derive(Serialize, Deserialize)]
struct Position {
    /// The accounts that are still to be fetched, the current one first.
    accounts: Vec<String>,
    /// The oldest listed transaction of the current account.
    from: Option<String>,
}

#[async_trait]
impl Fetch for Teller {
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String> {
        let has_token = connection.credentials.get(ACCESS_TOKEN).is_some();
        (!has_token).then(|| format!("the connection was registered without the credential {ACCESS_TOKEN}"))
    }

    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        let Some(position) = run.position else { return accounts(api, run).await };
        let position: Position = serde_json::from_str(position)
            .map_err(|_| FetchError::Restart { reason: "the run's position is from another release".to_owned() })?;
        transactions(api, run, position).await
    }
}

/// The enrollment's accounts.
async fn accounts(api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
    let response = call(api, run, Request::get(["accounts"])).await?;
    let mut items = Items::default();
    items.add(("accounts", response.list()?), "id", rows::account);
    let accounts = items.changes.iter().filter_map(|change| change.account_id().map(str::to_owned)).collect();
    let next = next(run, &Position { accounts, from: None })?;
    Ok(Page { changes: items.changes, rejected: items.rejected, next })
}

/// A page of an account's transactions; the last page also has its balances.
async fn transactions(api: &dyn Api, run: &Run<'_>, position: Position) -> Result<Page, FetchError> {
    let Position { mut accounts, from } = position;
    let Some(account) = accounts.first().cloned() else {
        return Ok(Page { changes: vec![], rejected: vec![], next: next(run, &Position { accounts, from: None })? });
    };
    let request = Request::get(["accounts", &account, "transactions"]).query("count", PAGE.to_string());
    let request = match &from {
        Some(from) => request.query("from_id", from.clone()),
        None => request,
    };
    let response = call(api, run, request).await?;
    let told = response.list()?;
    let since = Window::of(run).asked_from();
    let oldest = told.last().map(|raw| oldest(raw)).transpose()?;
    let older = oldest.filter(|(id, day)| told.len() >= PAGE && *day >= since && Some(id) != from.as_ref());
    let mut items = Items::default();
    let recent = told.into_iter().filter(|raw| day(raw).is_none_or(|day| day >= since)).collect();
    items.add(("transactions", recent), "id", |item| Ok(rows::transaction(item)?.into_change(None)));
    let from = match older {
        Some((id, _)) => Some(id),
        None => {
            let response = call(api, run, Request::get(["accounts", &account, "balances"])).await?;
            let balances = rows::balances(&response.object()?, &account).map_err(FetchError::not_understood)?;
            items.changes.push(balances);
            accounts.remove(0);
            None
        }
    };
    Ok(Page { changes: items.changes, rejected: items.rejected, next: next(run, &Position { accounts, from })? })
}

/// A pending transaction may be posted under another id: one that is no longer listed is gone.
fn next(run: &Run<'_>, position: &Position) -> Result<Next, FetchError> {
    if position.accounts.is_empty() {
        return Ok(Next::End { cursor: Some(following(run.began)), absence: Absence::OfPendingMeansGone });
    }
    let position = serde_json::to_string(position).map_err(|error| FetchError::not_understood(error.to_string()))?;
    Ok(Next::Page { position })
}

/// The id and the day of a transaction, from which the older ones are fetched.
fn oldest(raw: &RawValue) -> Result<(String, Date), FetchError> {
    let id = Document::open(raw).ok().flatten().and_then(|item| ids::id(&item, &["id"], "transaction").ok()?);
    let found = id.zip(day(raw));
    found.ok_or_else(|| FetchError::not_understood("the last transaction of a page has no id or no day"))
}

fn day(raw: &RawValue) -> Option<Date> {
    Document::open(raw).ok()??.text(&["date"])?.parse().ok()
}

async fn call(api: &dyn Api, run: &Run<'_>, request: Request) -> Result<ApiResponse, FetchError> {
    let token = run.connection.credentials.get(ACCESS_TOKEN);
    let missing = || FetchError::Refused { reason: format!("the credential {ACCESS_TOKEN} was not registered") };
    // The token is the user name, and there is no password.
    let credentials = STANDARD.encode(format!("{}:", token.ok_or_else(missing)?));
    let request = request.header("authorization", format!("Basic {credentials}")).counted_against(run.connection.id);
    let response = api.call(request).await?;
    match disconnected(&response) {
        Some(error) => Err(error),
        None => response.success_with_own_token(),
    }
}

/// `{ "error": { "code": "enrollment.disconnected…" } }`, whatever its status.
fn disconnected(response: &ApiResponse) -> Option<FetchError> {
    let error = body::object(&response.body)?.object(&["error"]).ok()??;
    let code = error.text(&["code"]).filter(|code| code.starts_with("enrollment.disconnected"))?;
    let message = error.words(&["message"]).unwrap_or_default();
    Some(FetchError::ConsentNeeded { reason: readable(&format!("Teller answered {code}: {message}"), SHOWN)? })
}
