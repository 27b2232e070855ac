//! Calls to GoCardless.
//!
//! Owns which calls a run makes. Must not read payments: `rows` does.
//!
//! After an event of one payment, that payment is fetched; otherwise the payments that were created since the last run
//! and in the thirty days before it, page by page. An older payment that changes now has its own event.
//! (<https://developer.gocardless.com/api-reference/#payments-list-payments>)

use async_trait::async_trait;

use super::{ACCESS_TOKEN, GoCardless, rows};
use crate::fetch::{
    Absence, Api, ApiResponse, Fetch, FetchError, LinkedConnection, Next, Page, Request, Run, Window, following,
    list_of,
};
use crate::items::Items;
use crate::meaning::Wanted;

/// The API version, which each call names.
const VERSION: &str = "2015-07-06";
/// The most payments that GoCardless returns at once.
const PAGE: &str = "500";
/// The connection's token, for an organisation that has connected to a partner's app.
const CREDENTIAL: &str = "accessToken";

#[async_trait]
impl Fetch for GoCardless {
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String> {
        let has_token = connection.credentials.get(CREDENTIAL).is_some() || self.access_token.is_some();
        (!has_token).then(|| {
            format!("{ACCESS_TOKEN} is not set, and the connection was registered without the credential {CREDENTIAL}")
        })
    }

    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        if let (Wanted::Record { kind, id }, None) = (run.wanted, run.position)
            && kind == "payment"
        {
            match self.payment(api, run, id).await {
                // It belongs to another organisation, or no longer matters: the list decides.
                Err(FetchError::Gone { .. }) => {}
                outcome => return outcome,
            }
        }
        self.payments(api, run).await
    }
}

impl GoCardless {
    /// One payment.
    async fn payment(&self, api: &dyn Api, run: &Run<'_>, id: &str) -> Result<Page, FetchError> {
        let answer = self.call(api, run, Request::get(["payments", id])).await?;
        let answer = answer.object()?;
        let payment =
            answer.raw(&["payments"]).ok_or_else(|| FetchError::not_understood("the answer has no payments"))?;
        let mut items = Items::default();
        items.add(("payments", vec![payment]), "id", rows::payment);
        let next = Next::End { cursor: run.cursor.map(str::to_owned), absence: Absence::MeansNothing };
        Ok(Page { changes: items.changes, rejected: items.rejected, next })
    }

    /// A page of payments. Payments stay listed whatever their status: absence means nothing.
    async fn payments(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        let since = format!("{}T00:00:00Z", Window::of(run).asked_from());
        let mut request = Request::get(["payments"]).query("limit", PAGE).query("created_at[gte]", since);
        if let Some(after) = run.position {
            request = request.query("after", after);
        }
        let answer = self.call(api, run, request).await?;
        let answer = answer.object()?;
        let mut items = Items::default();
        items.add(("payments", list_of(&answer, "payments")?), "id", rows::payment);
        let not_understood = |error: crate::json::Unreadable| FetchError::not_understood(error.to_string());
        let meta = answer.object(&["meta"]).map_err(not_understood)?;
        let cursors = meta.map(|meta| meta.object(&["cursors"])).transpose().map_err(not_understood)?.flatten();
        let next = match cursors.and_then(|cursors| cursors.text(&["after"])) {
            // A page that repeats its position would be fetched forever.
            Some(position) if run.position != Some(position.as_str()) => Next::Page { position },
            _ => Next::End { cursor: Some(following(run.began)), absence: Absence::MeansNothing },
        };
        Ok(Page { changes: items.changes, rejected: items.rejected, next })
    }

    async fn call(&self, api: &dyn Api, run: &Run<'_>, request: Request) -> Result<ApiResponse, FetchError> {
        let own = run.connection.credentials.get(CREDENTIAL);
        let token = own.or(self.access_token.as_deref());
        let token = token.ok_or_else(|| FetchError::Refused { reason: "the access token is missing".to_owned() })?;
        let request = request
            .header("authorization", format!("Bearer {token}"))
            .header("gocardless-version", VERSION)
            .counted_against(run.connection.id);
        let response = api.call(request).await?;
        if own.is_some() { response.success_with_own_token() } else { response.success() }
    }
}
