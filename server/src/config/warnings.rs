//! Settings that are allowed but probably not intended.
//!
//! Owns the warnings that the operator sees at startup and from `check-config`. Must not refuse anything: an invalid
//! setting is a problem, not a warning.

use super::{Config, DatabaseConfig};

impl Config {
    /// One sentence per warning.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = vec![];
        if self.auth.jwt_jwks_url.is_some() {
            let settings =
                [("JWT_AUDIENCE", &self.auth.jwt_audiences, "aud"), ("JWT_ISSUER", &self.auth.jwt_issuers, "iss")];
            for (name, values, claim) in settings {
                if values.is_empty() {
                    warnings.push(format!(
                        "{name} is not set: tokens signed with the keys of JWT_JWKS_URL are accepted whatever \
                         their `{claim}` says, even those for another application"
                    ));
                }
            }
        }
        for connector in self.registry().iter().filter(|connector| !connector.is_configured()) {
            let description = connector.description();
            if self.declared.iter().any(|declaration| declaration.description().id == description.id) {
                let settings: Vec<&str> = description.settings.iter().map(|setting| &*setting.name).collect();
                warnings.push(format!(
                    "{} is declared, but {} has no usable value: its webhooks cannot be verified and are answered 503",
                    description.id,
                    settings.join(", ")
                ));
            }
        }
        if self.redis.is_some() && !matches!(self.database, DatabaseConfig::Postgres(_)) {
            warnings.push("REDIS_URL is not used: an SQLite store has one node, and no others to wake".to_owned());
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Source, load};

    fn configured(more: &[(&'static str, &'static str)]) -> Config {
        let settings = [("JWT_JWKS_URL", "https://id.example/keys"), ("SERVICE_SECRET", "service-secret-of-the-test")];
        load(&settings.iter().chain(more).copied().collect::<Source>()).expect("valid")
    }

    #[test]
    fn published_keys_without_an_audience_or_an_issuer_are_warned_of() {
        let warnings = configured(&[]).warnings();
        assert!(warnings.len() == 2 && warnings[0].contains("JWT_AUDIENCE") && warnings[1].contains("JWT_ISSUER"));
        assert_eq!(configured(&[("JWT_AUDIENCE", "feed"), ("JWT_ISSUER", "https://id.example/")]).warnings(), [""; 0]);
        let config = configured(&[("JWT_AUDIENCE", "feed, https://feed.example/"), ("JWT_ISSUER", "a,b")]);
        assert_eq!(config.auth.jwt_audiences, ["feed", "https://feed.example/"]);
        assert_eq!(config.auth.jwt_issuers, ["a", "b"]);
    }
}
