//! Connecting a bank with Basiq's consent page.
//!
//! Owns the consent link and the callback (<https://api.basiq.io/docs/consent-parameters>,
//! <https://api.basiq.io/docs/consent-actions>). Must not use the action `update`: with other scopes it revokes the
//! consent and deletes every connection of the user.
//!
//! The consent page redirects with the ids of one or more jobs, which are polled until they have ended.

use async_trait::async_trait;
use form_urlencoded::Serializer;
use serde_json::json;

use super::fetch::BasiqApi;
use super::job::{Job, State};
use super::links::is_id;
use crate::connect::{Attempt, Began, Connect, Connected, Outcome, Person, Returned};
use crate::fetch::{Api, Body, FetchError, LinkedConnection, Request};
use crate::masking::readable;

/// At most this many jobs of one callback are polled.
const MOST_JOBS: usize = 10;
const MAX_NAME: usize = 200;

#[async_trait]
impl Connect for BasiqApi {
    fn call(&self) -> &'static str {
        "consent"
    }

    fn obstacle(&self) -> Option<String> {
        self.key.is_none().then(|| "BASIQ_API_KEY is not set".to_owned())
    }

    /// Basiq requires an e-mail address or a telephone number for each user. If none is known, the user gets an
    /// undeliverable address (RFC 2606, section 2).
    async fn user(&self, api: &dyn Api, person: &Person<'_>) -> Result<String, FetchError> {
        let nowhere = || format!("{}@users.invalid", person.pseudonym());
        let email = person.email.map_or_else(nowhere, str::to_owned);
        let request = Request::post(["users"], Body::Json(json!({ "email": email }).to_string()));
        let answer = self.send(api, request.counted_against("users")).await?;
        let id = answer.object()?.id(&["id"]);
        id.filter(|id| is_id(&id.as_str())).ok_or_else(|| FetchError::not_understood("Basiq named no user"))
    }

    async fn begin(&self, api: &dyn Api, attempt: &Attempt<'_>) -> Result<Began, FetchError> {
        let token = self.client_token(api, attempt.user).await?;
        let mut query = Serializer::new(String::new());
        query.append_pair("token", &token).append_pair("state", attempt.state);
        match &attempt.again {
            None => query.append_pair("action", "connect"),
            Some(again) => {
                let action = if again.is_active { "extend" } else { "reauthorise" };
                query.append_pair("action", action).append_pair("connectionId", again.connection.id)
            }
        };
        let url = format!("{}/home?{}", self.consent_url.trim_end_matches('/'), query.finish());
        Ok(Began { url, token: None })
    }

    async fn outcome(&self, api: &dyn Api, returned: &Returned<'_>) -> Result<Outcome, FetchError> {
        let jobs = jobs(returned);
        if jobs.is_empty() {
            return self.without_a_job(api, returned).await;
        }
        let (mut named, mut is_waiting, mut failure) = (vec![], false, None);
        for id in jobs {
            let job = Job::read(&self.send(api, Request::get(["jobs", id])).await?, returned.user)?;
            if let Some(id) = job.connection {
                let name = self.institution(api, returned.user, &id).await;
                let external_user_id = Some(returned.user.to_owned());
                named.push(Connected { id, external_user_id, institution_name: name, credentials: None });
            }
            match job.state {
                State::Waiting => is_waiting = true,
                State::Done => {}
                State::Failed(reason) => failure = Some(reason),
            }
        }
        Ok(match failure {
            Some(reason) => Outcome::Failed { reason, named },
            None if is_waiting => Outcome::Waiting { named },
            None if named.is_empty() => {
                return Err(FetchError::not_understood("a job is done but names no connection"));
            }
            None => Outcome::Ready(named),
        })
    }

    async fn disconnect(&self, api: &dyn Api, connection: &LinkedConnection<'_>) -> Result<(), FetchError> {
        let ids = self.ids(connection).map_err(|reason| FetchError::Refused { reason })?;
        self.send(api, Request::delete(["users", ids.user, "connections", ids.connection])).await.map(drop)
    }
}

impl BasiqApi {
    /// A token for this user's consent page. It is not cached: each attempt has its own.
    async fn client_token(&self, api: &dyn Api, user: &str) -> Result<String, FetchError> {
        let scope = vec![("scope", "CLIENT_ACCESS".to_owned()), ("userId", user.to_owned())];
        let answer = api.call(self.token_call(scope)?).await?.success()?;
        let token = answer.object()?.text(&["access_token"]);
        token.ok_or_else(|| FetchError::not_understood("Basiq gave no token for the consent page"))
    }

    /// The outcome without a job: the user has not agreed, or has extended a consent, for which Basiq documents no job.
    /// The connection's state decides.
    async fn without_a_job(&self, api: &dyn Api, returned: &Returned<'_>) -> Result<Outcome, FetchError> {
        let Some(again) = &returned.again else { return Ok(Outcome::Declined) };
        let ids = self.ids(again).map_err(|reason| FetchError::Refused { reason })?;
        let answer = self.send(api, Request::get(["users", ids.user, "connections", ids.connection])).await?;
        if answer.object()?.text(&["status"]).as_deref() != Some("active") {
            return Ok(Outcome::Declined);
        }
        let external_user_id = Some(returned.user.to_owned());
        let id = ids.connection.to_owned();
        Ok(Outcome::Ready(vec![Connected { id, external_user_id, ..Connected::default() }]))
    }

    /// The bank's name. A connection without a name is better than none.
    async fn institution(&self, api: &dyn Api, user: &str, connection: &str) -> Option<String> {
        let answer = self.send(api, Request::get(["users", user, "connections", connection])).await.ok()?;
        let known = answer.object().ok()?;
        let id = known.object(&["institution"]).ok()??.id(&["id"])?;
        // Connections say `open-banking`, connectors `openbanking`.
        let method = known.text(&["method"])?.replace('-', "");
        let answer = self.send(api, Request::get(["connectors".to_owned(), id, method])).await.ok()?;
        let name = answer.object().ok()?.object(&["institution"]).ok()??.words(&["name", "shortName"])?;
        readable(&name, MAX_NAME)
    }
}

/// The jobs' ids: `jobId=1`, or `jobIds=1,2`.
fn jobs<'a>(returned: &'a Returned<'_>) -> Vec<&'a str> {
    let named = ["jobId", "jobIds"].into_iter().filter_map(|name| returned.parameter(name));
    let mut jobs: Vec<&str> = named.flat_map(|ids| ids.split(',')).map(str::trim).filter(is_id).collect();
    jobs.sort_unstable();
    jobs.dedup();
    jobs.truncate(MOST_JOBS);
    jobs
}
