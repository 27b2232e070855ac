//! The settings for syncing with providers.
//!
//! Owns the settings of syncs and reading them. Must not start one.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::reader::Reader;

/// The settings for syncing with providers.
#[derive(Clone, Default)]
pub struct SyncConfig {
    /// `RECONCILE_MINUTES`: the time between two runs of a connection; `None` if only requests start runs.
    pub every: Option<Duration>,
    /// `HISTORY_DAYS`: how far back the first run of a connection reaches.
    pub history_days: u32,
    /// `CREDENTIALS_KEY`: the keys that encrypt connections' credentials, newest first.
    pub credential_keys: Vec<[u8; 32]>,
    /// `PURGE_ON_REVOKED`: whether a connection's transactions are deleted when its user withdraws the consent.
    pub purge_on_revoked: bool,
}

impl std::fmt::Debug for SyncConfig {
    /// Omits the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyncConfig")
            .field("every", &self.every)
            .field("history_days", &self.history_days)
            .field("credential_keys", &self.credential_keys.len())
            .field("purge_on_revoked", &self.purge_on_revoked)
            .finish()
    }
}

/// Reads the settings.
pub(super) fn read(reader: &mut Reader<'_>) -> SyncConfig {
    SyncConfig {
        every: every(reader),
        history_days: reader.number("HISTORY_DAYS", 90, 1..=3650),
        credential_keys: credential_keys(reader),
        purge_on_revoked: reader.flag("PURGE_ON_REVOKED", false),
    }
}

/// Fractions of a minute are for tests and for providers that are synced often.
fn every(reader: &mut Reader<'_>) -> Option<Duration> {
    let minutes = reader.parse("RECONCILE_MINUTES", 60.0_f64, "a number of minutes");
    if !(0.0..=100_000.0).contains(&minutes) {
        reader.problem("RECONCILE_MINUTES is not between 0 and 100000");
        return None;
    }
    (minutes > 0.0).then(|| Duration::from_secs_f64(minutes * 60.0).max(Duration::from_millis(100)))
}

fn credential_keys(reader: &mut Reader<'_>) -> Vec<[u8; 32]> {
    let texts = reader.list("CREDENTIALS_KEY");
    let keys: Vec<[u8; 32]> = texts.iter().filter_map(|text| STANDARD.decode(text).ok()?.try_into().ok()).collect();
    if keys.len() < texts.len() {
        reader.problem("CREDENTIALS_KEY is not base64 of 32 bytes (as `openssl rand -base64 32` prints them)");
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn settings(pairs: &[(&'static str, &'static str)]) -> (SyncConfig, Vec<String>) {
        let source: Source = pairs.iter().copied().collect();
        let mut reader = Reader { source: &source, problems: vec![] };
        (read(&mut reader), reader.problems)
    }

    #[test]
    fn connections_are_asked_every_hour_unless_something_else_is_set() {
        assert_eq!(settings(&[]).0.every, Some(Duration::from_secs(3600)));
        assert_eq!(settings(&[("RECONCILE_MINUTES", "0.5")]).0.every, Some(Duration::from_secs(30)));
        assert_eq!(settings(&[("RECONCILE_MINUTES", "0")]).0.every, None);
        for wrong in ["-1", "NaN", "soon", "inf"] {
            assert_eq!(settings(&[("RECONCILE_MINUTES", wrong)]).1.len(), 1, "{wrong}");
        }
    }

    #[test]
    fn keys_have_32_bytes_and_are_not_shown() {
        let good = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let (read, problems) = settings(&[("CREDENTIALS_KEY", good)]);
        assert_eq!((read.credential_keys.len(), problems.len()), (1, 0));
        assert!(!format!("{read:?}").contains("AAEC"));
        let (_, problems) = settings(&[("CREDENTIALS_KEY", "c2hvcnQ=")]);
        assert!(matches!(&problems[..], [problem] if !problem.contains("c2hvcnQ")), "{problems:?}");
    }
}
