//! The network between a node and the services that it depends on.
//!
//! Owns a network namespace for the node, if the machine allows one, and cutting it off silently: no packet arrives,
//! and no connection is closed. On other machines, relays close their connections instead. Must not know the traffic.

use std::net::Ipv4Addr;
use std::process::Command;

use test_services::Relay;

/// The node's connections to PostgreSQL, Redis and the core app, and the clients' connections to the node.
pub(super) struct Network {
    namespace: Option<Namespace>,
    pub(super) database: Relay,
    pub(super) redis: Relay,
    pub(super) core_app: Relay,
    targets: [u16; 3],
}

/// A network namespace with two links: one to the clients, one to the services.
struct Namespace {
    name: String,
    behind: String,
    /// The first three bytes of its addresses.
    net: [u8; 3],
}

impl Network {
    /// The network of one node; the ports are those of PostgreSQL, Redis and the core app at 127.0.0.1.
    pub(super) fn make(index: u8, targets: [u16; 3]) -> Self {
        let namespace = Namespace::make(index);
        let address = namespace.as_ref().map_or(Ipv4Addr::LOCALHOST, |namespace| namespace.address(5));
        let [database, redis, core_app] = targets.map(|port| Relay::start_at(address.into(), port).unwrap());
        Self { namespace, database, redis, core_app, targets }
    }

    /// Whether a cut closes no connections.
    pub(super) fn is_silent(&self) -> bool {
        self.namespace.is_some()
    }

    /// The address of the node for clients.
    pub(super) fn of_clients(&self) -> Ipv4Addr {
        self.namespace.as_ref().map_or(Ipv4Addr::LOCALHOST, |namespace| namespace.address(2))
    }

    /// A command that runs in this network.
    pub(super) fn command(&self, program: &str) -> Command {
        let Some(Namespace { name, .. }) = &self.namespace else { return Command::new(program) };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", name, program]);
        command
    }

    /// Cuts the node off from its services; clients still reach the node.
    pub(super) fn cut(&self) {
        match &self.namespace {
            Some(Namespace { behind, .. }) => assert!(ip(&["link", "set", behind, "down"])),
            None => {
                for relay in [&self.database, &self.redis, &self.core_app] {
                    relay.switch(None);
                    let _ = relay.cut();
                }
            }
        }
    }

    pub(super) fn mend(&self) {
        match &self.namespace {
            Some(Namespace { behind, .. }) => assert!(ip(&["link", "set", behind, "up"])),
            None => {
                for (relay, target) in [&self.database, &self.redis, &self.core_app].into_iter().zip(self.targets) {
                    relay.switch(Some(target));
                }
            }
        }
    }

    /// PostgreSQL has moved to another port.
    pub(super) fn fail_over(&mut self, port: u16) {
        self.targets[0] = port;
        self.database.switch(Some(port));
        let _ = self.database.cut();
    }
}

impl Namespace {
    /// `None` if the machine does not allow it.
    fn make(index: u8) -> Option<Self> {
        let process = std::process::id();
        let name = format!("tallywire-{process}-{index}");
        let net = [10, 128 + u8::try_from(process % 100).ok()?, index];
        let behind = format!("tw{process}b{index}");
        let namespace = Self { name, behind, net };
        if !ip(&["netns", "add", &namespace.name]) {
            return None;
        }
        let front = format!("tw{process}f{index}");
        let is_made = namespace.link(&front, 1, 2) && namespace.link(&namespace.behind, 5, 6);
        let is_made = is_made && ip(&["-n", &namespace.name, "link", "set", "lo", "up"]);
        is_made.then_some(namespace)
    }

    fn address(&self, last: u8) -> Ipv4Addr {
        let [first, second, third] = self.net;
        Ipv4Addr::new(first, second, third, last)
    }

    /// A link between the machine (at `here`) and the namespace (at `there`).
    fn link(&self, name: &str, here: u8, there: u8) -> bool {
        let Self { name: namespace, .. } = self;
        let peer = format!("{name}n");
        let with_mask = |last| format!("{}/30", self.address(last));
        ip(&["link", "add", name, "type", "veth", "peer", "name", &peer, "netns", namespace])
            && ip(&["addr", "add", &with_mask(here), "dev", name])
            && ip(&["link", "set", name, "up"])
            && ip(&["-n", namespace, "addr", "add", &with_mask(there), "dev", &peer])
            && ip(&["-n", namespace, "link", "set", &peer, "up"])
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        ip(&["netns", "del", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> bool {
    Command::new("ip").args(arguments).output().is_ok_and(|output| output.status.success())
}
