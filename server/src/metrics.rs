//! What is counted for operators.
//!
//! Owns the metrics, their names and their labels, which hold only what is known beforehand: no user,
//! no address, nothing that a stranger can choose. Must not know who reads them.
//!
//! They live in the server's own state, so `prometheus_client` and not `metrics`, whose recorder is
//! the process's: two servers in one process (every test) would count into each other.

mod process;

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// From a tenth of a millisecond to the time-outs of the most patient, in seconds.
const TIMES: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Up to how many writes share a commit.
const BATCHES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// A delivery's way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfDelivery {
    /// The connector's id; `unknown` where none has that name, or nobody has looked.
    pub connector: &'static str,
    /// `processed`, `duplicate`, `kept`, or the code it was refused with.
    pub outcome: &'static str,
}

/// A sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfSignIn {
    /// `socket` or `dashboard`.
    pub at: &'static str,
    /// `accepted`, or the code it was refused with.
    pub outcome: &'static str,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfOutcome {
    /// What came of it.
    pub outcome: &'static str,
}

/// An event's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfEvent {
    /// As on the wire.
    pub event: &'static str,
}

/// An answer of the HTTP interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfAnswer {
    /// The address as it is written in the router, never as it was called.
    pub route: String,
    /// Its status.
    pub status: u16,
}

/// How the store writes.
#[derive(Clone, Debug)]
pub struct Commits {
    jobs: Histogram,
    seconds: Histogram,
}

impl Commits {
    /// So many writes shared a commit, which took so long with them.
    pub fn committed(&self, jobs: usize, took: Duration) {
        self.jobs.observe(jobs as f64);
        self.seconds.observe(took.as_secs_f64());
    }
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    /// Deliveries.
    pub deliveries: Family<OfDelivery, Counter>,
    delivery_seconds: Histogram,
    events: Family<OfEvent, Counter>,
    sign_ins: Family<OfSignIn, Counter>,
    resumes: Family<OfOutcome, Counter>,
    /// Members that were cut off because they took nothing.
    pub cut_off: Counter,
    core_app_calls: Family<OfOutcome, Counter>,
    core_app_seconds: Histogram,
    answers: Family<OfAnswer, Counter>,
    /// Backlogs of deliveries that could not be applied.
    pub backlog_errors: Counter,
    /// What the store's writer counts.
    pub commits: Commits,
    /// What is read when somebody asks.
    pub now: Now,
}

/// What is read when somebody asks.
#[derive(Default)]
pub struct Now {
    /// Connected sockets.
    pub sockets: Gauge,
    /// Rooms: users with a signed-in socket or stream.
    pub rooms: Gauge,
    /// Members of rooms: signed-in sockets and streams.
    pub members: Gauge,
    /// Whether the store answers: 1 or 0.
    pub store_up: Gauge,
    /// Deliveries that could not be placed or understood.
    pub inbox_kept: Gauge,
    /// Transactions that wait for the core app.
    pub outbox_waiting: Gauge,
    /// For how long the oldest has.
    pub outbox_lag_seconds: Gauge,
    /// Transactions that the core app refused for good.
    pub outbox_dead: Gauge,
    /// Whether the core app is given up for a while: 1 or 0.
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
            backlog_errors: Counter::default(),
            commits: Commits { jobs: Histogram::new(BATCHES), seconds: Histogram::new(TIMES) },
            now: Now::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        self.registry.register_collector(Box::new(process::Process::starting()));
        let Self { commits, now, .. } = self;
        let own = self.registry.sub_registry_with_prefix("tallywire");
        own.register("build", "The running release", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        own.register("deliveries", "Deliveries by connector and outcome", self.deliveries.clone());
        own.register("delivery_seconds", "From a delivery's arrival to its answer", self.delivery_seconds.clone());
        own.register("events", "Events committed and given to the rooms", self.events.clone());
        own.register("sign_ins", "Sign-ins by place and outcome", self.sign_ins.clone());
        own.register("resumes", "Members that asked for what they had missed", self.resumes.clone());
        own.register("cut_off", "Members cut off because they took nothing", self.cut_off.clone());
        own.register("core_app_calls", "Calls to the core app by outcome", self.core_app_calls.clone());
        own.register("core_app_seconds", "How long calls to the core app took", self.core_app_seconds.clone());
        own.register("http_answers", "Answers by route and status", self.answers.clone());
        own.register("backlog_errors", "Backlogs that could not be applied", self.backlog_errors.clone());
        own.register("commit_jobs", "How many writes shared a commit of the store", commits.jobs.clone());
        own.register("commit_seconds", "How long a commit took with its writes", commits.seconds.clone());
        for (name, help, gauge) in [
            ("sockets", "Connected sockets", &now.sockets),
            ("rooms", "Users with a signed-in socket or stream", &now.rooms),
            ("room_members", "Signed-in sockets and streams", &now.members),
            ("store_up", "Whether the store answers", &now.store_up),
            ("inbox_kept", "Deliveries that could not be placed or understood", &now.inbox_kept),
            ("outbox_waiting", "Transactions that wait for the core app", &now.outbox_waiting),
            ("outbox_lag_seconds", "For how long the oldest of them has waited", &now.outbox_lag_seconds),
            ("outbox_dead", "Transactions that the core app refused for good", &now.outbox_dead),
            ("core_app_breaker_open", "Whether the core app is given up for a while", &now.breaker_open),
        ] {
            own.register(name, help, gauge.clone());
        }
    }

    /// A delivery was answered.
    pub fn delivered(&self, connector: &'static str, outcome: &'static str, took: Duration) {
        self.deliveries.get_or_create(&OfDelivery { connector, outcome }).inc();
        self.delivery_seconds.observe(took.as_secs_f64());
    }

    /// Somebody has signed in, or tried: `at` a `socket` or the `dashboard`.
    pub fn signed_in(&self, at: &'static str, outcome: &'static str) {
        self.sign_ins.get_or_create(&OfSignIn { at, outcome }).inc();
    }

    /// Somebody has come back with `since`: `replayed` or `sync_required`.
    pub fn resumed(&self, outcome: &'static str) {
        self.resumes.get_or_create(&OfOutcome { outcome }).inc();
    }

    /// An event was given to the rooms.
    pub fn published(&self, event: &'static str) {
        self.events.get_or_create(&OfEvent { event }).inc();
    }

    /// A call to the core app has ended.
    pub fn called_core_app(&self, outcome: &'static str, took: Duration) {
        self.core_app_calls.get_or_create(&OfOutcome { outcome }).inc();
        self.core_app_seconds.observe(took.as_secs_f64());
    }

    /// A request was answered. `route` is a template.
    pub fn answered(&self, route: &str, status: u16) {
        self.answers.get_or_create(&OfAnswer { route: route.to_owned(), status }).inc();
    }

    /// Everything in the text form of OpenMetrics, which Prometheus reads.
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
    fn what_is_counted_can_be_read() {
        let metrics = Metrics::default();
        metrics.delivered("basiq", "processed", Duration::from_millis(3));
        metrics.signed_in("socket", "accepted");
        metrics.answered("/a/{b}", 200);
        metrics.answered("/a/{b}", 200);
        metrics.commits.committed(3, Duration::from_millis(2));
        metrics.now.outbox_lag_seconds.set(90);
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
