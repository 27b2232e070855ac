//! What is counted for operators.
//!
//! Owns the counters, their names and their labels, which hold only what is known beforehand: no
//! user, no address, nothing that a stranger can choose. Must not know who reads them. Counting is an
//! atomic addition; there is no lock but where a new label is met.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// From a millisecond to the time-outs of the most patient providers, in seconds.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// A delivery's way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfDelivery {
    /// The connector's id.
    pub connector: &'static str,
    /// `processed`, `duplicate`, `kept`, or the code it was refused with.
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

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    /// Deliveries.
    pub deliveries: Family<OfDelivery, Counter>,
    /// From a delivery's arrival to its answer.
    pub delivery_seconds: Histogram,
    /// Events that were committed and given to the rooms.
    pub events: Family<OfEvent, Counter>,
    /// Sign-ins over Socket.IO.
    pub sign_ins: Family<OfOutcome, Counter>,
    /// Members that came back with `since`: `replayed` or `sync_required`.
    pub resumes: Family<OfOutcome, Counter>,
    /// Members that were cut off because they took nothing.
    pub cut_off: Counter,
    /// Calls to the core app.
    pub core_app_calls: Family<OfOutcome, Counter>,
    /// How long they took.
    pub core_app_seconds: Histogram,
    /// Answers of the HTTP interface.
    pub answers: Family<OfAnswer, Counter>,
    /// What is read when somebody asks.
    pub now: Now,
}

/// What is read when somebody asks.
#[derive(Default)]
pub struct Now {
    /// Connected sockets.
    pub sockets: Gauge,
    /// Members of rooms: signed-in sockets and streams.
    pub members: Gauge,
    /// Whether the store answers: 1 or 0.
    pub store_up: Gauge,
    /// Transactions that wait for the core app.
    pub outbox_waiting: Gauge,
    /// For how long the oldest has.
    pub outbox_lag_seconds: Gauge,
    /// Transactions that the core app refused for good.
    pub outbox_dead: Gauge,
    /// Whether nothing is sent to the core app for a while: 1 or 0.
    pub outbox_paused: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("tallywire"),
            deliveries: Family::default(),
            delivery_seconds: Histogram::new(BOUNDS),
            events: Family::default(),
            sign_ins: Family::default(),
            resumes: Family::default(),
            cut_off: Counter::default(),
            core_app_calls: Family::default(),
            core_app_seconds: Histogram::new(BOUNDS),
            answers: Family::default(),
            now: Now::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let Self { registry, now, .. } = self;
        registry.register("deliveries", "Deliveries by connector and outcome", self.deliveries.clone());
        registry.register("delivery_seconds", "From a delivery's arrival to its answer", self.delivery_seconds.clone());
        registry.register("events", "Events committed and given to the rooms", self.events.clone());
        registry.register("sign_ins", "Sign-ins over Socket.IO by outcome", self.sign_ins.clone());
        registry.register("resumes", "Members that asked for what they had missed", self.resumes.clone());
        registry.register("cut_off", "Members cut off because they took nothing", self.cut_off.clone());
        registry.register("core_app_calls", "Calls to the core app by outcome", self.core_app_calls.clone());
        registry.register("core_app_seconds", "How long calls to the core app took", self.core_app_seconds.clone());
        registry.register("http_answers", "Answers by route and status", self.answers.clone());
        for (name, help, gauge) in [
            ("sockets", "Connected sockets", &now.sockets),
            ("room_members", "Signed-in sockets and streams", &now.members),
            ("store_up", "Whether the store answers", &now.store_up),
            ("outbox_waiting", "Transactions that wait for the core app", &now.outbox_waiting),
            ("outbox_lag_seconds", "For how long the oldest of them has waited", &now.outbox_lag_seconds),
            ("outbox_dead", "Transactions that the core app refused for good", &now.outbox_dead),
            ("outbox_paused", "Whether nothing is sent to the core app for a while", &now.outbox_paused),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let build: Gauge = Gauge::default();
        build.set(1);
        let version = [("version".into(), env!("CARGO_PKG_VERSION").into())];
        registry.sub_registry_with_labels(version.into_iter()).register("build", "The running release", build);
    }

    /// A delivery was answered.
    pub fn delivered(&self, connector: &'static str, outcome: &'static str, took: Duration) {
        self.deliveries.get_or_create(&OfDelivery { connector, outcome }).inc();
        self.delivery_seconds.observe(took.as_secs_f64());
    }

    /// A call to the core app has ended.
    pub fn called_core_app(&self, outcome: &'static str, took: Duration) {
        self.core_app_calls.get_or_create(&OfOutcome { outcome }).inc();
        self.core_app_seconds.observe(took.as_secs_f64());
    }

    /// Everything in the text form of OpenMetrics, which Prometheus reads.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut encoded = String::new();
        text::encode(&mut encoded, &self.registry)?;
        Ok(encoded)
    }
}

/// Counts one more of a word.
pub fn count(family: &Family<OfOutcome, Counter>, outcome: &'static str) {
    family.get_or_create(&OfOutcome { outcome }).inc();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_can_be_read() {
        let metrics = Metrics::default();
        metrics.delivered("basiq", "processed", Duration::from_millis(3));
        count(&metrics.sign_ins, "accepted");
        metrics.now.outbox_lag_seconds.set(90);
        let text = metrics.encode().expect("text");
        for line in [
            r#"tallywire_deliveries_total{connector="basiq",outcome="processed"} 1"#,
            r#"tallywire_delivery_seconds_bucket{le="0.005"} 1"#,
            r#"tallywire_sign_ins_total{outcome="accepted"} 1"#,
            "tallywire_outbox_lag_seconds 90",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}
