//! The system user that services run as.
//!
//! Owns the rule that no service runs as root: PostgreSQL refuses to. Must not create a user.

use std::fs;
use std::io::{Error, Result};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// The users for services if the tests run as root; the first that exists is used.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// A system user and its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// The user for a service with this folder, which the caller has created: the caller, or another user if the caller
    /// is root. That user becomes the folder's owner.
    pub(crate) fn owning(folder: &Path) -> Result<Option<Self>> {
        if fs::metadata(folder)?.uid() != 0 {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd")?;
        let account = NAMES.iter().find_map(|name| Self::named(&passwd, name));
        let account = account.ok_or_else(|| Error::other("there is neither a user 'postgres' nor 'nobody'"))?;
        chown(folder, Some(account.uid), Some(account.gid))?;
        Ok(Some(account))
    }

    /// Makes a command run as this user, without root's supplementary groups.
    pub(crate) fn run(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// A user in the format of `passwd(5)`.
    fn named(passwd: &str, name: &str) -> Option<Self> {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        Some(Self { uid: ids.next()?.ok()?, gid: ids.next()?.ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody-else:x:7:8::/:\nnobody:x:65534:65533:nobody:/nonexistent:\n";
        assert_eq!(Account::named(passwd, "nobody"), Some(Account { uid: 65534, gid: 65533 }));
        assert_eq!(Account::named(passwd, "postgres"), None);
    }
}
