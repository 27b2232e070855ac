//! Rate limits.
//!
//! Owns what is counted, and by which key: address, user, connection, e-mail address. Must not know what a call does.
//! Only authenticated calls count against a user or a connection, so that no caller can use up another's limit.

mod inbound;
mod large_bodies;
mod tarpit;

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::LimitsConfig;
use crate::net::address::limit_key;

pub use inbound::InboundQuota;
pub use large_bodies::{LargeBodies, MAX_LARGE_BODIES};
pub use tarpit::Tarpit;

/// Password attempts per minute for an e-mail address: from one IP address, so that no other address can lock its owner
/// out, and from all addresses together.
const PASSWORDS_PER_EMAIL_AND_ADDRESS: NonZeroU32 = NonZeroU32::new(10).unwrap();
const PASSWORDS_PER_EMAIL: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// Sign-in attempts per minute from an address: an office shares one.
const SIGN_INS_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(120).unwrap();

/// Synchronisations per minute of a connection: each sends an event to its owner's pages.
const SYNCS_PER_CONNECTION: NonZeroU32 = NonZeroU32::new(12).unwrap();

/// Attempts to connect a bank per minute of a user: each calls the provider.
const CONNECTS_PER_USER: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How many bytes all sockets of an address may send at once, and per second after that: an office of a thousand people
/// needs two megabytes to sign in, and has sent them within five seconds.
const SOCKET_BYTES_BURST: NonZeroU32 = NonZeroU32::new(1024 * 1024).unwrap();
const SOCKET_BYTES_RATE: NonZeroU32 = NonZeroU32::new(256 * 1024).unwrap();

/// The same for webhooks' bodies, before they are verified. Some schemes sign another form of the body than the one
/// that is sent, so that each byte costs more than reading it.
const BODY_BYTES_BURST: NonZeroU32 = NonZeroU32::new(8 * 1024 * 1024).unwrap();
const BODY_BYTES_RATE: NonZeroU32 = NonZeroU32::new(4 * 1024 * 1024).unwrap();

/// A limit was exceeded; the caller may retry after this many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany(pub u64);

type Keyed<K> = Option<DefaultKeyedRateLimiter<K>>;

/// The rate limits of a server.
pub struct Limits {
    /// Delays refusals.
    pub tarpit: Tarpit,
    /// The permits for large bodies that are not verified yet.
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
}

impl Limits {
    /// The limits of a configuration.
    pub fn new(config: &LimitsConfig) -> Self {
        Self {
            tarpit: Tarpit::default(),
            large_bodies: LargeBodies::default(),
            deliveries_by_connection: keyed(config.webhooks_per_connection),
            deliveries_by_user: keyed(config.webhooks_per_user),
            deliveries_by_address: keyed_evenly(config.webhooks_per_address),
            calls_by_user: keyed_evenly(config.calls_per_user),
            calls_by_address: keyed_evenly(config.calls_per_address),
            sockets_by_address: keyed_evenly(config.sockets_per_address),
            polls_by_address: keyed_evenly(config.polls_per_address),
            socket_bytes_by_address: RateLimiter::keyed(
                Quota::per_second(SOCKET_BYTES_RATE).allow_burst(SOCKET_BYTES_BURST),
            ),
            body_bytes_by_address: RateLimiter::keyed(Quota::per_second(BODY_BYTES_RATE).allow_burst(BODY_BYTES_BURST)),
            passwords_by_email: keyed(Some(PASSWORDS_PER_EMAIL)),
            passwords_by_email_and_address: keyed(Some(PASSWORDS_PER_EMAIL_AND_ADDRESS)),
            sign_ins_by_address: keyed(Some(SIGN_INS_PER_ADDRESS)),
            syncs_by_connection: keyed(Some(SYNCS_PER_CONNECTION)),
            connects_by_user: keyed(Some(CONNECTS_PER_USER)),
        }
    }

    /// A delivery arrives from an address. It is not verified yet.
    pub fn delivery_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.deliveries_by_address, address)
    }

    /// An authentic delivery names a connection.
    pub fn delivery_of_connection(&self, connector_id: &str, connection_id: &str) -> Result<(), TooMany> {
        match &self.deliveries_by_connection {
            Some(limiter) => check(limiter, &format!("{connector_id}:{connection_id}")),
            None => Ok(()),
        }
    }

    /// A connection is to be synchronised.
    pub fn sync_of_connection(&self, connector_id: &str, connection_id: &str) -> Result<(), TooMany> {
        check_text(&self.syncs_by_connection, &format!("{connector_id}:{connection_id}"))
    }

    /// A user begins to connect a bank.
    pub fn connect_of_user(&self, user_id: &str) -> Result<(), TooMany> {
        check_text(&self.connects_by_user, user_id)
    }

    /// Whether deliveries are counted by user, so that a delivery's user has to be looked up.
    pub fn counts_deliveries_of_users(&self) -> bool {
        self.deliveries_by_user.is_some()
    }

    /// A delivery is for a user.
    pub fn delivery_of_user(&self, user_id: &str) -> Result<(), TooMany> {
        check_text(&self.deliveries_by_user, user_id)
    }

    /// A new socket comes from an address.
    pub fn socket_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.sockets_by_address, address)
    }

    /// A polling request of a socket comes from an address.
    pub fn poll_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.polls_by_address, address)
    }

    /// Sockets of an address have sent bytes; how long to wait, where they exceed the limit.
    fn socket_bytes_from(&self, address: IpAddr, bytes: NonZeroU32) -> Option<Duration> {
        wait_for(&self.socket_bytes_by_address, address, bytes.min(SOCKET_BYTES_BURST))
    }

    /// Bytes of a webhook's body have arrived from an address; how long to wait, where they exceed the limit.
    pub fn body_bytes_from(&self, address: IpAddr, bytes: usize) -> Option<Duration> {
        let bytes = NonZeroU32::new(u32::try_from(bytes).unwrap_or(u32::MAX))?;
        wait_for(&self.body_bytes_by_address, address, bytes.min(BODY_BYTES_BURST))
    }

    /// A call or a page is requested from an address.
    pub fn call_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.calls_by_address, address)
    }

    /// An authenticated call of a user.
    pub fn call_of(&self, user_id: &str) -> Result<(), TooMany> {
        check_text(&self.calls_by_user, user_id)
    }

    /// A password attempt for an e-mail address.
    pub fn password_for(&self, email: &str, from: Option<IpAddr>) -> Result<(), TooMany> {
        if let (Some(limiter), Some(address)) = (&self.passwords_by_email_and_address, from) {
            check(limiter, &(email.to_owned(), limit_key(address)))?;
        }
        check_text(&self.passwords_by_email, email)
    }

    /// A sign-in attempt from an address.
    pub fn sign_in_from(&self, address: IpAddr) -> Result<(), TooMany> {
        check_address(&self.sign_ins_by_address, address)
    }

    /// Removes callers whose limit has fully recovered: the tables hold a minute's callers at most.
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
    }
}

fn keyed<K: Hash + Eq + Clone>(per_minute: Option<NonZeroU32>) -> Keyed<K> {
    per_minute.map(|limit| RateLimiter::keyed(Quota::per_minute(limit)))
}

/// The same for calls that are expensive in a burst: a burst is ten seconds' worth, and at least a hundred.
fn keyed_evenly<K: Hash + Eq + Clone>(per_minute: Option<NonZeroU32>) -> Keyed<K> {
    per_minute.map(|limit| {
        let burst = NonZeroU32::new((limit.get() / 6).max(limit.get().min(100))).unwrap_or(limit);
        RateLimiter::keyed(Quota::per_minute(limit).allow_burst(burst))
    })
}

fn check<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), TooMany> {
    limiter.check_key(key).map_err(|until| TooMany(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1))
}

fn check_text(limiter: &Keyed<String>, key: &str) -> Result<(), TooMany> {
    limiter.as_ref().map_or(Ok(()), |limiter| check(limiter, &key.to_owned()))
}

/// Loopback is exempt: it is the machine's own tools, or an undeclared proxy, behind which all clients would share one
/// limit.
fn check_address(limiter: &Keyed<IpAddr>, address: IpAddr) -> Result<(), TooMany> {
    match limiter {
        Some(limiter) if !address.is_loopback() => check(limiter, &limit_key(address)),
        _ => Ok(()),
    }
}

/// How long to wait until `bytes` are within the limit; they are counted only then.
fn wait_for(limiter: &DefaultKeyedRateLimiter<IpAddr>, address: IpAddr, bytes: NonZeroU32) -> Option<Duration> {
    if address.is_loopback() {
        return None;
    }
    match limiter.check_key_n(&limit_key(address), bytes).ok()? {
        Ok(()) => None,
        Err(until) => Some(until.wait_time_from(DefaultClock::default().now())),
    }
}

fn remove_recovered<K: Hash + Eq + Clone>(limiter: &Keyed<K>) {
    if let Some(limiter) = limiter {
        limiter.retain_recent();
        limiter.shrink_to_fit();
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

    #[test]
    fn no_other_address_can_lock_the_owner_of_an_e_mail_address_out() {
        let limits = Limits::new(&LimitsConfig::default());
        let (owner, other) = (Some(address("198.51.100.1")), Some(address("203.0.113.9")));
        let tried = (0..200).filter(|_| limits.password_for("ada@example.com", other).is_ok()).count();
        assert_eq!(tried, 10);
        assert_eq!(limits.password_for("ada@example.com", owner), Ok(()));
        let from_everywhere = (0..200_u8)
            .filter(|last| limits.password_for("ada@example.com", Some(IpAddr::from([10, 0, 0, *last]))).is_ok());
        assert_eq!(from_everywhere.count(), 100 - 11);
    }

    #[test]
    fn one_users_calls_do_not_count_for_another_and_no_setting_means_no_limit() {
        let limits = limits(1);
        assert_eq!((limits.call_of("alice"), limits.call_of("bob")), (Ok(()), Ok(())));
        assert!(limits.call_of("alice").is_err());
        assert!((0..1000).all(|_| limits.delivery_of_user("alice").is_ok()));
    }

    #[test]
    fn a_caller_at_the_limit_is_not_removed() {
        let limits = limits(1);
        assert_eq!(limits.call_of("alice"), Ok(()));
        limits.remove_recovered();
        assert!(limits.call_of("alice").is_err());
    }
}
