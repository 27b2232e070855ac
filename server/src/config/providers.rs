//! The providers' settings, as the providers declare them.
//!
//! Owns reading each kind of setting. Must not know a provider.

use connectors::{Setting, SettingKind, Settings};

use super::random_secret;
use super::reader::Reader;

/// Reads the values of these settings.
pub(super) fn read<'s>(reader: &mut Reader<'_>, settings: impl Iterator<Item = &'s Setting>) -> Settings {
    let mut values = Settings::default();
    for setting in settings {
        let name = &*setting.name;
        let default = || setting.default.map(ToOwned::to_owned);
        match setting.kind {
            SettingKind::Secrets => values.set(name, reader.provider_secrets(name)),
            SettingKind::Flag => values.set(name, [reader.flag(name, setting.default == Some("true")).to_string()]),
            SettingKind::Text => values.set(name, reader.source.get(name).map(ToOwned::to_owned).or_else(default)),
            SettingKind::Url => values.set(name, reader.provider_url(name).or_else(default)),
        }
    }
    values
}

/// Random webhook secrets for every provider, for a demo. API keys are not set: the server would fetch from the real
/// provider.
pub(super) fn random() -> Settings {
    let mut values = Settings::default();
    for setting in connectors::providers::settings()
        .filter(|setting| setting.is_secret() && setting.required_for == Some("webhooks"))
    {
        values.set(&setting.name, [random_secret()]);
    }
    values
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::config::Source;

    const fn setting(name: &'static str, kind: SettingKind, default: Option<&'static str>) -> Setting {
        Setting { name: Cow::Borrowed(name), meaning: "", kind, default, required_for: None }
    }

    static SETTINGS: [Setting; 4] = [
        setting("NEW_SECRET", SettingKind::Secrets, None),
        setting("NEW_STRICT", SettingKind::Flag, Some("true")),
        setting("NEW_REGION", SettingKind::Text, Some("au")),
        setting("NEW_API_URL", SettingKind::Url, Some("https://api.example.com")),
    ];

    fn values(pairs: &[(&'static str, &'static str)]) -> (Settings, Vec<String>) {
        let source: Source = pairs.iter().copied().collect();
        let mut reader = Reader { source: &source, problems: vec![] };
        let values = read(&mut reader, SETTINGS.iter());
        (values, reader.problems)
    }

    #[test]
    fn a_provider_that_describes_its_settings_has_them_read_and_checked() {
        let (unset, problems) = values(&[]);
        assert!(unset.values("NEW_SECRET").is_empty() && unset.flag("NEW_STRICT"));
        assert_eq!(
            (unset.text("NEW_REGION"), unset.text("NEW_API_URL")),
            (Some("au"), Some("https://api.example.com"))
        );
        assert_eq!(problems, [""; 0]);
        let pairs = [("NEW_SECRET", "0123456789abcdef,fedcba9876543210"), ("NEW_STRICT", "no"), ("NEW_REGION", "nz")];
        let (set, problems) = values(&pairs);
        assert_eq!(set.values("NEW_SECRET").len(), 2);
        assert!(!set.flag("NEW_STRICT"));
        assert_eq!((set.text("NEW_REGION"), problems.len()), (Some("nz"), 0));
        let (_, problems) = values(&[("NEW_SECRET", "short"), ("NEW_STRICT", "perhaps"), ("NEW_API_URL", "ftp://x")]);
        assert_eq!(problems.len(), 3, "{problems:?}");
    }

    #[test]
    fn a_providers_address_is_https_or_on_this_machine() {
        for url in
            ["https://api.example.com/v1", "http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000/x"]
        {
            assert_eq!(values(&[("NEW_API_URL", url)]).1, [""; 0], "{url}");
        }
        for url in [
            "http://api.example.com",
            "https://user:secret@api.example.com",
            "http://127.0.0.1.example.com",
            "api.example.com",
        ] {
            let (_, problems) = values(&[("NEW_API_URL", url)]);
            assert!(matches!(&problems[..], [problem] if !problem.contains("secret")), "{url}: {problems:?}");
        }
    }
}
