//! Connecting a bank with Plaid's Link.
//!
//! Owns link tokens and the outcome of a session (<https://plaid.com/docs/api/link/>,
//! <https://plaid.com/docs/link/hosted-link/>). Must not need Plaid's script: Link is opened as a page at Plaid (Hosted
//! Link), and the server polls for the outcome.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::Plaid;
use super::signature::PROVIDER;
use super::sync::{ACCESS_TOKEN, HISTORY, error};
use crate::connect::{Attempt, Began, Connect, Connected, Outcome, Person, Returned};
use crate::fetch::{Api, ApiResponse, Body, Credentials, FetchError, LinkedConnection, Request};
use crate::ids;
use crate::json::Document;
use crate::masking::readable;

/// The language of Link.
const LANGUAGE: &str = "en";
/// Link shows at most this many characters of the application's name.
const LONGEST_CLIENT_NAME: usize = 30;
/// At most this many banks of one session are connected.
const MOST_ITEMS: usize = 10;
const MAX_NAME: usize = 200;

#[async_trait]
impl Connect for Plaid {
    fn call(&self) -> &'static str {
        "link-token"
    }

    fn obstacle(&self) -> Option<String> {
        self.client.is_none().then(|| "PLAID_CLIENT_ID and PLAID_SECRET are not set".to_owned())
    }

    fn gives_credentials(&self) -> bool {
        true
    }

    fn exchanges_tokens(&self) -> bool {
        true
    }

    /// Plaid requires an id that reveals nothing about the user.
    async fn user(&self, _api: &dyn Api, person: &Person<'_>) -> Result<String, FetchError> {
        Ok(person.pseudonym())
    }

    /// With an item's token, Link opens in update mode, which repairs the item and keeps its id and token.
    async fn begin(&self, api: &dyn Api, attempt: &Attempt<'_>) -> Result<Began, FetchError> {
        let mut body = json!({
            "client_name": self.link.client_name.chars().take(LONGEST_CLIENT_NAME).collect::<String>(),
            "language": LANGUAGE,
            "country_codes": self.link.country_codes,
            "user": { "client_user_id": attempt.user },
            "hosted_link": { "completion_redirect_uri": attempt.callback(PROVIDER)? },
        });
        if let Some(webhook) = attempt.webhook(PROVIDER) {
            body["webhook"] = webhook.into();
        }
        match &attempt.again {
            Some(again) => body["access_token"] = token_of(&again.connection)?.into(),
            None => {
                let days = i32::try_from(attempt.history_days).unwrap_or(i32::MAX);
                body["products"] = json!(["transactions"]);
                body["transactions"] = json!({ "days_requested": days.clamp(*HISTORY.start(), *HISTORY.end()) });
            }
        }
        let answer = self.ask(api, ["link", "token", "create"], body, "link").await?;
        let answer = answer.object()?;
        let token = answer.text(&["link_token"]).ok_or_else(|| not_understood("it has no link_token"))?;
        let url = answer.text(&["hosted_link_url"]);
        let url = url.ok_or_else(|| not_understood("it has no hosted_link_url: is Hosted Link enabled?"))?;
        Ok(Began { url, token: Some(token) })
    }

    async fn outcome(&self, api: &dyn Api, returned: &Returned<'_>) -> Result<Outcome, FetchError> {
        let token = returned.token.ok_or_else(|| not_understood("there is no link token"))?;
        let answer = self.ask(api, ["link", "token", "get"], json!({ "link_token": token }), "link").await?;
        let answer = answer.object()?;
        let sessions = Session::all(&answer);
        if let Some(again) = returned.again
            && sessions.iter().any(|session| session.is_finished)
        {
            return self.repaired(api, &again).await;
        }
        let tokens: Vec<&String> =
            sessions.iter().flat_map(|session| &session.public_tokens).take(MOST_ITEMS).collect();
        if tokens.is_empty() {
            let has_left = sessions.iter().any(|session| session.is_finished || session.has_exit);
            return Ok(if has_left { Outcome::Declined } else { Outcome::Waiting { named: vec![] } });
        }
        let mut ready = vec![];
        for token in tokens {
            ready.push(self.exchange(api, token).await?);
        }
        Ok(Outcome::Ready(ready))
    }

    /// A public token can be used once, within half an hour.
    async fn exchange(&self, api: &dyn Api, token: &str) -> Result<Connected, FetchError> {
        let path = ["item", "public_token", "exchange"];
        let answer = self.ask(api, path, json!({ "public_token": token }), "link").await?;
        let answer = answer.object()?;
        let access = answer.text(&["access_token"]).ok_or_else(|| not_understood("it has no access_token"))?;
        let id = ids::id(&answer, &["item_id"], "item").map_err(|reason| not_understood(&reason))?;
        let id = id.ok_or_else(|| not_understood("it has no item_id"))?;
        let institution_name = self.item(api, &access, &id).await.ok().and_then(|item| item.institution);
        let credentials = Credentials([(ACCESS_TOKEN.to_owned(), access)].into());
        Ok(Connected { id, external_user_id: None, institution_name, credentials: Some(credentials) })
    }

    async fn disconnect(&self, api: &dyn Api, connection: &LinkedConnection<'_>) -> Result<(), FetchError> {
        let body = json!({ "access_token": token_of(connection)? });
        match self.ask(api, ["item", "remove"], body, connection.id).await {
            // The token of a removed item is invalid.
            Err(FetchError::ConsentNeeded { reason }) => Err(FetchError::Gone { reason }),
            answer => answer.map(drop),
        }
    }
}

/// The relevant parts of an item.
struct Item {
    institution: Option<String>,
    is_good: bool,
}

impl Plaid {
    /// A call with the client's keys.
    async fn ask<const N: usize>(
        &self,
        api: &dyn Api,
        path: [&str; N],
        mut body: Value,
        scope: &str,
    ) -> Result<ApiResponse, FetchError> {
        let refused = || FetchError::Refused { reason: "PLAID_CLIENT_ID and PLAID_SECRET are not set".to_owned() };
        let client = self.client.as_ref().ok_or_else(refused)?;
        body["client_id"] = client.id.as_str().into();
        body["secret"] = client.secret.as_str().into();
        let response = api.call(Request::post(path, Body::Json(body.to_string())).counted_against(scope)).await?;
        match error(&response) {
            Some(error) => Err(error),
            None => response.success(),
        }
    }

    /// The bank's name, and whether the item can be synced. Plaid answers as usual even if the item has an error.
    async fn item(&self, api: &dyn Api, access_token: &str, id: &str) -> Result<Item, FetchError> {
        let answer = self.ask(api, ["item", "get"], json!({ "access_token": access_token }), id).await?;
        let answer = answer.object()?;
        let item = answer.object(&["item"]).map_err(|error| not_understood(&error.to_string()))?;
        let item = item.ok_or_else(|| not_understood("it has no item"))?;
        let name = item.words(&["institution_name"]);
        let institution = name.and_then(|name| readable(&name, MAX_NAME));
        Ok(Item { institution, is_good: item.raw(&["error"]).is_none() })
    }

    /// The outcome of update mode: whether the item can be synced again.
    async fn repaired(&self, api: &dyn Api, again: &LinkedConnection<'_>) -> Result<Outcome, FetchError> {
        let item = self.item(api, token_of(again)?, again.id).await?;
        if !item.is_good {
            return Ok(Outcome::Declined);
        }
        let id = again.id.to_owned();
        Ok(Outcome::Ready(vec![Connected { id, institution_name: item.institution, ..Connected::default() }]))
    }
}

/// A session of Link.
struct Session {
    is_finished: bool,
    has_exit: bool,
    public_tokens: Vec<String>,
}

impl Session {
    fn all(answer: &Document<'_>) -> Vec<Self> {
        let sessions = answer.array(&["link_sessions"]).unwrap_or_default();
        let sessions = sessions.into_iter().filter_map(|session| Document::open(session).ok()?);
        sessions.map(|session| Self::read(&session)).collect()
    }

    fn read(session: &Document<'_>) -> Self {
        let results = session.object(&["results"]).ok().flatten();
        let added = results.and_then(|results| results.array(&["item_add_results"])).unwrap_or_default();
        let added = added.into_iter().filter_map(|item| Document::open(item).ok()??.text(&["public_token"]));
        Self {
            is_finished: session.raw(&["finished_at"]).is_some(),
            has_exit: session.raw(&["exit"]).is_some(),
            public_tokens: added.collect(),
        }
    }
}

fn token_of<'a>(connection: &LinkedConnection<'a>) -> Result<&'a str, FetchError> {
    let token = connection.credentials.get(ACCESS_TOKEN);
    token.ok_or_else(|| FetchError::Refused {
        reason: format!("the connection was registered without the credential {ACCESS_TOKEN}"),
    })
}

fn not_understood(reason: &str) -> FetchError {
    FetchError::NotUnderstood { reason: format!("Plaid's answer is not understood: {reason}") }
}
