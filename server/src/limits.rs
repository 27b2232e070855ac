//! Rate limits.
//!
//! Owns the counters and their keys: address, user, connection, e-mail address. Must not know what a call does. Only
//! authenticated calls count against a user or a connection, so that no caller can exhaust another's limit.

mod inbound;
mod keyed;
mod large_bodies;
mod shared;
mod tarpit;
mod too_many;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::LimitsConfig;
use crate::net::address::limit_key;
use keyed::{Keyed, check_address, keyed, keyed_evenly, remove_recovered};

pub use inbound::InboundQuota;
pub use large_bodies::{LargeBodies, MAX_LARGE_BODIES};
pub use shared::{Shared, SharedKey};
pub use tarpit::Tarpit;
pub use too_many::TooMany;

/// Password attempts per minute for an e-mail address: from one IP address, so that no other address can lock the user
/// out, and from all addresses together.
const PASSWORDS_PER_EMAIL_AND_ADDRESS: NonZeroU32 = NonZeroU32::new(10).unwrap();
const PASSWORDS_PER_EMAIL: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// Sign-in attempts per minute from an address, which a whole office may share.
const SIGN_INS_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(120).unwrap();

/// Syncs per minute of a connection: each sends an event to its owner's pages.
const SYNCS_PER_CONNECTION: NonZeroU32 = NonZeroU32::new(12).unwrap();

/// Attempts to connect a bank per minute of a user: each calls the provider.
const CONNECTS_PER_USER: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// The burst and rate in bytes of all sockets of an address. An office of a thousand users needs two megabytes to sign
/// in, and has sent them within five seconds.
const SOCKET_BYTES_BURST: NonZeroU32 = NonZeroU32::new(1024 * 1024).unwrap();
const SOCKET_BYTES_RATE: NonZeroU32 = NonZeroU32::new(256 * 1024).unwrap();

/// The same for unverified webhook bodies. Some schemes sign another form of the body than the one that is sent, so
/// each byte costs more than reading it.
const BODY_BYTES_BURST: NonZeroU32 = NonZeroU32::new(8 * 1024 * 1024).unwrap();
const BODY_BYTES_RATE: NonZeroU32 = NonZeroU32::new(4 * 1024 * 1024).unwrap();

/// The rate limits of a server.
pub struct Limits {
    /// Delays refusals.
    pub tarpit: Tarpit,
    /// The permits for large unverified bodies.
    pub large_bodies: LargeBodies,
    deliveries_by_connection: Keyed<String>,
    deliveries_by_user: Keyed<String>,
    deliveries_by_address: Keyed<IpAddr>,
    calls_by_user: Keyed<String>,
    calls_by_address: Keyed<IpAddr>,
    sockets_by_address: Keyed<IpAddr>,
    polls_by_address: Keyed<IpAddr>,
    socket_bytes_by_address: DefaultKeyedRateLimiter<IpAddr>,
    body_bytes_by_address: DefaultKeyedRateLimiter<IpAddr>,
    passwords_by_email: Keyed<String>,
    passwords_by_email_and_address: Keyed<(String, IpAddr)>,
    sign_ins_by_address: Keyed<IpAddr>,
    syncs_by_connection: Keyed<String>,
    connects_by_user: Keyed<String>,
    /// `None` if this is the only node.
    shared: Option<Arc<Shared>>,
}

impl Limits {
    /// The limits of a configuration.
    pub fn new(config: &LimitsConfig) -> Self {
        Self {
            tarpit: Tarpit::default(),
            large_bodies: LargeBodies::default(),
            deliveries_by_connection: keyed("deliveries by connection", config.webhooks_per_connection),
            deliveries_by_user: keyed("deliveries by user", config.webhooks_per_user),
            deliveries_by_address: keyed_evenly("deliveries by address", config.webhooks_per_address),
            calls_by_user: keyed_evenly("calls by user", config.calls_per_user),
            calls_by_address: keyed_evenly("calls by address", config.calls_per_address),
            sockets_by_address: keyed_evenly("sockets by address", config.sockets_per_address),
            polls_by_address: keyed_evenly("polls by address", config.polls_per_address),
            socket_bytes_by_address: RateLimiter::keyed(
                Quota::per_second(SOCKET_BYTES_RATE).allow_burst(SOCKET_BYTES_BURST),
            ),
            body_bytes_by_address: RateLimiter::keyed(Quota::per_second(BODY_BYTES_RATE).allow_burst(BODY_BYTES_BURST)),
            passwords_by_email: keyed("passwords by email", Some(PASSWORDS_PER_EMAIL)),
            passwords_by_email_and_address: keyed(
                "passwords by email and address",
                Some(PASSWORDS_PER_EMAIL_AND_ADDRESS),
            ),
            sign_ins_by_address: keyed("sign ins by address", Some(SIGN_INS_PER_ADDRESS)),
            syncs_by_connection: keyed("syncs by connection", Some(SYNCS_PER_CONNECTION)),
            connects_by_user: keyed("connects by user", Some(CONNECTS_PER_USER)),
            shared: None,
        }
    }

    /// The same for one of several nodes, which count users, connections, e-mail addresses and sign-ins together. Other
    /// calls from an address are counted by each node alone: these limits protect the node itself.
    #[must_use]
    pub fn over_nodes(self) -> Self {
        Self { shared: Some(Arc::default()), ..self }
    }

    /// The counters that are shared with other nodes, if there are any.
    pub fn shared(&self) -> Option<&Arc<Shared>> {
        self.shared.as_ref()
    }

    /// Counts a call on all nodes.
    async fn on_all(&self, limit: &Keyed<String>, key: String) -> Result<(), TooMany> {
        match limit {
            Some(limit) => limit.check_on_all(&key, &key, self.shared.as_deref()).await,
            None => Ok(()),
        }
    }

    /// Counts an unverified delivery from an address.
    pub fn delivery_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.deliveries_by_address, address)
    }

    /// Counts an authentic delivery that names a connection.
    pub async fn delivery_of_connection(&self, connector_id: &str, connection_id: &str) -> Result<(), TooMany> {
        self.on_all(&self.deliveries_by_connection, format!("{connector_id}:{connection_id}")).await
    }

    /// Counts a requested sync of a connection.
    pub async fn sync_of_connection(&self, connector_id: &str, connection_id: &str) -> Result<(), TooMany> {
        self.on_all(&self.syncs_by_connection, format!("{connector_id}:{connection_id}")).await
    }

    /// Counts a user's attempt to connect a bank.
    pub async fn connect_of_user(&self, user_id: &str) -> Result<(), TooMany> {
        self.on_all(&self.connects_by_user, user_id.to_owned()).await
    }

    /// Whether deliveries are counted per user, so that the user of a delivery has to be looked up.
    pub fn counts_deliveries_of_users(&self) -> bool {
        self.deliveries_by_user.is_some()
    }

    /// Counts a delivery for a user.
    pub async fn delivery_of_user(&self, user_id: &str) -> Result<(), TooMany> {
        self.on_all(&self.deliveries_by_user, user_id.to_owned()).await
    }

    /// Counts a new socket from an address.
    pub fn socket_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.sockets_by_address, address)
    }

    /// Counts a polling request of a socket from an address.
    pub fn poll_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.polls_by_address, address)
    }

    /// Counts bytes from the sockets of an address; returns how long to wait if they exceed the limit.
    fn socket_bytes_from(&self, address: IpAddr, bytes: NonZeroU32) -> Option<Duration> {
        wait_for(&self.socket_bytes_by_address, address, bytes.min(SOCKET_BYTES_BURST))
    }

    /// Counts bytes of webhook bodies from an address; returns how long to wait if they exceed the limit.
    pub fn body_bytes_from(&self, address: IpAddr, bytes: usize) -> Option<Duration> {
        let bytes = NonZeroU32::new(u32::try_from(bytes).unwrap_or(u32::MAX))?;
        wait_for(&self.body_bytes_by_address, address, bytes.min(BODY_BYTES_BURST))
    }

    /// Counts a call or a page request from an address.
    pub fn call_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.calls_by_address, address)
    }

    /// Counts an authenticated call of a user.
    pub async fn call_of(&self, user_id: &str) -> Result<(), TooMany> {
        self.on_all(&self.calls_by_user, user_id.to_owned()).await
    }

    /// Counts a password attempt for an e-mail address.
    pub async fn password_for(&self, email: &str, from: Option<IpAddr>) -> Result<(), TooMany> {
        let shared = self.shared.as_deref();
        if let (Some(limit), Some(address)) = (&self.passwords_by_email_and_address, from) {
            let key = (email.to_owned(), limit_key(address));
            limit.check_on_all(&key, &format!("{} {email}", key.1), shared).await?;
        }
        self.on_all(&self.passwords_by_email, email.to_owned()).await
    }

    /// Counts a sign-in attempt from an address.
    pub async fn sign_in_from(&self, address: IpAddr) -> Result<(), TooMany> {
        match &self.sign_ins_by_address {
            Some(limit) if !address.is_loopback() => {
                let key = limit_key(address);
                limit.check_on_all(&key, &key.to_string(), self.shared.as_deref()).await
            }
            _ => Ok(()),
        }
    }

    /// Removes callers whose limit has fully recovered, so that the tables hold at most one minute's callers.
    pub fn remove_recovered(&self) {
        remove_recovered(&self.deliveries_by_connection);
        remove_recovered(&self.deliveries_by_user);
        remove_recovered(&self.deliveries_by_address);
        remove_recovered(&self.calls_by_user);
        remove_recovered(&self.calls_by_address);
        remove_recovered(&self.sockets_by_address);
        remove_recovered(&self.polls_by_address);
        for bytes in [&self.socket_bytes_by_address, &self.body_bytes_by_address] {
            bytes.retain_recent();
            bytes.shrink_to_fit();
        }
        remove_recovered(&self.passwords_by_email);
        remove_recovered(&self.passwords_by_email_and_address);
        remove_recovered(&self.sign_ins_by_address);
        remove_recovered(&self.syncs_by_connection);
        remove_recovered(&self.connects_by_user);
        if let Some(shared) = &self.shared {
            shared.remove_recovered();
        }
    }
}

/// How long to wait until `bytes` fit the limit. They are counted only if they fit.
fn wait_for(limiter: &DefaultKeyedRateLimiter<IpAddr>, address: IpAddr, bytes: NonZeroU32) -> Option<Duration> {
    if address.is_loopback() {
        return None;
    }
    match limiter.check_key_n(&limit_key(address), bytes).ok()? {
        Ok(()) => None,
        Err(until) => Some(until.wait_time_from(DefaultClock::default().now())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(calls_per_address: u32) -> Limits {
        let calls_per_address = NonZeroU32::new(calls_per_address);
        Limits::new(&LimitsConfig { calls_per_address, calls_per_user: NonZeroU32::new(1), ..LimitsConfig::default() })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_that_calls_too_often_is_told_when_to_come_back() {
        let limits = limits(2);
        let (caller, other) = (address("198.51.100.1"), address("198.51.100.2"));
        assert_eq!((limits.call_from(caller), limits.call_from(caller)), (Ok(()), Ok(())));
        let TooMany(seconds) = limits.call_from(caller).expect_err("the third");
        assert!((1..=31).contains(&seconds), "{seconds}");
        assert_eq!(limits.call_from(other), Ok(()));
    }

    #[test]
    fn the_addresses_of_an_ipv6_64_count_as_one() {
        let limits = limits(1);
        assert_eq!(limits.call_from(address("2001:db8:1:2::1")), Ok(()));
        assert!(limits.call_from(address("2001:db8:1:2:ffff::9")).is_err());
        assert_eq!(limits.call_from(address("2001:db8:1:3::1")), Ok(()));
    }

    #[test]
    fn this_machine_is_not_limited_by_address() {
        let limits = limits(1);
        assert!(
            (0..5).all(|_| limits.call_from(address("127.0.0.1")).is_ok() && limits.call_from(address("::1")).is_ok())
        );
    }

    #[tokio::test]
    async fn no_other_address_can_lock_the_owner_of_an_e_mail_address_out() {
        let limits = Limits::new(&LimitsConfig::default());
        let (owner, other) = (Some(address("198.51.100.1")), Some(address("203.0.113.9")));
        let mut tried = 0;
        for _ in 0..200 {
            tried += u32::from(limits.password_for("ada@example.com", other).await.is_ok());
        }
        assert_eq!(tried, 10);
        assert_eq!(limits.password_for("ada@example.com", owner).await, Ok(()));
        let mut from_everywhere = 0;
        for last in 0..200 {
            let from = Some(IpAddr::from([10, 0, 0, last]));
            from_everywhere += u32::from(limits.password_for("ada@example.com", from).await.is_ok());
        }
        assert_eq!(from_everywhere, 100 - 11);
    }

    #[tokio::test]
    async fn one_users_calls_do_not_count_for_another_and_no_setting_means_no_limit() {
        let limits = limits(1);
        assert_eq!((limits.call_of("alice").await, limits.call_of("bob").await), (Ok(()), Ok(())));
        assert!(limits.call_of("alice").await.is_err());
        for _ in 0..1000 {
            assert_eq!(limits.delivery_of_user("alice").await, Ok(()));
        }
    }

    #[tokio::test]
    async fn a_caller_at_the_limit_is_not_removed() {
        for limits in [limits(1), limits(1).over_nodes()] {
            assert_eq!(limits.call_of("alice").await, Ok(()));
            limits.remove_recovered();
            assert!(limits.call_of("alice").await.is_err());
        }
    }
}
