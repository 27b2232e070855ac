//! Three nodes and the services that they depend on.

use std::sync::Arc;

use test_services::{Postgres, Redis};

use super::leases::Leases;
use super::network::Network;
use super::node::Node;
use crate::support::CoreAppDouble;

pub(super) const NODES: u8 = 3;

pub(super) struct Cluster {
    /// The name of the database.
    name: String,
    pub(super) primary: Postgres,
    /// It has every commit before the primary acknowledges it.
    replica: Postgres,
    pub(super) redis: Redis,
    pub(super) core_app: CoreAppDouble,
    pub(super) nodes: Vec<Node>,
    leases: Leases,
}

impl Cluster {
    pub(super) async fn start() -> Self {
        let (primary, redis) = (Postgres::start().unwrap(), Redis::start().unwrap());
        let url = primary.create_database().unwrap();
        let name = url.rsplit('/').next().unwrap().to_owned();
        let replica = primary.replica().unwrap();
        primary.wait_for_replicas(true).unwrap();
        let core_app = CoreAppDouble::start().await;
        let core_app_port = core_app.address.rsplit(':').next().unwrap().parse().unwrap();
        let mut nodes = vec![];
        for index in 0..NODES {
            let network = Network::make(index, [primary.port(), redis.port(), core_app_port]);
            nodes.push(Node::start(network, &name).await);
        }
        let leases = Leases::of(url);
        Self { name, primary, replica, redis, core_app, nodes, leases }
    }

    /// The addresses of the nodes for clients and providers.
    pub(super) fn addresses(&self) -> Arc<[String]> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// Whether a node that is cut off sees no connection close.
    pub(super) fn cuts_silently(&self) -> bool {
        self.nodes.iter().all(|node| node.network.is_silent())
    }

    pub(super) fn leases(&self) -> &Leases {
        &self.leases
    }

    /// The primary fails for good, and the replica takes its place with its own new replica.
    pub(super) fn fail_over(&mut self) {
        // Commits that became visible only by a restart may not have reached the replica yet.
        self.primary.until_replayed_by(&self.replica).unwrap();
        self.primary.stop_at_once().unwrap();
        self.replica.promote().unwrap();
        for node in &mut self.nodes {
            node.network.fail_over(self.replica.port());
        }
        let next = self.replica.replica().unwrap();
        let promoted = std::mem::replace(&mut self.replica, next);
        self.primary = promoted;
        self.primary.wait_for_replicas(true).unwrap();
        self.leases.follow(self.primary.url(&self.name));
    }
}
