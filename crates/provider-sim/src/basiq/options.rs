//! The options of a simulator of Basiq.
//!
//! Owns the options and their defaults. Must not start anything.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::clock::Clock;
use crate::http::Recorder;

/// The options of a simulator of Basiq.
#[derive(Clone, Debug)]
pub struct BasiqOptions {
    /// The same seed gives the same ids and payments.
    pub seed: u64,
    /// The API key that `POST /token` accepts.
    pub api_key: String,
    /// Its time.
    pub clock: Clock,
    /// The address it listens at.
    pub address: SocketAddr,
    /// The base of the links in bodies.
    pub links: String,
    /// The address that the consent page redirects to.
    pub redirect_url: String,
    /// How long a job takes, in simulated time.
    pub job_duration: Duration,
    /// How long a token is valid, in simulated time.
    pub token_lifetime: Duration,
    /// How many refreshes of a connection are accepted in 24 hours.
    pub refreshes_a_day: usize,
    /// How many tokens are issued in 5 minutes.
    pub tokens_in_5_minutes: usize,
    /// Whether its banks report the time of a transaction, and not only the day: some do.
    pub tells_times: bool,
    /// Whether the partner has Enrich: transactions then name the business and its category.
    pub has_enrich: bool,
    /// Where exchanges are recorded, if anywhere.
    pub recorder: Option<Recorder>,
}

impl BasiqOptions {
    /// Basiq's documented limits: tokens are valid for an hour, 1,500 of them are issued in 5 minutes
    /// (<https://api.basiq.io/docs/api-rate-limiting>), and a connection is refreshed 20 times a day at most
    /// (<https://api.basiq.io/docs/best-practices>). It listens on a free port of the loopback address; a job takes two
    /// seconds.
    pub fn new(clock: Clock) -> Self {
        Self {
            seed: 1,
            api_key: "c2ltdWxhdG9yOm5vdC1hLXJlYWwta2V5".to_owned(),
            clock,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            links: "https://au-api.basiq.io".to_owned(),
            redirect_url: "http://localhost:3003/api/connectors/basiq/callback".to_owned(),
            job_duration: Duration::from_secs(2),
            token_lifetime: Duration::from_secs(3600),
            refreshes_a_day: 20,
            tokens_in_5_minutes: 1_500,
            tells_times: false,
            has_enrich: false,
            recorder: None,
        }
    }
}
