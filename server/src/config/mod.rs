//! The operator's settings, read once at start.
//!
//! Owns the tree of settings and the meaning of each. Must not read the environment itself ([`Source`] does) nor act on
//! a setting.

mod database;
mod declared;
mod folder;
mod load;
mod names;
mod providers;
mod reader;
mod secret;
mod source;
mod sync;
mod warnings;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use connectors::declarative::Declaration;
use ipnet::IpNet;

pub use database::DatabaseConfig;
pub use load::{Problems, load};
pub use secret::{Secret, random_bytes, random_secret};
pub use source::Source;
pub use sync::SyncConfig;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The listener, and who may call.
    pub http: HttpConfig,
    /// `DATABASE_URL`: the location of the data.
    pub database: DatabaseConfig,
    /// `DATABASE_DIRECT_URL`: PostgreSQL itself, if `DATABASE_URL` is the address of a pooler in transaction mode.
    pub database_direct: Option<Secret>,
    /// `REDIS_URL`: Redis or Valkey for the wake-ups between nodes. If it is not set, PostgreSQL carries them.
    pub redis: Option<Secret>,
    /// Authentication.
    pub auth: AuthConfig,
    /// The limits and timeouts of sockets.
    pub realtime: RealtimeConfig,
    /// The providers' secrets.
    pub connectors: connectors::Settings,
    /// `CONNECTORS_DIR`: the connectors that its files declare.
    pub declared: Vec<Declaration>,
    /// The core app that also receives the transactions; `None` if the store itself is the core app.
    pub core_app: Option<CoreAppConfig>,
    /// The settings for syncing with providers.
    pub sync: SyncConfig,
    /// How long events are retained for clients that were disconnected.
    pub events: EventsConfig,
    /// The rate limits.
    pub limits: LimitsConfig,
    /// `LOG_FORMAT`: `text` or `json`.
    pub log_json: bool,
    /// Whether visitors can sign in with one click. Never read from the environment.
    pub demo: bool,
}

/// Where the server listens, and which browsers may call it.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// `CONNECTORS_HOST` and `CONNECTORS_PORT`.
    pub listen: SocketAddr,
    /// `FRONTEND_URL`: origins other than the server's own, in lower case and without a trailing slash.
    pub allowed_origins: Vec<String>,
    /// `CONNECTORS_URL`: where browsers reach Socket.IO; `None` means the page's own origin.
    pub public_url: Option<String>,
    /// `TALLYWIRE_SITE`: the folder with the dashboard's files; `None` means that it is searched for.
    pub site: Option<PathBuf>,
    /// `SECURE_COOKIES`: whether the session cookie is sent over TLS only.
    pub secure_cookies: bool,
    /// `TRUSTED_PROXIES`: the proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// `MAX_CONNECTIONS_PER_ADDRESS`: open connections at once; proxies and this machine are exempt.
    pub connections_per_address: u32,
}

/// How often something may be called per minute; `None` means no limit.
#[derive(Clone, Debug, Default)]
pub struct LimitsConfig {
    /// `WEBHOOK_RATE_LIMIT`: deliveries for each connection.
    pub webhooks_per_connection: Option<NonZeroU32>,
    /// `WEBHOOK_RATE_LIMIT_PER_USER`: deliveries for all connections of a user.
    pub webhooks_per_user: Option<NonZeroU32>,
    /// `WEBHOOK_RATE_LIMIT_PER_ADDRESS`: deliveries from an address, authentic or not.
    pub webhooks_per_address: Option<NonZeroU32>,
    /// `API_RATE_LIMIT_PER_USER`: calls and pages of a signed-in user.
    pub calls_per_user: Option<NonZeroU32>,
    /// `API_RATE_LIMIT_PER_ADDRESS`: calls and pages from an address.
    pub calls_per_address: Option<NonZeroU32>,
    /// `SOCKET_RATE_LIMIT_PER_ADDRESS`: new sockets from an address.
    pub sockets_per_address: Option<NonZeroU32>,
    /// `POLLING_RATE_LIMIT_PER_ADDRESS`: polling requests of the sockets of an address.
    pub polls_per_address: Option<NonZeroU32>,
}

/// The core app.
#[derive(Clone, Debug)]
pub struct CoreAppConfig {
    /// `CORE_APP_URL`.
    pub url: String,
    /// `CORE_APP_TIMEOUT`: of one call.
    pub timeout: Duration,
    /// `CORE_APP_MAX_RETRIES`: how many retries use the first pause before it grows.
    pub quick_retries: u32,
    /// `CORE_APP_RETRY_DELAY`: the first pause.
    pub retry_delay: Duration,
}

/// How long deliveries and events are kept.
#[derive(Clone, Debug)]
pub struct EventsConfig {
    /// `INBOX_RETENTION_DAYS`: of processed deliveries; duplicates of a delivery are recognised for as long.
    pub inbox_for: Duration,
    /// `INBOX_KEPT_RETENTION_DAYS`: of deliveries whose connection is unknown or that could not be understood.
    pub kept_for: Duration,
    /// `EVENT_RETENTION_DAYS`.
    pub keep_for: Duration,
    /// `EVENT_RETENTION_COUNT`: of each user's events.
    pub keep_newest: u64,
}

/// Tokens, services and sessions.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// `JWT_SECRET`: any of these verifies HS256; the first one signs.
    pub jwt_secrets: Vec<Secret>,
    /// `JWT_PUBLIC_KEY`: PEM of an RSA, P-256 or Ed25519 key.
    pub jwt_public_key: Option<String>,
    /// `JWT_JWKS_URL`: where the host application publishes its keys.
    pub jwt_jwks_url: Option<Secret>,
    /// `JWT_AUDIENCE`: a token's `aud` must contain one of these. If the list is empty, `aud` is not checked.
    pub jwt_audiences: Vec<String>,
    /// `JWT_ISSUER`: a token's `iss` must be one of these. If the list is empty, `iss` is not checked.
    pub jwt_issuers: Vec<String>,
    /// `SERVICE_SECRET`: a caller with any of these is a service.
    pub service_secrets: Vec<Secret>,
    /// `SESSION_HOURS`: how long a sign-in at the dashboard lasts.
    pub session_lifetime: Duration,
    /// `ADMIN_USERS`: the ids of the users who may inspect and retry stuck deliveries and calls.
    pub admins: Vec<String>,
}

/// The limits and timeouts of sockets.
#[derive(Clone, Debug)]
pub struct RealtimeConfig {
    /// `MAX_WEBSOCKET_CONNECTIONS_PER_USER`.
    pub max_connections_per_user: u32,
    /// `PING_INTERVAL`.
    pub ping_interval: Duration,
    /// `PING_TIMEOUT`.
    pub ping_timeout: Duration,
    /// `CONNECT_TIMEOUT`: the time to join the namespace.
    pub connect_timeout: Duration,
    /// `AUTH_TIMEOUT_SECONDS`: the time to sign in.
    pub auth_timeout: Duration,
    /// `ALLOW_EIO3`: whether clients of Socket.IO 2 are accepted.
    pub allow_eio3: bool,
}

impl Config {
    /// Whether a user may inspect and retry stuck deliveries and calls.
    pub fn is_admin(&self, user_id: &str) -> bool {
        self.auth.admins.iter().any(|admin| admin == user_id)
    }

    /// Every connector, with its settings.
    pub fn registry(&self) -> connectors::Registry {
        connectors::Registry::new(&self.connectors).and_declared(&self.declared, &self.connectors)
    }

    /// The settings of a demo: random secrets for this run, loopback only, and a temporary database. Only `port` and
    /// `site` can be chosen.
    pub fn demo(port: u16, site: Option<PathBuf>) -> Self {
        Self {
            http: HttpConfig {
                listen: SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port),
                allowed_origins: vec![],
                public_url: None,
                site,
                secure_cookies: false,
                trusted_proxies: vec![],
                connections_per_address: 1024,
            },
            database: DatabaseConfig::Temporary,
            database_direct: None,
            redis: None,
            auth: AuthConfig {
                jwt_secrets: vec![Secret::new(random_secret())],
                jwt_public_key: None,
                jwt_jwks_url: None,
                jwt_audiences: vec![],
                jwt_issuers: vec![],
                service_secrets: vec![Secret::new(random_secret())],
                session_lifetime: Duration::from_secs(12 * 3600),
                // The demo needs an administrator, so that visitors can see the administration page.
                admins: vec![crate::demo::PEOPLE[0].user_id.to_owned()],
            },
            realtime: RealtimeConfig {
                max_connections_per_user: 10,
                ping_interval: Duration::from_secs(25),
                ping_timeout: Duration::from_secs(20),
                connect_timeout: Duration::from_secs(45),
                auth_timeout: Duration::from_secs(30),
                allow_eio3: true,
            },
            connectors: providers::random(),
            declared: vec![],
            core_app: None,
            sync: SyncConfig { every: None, history_days: 90, credential_keys: vec![], purge_on_revoked: false },
            events: EventsConfig {
                inbox_for: Duration::from_secs(86_400),
                kept_for: Duration::from_secs(86_400),
                keep_for: Duration::from_secs(86_400),
                keep_newest: 10_000,
            },
            limits: LimitsConfig::default(),
            log_json: false,
            demo: true,
        }
    }
}
