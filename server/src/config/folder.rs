//! The folder with the files that declare connectors.
//!
//! Owns where it is and which of its files count. Must not read them.

use std::path::{Path, PathBuf};

/// The setting.
pub(super) const SETTING: &str = "CONNECTORS_DIR";

/// The folder where nothing is set, where there is one.
const USUAL: &str = "connectors";

/// The folder that is set, else the usual one where it exists in the folder that the process works in.
pub(super) fn of(set: Option<&str>, working: Option<&Path>) -> Option<PathBuf> {
    if let Some(set) = set {
        return Some(set.into());
    }
    let usual = working?.join(USUAL);
    // The usual spelling: without ./ in front.
    let usual = usual.strip_prefix(".").map(Path::to_owned).unwrap_or(usual);
    usual.is_dir().then_some(usual)
}

/// The files of a folder whose names end in `.toml`, in the order of their names.
pub(super) fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml") && file.is_file());
    files.sort();
    Ok(files)
}
