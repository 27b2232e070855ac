//! The simulated providers.
//!
//! Owns the history at the start and a new payment every few seconds, each sent to the server's own
//! address over HTTP with the signature that the provider would give it. Must not call the server any
//! other way, except to register the connections as a core app would.

use std::time::Duration;

use connectors::Registry;
use jiff::{SignedDuration, Timestamp};
use wire::api::{AccountRequest, ConnectionRequest};

use super::bodies::{Books, Entry, Message};
use super::{Link, PEOPLE, Person, STRANGER};
use crate::config::Secret;

/// How far the history reaches back.
const HISTORY_DAYS: i64 = 45;
/// How many payments of each connection the history has.
const HISTORY_PAYMENTS: u32 = 36;

/// Why the simulator could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server did not answer.
    #[error("the server did not answer the simulator: {0}")]
    Http(#[from] reqwest::Error),
    /// The server did not take what was sent.
    #[error("the server refused the simulator with {0}: {1}")]
    Refused(u16, String),
    /// The connector has no secret to sign with.
    #[error("the connector {0} cannot sign")]
    Unsigned(&'static str),
}

/// Sends what Basiq and Apideck would send.
pub struct Simulator {
    client: reqwest::Client,
    address: String,
    registry: Registry,
    service_secret: Secret,
    books: Books,
}

impl Simulator {
    /// A simulator for the server at `address` (`http://127.0.0.1:3003`); the same `seed` invents the
    /// same payments.
    pub fn new(address: String, registry: Registry, service_secret: Secret, seed: u64) -> Self {
        Self { client: reqwest::Client::new(), address, registry, service_secret, books: Books::new(seed) }
    }

    /// Registers the invented people's connections and sends their history, and one payment of somebody
    /// who is not registered.
    pub async fn seed(&mut self, now: Timestamp) -> Result<(), Error> {
        for link in PEOPLE.iter().flat_map(|person| person.links.iter().map(move |link| (person, link))) {
            self.register(link.0, link.1).await?;
            let mut ages: Vec<i64> =
                (0..HISTORY_PAYMENTS).map(|_| self.books.random().i64(1_800..HISTORY_DAYS * 86_400)).collect();
            ages.sort_unstable_by(|a, b| b.cmp(a));
            for age in ages {
                let at = now.checked_sub(SignedDuration::from_secs(age)).unwrap_or(now);
                let entry = self.books.draw(link.1, at);
                let message = self.books.message(&entry, "created", true);
                self.send(&message).await?;
            }
        }
        let of_a_stranger = self.books.draw(&STRANGER, now);
        let message = self.books.message(&of_a_stranger, "created", true);
        self.send(&message).await
    }

    /// Sends a new payment every few seconds, for ever. Some come in twos and threes; some are
    /// pending first and booked a little later.
    pub async fn run(&mut self) -> Result<(), Error> {
        let mut unbooked: Option<Entry> = None;
        // In turn, so that nobody who looks on waits long.
        for person in PEOPLE.iter().cycle() {
            let pause = self.books.random().u64(1_500..4_000);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if let Some(entry) = unbooked.take() {
                let message = self.books.message(&entry, "updated", true);
                self.send(&message).await?;
            }
            let burst = if self.books.random().u8(0..6) == 0 { 3 } else { 1 };
            for _ in 0..burst {
                let link = &person.links[self.books.random().usize(0..person.links.len())];
                let entry = self.books.draw(link, Timestamp::now());
                let is_booked = link.connector != "basiq" || self.books.random().u8(0..3) > 0;
                let message = self.books.message(&entry, "created", is_booked);
                self.send(&message).await?;
                if !is_booked {
                    unbooked = Some(entry);
                    break;
                }
            }
        }
        Ok(())
    }

    async fn register(&self, person: &Person, link: &'static Link) -> Result<(), Error> {
        let accounts = link.accounts.iter().map(|account| AccountRequest {
            account_id: account.id.to_owned(),
            name: Some(account.name.to_owned()),
            account_number: Some(account.number.to_owned()),
            kind: Some(account.kind.to_owned()),
            currency: account.currency.parse().ok(),
            balance: format!("{}e-2", account.opening_cents).parse().ok(),
            available: None,
        });
        let request = ConnectionRequest {
            user_id: person.user_id.to_owned(),
            institution_name: Some(link.institution.to_owned()),
            accounts: accounts.collect(),
            ..ConnectionRequest::default()
        };
        let url = format!("{}/api/connectors/{}/connections/{}", self.address, link.connector, link.connection_id);
        let call = self.client.put(url).header("x-service-secret", self.service_secret.expose()).json(&request);
        expect_success(call.send().await?).await
    }

    async fn send(&self, message: &Message) -> Result<(), Error> {
        let Message { connector, id, body } = message;
        let signed = self
            .registry
            .get(connector)
            .and_then(|connector| connector.sign(id, body.as_bytes(), Timestamp::now()))
            .ok_or(Error::Unsigned(connector))?;
        let url = format!("{}/api/connectors/{connector}/webhook", self.address);
        let mut call = self.client.post(url).header("content-type", "application/json").body(body.clone());
        for (name, value) in signed {
            call = call.header(name, value);
        }
        expect_success(call.send().await?).await
    }
}

async fn expect_success(response: reqwest::Response) -> Result<(), Error> {
    if response.status().is_success() {
        return Ok(());
    }
    Err(Error::Refused(response.status().as_u16(), response.text().await.unwrap_or_default()))
}
