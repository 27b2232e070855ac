//! The listening socket.
//!
//! Owns how many connections wait in the kernel until they are accepted. Must not accept any.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// How many connections may wait. Linux keeps no more than `net.core.somaxconn`, which is 4,096 by default. It drops the
/// first packet of any further connection, a webhook's included, and that client tries again after a second. The standard
/// library's 128 are too few: thousands of clients that reconnect fill them within milliseconds.
const BACKLOG: u32 = 4096;

/// Listens on an address. Must be called within the runtime.
///
/// # Errors
///
/// If the address cannot be used, for example because another program does.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Otherwise a restarted server would wait until the connections of its predecessor are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpStream};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn hundreds_of_connections_wait_until_they_are_accepted() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
        let address = listener.local_addr().expect("an address");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(500));
        let waiting: Vec<_> = (0..500).map_while(|_| connect().ok()).collect();
        assert_eq!(waiting.len(), 500);
    }

    #[tokio::test]
    async fn an_address_that_is_in_use_is_an_error() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
        let again = listen(listener.local_addr().expect("an address"));
        assert_eq!(again.expect_err("in use").kind(), io::ErrorKind::AddrInUse);
    }
}
