//! The options of a simulator of Apideck.
//!
//! Owns the options and their defaults. Must not start anything.

use std::net::{Ipv4Addr, SocketAddr};

use crate::clock::Clock;
use crate::http::Recorder;

/// The options of a simulator of Apideck.
#[derive(Clone, Debug)]
pub struct ApideckOptions {
    /// The same seed gives the same ids and records.
    pub seed: u64,
    /// The API key: calls carry it, and webhooks are signed with it.
    pub api_key: String,
    /// The application's id.
    pub app_id: String,
    /// Its time.
    pub clock: Clock,
    /// The address it listens at.
    pub address: SocketAddr,
    /// The base of the links in bodies.
    pub links: String,
    /// How many calls a connection's accounting service accepts per minute.
    pub calls_a_minute: usize,
    /// Where exchanges are recorded, if anywhere.
    pub recorder: Option<Recorder>,
}

impl ApideckOptions {
    /// With Xero's budget of 60 calls a minute for each tenant
    /// (<https://developer.xero.com/documentation/guides/oauth2/limits/>). It listens on a free port of the loopback
    /// address.
    pub fn new(clock: Clock) -> Self {
        Self {
            seed: 1,
            api_key: "sk_live_not-a-real-key-of-apideck".to_owned(),
            app_id: "simulated-app-0RjYMYtYi".to_owned(),
            clock,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            links: "https://unify.apideck.com".to_owned(),
            calls_a_minute: 60,
            recorder: None,
        }
    }
}
