//! Calls to TrueLayer.
//!
//! Owns which calls a run makes. Must not read transactions: `rows` does.
//!
//! For any scope, a run lists the transactions of the merchant's account: the event of a payment names the payment,
//! whose transaction has a different id. With more than 2,000 transactions, a list may not span more than 31 days
//! (<https://docs.truelayer.com/docs/get-your-merchant-account-transactions-or-payment-sources>).

use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{API_URL, AUTH_URL, Client, rows};
use crate::fetch::{
    Absence, Api, ApiResponse, Body, Fetch, FetchError, LinkedConnection, Next, Page, Request, Run, Token,
    TokenRequest, Window, following, list_of,
};
use crate::items::Items;

/// How many days a list spans.
const DAYS: i64 = 30;
/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(60);

/// The position of a run.
#[derive(Serialize, Deserialize)]
struct Position {
    /// The first day of the list.
    from: String,
    /// The cursor of its next page.
    cursor: Option<String>,
}

#[async_trait]
impl Fetch for Client {
    fn obstacle(&self, _connection: &LinkedConnection<'_>) -> Option<String> {
        None
    }

    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        let of_another_release =
            || FetchError::Restart { reason: "the run's position is from another release".to_owned() };
        let position: Position = match run.position {
            None => Position { from: Window::of(run).asked_from().to_string(), cursor: None },
            Some(position) => serde_json::from_str(position).map_err(|_| of_another_release())?,
        };
        let from: Date = position.from.parse().map_err(|_| of_another_release())?;
        let last_day = run.began.to_zoned(TimeZone::UTC).date();
        let until = from.saturating_add(Span::new().days(DAYS)).min(last_day.saturating_add(Span::new().days(1)));
        let account_id = run.connection.id;
        let mut request = Request::get(["v3", "merchant-accounts", account_id, "transactions"])
            .query("from", midnight(from)?)
            .query("to", midnight(until)?);
        if let Some(cursor) = &position.cursor {
            request = request.query("cursor", cursor.clone());
        }
        let answer = match self.call(api, run, request).await {
            // A mandate is a connection as well, and has no transactions.
            Err(FetchError::Gone { .. }) => {
                return Ok(Page { changes: vec![], rejected: vec![], next: nothing(run) });
            }
            answer => answer?,
        };
        let answer = answer.object()?;
        let mut items = Items::default();
        items.add(("items", list_of(&answer, "items")?), "id", |item| rows::transaction(item, account_id));
        let not_understood = |error: crate::json::Unreadable| FetchError::not_understood(error.to_string());
        let pagination = answer.object(&["pagination"]).map_err(not_understood)?;
        let cursor = pagination.and_then(|pagination| pagination.text(&["next_cursor"]));
        // A page that repeats its cursor would be fetched forever.
        let cursor = cursor.filter(|cursor| position.cursor.as_ref() != Some(cursor));
        let next = match cursor {
            Some(cursor) => Position { cursor: Some(cursor), ..position }.into_next()?,
            None if until <= last_day => Position { from: until.to_string(), cursor: None }.into_next()?,
            // A failed payout is no longer listed as pending.
            None => Next::End { cursor: Some(following(run.began)), absence: Absence::OfPendingMeansGone },
        };
        Ok(Page { changes: items.changes, rejected: items.rejected, next })
    }
}

impl Client {
    async fn call(&self, api: &dyn Api, run: &Run<'_>, request: Request) -> Result<ApiResponse, FetchError> {
        let request = request.to(API_URL).counted_against(run.connection.id).with_token(self.token_request());
        api.call(request).await?.success()
    }

    /// The client's token, valid for an hour (<https://docs.truelayer.com/docs/generate-a-payment-access-token>).
    fn token_request(&self) -> TokenRequest {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.id),
            ("client_secret", &self.secret),
            ("scope", "payments"),
        ];
        let body = Body::Form(form.map(|(name, value)| (name, value.to_owned())).into());
        let request = Request::post(["connect", "token"], body).to(AUTH_URL).counted_against("token");
        TokenRequest { name: "payments".to_owned(), request: Box::new(request), read: read_token }
    }
}

fn read_token(answer: &ApiResponse) -> Result<Token, FetchError> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        expires_in: u64,
    }
    let read: Answer = serde_json::from_slice(&answer.body)
        .map_err(|_| FetchError::not_understood("TrueLayer's token cannot be read"))?;
    let lifetime = Duration::from_secs(read.expires_in).saturating_sub(MARGIN);
    Ok(Token { value: read.access_token, lifetime })
}

/// The end of a run that found nothing to list.
fn nothing(run: &Run<'_>) -> Next {
    Next::End { cursor: run.cursor.map(str::to_owned), absence: Absence::MeansNothing }
}

fn midnight(day: Date) -> Result<String, FetchError> {
    let start: Result<Timestamp, _> = day.to_zoned(TimeZone::UTC).map(|start| start.timestamp());
    start.map(|start| start.to_string()).map_err(|error| FetchError::not_understood(error.to_string()))
}

impl Position {
    fn into_next(self) -> Result<Next, FetchError> {
        let position = serde_json::to_string(&self).map_err(|error| FetchError::not_understood(error.to_string()))?;
        Ok(Next::Page { position })
    }
}
