//! The output of the commands.
//!
//! Owns that a closed pipe (`tallywire inbox list | head`) is an ordinary error and not a panic. Must not know what is
//! printed.

use std::io;

/// Prints a line on standard output.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($part)*)
    }};
}

pub(crate) use say;

/// Whether a command failed only because its output is closed.
pub(crate) fn has_no_reader(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|it| it.kind() == io::ErrorKind::BrokenPipe)
}
