//! The connectors that files declare: `CONNECTORS_DIR`.
//!
//! Owns reading the files. Must not know their format: `connectors::declarative` does.

use connectors::Setting;
use connectors::declarative::{self, Declaration};

use super::folder;
use super::reader::Reader;

/// Reads the configured folder. If any of its files has a problem, it declares no connectors.
pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Declaration> {
    let Some(folder) = reader.source.connectors_folder() else { return vec![] };
    let files = match folder::files(&folder) {
        Ok(files) => files,
        Err(error) => {
            reader.problem(format!("{} is not a readable folder: {error}", folder::SETTING));
            return vec![];
        }
    };
    let mut texts = vec![];
    for path in files {
        let name = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => texts.push((name, text)),
            Err(error) => reader.problem(format!("{name} cannot be read: {error}")),
        }
    }
    let texts = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    declarative::read(texts).unwrap_or_else(|problems| {
        problems.iter().for_each(|problem| reader.problem(problem.to_string()));
        vec![]
    })
}

/// The settings of all connectors, including the declared ones.
pub(super) fn with_settings<'s>(reader: &mut Reader<'_>, declared: &'s [Declaration]) -> Vec<&'s Setting> {
    let source = reader.source;
    let own = declared.iter().flat_map(|declaration| declaration.description().settings);
    for setting in own.clone().filter(|setting| source.is_unreadable(&setting.name)) {
        reader.problem(format!("{} is not UTF-8 text", setting.name));
    }
    let mut all: Vec<&Setting> = connectors::providers::settings().collect();
    all.extend(own);
    all
}
