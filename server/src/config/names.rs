//! The names of all settings.
//!
//! Owns which environment variables are read, and which of them are secrets. Must not read their values.

/// Every setting of the server itself.
const NAMES: [&str; 47] = [
    "ADMIN_USERS",
    "ALLOW_EIO3",
    "API_RATE_LIMIT_PER_ADDRESS",
    "API_RATE_LIMIT_PER_USER",
    "AUTH_TIMEOUT_SECONDS",
    "CONNECTORS_DIR",
    "CONNECTORS_HOST",
    "CONNECTORS_PORT",
    "CONNECTORS_URL",
    "CONNECT_TIMEOUT",
    "CORE_APP_MAX_RETRIES",
    "CORE_APP_RETRY_DELAY",
    "CORE_APP_TIMEOUT",
    "CORE_APP_URL",
    "CREDENTIALS_KEY",
    "DATABASE_DIRECT_URL",
    "DATABASE_URL",
    "EVENT_RETENTION_COUNT",
    "EVENT_RETENTION_DAYS",
    "FRONTEND_URL",
    "HISTORY_DAYS",
    "INBOX_KEPT_RETENTION_DAYS",
    "INBOX_RETENTION_DAYS",
    "JWT_AUDIENCE",
    "JWT_ISSUER",
    "JWT_JWKS_URL",
    "JWT_PUBLIC_KEY",
    "JWT_SECRET",
    "LOG_FORMAT",
    "MAX_CONNECTIONS_PER_ADDRESS",
    "MAX_WEBSOCKET_CONNECTIONS_PER_USER",
    "PING_INTERVAL",
    "PING_TIMEOUT",
    "POLLING_RATE_LIMIT_PER_ADDRESS",
    "PURGE_ON_REVOKED",
    "REACT_APP_CONNECTORS_URL",
    "RECONCILE_MINUTES",
    "REDIS_URL",
    "SECURE_COOKIES",
    "SERVICE_SECRET",
    "SESSION_HOURS",
    "SOCKET_RATE_LIMIT_PER_ADDRESS",
    "TALLYWIRE_SITE",
    "TRUSTED_PROXIES",
    "WEBHOOK_RATE_LIMIT",
    "WEBHOOK_RATE_LIMIT_PER_ADDRESS",
    "WEBHOOK_RATE_LIMIT_PER_USER",
];

/// The secrets among them.
const SECRET_NAMES: [&str; 4] = ["CREDENTIALS_KEY", "JWT_PUBLIC_KEY", "JWT_SECRET", "SERVICE_SECRET"];

/// The names of all settings, including the providers'.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().chain(connectors::providers::settings().map(|setting| &*setting.name))
}

/// The names of all secrets, including the providers'.
pub(super) fn secret_names() -> impl Iterator<Item = &'static str> {
    let secrets = connectors::providers::settings().filter(|setting| setting.is_secret());
    SECRET_NAMES.into_iter().chain(secrets.map(|setting| &*setting.name))
}
