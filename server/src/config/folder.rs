//! The folder with the files that declare connectors.
//!
//! Owns its location and which of its files count. Must not read them.

use std::path::{Path, PathBuf};

/// The setting's name.
pub(super) const SETTING: &str = "CONNECTORS_DIR";

/// The default folder, which is used if it exists.
const USUAL: &str = "connectors";

/// The configured folder, else the default one if it exists in the working directory.
pub(super) fn of(set: Option<&str>, working: Option<&Path>) -> Option<PathBuf> {
    if let Some(set) = set {
        return Some(set.into());
    }
    let usual = working?.join(USUAL);
    // For messages: without a leading `./`.
    let usual = usual.strip_prefix(".").map(Path::to_owned).unwrap_or(usual);
    usual.is_dir().then_some(usual)
}

/// The `.toml` files of a folder, sorted by name.
pub(super) fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml") && file.is_file());
    files.sort();
    Ok(files)
}
