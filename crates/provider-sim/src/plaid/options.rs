//! The options of a simulator of Plaid.
//!
//! Owns the options and their defaults. Must not start anything.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::clock::Clock;
use crate::http::Recorder;

/// The options of a simulator of Plaid.
#[derive(Clone, Debug)]
pub struct PlaidOptions {
    /// The same seed gives the same ids and payments.
    pub seed: u64,
    /// The client id of calls.
    pub client_id: String,
    /// The secret of calls.
    pub secret: String,
    /// Its time.
    pub clock: Clock,
    /// The address it listens at.
    pub address: SocketAddr,
    /// How long Plaid takes to read a bank, in simulated time.
    pub update_duration: Duration,
    /// How many calls of `/transactions/sync` are accepted for an item per minute.
    pub syncs_a_minute: usize,
    /// Where exchanges are recorded, if anywhere.
    pub recorder: Option<Recorder>,
}

impl PlaidOptions {
    /// Plaid's documented limit: 50 calls of `/transactions/sync` a minute for each item
    /// (<https://plaid.com/docs/errors/rate-limit-exceeded>). It listens on a free port of the loopback address; an
    /// update takes two seconds.
    pub fn new(clock: Clock) -> Self {
        Self {
            seed: 1,
            client_id: "5f3ba0e1simulator0client".to_owned(),
            secret: "not-a-real-secret-of-plaid".to_owned(),
            clock,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            update_duration: Duration::from_secs(2),
            syncs_a_minute: 50,
            recorder: None,
        }
    }
}
