//! Calls to Akahu.
//!
//! Owns which calls a run makes. Must not read rows: `rows` does.
//!
//! Akahu lists transactions by day: a run lists the last 30 days again, and a transaction of these days that it does
//! not list is gone. Pending transactions have no ids there, and are not fetched.
//!
//! <https://developers.akahu.nz/reference/get_transactions>

use async_trait::async_trait;
use ledger::{Change, Update};

use super::{Akahu, rows};
use crate::fetch::{
    Api, ApiResponse, Body, Fetch, FetchError, LinkedConnection, Next, Page, Refresh, Request, Run, Window, list_of,
};
use crate::items::Items;
use crate::json::Document;

const ACCESS_TOKEN: &str = "accessToken";

#[async_trait]
impl Fetch for Akahu {
    fn obstacle(&self, connection: &LinkedConnection<'_>) -> Option<String> {
        if self.app.is_none() {
            return Some("AKAHU_APP_TOKEN and AKAHU_APP_SECRET are not set".to_owned());
        }
        let has_token = connection.credentials.get(ACCESS_TOKEN).is_some();
        (!has_token).then(|| format!("the connection was registered without the credential {ACCESS_TOKEN}"))
    }

    /// A page of the transactions; the last page also has the accounts, whose balances come last.
    async fn page(&self, api: &dyn Api, run: &Run<'_>) -> Result<Page, FetchError> {
        let window = Window::of(run);
        let request = Request::get(["transactions"]).query("start", format!("{}T00:00:00.000Z", window.asked_from()));
        let request = match run.position {
            Some(position) => request.query("cursor", position),
            None => request,
        };
        let response = self.call(api, &run.connection, request).await?;
        let answer = response.object()?;
        let mut items = Items::default();
        items.add(("items", list_of(&answer, "items")?), "_id", rows::transaction);
        let next = match following(&answer)? {
            Some(position) => Next::Page { position },
            None => {
                let response = self.call(api, &run.connection, Request::get(["accounts"])).await?;
                add_accounts(&mut items, &response.object()?)?;
                window.end(run)
            }
        };
        Ok(Page { changes: items.changes, rejected: items.rejected, next })
    }

    /// Refreshes all accounts of the user.
    async fn refresh(&self, api: &dyn Api, connection: &LinkedConnection<'_>) -> Result<Refresh, FetchError> {
        self.call(api, connection, Request::post(["refresh"], Body::Empty)).await?;
        Ok(Refresh::Begun { job: None })
    }
}

impl Akahu {
    async fn call(
        &self,
        api: &dyn Api,
        connection: &LinkedConnection<'_>,
        request: Request,
    ) -> Result<ApiResponse, FetchError> {
        let app = self.app.as_ref().filter(|_| self.obstacle(connection).is_none());
        let refused = || FetchError::Refused { reason: self.obstacle(connection).unwrap_or_default() };
        let app = app.ok_or_else(refused)?;
        let bearer = format!("Bearer {}", connection.credentials.get(ACCESS_TOKEN).unwrap_or_default());
        let request = request.header("authorization", bearer).header("x-akahu-id", app.token.clone());
        api.call(request.counted_against(connection.id)).await?.success_with_own_token()
    }
}

/// Adds the accounts, and whether Akahu can reach any of them: if it cannot, its user has to link them again.
fn add_accounts(items: &mut Items, answer: &Document<'_>) -> Result<(), FetchError> {
    let accounts = list_of(answer, "items")?;
    let status = |raw| Document::open(raw).ok().flatten()?.text(&["status"]);
    let found: Vec<String> = accounts.iter().filter_map(|raw| status(*raw)).collect();
    items.add(("accounts", accounts), "_id", rows::account);
    if !found.is_empty() {
        let status = if found.iter().all(|status| status == "INACTIVE") { "invalid" } else { "active" };
        items.changes.push(Change { version: None, update: Update::ConnectionStatus(status) });
    }
    Ok(())
}

/// The parameter of the next page; `None` after the last one.
fn following(answer: &Document<'_>) -> Result<Option<String>, FetchError> {
    let cursor = answer.object(&["cursor"]).map_err(|_| FetchError::not_understood("the cursor cannot be read"))?;
    Ok(cursor.and_then(|cursor| cursor.text(&["next"])))
}
