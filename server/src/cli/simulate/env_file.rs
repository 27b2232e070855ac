//! The file with the server's settings.
//!
//! Owns that only its owner can read it, and that no other file is overwritten. Must not know a setting.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

const FIRST_LINE: &str = "# Written by `tallywire simulate`, which writes it anew at each start.\n";

/// Writes the lines. A file of an earlier start is overwritten.
pub(super) fn write(file: &Path, lines: &str) -> io::Result<()> {
    let is_other = |text: String| !text.starts_with(FIRST_LINE);
    match fs::read_to_string(file).map(is_other) {
        Ok(true) => return Err(io::Error::other("it was not written by `tallywire simulate`: name another file")),
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut open = create(file)?;
    open.write_all(format!("{FIRST_LINE}{lines}").as_bytes())?;
    open.sync_all()
}

fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_somebody_else_wrote_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        write(&file, "A=1\n").unwrap();
        write(&file, "A=2\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{FIRST_LINE}A=2\n"));
        fs::write(&file, "JWT_SECRET=real\n").unwrap();
        assert!(write(&file, "A=3\n").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "JWT_SECRET=real\n");
    }
}
