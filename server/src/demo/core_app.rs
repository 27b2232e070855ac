//! The demo's core app.
//!
//! Owns the HTTP API calls that register and remove connections. Must not call the server any other way.

use std::time::Duration;

use provider_sim::simulation::{Linked, Provider};
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use wire::api::Connection;

use crate::config::Secret;
use crate::simulate::registration;

/// How often to check whether the first runs are complete.
const LOOK: Duration = Duration::from_millis(20);
/// How long the start waits for the first runs. After that they continue in the background.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why the demo could not continue.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server did not answer.
    #[error("the server did not answer the demo: {0}")]
    Http(#[from] reqwest::Error),
    /// The server refused a call of the demo.
    #[error("the server refused the demo with {0}: {1}")]
    Refused(u16, String),
}

/// A core app that runs next to the server.
pub struct CoreApp {
    client: reqwest::Client,
    address: String,
    secret: Secret,
}

#[derive(Deserialize)]
struct List {
    connections: Vec<Connection>,
}

impl CoreApp {
    /// A core app for the server at `address` (`http://127.0.0.1:3003`), with this service secret.
    pub fn new(address: String, secret: Secret) -> Result<Self, Error> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { client, address, secret })
    }

    /// The server's address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Registers a connection for its user.
    pub(super) async fn register(&self, linked: &Linked) -> Result<(), Error> {
        let (path, request) = registration(linked);
        sent(self.call(Method::PUT, &path).json(&request)).await.map(drop)
    }

    /// Removes all connections and their transactions: they are left from an earlier start, whose providers are gone.
    pub(super) async fn remove_all(&self) -> Result<(), Error> {
        for provider in Provider::ALL {
            let path = format!("/api/connectors/{provider}/connections");
            let List { connections } = sent(self.call(Method::GET, &path)).await?.json().await?;
            for Connection { connection_id, .. } in connections {
                sent(self.call(Method::DELETE, &format!("{path}/{connection_id}?purge=true"))).await?;
            }
        }
        Ok(())
    }

    /// Waits until this many runs are complete.
    pub(super) async fn runs_completed(&self, number: u64) -> Result<(), Error> {
        let all = async {
            while self.completed_runs().await? < number {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, all).await.unwrap_or(Ok(()))
    }

    async fn completed_runs(&self) -> Result<u64, Error> {
        let metrics = sent(self.call(Method::GET, "/metrics")).await?.text().await?;
        let complete = metrics.lines().filter(|line| line.contains("syncs_total{") && line.contains(r#""complete""#));
        Ok(complete.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum())
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let call = self.client.request(method, format!("{}{path}", self.address));
        call.header("x-service-secret", self.secret.expose())
    }
}

async fn sent(call: RequestBuilder) -> Result<Response, Error> {
    let response = call.send().await?;
    if response.status().is_success() {
        return Ok(response);
    }
    Err(Error::Refused(response.status().as_u16(), response.text().await.unwrap_or_default()))
}
