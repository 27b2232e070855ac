//! Calls to Up.
//!
//! Owns which calls a run makes. Must not read rows (`rows` does), nor follow a link: only the parameter of the next
//! page is read from it.
//!
//! Up lists transactions from a given time on and does not say when one changed: a run lists the last 30 days again,
//! and a transaction of these days that is missing from the list is gone.

use async_trait::async_trait;

use super::{Up, rows};
use crate::fetch::{
    Absence, Api, ApiResponse, Fetch, FetchError, LinkedConnection, Next, Page, Request, Run, Window, list_of,
    parameter,
};
use crate::items::Items;
use crate::json::Document;
use crate::meaning::Wanted;

const ACCESS_TOKEN: &str = "accessToken";

/// The most rows that Up returns at once.
const PAGE: &str = "100";
/// The parameter of the next page.
const AFTER: &str = "page[after]";

#[async_trait]
impl Fetch for Up {
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String> {
        let has_token = connection.credentials.get(ACCESS_TOKEN).is_some();
        (!has_token).then(|| format!("the connection was registered without the credential {ACCESS_TOKEN}"))
    }

    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        match run.wanted {
            Wanted::Record { id, .. } => record(api, run, id).await,
            Wanted::Transactions => listed(api, run).await,
        }
    }
}

/// A page of the list; the last page also has the accounts, whose balances come last.
async fn listed(api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
    let window = Window::of(run);
    let since = format!("{}T00:00:00Z", window.asked_from());
    let request = Request::get(["transactions"]).query("page[size]", PAGE).query("filter[since]", since);
    let request = match run.position {
        Some(position) => request.query(AFTER, position),
        None => request,
    };
    let response = call(api, run, request).await?;
    let answer = response.object()?;
    let mut items = Items::default();
    items.add(("data", list_of(&answer, "data")?), "id", rows::transaction);
    let next = match following(&answer)? {
        Some(position) => Next::Page { position },
        None => {
            let response = call(api, run, Request::get(["accounts"]).query("page[size]", PAGE)).await?;
            items.add(("data", list_of(&response.object()?, "data")?), "id", rows::account);
            window.end(run)
        }
    };
    Ok(Page { changes: items.changes, rejected: items.rejected, next })
}

/// One transaction and its account. If the transaction is gone, its account is unknown: its deletion has its own
/// webhook.
async fn record(api: &dyn Api, run: &Run<'_>, id: &str) -> Result<Page, FetchError> {
    let next = Next::End { cursor: run.cursor.map(str::to_owned), absence: Absence::MeansNothing };
    let mut items = Items::default();
    let response = match call(api, run, Request::get(["transactions", id])).await {
        Err(FetchError::Gone { .. }) => return Ok(Page { changes: vec![], rejected: vec![], next }),
        response => response?,
    };
    let answer = response.object()?;
    let transaction = answer.raw(&["data"]).ok_or_else(|| FetchError::not_understood("the answer has no data"))?;
    items.add(("data", vec![transaction]), "id", rows::transaction);
    if let Some(account) = items.changes.first().and_then(ledger::Change::account_id).map(str::to_owned) {
        let response = call(api, run, Request::get(["accounts", &account])).await?;
        let answer = response.object()?;
        items.add(("data", answer.raw(&["data"]).into_iter().collect()), "id", rows::account);
    }
    Ok(Page { changes: items.changes, rejected: items.rejected, next })
}

/// The parameter of the next page; `None` after the last one.
fn following(answer: &Document<'_>) -> Result<Option<String>, FetchError> {
    let unreadable = |_| FetchError::not_understood("the answer's links cannot be read");
    let links = answer.object(&["links"]).map_err(unreadable)?;
    let Some(link) = links.and_then(|links| links.text(&["next"])) else { return Ok(None) };
    let position = parameter(&link, AFTER).filter(|position| !position.is_empty());
    position.map(Some).ok_or_else(|| FetchError::not_understood("the link to the next page has no page[after]"))
}

async fn call(api: &dyn Api, run: &Run<'_>, request: Request) -> Result<ApiResponse, FetchError> {
    let token = run.connection.credentials.get(ACCESS_TOKEN);
    let missing = || FetchError::Refused { reason: format!("the credential {ACCESS_TOKEN} was not registered") };
    let bearer = format!("Bearer {}", token.ok_or_else(missing)?);
    let request = request.header("authorization", bearer).counted_against(run.connection.id);
    api.call(request).await?.success_with_own_token()
}
