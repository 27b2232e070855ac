//! The peer of a request.
//!
//! Owns finding the client's address behind trusted proxies. Must not decide on limits.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use ipnet::IpNet;

use super::abortable::AbortHandle;

/// The peer of a request, which is in the extensions of every request.
#[derive(Clone)]
pub struct Peer {
    /// The client's address, as far as it can be trusted.
    pub address: IpAddr,
    /// Aborts the connection on which the request came.
    pub abort: Arc<AbortHandle>,
}

impl Peer {
    /// The peer, from a request's connection and headers.
    pub fn of_request(connected: IpAddr, headers: &HeaderMap, proxies: &[IpNet], abort: &Arc<AbortHandle>) -> Self {
        let connected = connected.to_canonical();
        Self { address: client(connected, headers, proxies), abort: Arc::clone(abort) }
    }
}

/// The last address on the path that is not a trusted proxy's. Each proxy appends the address that called it, so
/// everything before the first untrusted address may be forged.
fn client(connected: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or("")).collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut address = connected;
    while is_trusted(&address) {
        match hops.next().and_then(|hop| parse(hop.trim())) {
            Some(before) => address = before,
            None => break,
        }
    }
    address
}

/// An address, with or without a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(hop, |(address, _)| address);
    let with_port = || bare.parse::<std::net::SocketAddr>().map(|address| address.ip());
    bare.parse::<IpAddr>().or_else(|_| with_port()).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn seen(connected: &str, forwarded: &[&str], proxies: &[&str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a header"));
        }
        let proxies: Vec<IpNet> = proxies.iter().map(|network| network.parse().expect("a network")).collect();
        client(address(connected), &headers, &proxies)
    }

    #[test]
    fn nobody_but_a_trusted_proxy_can_name_another_address() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], &[]), address("203.0.113.9"));
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], &["10.0.0.0/8"]), address("203.0.113.9"));
        assert_eq!(seen("10.1.2.3", &["198.51.100.1"], &["10.0.0.0/8"]), address("198.51.100.1"));
    }

    #[test]
    fn what_a_client_puts_before_its_own_address_is_not_believed() {
        let proxies = ["10.0.0.0/8", "192.0.2.7/32"];
        let forged = ["1.1.1.1, 198.51.100.1", "192.0.2.7"];
        assert_eq!(seen("10.1.2.3", &forged, &proxies), address("198.51.100.1"));
        assert_eq!(seen("10.1.2.3", &["nonsense"], &proxies), address("10.1.2.3"));
        assert_eq!(seen("10.1.2.3", &["198.51.100.1, unknown"], &proxies), address("10.1.2.3"));
    }

    #[test]
    fn ports_and_brackets_are_left_out() {
        for (hop, expected) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(seen("127.0.0.1", &[hop], &["127.0.0.1/32"]), address(expected));
        }
        assert_eq!(parse("::ffff:198.51.100.1"), Some(address("198.51.100.1")));
    }
}
