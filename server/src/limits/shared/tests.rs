//! Nodes in simulated time, with a simulated database.

use std::num::NonZeroU32;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(5);

/// The sums that the database keeps.
#[derive(Default)]
struct Database(std::collections::HashMap<SharedKey, Instant>);

impl Database {
    fn spend(&mut self, spent: &[(SharedKey, Duration)], now: Instant) -> Vec<(SharedKey, Duration)> {
        let add = |(key, spent): &(SharedKey, Duration)| {
            let recovered = self.0.entry(*key).or_insert(now);
            *recovered = (*recovered).max(now) + *spent;
            (*key, *recovered - now)
        };
        spent.iter().map(add).collect()
    }
}

/// Nodes that report once every so many steps.
struct Nodes {
    nodes: Vec<Shared>,
    database: Database,
    now: Instant,
    report_every: u32,
    step: u32,
}

impl Nodes {
    fn new(nodes: u32, report_every: u32) -> Self {
        let of = |_| {
            let shared = Shared::default();
            shared.nodes.store(nodes, Ordering::Relaxed);
            shared
        };
        let database = Database::default();
        Self { nodes: (0..nodes).map(of).collect(), database, now: Instant::now(), report_every, step: 0 }
    }

    /// Makes a number of calls at these nodes in each step for some time; returns how many are within the limit.
    fn call(&mut self, at: &[usize], calls: u32, quota: Quota, time: Duration) -> u32 {
        let mut within = 0;
        for _ in 0..time.as_millis() / STEP.as_millis() {
            for node in at {
                let count = |_: &u32| self.nodes[*node].count([1; 16], quota, self.now) == Verdict::Within;
                within += u32::try_from((0..calls).filter(count).count()).expect("few");
            }
            self.now += STEP;
            self.step += 1;
            for (number, node) in (0..).zip(&self.nodes) {
                // The nodes take turns, so each receives the others' counts at a different time.
                if (self.step + number).is_multiple_of(self.report_every) {
                    let spent = node.take_spent(100);
                    let all = self.database.spend(&spent, self.now);
                    node.heard_at(&all, u32::try_from(self.nodes.len()).expect("few"), self.now);
                }
            }
        }
        within
    }
}

fn quota(per_minute: u32, burst: u32) -> Quota {
    let number = |number| NonZeroU32::new(number).expect("not 0");
    Quota::per_minute(number(per_minute)).allow_burst(number(burst))
}

#[test]
fn nodes_together_exceed_a_limit_by_half_at_most_however_late_they_hear_of_one_another() {
    for nodes in [2, 3, 5] {
        for report_every in [1, 10, 100] {
            for (per_minute, burst) in [(600, 600), (6000, 1000), (60, 60)] {
                let mut it = Nodes::new(nodes, report_every);
                let all: Vec<_> = (0..it.nodes.len()).collect();
                let limit = quota(per_minute, burst);
                let at_once = it.call(&all, 8, limit, SECOND * 3);
                let most = burst + per_minute / 20;
                assert!(at_once * 2 <= most * 3, "{at_once} of {most} at {nodes} nodes, {report_every} steps");
                // From then on, no faster than the rate.
                let after = it.call(&all, 8, limit, SECOND * 20);
                let most = most + per_minute / 3;
                assert!((at_once + after) * 2 <= most * 3, "{after} in 20 s at {nodes} nodes");
                assert!(at_once + after >= most * 9 / 10, "{at_once} and {after}");
            }
        }
    }
}

#[test]
fn a_caller_at_one_of_several_nodes_has_nearly_the_whole_limit() {
    for nodes in [1, 2, 3] {
        let (mut it, limit) = (Nodes::new(nodes, 1), quota(600, 600));
        let at_once = it.call(&[0], 2, limit, SECOND * 2);
        assert!((580..=640).contains(&at_once), "{at_once} at {nodes} nodes");
        let after = it.call(&[0], 2, limit, SECOND * 60);
        assert!((580..=900).contains(&after), "{after} in a minute at {nodes} nodes");
    }
}

#[test]
fn callers_within_their_nodes_share_are_not_reported_and_others_are() {
    let (mut it, limit) = (Nodes::new(3, u32::MAX), quota(6000, 1000));
    assert_eq!(it.call(&[0], 10, limit, STEP * 5), 50);
    assert!(it.nodes[0].take_spent(10).is_empty());
    // An eighth of the limit, and what recovers of it meanwhile.
    let more = it.call(&[0], 10, limit, STEP * 20);
    assert!((75..=78).contains(&more), "{more} spent unheard");
    assert_eq!(it.nodes[0].take_spent(10).len(), 1);
}

#[test]
fn what_could_not_be_reported_is_reported_later() {
    let (mut it, limit) = (Nodes::new(3, u32::MAX), quota(60, 60));
    it.call(&[0], 5, limit, STEP * 4);
    let first = it.nodes[0].take_spent(10);
    it.nodes[0].failed(&first);
    assert_eq!(it.call(&[0], 5, limit, STEP * 4), 0);
    let again = it.nodes[0].take_spent(10);
    assert_eq!(again.len(), 1);
    let lost = first[0].1.abs_diff(again[0].1);
    assert!(lost < Duration::from_millis(50), "{first:?} {again:?}");
}

#[tokio::test]
async fn a_call_beyond_the_share_waits_for_the_answer_of_the_others() {
    let (shared, limit) = (Shared::default(), quota(60, 60));
    let calls = async {
        let mut within = 0;
        while shared.check("calls", "alice", limit).await.is_ok() {
            within += 1;
        }
        within
    };
    let mut database = Database::default();
    let answering = async {
        loop {
            shared.has_spent().await;
            let spent = shared.take_spent(10);
            tokio::time::sleep(Duration::from_millis(5)).await;
            shared.heard(&database.spend(&spent, Instant::now()), 3);
        }
    };
    tokio::select! {
        within = calls => assert!((58..=66).contains(&within), "{within}"),
        () = answering => {}
    }
}

#[tokio::test]
async fn without_an_answer_a_node_spends_its_share_alone() {
    let (shared, limit) = (Shared::default(), quota(80, 80));
    let mut within = 0;
    while shared.check("calls", "alice", limit).await.is_ok() {
        within += 1;
    }
    assert_eq!(within, 10);
    assert!(shared.check("calls", "bob", limit).await.is_ok(), "another caller has another share");
    assert!(shared.check("other calls", "alice", limit).await.is_ok());
}
