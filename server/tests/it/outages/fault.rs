//! The faults.

use std::fmt;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::cluster::Cluster;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL; the node is restarted a little later.
    NodeKilled,
    /// Redis crashes, and comes back empty.
    RedisStopped,
    /// PostgreSQL crashes, and is restarted.
    DatabaseStopped,
    /// PostgreSQL crashes, and its replica takes over.
    FailedOver,
    /// A node is stopped for a while, and continues as if no time had passed.
    NodeFrozen,
    /// A node reaches neither PostgreSQL nor Redis, but clients still reach the node.
    NodeCutOff,
}

/// How long faults last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Some seconds: for every run of the tests.
    Short,
    /// As long as real ones: longer than leases and slots are valid.
    Long,
}

impl Patience {
    pub(super) fn of_the_environment() -> Self {
        match std::env::var("TALLYWIRE_OUTAGES").as_deref() {
            Ok("long") => Self::Long,
            _ => Self::Short,
        }
    }

    fn of(self, fault: Fault) -> Duration {
        let (short, long) = match fault {
            Fault::NodeKilled => (1, 3),
            Fault::RedisStopped => (2, 10),
            Fault::DatabaseStopped => (4, 30),
            Fault::FailedOver => (1, 5),
            Fault::NodeFrozen => (5, 60),
            Fault::NodeCutOff => (8, 50),
        };
        Duration::from_secs(if self == Self::Long { long } else { short })
    }
}

impl Fault {
    pub(super) const ALL: [Self; 6] = [
        Self::NodeKilled,
        Self::RedisStopped,
        Self::DatabaseStopped,
        Self::FailedOver,
        Self::NodeFrozen,
        Self::NodeCutOff,
    ];

    /// Causes the fault and ends it; returns how long it lasted.
    pub(super) async fn strike(
        self,
        cluster: &mut Cluster,
        patience: Patience,
        random: &mut fastrand::Rng,
    ) -> Duration {
        let (began, lasts) = (Instant::now(), patience.of(self));
        let which = random.usize(0..cluster.nodes.len());
        match self {
            Self::NodeKilled => {
                cluster.nodes[which].kill();
                sleep(lasts).await;
                cluster.nodes[which].run();
                cluster.nodes[which].ready().await;
            }
            Self::RedisStopped => {
                cluster.redis.stop();
                sleep(lasts).await;
                cluster.redis.start_again().unwrap();
            }
            Self::DatabaseStopped => {
                cluster.primary.stop_at_once().unwrap();
                sleep(lasts).await;
                cluster.primary.start_again().unwrap();
            }
            Self::FailedOver => {
                cluster.fail_over();
                sleep(lasts).await;
            }
            Self::NodeFrozen => {
                cluster.nodes[which].freeze();
                sleep(lasts).await;
                cluster.nodes[which].thaw();
            }
            Self::NodeCutOff => {
                cluster.nodes[which].network.cut();
                sleep(lasts).await;
                cluster.nodes[which].network.mend();
            }
        }
        began.elapsed()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NodeKilled => "a node was killed",
            Self::RedisStopped => "Redis was stopped",
            Self::DatabaseStopped => "PostgreSQL was stopped",
            Self::FailedOver => "PostgreSQL failed over",
            Self::NodeFrozen => "a node was frozen",
            Self::NodeCutOff => "a node was cut off",
        })
    }
}
