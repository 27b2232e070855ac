//! Where settings come from: the process's environment, which overrides a `.env` file in the working directory.
//!
//! Owns the layering. Must not know the meaning of a setting, nor write to the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::folder;
use super::names::{names, secret_names};

/// Names and values of settings.
#[derive(Clone, Default)]
pub struct Source {
    values: BTreeMap<String, String>,
    /// The names of settings that are set to a value that is not text.
    unreadable: Vec<String>,
    /// The working directory; `None` in tests.
    folder: Option<PathBuf>,
}

/// Why the file `.env` cannot be read. Never quotes a line: most lines are secrets.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The line with this number is not a setting.
    #[error("line {0} is not NAME=VALUE: put a value with spaces or line breaks in double quotes")]
    Line(usize),
    /// The file itself cannot be read.
    #[error(transparent)]
    File(dotenvy::Error),
}

impl Unreadable {
    fn of(error: dotenvy::Error, file: &Path) -> Self {
        let dotenvy::Error::LineParse(wrong, _) = error else { return Self::File(error) };
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let first = wrong.lines().next().unwrap_or_default().trim();
        let number = text.lines().position(|line| line.contains(first)).map_or(1, |before| before + 1);
        Self::Line(number)
    }
}

/// The environment variables that do not make this an installation: a demo on another port is still a demo.
const NEUTRAL: [&str; 3] = ["CONNECTORS_PORT", "TALLYWIRE_SITE", "LOG_FORMAT"];

impl Source {
    /// The process's environment, which overrides the file `.env` in `folder`, if there is one.
    pub fn from_process(folder: &Path) -> Result<Self, Unreadable> {
        let mut values = BTreeMap::new();
        let file = folder.join(".env");
        if file.is_file() {
            for pair in dotenvy::from_path_iter(&file).map_err(Unreadable::File)? {
                let (name, value) = pair.map_err(|error| Unreadable::of(error, &file))?;
                values.insert(name, value);
            }
        }
        let mut unreadable = Vec::new();
        for (name, value) in std::env::vars_os() {
            // The names of all settings are text. A value that is not text is not shown: it may be a secret.
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => drop(values.insert(name, value)),
                Err(_) => unreadable.push(name),
            }
        }
        Ok(Self { values, unreadable, folder: Some(folder.to_owned()) })
    }

    /// The names of the settings whose value is not text (UTF-8).
    pub fn unreadable(&self) -> Vec<&'static str> {
        names().filter(|name| self.is_unreadable(name)).collect()
    }

    /// The value of a setting; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether a setting's value is not text (UTF-8).
    pub(super) fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.iter().any(|unreadable| unreadable == name)
    }

    /// The folder with the files that declare connectors: the configured one, else the default one if it exists.
    pub fn connectors_folder(&self) -> Option<PathBuf> {
        folder::of(self.get(folder::SETTING), self.folder.as_deref())
    }

    /// Whether any setting makes this an installation rather than a demo.
    pub fn configures_anything(&self) -> bool {
        let is_set = |name: &&str| self.get(name).is_some() || self.unreadable().contains(name);
        let declares = || {
            self.connectors_folder().is_some_and(|folder| folder::files(&folder).is_ok_and(|files| !files.is_empty()))
        };
        names().filter(|name| !NEUTRAL.contains(name)).any(|name| is_set(&name)) || declares()
    }

    /// The secrets that are set, by name.
    pub fn configured_secrets(&self) -> Vec<&'static str> {
        let is_set = |name: &&str| self.get(name).is_some() || self.unreadable().contains(name);
        secret_names().filter(is_set).collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Source {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { values, unreadable: vec![], folder: None }
    }
}
