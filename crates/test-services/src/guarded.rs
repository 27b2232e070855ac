//! A process that does not outlive the one that started it.
//!
//! Owns stopping it and deleting its folder. Must not know which service it is.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::account::Account;

/// Stops the service with the signals that it reads, and starts it again. At the end of its input it stops the service
/// and deletes the folder: the starter holds the other end of the pipe, which closes even if the starter is killed.
const GUARD: &str = r#"
folder=$1 signal=$2
shift 2
exec 3<&0 </dev/null
start() {
    rm -f "$folder/service"
    (
        "$@" 3<&- &
        echo $! >"$folder/service"
        wait $!
        : >"$folder/ended"
    ) 3<&- &
    watch=$!
}
stop() {
    until [ -s "$folder/service" ]; do sleep 0.01; done
    [ -e "$folder/ended" ] || kill -s "$1" "$(cat "$folder/service")"
    wait "$watch"
}
start "$@"
while read -r word <&3; do
    case $word in
    start) start "$@" ;;
    *) stop "$word" ;;
    esac
done
stop "$signal"
rm -rf "$folder"
"#;

/// How long a service may take to stop: the machine may be busy with other tests.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// A running service. It is stopped when this is dropped, and when this process ends.
#[derive(Debug)]
pub(crate) struct Guarded {
    guard: Child,
    folder: PathBuf,
}

impl Guarded {
    /// Starts a service, whose output goes into the file `log` of its folder. It is stopped with a signal; its folder
    /// is then deleted.
    pub(crate) fn start(service: &Command, folder: &Path, account: Option<Account>, signal: &str) -> Result<Self> {
        let log = File::options().create(true).append(true).open(folder.join("log"))?;
        let mut guard = Command::new("/bin/sh");
        guard.args(["-c", GUARD, "guard"]).arg(folder).arg(signal).arg(service.get_program()).args(service.get_args());
        // In its own process group: Ctrl+C ends only the tests, and the guard cleans up after them.
        guard.current_dir(folder).process_group(0);
        guard.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        if let Some(account) = account {
            account.run(&mut guard);
        }
        Ok(Self { guard: guard.spawn()?, folder: folder.to_owned() })
    }

    /// Stops the service with a signal and waits for its end. Its folder stays.
    #[allow(clippy::disallowed_methods, reason = "there is no runtime to wait on")]
    pub(crate) fn stop(&mut self, signal: &str) -> Result<()> {
        if self.has_ended() {
            return Ok(());
        }
        self.tell(signal)?;
        let begun = Instant::now();
        while !self.has_ended() {
            if begun.elapsed() > STOP_LIMIT {
                return Err(Error::other(format!("it did not stop: {}", self.log())));
            }
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Starts the service again in the same way, after it was stopped or has ended.
    pub(crate) fn start_again(&mut self) -> Result<()> {
        fs::remove_file(self.folder.join("ended"))?;
        self.tell("start")
    }

    fn tell(&mut self, word: &str) -> Result<()> {
        let input = self.guard.stdin.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        writeln!(input, "{word}")
    }

    /// Whether the service has ended or was stopped.
    pub(crate) fn has_ended(&self) -> bool {
        self.folder.join("ended").exists()
    }

    /// The service's output.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods, reason = "there is no runtime to wait on")]
    fn eventually(what: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
            sleep(Duration::from_millis(10));
        }
    }

    /// A service that writes its process id and then sleeps.
    fn start() -> (Guarded, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder").keep();
        let account = Account::owning(&folder).expect("a user");
        let mut service = Command::new("/bin/sh");
        service.args(["-c", "echo $$; exec sleep 600"]);
        let guarded = Guarded::start(&service, &folder, account, "TERM").expect("started");
        eventually("it writes its id", || guarded.log().ends_with('\n'));
        (guarded, folder)
    }

    fn runs(id: &str) -> bool {
        Path::new("/proc").join(id).exists()
    }

    #[test]
    fn a_service_and_its_folder_are_gone_once_it_is_dropped() {
        let (guarded, folder) = start();
        let id = guarded.log().trim().to_owned();
        assert!(runs(&id) && !guarded.has_ended());
        drop(guarded);
        assert!(!runs(&id) && !folder.exists());
    }

    #[test]
    fn a_service_that_has_ended_by_itself_leaves_its_log_until_it_is_dropped() {
        let (guarded, folder) = start();
        let id = guarded.log().trim().to_owned();
        assert!(Command::new("kill").arg(&id).status().expect("kill").success());
        eventually("it has ended", || guarded.has_ended());
        assert!(guarded.log().starts_with(&id));
        drop(guarded);
        assert!(!folder.exists());
    }

    #[test]
    fn a_service_can_be_stopped_and_started_again() {
        let (mut guarded, folder) = start();
        let first = guarded.log();
        guarded.stop("TERM").expect("stopped");
        assert!(!runs(first.trim()) && folder.exists());
        guarded.stop("TERM").expect("it is stopped already");
        guarded.start_again().expect("started");
        // The shell may report the end of the first process.
        let written = || guarded.log().lines().skip(1).find(|line| line.parse::<u32>().is_ok()).map(str::to_owned);
        eventually("it writes its id", || written().is_some() && guarded.log().ends_with('\n'));
        let second = written().expect("an id");
        assert!(runs(&second) && !guarded.has_ended());
        drop(guarded);
        assert!(!runs(&second) && !folder.exists());
    }
}
