//! A provider's settings for operators.
//!
//! Owns how a setting is described, and the values that were set. Must not read the environment.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// One setting of a provider: everything needed to read, check and document it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable, which begins with the provider's id in capitals.
    pub name: Cow<'static, str>,
    /// Its meaning, in one line of Markdown.
    pub meaning: &'static str,
    /// The values that it may have.
    pub kind: SettingKind,
    /// Its default value.
    pub default: Option<&'static str>,
    /// The feature that does not work without it; `None` if it is always optional.
    pub required_for: Option<&'static str>,
}

/// The values that a setting may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// Secret texts, separated by commas: several during a change of secret. They are never shown.
    Secrets,
    /// `true` or `false`.
    Flag,
    /// A text without secrets.
    Text,
    /// The address of the provider's API: `https`, or `http` on this machine.
    Url,
}

impl Setting {
    /// Whether its value must not be seen.
    pub fn is_secret(&self) -> bool {
        self.kind == SettingKind::Secrets
    }
}

/// The values that were set, by setting name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, Vec<String>>);

impl Settings {
    /// Sets the values of a setting.
    pub fn set<V: Into<String>>(&mut self, name: &str, values: impl IntoIterator<Item = V>) {
        self.0.insert(name.to_owned(), values.into_iter().map(Into::into).collect());
    }

    /// Like [`Settings::set`], by value.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.set(name, values);
        self
    }

    /// Its values; empty if it is not set.
    pub fn values(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Its value.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values(name).first().map(String::as_str)
    }

    /// The first of its values that is not blank.
    pub(crate) fn first(&self, name: &str) -> Option<String> {
        self.values(name).iter().map(|value| value.trim()).find(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Whether it is `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }
}

impl fmt::Debug for Settings {
    /// Shows how many values each has, but no value: any may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, values)| (name, values.len()))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_show_themselves() {
        let settings = Settings::default().with("A_SECRET", ["hunter2hunter2"]).with("A_FLAG", ["true"]);
        assert_eq!(format!("{settings:?}"), r#"{"A_FLAG": 1, "A_SECRET": 1}"#);
        assert!(settings.flag("A_FLAG") && !settings.flag("ANOTHER"));
        assert_eq!((settings.text("A_SECRET"), settings.values("ANOTHER").len()), (Some("hunter2hunter2"), 0));
    }
}
