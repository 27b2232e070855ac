//! The listening socket.
//!
//! Owns how many connections wait in the kernel until they are accepted. Must not accept any.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// How many connections may wait. Linux keeps no more than `net.core.somaxconn`, which is 4,096 by default. It drops the
/// first packet of any further connection, a webhook's included, and that client tries again after a second. The standard
/// library's 128 are too few: thousands of clients that reconnect fill them within milliseconds.
const LONGEST_BACKLOG: u32 = 4096;
const SHORTEST_BACKLOG: u32 = 128;
/// The part of the server's connections that may wait: as many as are freed within a second if all of them are silent
/// (`http/listen.rs`). A visitor behind more of them would wait longer.
const PART: u32 = 4;

/// Listens on an address, for a server that has at most `capacity` connections. Must be called within the runtime.
///
/// # Errors
///
/// If the address cannot be used, for example because another program does.
pub fn listen(address: SocketAddr, capacity: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Otherwise a restarted server would wait until the connections of its predecessor are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen((capacity / PART).clamp(SHORTEST_BACKLOG, LONGEST_BACKLOG))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpStream};
    use std::time::Duration;

    use super::*;

    /// How many of 500 connections wait at a server with this capacity.
    fn waiting(capacity: u32) -> usize {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), capacity).expect("a port");
        let address = listener.local_addr().expect("an address");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(500));
        let waiting: Vec<_> = (0..500).map_while(|_| connect().ok()).collect();
        waiting.len()
    }

    #[tokio::test]
    async fn hundreds_of_connections_wait_until_they_are_accepted() {
        assert_eq!(waiting(60_000), 500);
    }

    #[tokio::test]
    async fn no_more_connections_wait_than_a_small_server_can_soon_accept() {
        // Linux lets one more wait.
        assert_eq!(waiting(800), 201);
        assert_eq!(waiting(100), 129);
    }

    #[tokio::test]
    async fn an_address_that_is_in_use_is_an_error() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into(), 1000).expect("a port");
        let again = listen(listener.local_addr().expect("an address"), 1000);
        assert_eq!(again.expect_err("in use").kind(), io::ErrorKind::AddrInUse);
    }
}
