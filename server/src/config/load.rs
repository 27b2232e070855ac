//! From names and values to settings. All problems are reported at once.
//!
//! Owns names, defaults and validation. Must not show a secret's value in a problem.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::database;
use super::declared;
use super::providers;
use super::reader::{self, Reader};
use super::sync;
use super::{
    AuthConfig, Config, CoreAppConfig, DatabaseConfig, EventsConfig, HttpConfig, LimitsConfig, RealtimeConfig, Secret,
    Source,
};
use crate::auth::key::{PublicKey, SHORTEST_SECRET};

/// The problems of the configuration: one sentence each, never a secret's value.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the configuration has {} problem(s):", self.0.len())?;
        self.0.iter().try_for_each(|problem| writeln!(f, "  - {problem}"))
    }
}

impl std::error::Error for Problems {}

/// Reads the settings of an installation.
pub fn load(source: &Source) -> Result<Config, Problems> {
    let problems = source.unreadable().into_iter().map(|name| format!("{name} is not UTF-8 text")).collect();
    let mut reader = Reader { source, problems };
    let declared = declared::read(&mut reader);
    let settings = declared::with_settings(&mut reader, &declared);
    let config = Config {
        http: http(&mut reader),
        database: DatabaseConfig::read(&mut reader),
        database_direct: database::direct(&mut reader),
        redis: database::redis(&mut reader),
        auth: auth(&mut reader),
        realtime: realtime(&mut reader),
        connectors: providers::read(&mut reader, settings.iter().copied()),
        declared,
        core_app: core_app(&mut reader),
        sync: sync::read(&mut reader),
        events: EventsConfig {
            // Wise, the provider that retries longest, does so for two weeks.
            inbox_for: days(reader.number("INBOX_RETENTION_DAYS", 30, 15..=3650)),
            kept_for: days(reader.number("INBOX_KEPT_RETENTION_DAYS", 365, 15..=3650)),
            keep_for: days(reader.number("EVENT_RETENTION_DAYS", 30, 1..=3650)),
            keep_newest: reader.number("EVENT_RETENTION_COUNT", 100_000, 100..=u32::MAX).into(),
        },
        limits: limits(&mut reader),
        log_json: reader.choice("LOG_FORMAT", &["text", "json"]) == 1,
        demo: false,
    };
    if reader.problems.is_empty() { Ok(config) } else { Err(Problems(reader.problems)) }
}

fn http(reader: &mut Reader<'_>) -> HttpConfig {
    let host = reader.parse("CONNECTORS_HOST", IpAddr::from([0, 0, 0, 0]), "an IP address");
    let port = reader.parse("CONNECTORS_PORT", 3003_u16, "a port number");
    let origins = reader.list("FRONTEND_URL");
    let allowed_origins = origins.iter().filter_map(|url| reader.page_origin("FRONTEND_URL", url)).collect();
    let public_url = ["CONNECTORS_URL", "REACT_APP_CONNECTORS_URL"]
        .into_iter()
        .find_map(|name| reader.source.get(name).map(|url| (name, url.to_owned())))
        .and_then(|(name, url)| reader.origin(name, &url));
    let site = reader.source.get("TALLYWIRE_SITE").map(PathBuf::from);
    if site.as_deref().is_some_and(|folder| !folder.is_dir()) {
        reader.problem("TALLYWIRE_SITE is not a folder");
    }
    HttpConfig {
        listen: SocketAddr::new(host, port),
        allowed_origins,
        public_url,
        site,
        secure_cookies: reader.flag("SECURE_COOKIES", true),
        trusted_proxies: reader.networks("TRUSTED_PROXIES"),
        connections_per_address: reader.number("MAX_CONNECTIONS_PER_ADDRESS", 1024, 1..=u32::MAX),
    }
}

fn limits(reader: &mut Reader<'_>) -> LimitsConfig {
    let per_connection = reader.number("WEBHOOK_RATE_LIMIT", 600, 0..=u32::MAX);
    let mut limit = |name, default| NonZeroU32::new(reader.number(name, default, 0..=u32::MAX));
    LimitsConfig {
        webhooks_per_connection: NonZeroU32::new(per_connection),
        // A user has several banks. If the first limit is off, these two are off by default as well.
        webhooks_per_user: limit("WEBHOOK_RATE_LIMIT_PER_USER", per_connection.saturating_mul(5)),
        // A provider sends the webhooks of all users from a few addresses.
        webhooks_per_address: limit("WEBHOOK_RATE_LIMIT_PER_ADDRESS", per_connection.saturating_mul(100)),
        calls_per_user: limit("API_RATE_LIMIT_PER_USER", 6000),
        calls_per_address: limit("API_RATE_LIMIT_PER_ADDRESS", 12_000),
        sockets_per_address: limit("SOCKET_RATE_LIMIT_PER_ADDRESS", 3000),
        // For a polling client, each event ends one request and begins the next.
        polls_per_address: limit("POLLING_RATE_LIMIT_PER_ADDRESS", 60_000),
    }
}

fn days(number: u32) -> Duration {
    Duration::from_secs(u64::from(number) * 86_400)
}

fn auth(reader: &mut Reader<'_>) -> AuthConfig {
    let jwt_secrets = reader.secrets("JWT_SECRET", SHORTEST_SECRET);
    if jwt_secrets.iter().any(|secret| secret.expose().contains("-----BEGIN")) {
        // Anyone may read a public key, and could then sign with it.
        reader.problem("JWT_SECRET is a PEM: a public key is not a secret and belongs in JWT_PUBLIC_KEY");
    }
    let jwt_public_key = reader.source.get("JWT_PUBLIC_KEY").map(|pem| pem.replace("\\n", "\n"));
    let jwt_jwks_url = reader.source.get("JWT_JWKS_URL").map(ToOwned::to_owned);
    if let Some(Err(error)) = jwt_public_key.as_deref().map(PublicKey::from_pem) {
        reader.problem(format!("JWT_PUBLIC_KEY is not valid: {error}"));
    }
    if jwt_jwks_url.as_deref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        reader.problem("JWT_JWKS_URL is not an http(s) address");
    }
    if jwt_secrets.is_empty() && jwt_public_key.is_none() && jwt_jwks_url.is_none() {
        reader.problem(
            "one of JWT_SECRET, JWT_PUBLIC_KEY and JWT_JWKS_URL is needed: without it no token can be checked",
        );
    }
    let service_secrets = reader.secrets("SERVICE_SECRET", reader::SHORTEST_SECRET);
    if service_secrets.is_empty() {
        reader.problem("SERVICE_SECRET is needed: without it no connection can be registered");
    }
    if service_secrets.iter().any(|secret| jwt_secrets.contains(secret)) {
        reader.problem(
            "SERVICE_SECRET and JWT_SECRET share a value: a service that registers connections could sign in as any user",
        );
    }
    let hours = reader.number("SESSION_HOURS", 12, 1..=24 * 90);
    AuthConfig {
        jwt_secrets,
        jwt_public_key,
        jwt_jwks_url: jwt_jwks_url.map(Secret::new),
        jwt_audiences: reader.list("JWT_AUDIENCE"),
        jwt_issuers: reader.list("JWT_ISSUER"),
        service_secrets,
        session_lifetime: Duration::from_secs(u64::from(hours) * 3600),
        admins: reader.list("ADMIN_USERS"),
    }
}

fn core_app(reader: &mut Reader<'_>) -> Option<CoreAppConfig> {
    let timeout = reader.number("CORE_APP_TIMEOUT", 10_000, 100..=600_000);
    let quick_retries = reader.number("CORE_APP_MAX_RETRIES", 3, 0..=1000);
    let retry_delay = reader.number("CORE_APP_RETRY_DELAY", 1000, 10..=3_600_000);
    let url = reader.source.get("CORE_APP_URL")?.to_owned();
    reader.origin("CORE_APP_URL", &url)?;
    Some(CoreAppConfig {
        url,
        timeout: Duration::from_millis(timeout.into()),
        quick_retries,
        retry_delay: Duration::from_millis(retry_delay.into()),
    })
}

fn realtime(reader: &mut Reader<'_>) -> RealtimeConfig {
    let mut millis = |name, default| Duration::from_millis(u64::from(reader.number(name, default, 100..=600_000)));
    let (ping_interval, ping_timeout) = (millis("PING_INTERVAL", 25_000), millis("PING_TIMEOUT", 20_000));
    let connect_timeout = millis("CONNECT_TIMEOUT", 45_000);
    RealtimeConfig {
        max_connections_per_user: reader.number("MAX_WEBSOCKET_CONNECTIONS_PER_USER", 10, 1..=10_000),
        ping_interval,
        ping_timeout,
        connect_timeout,
        auth_timeout: Duration::from_secs(reader.number("AUTH_TIMEOUT_SECONDS", 30, 1..=3600).into()),
        allow_eio3: reader.flag("ALLOW_EIO3", true),
    }
}

#[cfg(test)]
mod tests;
