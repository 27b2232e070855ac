//! The kernel's statistics about a process.
//!
//! Owns reading `/proc`. Must not start or stop anything.

use anyhow::Context as _;

/// Clock ticks a second in `/proc/<pid>/stat`: 100 on every Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// The page size on the machines of the measurements.
const KIB_PER_PAGE: u64 = 4;

/// Memory of a process in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    pub(crate) proportional: u64,
}

/// The processor time that a process has used, in seconds.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in brackets, which may contain any character.
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks = |index| fields.split_whitespace().nth(index).and_then(|field| field.parse::<u32>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("no times in stat")?;
    Ok((f64::from(user) + f64::from(system)) / TICKS_PER_SECOND)
}

/// The processor time that all processes and the kernel have used since the machine started, in seconds.
pub(crate) fn machine_cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("no line cpu in stat")?;
    let ticks = line.split_whitespace().map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()?;
    // user, nice, system, idle, iowait, irq, softirq, steal; the later fields are included in user and nice.
    Ok(ticks
        .iter()
        .take(8)
        .enumerate()
        .filter(|(index, _)| ![3, 4].contains(index))
        .map(|(_, ticks)| ticks)
        .sum::<f64>()
        / TICKS_PER_SECOND)
}

/// How many bytes the kernel wrote to disks for a process.
pub(crate) fn written_bytes(pid: u32) -> anyhow::Result<u64> {
    let io = std::fs::read_to_string(format!("/proc/{pid}/io"))?;
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).context("no write_bytes in io")?;
    Ok(line.trim().parse()?)
}

/// A process's memory.
pub(crate) fn memory(pid: u32) -> anyhow::Result<Memory> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let field = |name: &str| {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let (resident, proportional) = field("Rss:").zip(field("Pss:")).context("no sizes in smaps_rollup")?;
    Ok(Memory { resident, proportional })
}

/// The kernel's memory for all connections of the machine, in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KernelMemory {
    /// TCP's buffers.
    pub(crate) buffers: u64,
    /// Kernel records: of sockets, files and everything else.
    pub(crate) records: u64,
}

/// The kernel's memory for the server, the generator and all other processes.
pub(crate) fn kernel_memory() -> anyhow::Result<KernelMemory> {
    let sockets = std::fs::read_to_string("/proc/net/sockstat")?;
    let tcp = sockets.lines().find_map(|line| line.strip_prefix("TCP: ")).context("no line TCP in sockstat")?;
    let pages = tcp.split_once("mem ").and_then(|(_, pages)| pages.split_whitespace().next()?.parse::<u64>().ok());
    let memory = std::fs::read_to_string("/proc/meminfo")?;
    let slab = memory.lines().find_map(|line| line.strip_prefix("Slab:")?.split_whitespace().next()?.parse().ok());
    let (pages, records) = pages.zip(slab).context("no sizes in sockstat or meminfo")?;
    Ok(KernelMemory { buffers: pages * KIB_PER_PAGE, records })
}

/// Fails if this process may not open this many files. A server started from here inherits the limit.
pub(crate) fn require_open_files(needed: usize) -> anyhow::Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).context("no limit of open files")?;
    let enough = soft == "unlimited" || soft.parse::<usize>().is_ok_and(|soft| soft >= needed);
    anyhow::ensure!(enough, "{needed} open files are needed and {soft} allowed: run `ulimit -n 20000` first");
    Ok(())
}
