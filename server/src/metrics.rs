//! Metrics for operators.
//!
//! Owns the metrics, their names and their labels. Label values are from fixed sets: no user, no address, nothing that
//! a caller can choose. Must not know who reads them.
//!
//! The metrics are part of the server's state. Therefore the crate is `prometheus_client` and not `metrics`, whose
//! recorder is global to the process: two servers in one process (as in every test) would share counters.

mod process;

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// The buckets of durations: from a tenth of a millisecond to the longest timeout, in seconds.
const TIMES: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// The buckets of writes per commit.
const BATCHES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The labels of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DeliveryLabels {
    /// The connector's id; `unknown` if no connector has that name, or before it was looked up.
    pub connector: String,
    /// `processed`, `duplicate`, `kept`, or the code of the error response.
    pub outcome: &'static str,
}

/// The labels of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SignInLabels {
    /// `socket` or `dashboard`.
    pub at: &'static str,
    /// `accepted`, or the code of the error.
    pub outcome: &'static str,
}

/// The label of an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabel {
    /// The outcome.
    pub outcome: &'static str,
}

/// The label of a background task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TaskLabel {
    /// Its name in the code.
    pub task: &'static str,
}

/// The labels of an attempted sync run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SyncLabels {
    /// The connector's id.
    pub connector: String,
    /// How it ended.
    pub outcome: &'static str,
}

/// The label of an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EventLabel {
    /// The event's name on the wire.
    pub event: &'static str,
}

/// The labels of an HTTP response.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ResponseLabels {
    /// The route's template, never the path of the request.
    pub route: String,
    /// Its status.
    pub status: u16,
}

/// Metrics of the store's commits.
#[derive(Clone, Debug)]
pub struct Commits {
    jobs: Histogram,
    seconds: Histogram,
}

impl Commits {
    /// Counts a commit of `jobs` writes that took this long.
    pub fn committed(&self, jobs: usize, took: Duration) {
        self.jobs.observe(jobs as f64);
        self.seconds.observe(took.as_secs_f64());
    }
}

/// All metrics.
pub struct Metrics {
    registry: Registry,
    /// Deliveries.
    pub deliveries: Family<DeliveryLabels, Counter>,
    delivery_seconds: Histogram,
    events: Family<EventLabel, Counter>,
    sign_ins: Family<SignInLabels, Counter>,
    resumes: Family<OutcomeLabel, Counter>,
    /// Subscribers disconnected because they did not read.
    pub cut_off: Counter,
    core_app_calls: Family<OutcomeLabel, Counter>,
    core_app_seconds: Histogram,
    answers: Family<ResponseLabels, Counter>,
    task_panics: Family<TaskLabel, Counter>,
    syncs: Family<SyncLabels, Counter>,
    wake_ups: Family<OutcomeLabel, Counter>,
    /// Backlogs of deliveries that could not be applied.
    pub backlog_errors: Counter,
    /// Commits of the store.
    pub commits: Commits,
    /// Gauges, which are set when the metrics are read.
    pub gauges: Gauges,
}

/// Gauges, which are set when the metrics are read.
#[derive(Default)]
pub struct Gauges {
    /// Connected sockets.
    pub sockets: Gauge,
    /// Users with a signed-in socket or stream.
    pub rooms: Gauge,
    /// Subscribers: signed-in sockets and streams.
    pub members: Gauge,
    /// Whether the store answers: 1 or 0.
    pub store_up: Gauge,
    /// Quarantined deliveries.
    pub inbox_kept: Gauge,
    /// Pending calls to the core app.
    pub outbox_waiting: Gauge,
    /// The age of the oldest pending call.
    pub outbox_lag_seconds: Gauge,
    /// Dead letters: calls that the core app rejected.
    pub outbox_dead: Gauge,
    /// Whether the circuit breaker of the core app is open: 1 or 0.
    pub breaker_open: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            deliveries: Family::default(),
            delivery_seconds: Histogram::new(TIMES),
            events: Family::default(),
            sign_ins: Family::default(),
            resumes: Family::default(),
            cut_off: Counter::default(),
            core_app_calls: Family::default(),
            core_app_seconds: Histogram::new(TIMES),
            answers: Family::default(),
            task_panics: Family::default(),
            syncs: Family::default(),
            wake_ups: Family::default(),
            backlog_errors: Counter::default(),
            commits: Commits { jobs: Histogram::new(BATCHES), seconds: Histogram::new(TIMES) },
            gauges: Gauges::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        self.registry.register_collector(Box::new(process::Process::starting()));
        let Self { commits, gauges, .. } = self;
        let own = self.registry.sub_registry_with_prefix("tallywire");
        own.register("build", "The running release", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        own.register("deliveries", "Deliveries by connector and outcome", self.deliveries.clone());
        own.register(
            "delivery_seconds",
            "Time from a delivery's arrival to its response",
            self.delivery_seconds.clone(),
        );
        own.register("events", "Events published to subscribers", self.events.clone());
        own.register("sign_ins", "Sign-ins by place and outcome", self.sign_ins.clone());
        own.register("resumes", "Subscribers that resumed with since", self.resumes.clone());
        own.register("cut_off", "Subscribers disconnected because they did not read", self.cut_off.clone());
        own.register("core_app_calls", "Calls to the core app by outcome", self.core_app_calls.clone());
        own.register("core_app_seconds", "Duration of calls to the core app", self.core_app_seconds.clone());
        own.register("http_answers", "Responses by route and status", self.answers.clone());
        own.register("task_panics", "Panics of background tasks", self.task_panics.clone());
        own.register("syncs", "Attempted sync runs by connector and outcome", self.syncs.clone());
        own.register("wake_ups", "Messages between the nodes of one database", self.wake_ups.clone());
        own.register("backlog_errors", "Backlogs that could not be applied", self.backlog_errors.clone());
        own.register("commit_jobs", "Writes in a commit of the store", commits.jobs.clone());
        own.register("commit_seconds", "Duration of a commit with its writes", commits.seconds.clone());
        for (name, help, gauge) in [
            ("sockets", "Connected sockets", &gauges.sockets),
            ("rooms", "Users with a signed-in socket or stream", &gauges.rooms),
            ("room_members", "Signed-in sockets and streams", &gauges.members),
            ("store_up", "Whether the store answers", &gauges.store_up),
            ("inbox_kept", "Quarantined deliveries", &gauges.inbox_kept),
            ("outbox_waiting", "Pending calls to the core app", &gauges.outbox_waiting),
            ("outbox_lag_seconds", "Age of the oldest pending call", &gauges.outbox_lag_seconds),
            ("outbox_dead", "Dead letters: calls that the core app rejected", &gauges.outbox_dead),
            ("core_app_breaker_open", "Whether the circuit breaker of the core app is open", &gauges.breaker_open),
        ] {
            own.register(name, help, gauge.clone());
        }
    }

    /// Counts a delivery that was responded to.
    pub fn delivered(&self, connector: &str, outcome: &'static str, took: Duration) {
        self.deliveries.get_or_create(&DeliveryLabels { connector: connector.to_owned(), outcome }).inc();
        self.delivery_seconds.observe(took.as_secs_f64());
    }

    /// Counts a sign-in that has succeeded or failed; `at` is `socket` or `dashboard`.
    pub fn signed_in(&self, at: &'static str, outcome: &'static str) {
        self.sign_ins.get_or_create(&SignInLabels { at, outcome }).inc();
    }

    /// Counts a subscriber that has resumed with `since`: `replayed` or `sync_required`.
    pub fn resumed(&self, outcome: &'static str) {
        self.resumes.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// Counts an event that was published to its user's subscribers.
    pub fn published(&self, event: &'static str) {
        self.events.get_or_create(&EventLabel { event }).inc();
    }

    /// Counts a call to the core app that has ended.
    pub fn called_core_app(&self, outcome: &'static str, took: Duration) {
        self.core_app_calls.get_or_create(&OutcomeLabel { outcome }).inc();
        self.core_app_seconds.observe(took.as_secs_f64());
    }

    /// Counts a request that was responded to. `route` is a template.
    pub fn answered(&self, route: &str, status: u16) {
        self.answers.get_or_create(&ResponseLabels { route: route.to_owned(), status }).inc();
    }

    /// Counts a sync run that has ended: `complete`, `failed` or `removed`.
    pub fn synced(&self, connector: &str, outcome: &'static str) {
        self.syncs.get_or_create(&SyncLabels { connector: connector.to_owned(), outcome }).inc();
    }

    /// Counts a wake-up that was `sent`, `failed`, or was `received` from another node.
    pub fn woke(&self, outcome: &'static str) {
        self.wake_ups.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// Counts a panic of a background task.
    pub fn panicked(&self, task: &'static str) {
        self.task_panics.get_or_create(&TaskLabel { task }).inc();
    }

    /// All metrics in the text format of OpenMetrics, which Prometheus reads.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut encoded = String::new();
        text::encode(&mut encoded, &self.registry)?;
        Ok(encoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_histograms_and_gauges_are_encoded_for_prometheus() {
        let metrics = Metrics::default();
        metrics.delivered("basiq", "processed", Duration::from_millis(3));
        metrics.signed_in("socket", "accepted");
        metrics.answered("/a/{b}", 200);
        metrics.answered("/a/{b}", 200);
        metrics.commits.committed(3, Duration::from_millis(2));
        metrics.gauges.outbox_lag_seconds.set(90);
        let text = metrics.encode().expect("text");
        for line in [
            r#"tallywire_deliveries_total{connector="basiq",outcome="processed"} 1"#,
            r#"tallywire_delivery_seconds_bucket{le="0.005"} 1"#,
            r#"tallywire_sign_ins_total{at="socket",outcome="accepted"} 1"#,
            r#"tallywire_http_answers_total{route="/a/{b}",status="200"} 2"#,
            r#"tallywire_commit_jobs_bucket{le="4.0"} 1"#,
            r#"tallywire_build_info{version="#,
            "tallywire_outbox_lag_seconds 90",
            "process_start_time_seconds ",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}
