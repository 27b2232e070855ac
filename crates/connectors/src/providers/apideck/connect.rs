//! Connecting an accounting program with Apideck's Vault.
//!
//! Owns the session and which of a consumer's connections count
//! (<https://developers.apideck.com/apis/vault/reference>). Must not trust the callback: Vault adds nothing to it, so
//! the list of connections decides.

use async_trait::async_trait;
use serde_json::json;
use serde_json::value::RawValue;

use super::fetch::{ApideckApi, ids, not_understood, open};
use crate::connect::{Attempt, Began, Connect, Connected, Outcome, Person, Returned};
use crate::fetch::{Api, ApiResponse, Body, FetchError, LinkedConnection, Request, list_of};
use crate::json::Document;
use crate::masking::readable;

/// The API whose connections have transactions.
const API: &str = "accounting";
const MAX_NAME: usize = 200;
/// The longest user id that is sent unchanged.
const LONGEST_CONSUMER: usize = 100;

#[async_trait]
impl Connect for ApideckApi {
    fn call(&self) -> &'static str {
        "session"
    }

    fn obstacle(&self) -> Option<String> {
        match (&self.key, &self.app_id) {
            (None, _) => Some("APIDECK_API_KEY is not set".to_owned()),
            (_, None) => Some("APIDECK_APP_ID is not set".to_owned()),
            _ => None,
        }
    }

    /// Apideck creates a consumer when a header first names its id.
    async fn user(&self, _api: &dyn Api, person: &Person<'_>) -> Result<String, FetchError> {
        let id = person.user_id;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
        if id.len() <= LONGEST_CONSUMER && id.bytes().all(is_plain) {
            return Ok(id.to_owned());
        }
        Ok(format!("user-{}", person.pseudonym()))
    }

    async fn begin(&self, api: &dyn Api, attempt: &Attempt<'_>) -> Result<Began, FetchError> {
        let body = json!({
            "redirect_uri": attempt.callback("apideck")?,
            "settings": { "unified_apis": [API], "auto_redirect": true, "session_length": "30m" },
        });
        let request = Request::post(["vault", "sessions"], Body::Json(body.to_string()));
        let answer = self.of_consumer(api, attempt.user, request).await?;
        let body = open(&answer)?;
        let data = body.object(&["data"]).map_err(|error| not_understood(&error.to_string()))?;
        let url = data.and_then(|data| data.text(&["session_uri"]));
        Ok(Began { url: url.ok_or_else(|| not_understood("it has no session_uri"))?, token: None })
    }

    async fn outcome(&self, api: &dyn Api, returned: &Returned<'_>) -> Result<Outcome, FetchError> {
        let request = Request::get(["vault", "connections"]).query("api", API).query("configured", "true");
        let answer = self.of_consumer(api, returned.user, request).await?;
        let body = open(&answer)?;
        let rows = list_of(&body, "data")?;
        let ready: Vec<Connected> = rows.into_iter().filter_map(|row| ready(row, returned.user)).collect();
        let is_there = |wanted: &LinkedConnection<'_>| ready.iter().any(|connected| connected.id == wanted.id);
        if ready.is_empty() || returned.again.is_some_and(|again| !is_there(&again)) {
            return Ok(Outcome::Declined);
        }
        Ok(Outcome::Ready(ready))
    }

    async fn disconnect(&self, api: &dyn Api, connection: &LinkedConnection<'_>) -> Result<(), FetchError> {
        let ids = ids(connection).map_err(|reason| FetchError::Refused { reason })?;
        let request = Request::delete(["vault", "connections", API, ids.service]);
        self.of_consumer(api, ids.consumer, request).await.map(drop)
    }
}

impl ApideckApi {
    /// A call of Vault for a consumer.
    async fn of_consumer(&self, api: &dyn Api, consumer: &str, request: Request) -> Result<ApiResponse, FetchError> {
        let request = self.authorized(request)?.header("x-apideck-consumer-id", consumer);
        api.call(request.counted_against(format!("consumer {consumer}"))).await?.success()
    }
}

/// A connection that can be called. Its id in lists is `{unified_api}+{service_id}`, which differs from the one in
/// webhooks.
fn ready(row: &RawValue, consumer: &str) -> Option<Connected> {
    let row = Document::open(row).ok()??;
    let is_ours = row.text(&["unified_api"]).as_deref() == Some(API);
    let is_callable = row.text(&["state"]).as_deref() == Some("callable") && row.flag(&["enabled"]) != Some(false);
    let service = row.text(&["service_id"]).filter(|service| is_service(service))?;
    (is_ours && is_callable).then(|| Connected {
        id: format!("{service}+{consumer}"),
        external_user_id: Some(consumer.to_owned()),
        institution_name: row.words(&["name"]).and_then(|name| readable(&name, MAX_NAME)),
        credentials: None,
    })
}

fn is_service(service: &str) -> bool {
    (1..=60).contains(&service.len())
        && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
