//! Fetching changes from Plaid.
//!
//! Owns a run over `/transactions/sync` and what Plaid's errors mean. Must not read rows: `rows` does.
//!
//! A run continues from the cursor that the last one stored, which is `null` until Plaid has data. Each page gives the
//! cursor for the next; if the data changes in between, Plaid says so, and the run restarts from its first cursor
//! (<https://plaid.com/docs/api/products/transactions/#transactionssync>).

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Plaid, rows};
use crate::body;
use crate::fetch::{
    Absence, Api, ApiResponse, Body, Fetch, FetchError, LinkedConnection, Next, Page, Refresh, Request, Run, list_of,
};
use crate::items::Items;
use crate::json::Document;
use crate::masking::readable;

/// The most changes that Plaid returns at once.
const PAGE: u16 = 500;
/// How far back the first run may reach, in days.
pub(super) const HISTORY: std::ops::RangeInclusive<i32> = 1..=730;
/// How much of an error is quoted, in characters.
const SHOWN: usize = 200;

pub(super) const ACCESS_TOKEN: &str = "accessToken";

#[async_trait]
impl Fetch for Plaid {
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String> {
        if self.client.is_none() {
            return Some("PLAID_CLIENT_ID and PLAID_SECRET are not set".to_owned());
        }
        let has_token = connection.credentials.get(ACCESS_TOKEN).is_some();
        (!has_token).then(|| format!("the connection was registered without the credential {ACCESS_TOKEN}"))
    }

    /// The same for every scope: Plaid lists all changes.
    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        let cursor = run.position.or(run.cursor);
        let mut body = json!({ "count": PAGE, "options": { "include_original_description": true } });
        match cursor {
            Some(cursor) => body["cursor"] = cursor.into(),
            // Takes effect only for an item whose transactions have never been fetched.
            None => body["options"]["days_requested"] = days(run).into(),
        }
        let response = self.call(api, &run.connection, ["transactions", "sync"], body).await?;
        read_page(&response, cursor)
    }

    /// Only some clients may request a refresh from Plaid.
    async fn refresh(&self, api: &dyn Api, connection: &LinkedConnection<'_>) -> Result<Refresh, FetchError> {
        self.call(api, connection, ["transactions", "refresh"], json!({})).await?;
        Ok(Refresh::Begun { job: None })
    }
}

impl Plaid {
    async fn call(
        &self,
        api: &dyn Api,
        connection: &LinkedConnection<'_>,
        path: [&str; 2],
        mut body: Value,
    ) -> Result<ApiResponse, FetchError> {
        let refused = |reason: String| FetchError::Refused { reason };
        let client = self.client.as_ref().filter(|_| self.obstacle(connection).is_none());
        let client = client.ok_or_else(|| refused(self.obstacle(connection).unwrap_or_default()))?;
        body["client_id"] = client.id.as_str().into();
        body["secret"] = client.secret.as_str().into();
        body["access_token"] = connection.credentials.get(ACCESS_TOKEN).into();
        let request = Request::post(path, Body::Json(body.to_string())).counted_against(connection.id);
        let response = api.call(request).await?;
        match error(&response) {
            Some(error) => Err(error),
            None => response.success(),
        }
    }
}

/// How many days the first run reaches back.
fn days(run: &Run<'_>) -> i32 {
    let today = run.began.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = run.first_day.until(today).map_or(0, |span| span.get_days());
    days.clamp(*HISTORY.start(), *HISTORY.end())
}

/// New rows come before removed ones, because a posted transaction names the pending one that it replaces; the balances
/// come last.
fn read_page(response: &ApiResponse, cursor: Option<&str>) -> Result<Page, FetchError> {
    let answer = response.object()?;
    let mut items = Items::default();
    for name in ["added", "modified"] {
        items.add((name, list_of(&answer, name)?), "transaction_id", rows::transaction);
    }
    items.add(("removed", list_of(&answer, "removed")?), "transaction_id", rows::removed);
    items.add(("accounts", list_of(&answer, "accounts")?), "account_id", rows::account);
    let following = answer.text(&["next_cursor"]);
    let more = answer.flag(&["has_more"]).ok_or_else(|| FetchError::not_understood("the answer has no has_more"))?;
    let next = match (more, following) {
        (true, Some(position)) => Next::Page { position },
        (true, None) => return Err(FetchError::not_understood("more is to follow, but the answer has no next_cursor")),
        // An empty cursor means that nothing was ready yet.
        (false, following) => {
            let cursor = following.or_else(|| cursor.map(str::to_owned));
            Next::End { cursor, absence: Absence::MeansNothing }
        }
    };
    Ok(Page { changes: items.changes, rejected: items.rejected, next })
}

/// The meaning of a Plaid error (<https://plaid.com/docs/errors/>); `None` if the status alone decides.
pub(super) fn error(response: &ApiResponse) -> Option<FetchError> {
    if (200..300).contains(&response.status) {
        return None;
    }
    let answer = body::object(&response.body)?;
    let (kind, code) = (answer.text(&["error_type"])?, answer.text(&["error_code"])?);
    let reason = sentence(&answer, &code);
    Some(match (kind.as_str(), code.as_str()) {
        (_, "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION") => FetchError::Restart { reason },
        (_, "PRODUCT_NOT_READY") | ("API_ERROR" | "INSTITUTION_ERROR" | "RATE_LIMIT_EXCEEDED", _) => {
            FetchError::Later { reason, after: response.pause() }
        }
        (_, "ITEM_NOT_FOUND" | "INVALID_PUBLIC_TOKEN" | "INVALID_LINK_TOKEN") => FetchError::Gone { reason },
        // Linking the item again gives a new token.
        ("ITEM_ERROR", _) | (_, "INVALID_ACCESS_TOKEN") => FetchError::ConsentNeeded { reason },
        (_, "INVALID_API_KEYS" | "UNAUTHORIZED_ENVIRONMENT" | "INVALID_PRODUCT") => FetchError::Refused { reason },
        _ => return None,
    })
}

fn sentence(answer: &Document<'_>, code: &str) -> String {
    let message = answer.words(&["error_message"]).unwrap_or_default();
    readable(&format!("Plaid answered {code}: {message}"), SHOWN).unwrap_or_default()
}
