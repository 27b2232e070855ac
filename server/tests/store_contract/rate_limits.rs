//! The promises of every store of several nodes about rate limits.
//!
//! Owns the promises, each a sentence. Must not know which store it tests.

use std::time::{Duration, Instant};

use server::store::LimitKey;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::harness::{Harness, Open};

const MINUTE: Duration = Duration::from_secs(60);

/// Spends some of a key's limit at a node; returns how much all nodes have spent.
async fn spend(node: &Harness, key: LimitKey, time: Duration) -> Duration {
    node.store.spend(vec![(key, time)]).await.unwrap().all[0].1
}

pub async fn what_nodes_spend_is_added_up_and_recovers_with_time(open: &dyn Open) {
    let nodes = [Harness::of(open).await, Harness::of(open).await, Harness::of(open).await];
    for node in &nodes[..2] {
        node.store.register_node(MINUTE).await.unwrap();
    }
    let begun = Instant::now();
    let mut spending = JoinSet::new();
    for number in 0..60 {
        let store = nodes[number % 3].store.clone();
        spending.spawn(async move {
            // Each task uses another order.
            let mut keys = [[1; 16], [2; 16], [3; 16]];
            keys.rotate_left(number / 3 % 3);
            let spent = store.spend(keys.map(|key| (key, MINUTE)).to_vec()).await.unwrap();
            assert_eq!((spent.all.len(), spent.nodes), (3, 2));
        });
    }
    while let Some(spent) = spending.join_next().await {
        spent.unwrap();
    }
    for key in [[1; 16], [2; 16], [3; 16]] {
        let all = spend(&nodes[0], key, Duration::ZERO).await;
        assert!(all <= MINUTE * 60 && all + begun.elapsed() + Duration::from_secs(1) >= MINUTE * 60, "{all:?}");
    }
    // The limit recovers over time, once for all nodes.
    let first = spend(&nodes[1], [4; 16], Duration::from_secs(20)).await;
    let asked = Instant::now();
    sleep(Duration::from_millis(300)).await;
    let second = spend(&nodes[2], [4; 16], Duration::ZERO).await;
    assert!(first - second >= Duration::from_millis(250), "{first:?} {second:?}");
    assert!(first - second <= asked.elapsed() + Duration::from_secs(1), "{first:?} {second:?}");
    // A recovered entry is deleted, and no other.
    assert!(spend(&nodes[0], [5; 16], Duration::from_micros(10)).await < Duration::from_millis(1));
    sleep(Duration::from_millis(20)).await;
    nodes[1].store.delete_recovered().await.unwrap();
    assert!(spend(&nodes[1], [1; 16], Duration::ZERO).await > MINUTE * 50);
    assert_eq!(spend(&nodes[1], [5; 16], Duration::ZERO).await, Duration::ZERO);
}
