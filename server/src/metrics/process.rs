//! Metrics of the process itself, under the standard names that Prometheus dashboards expect.
//!
//! Owns reading them from `/proc`. Without `/proc` there is only the start time.

use std::fmt;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Linux reports CPU time in `/proc` in ticks of 10 ms, on every machine.
const TICKS: f64 = 100.0;

/// This process.
#[derive(Debug)]
pub(super) struct Process {
    started: f64,
}

impl Process {
    /// A process that starts now.
    pub(super) fn starting() -> Self {
        Self { started: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let read = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        if let Some(seconds) = processor_seconds(&read("stat")) {
            let used = ConstCounter::new(seconds);
            used.encode(encoder.encode_descriptor("process_cpu_seconds", "CPU time", None, used.metric_type())?)?;
        }
        let open = fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as f64);
        for (name, help, figure) in [
            ("process_start_time_seconds", "Start time, in seconds since 1970", Some(self.started)),
            ("process_resident_memory_bytes", "Memory in use", resident_bytes(&read("status"))),
            ("process_open_fds", "Open file descriptors", open),
            ("process_max_fds", "Limit of open file descriptors", most_files(&read("limits"))),
        ] {
            if let Some(figure) = figure {
                let gauge = ConstGauge::new(figure);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        Ok(())
    }
}

/// Parses `/proc/self/stat`. The program's name is in parentheses and may contain anything.
fn processor_seconds(stat: &str) -> Option<f64> {
    let mut numbers = stat.rsplit_once(')')?.1.split_whitespace().skip(11).map(str::parse::<f64>);
    Some((numbers.next()?.ok()? + numbers.next()?.ok()?) / TICKS)
}

/// Parses `/proc/self/status`.
fn resident_bytes(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? * 1024.0)
}

/// Parses the soft limit from `/proc/self/limits`.
fn most_files(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_linux_about_a_process_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 9 0 100 1000 200 1844";
        assert_eq!(processor_seconds(stat), Some(3.0));
        assert_eq!(resident_bytes("VmPeak:\t 9 kB\nVmRSS:\t    2048 kB\n"), Some(2_097_152.0));
        assert_eq!(most_files("Limit  Soft\nMax open files            1024        4096    files\n"), Some(1024.0));
        assert_eq!((processor_seconds(""), resident_bytes(""), most_files("Max open files")), (None, None, None));
    }
}
