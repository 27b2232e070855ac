//! What the kernel knows of a process.
//!
//! Owns reading `/proc`. Must not start or stop anything.

use anyhow::Context as _;

/// Clock ticks a second in `/proc/<pid>/stat`: 100 on every Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory of a process in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    pub(crate) proportional: u64,
}

/// The processor time that a process has used, in seconds.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in brackets, which may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks = |index| fields.split_whitespace().nth(index).and_then(|field| field.parse::<u32>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("no times in stat")?;
    Ok((f64::from(user) + f64::from(system)) / TICKS_PER_SECOND)
}

/// What a process has in memory.
pub(crate) fn memory(pid: u32) -> anyhow::Result<Memory> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let field = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let (resident, proportional) = field("Rss:").zip(field("Pss:")).context("no sizes in smaps_rollup")?;
    Ok(Memory { resident, proportional })
}

/// Fails where this process may not open so many files; a server started from here inherits the limit.
pub(crate) fn require_open_files(needed: usize) -> anyhow::Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).context("no limit of open files")?;
    let enough = soft == "unlimited" || soft.parse::<usize>().is_ok_and(|soft| soft >= needed);
    anyhow::ensure!(enough, "{needed} open files are needed and {soft} allowed: run `ulimit -n 20000` first");
    Ok(())
}
