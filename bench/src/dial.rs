//! Connections to the measured server.
//!
//! Owns the address from which each user connects. Must not send anything.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};

/// How many users have an address of their own; others share one with an earlier user.
const ADDRESSES: usize = 250 * 250;

/// Connects from the user's own loopback address. With thousands of connections from one address, the kernel searches for
/// a free port longer than the rest of a connection takes; real clients have their own addresses.
pub(crate) async fn connect(user: usize, address: SocketAddr) -> io::Result<TcpStream> {
    socket(user)?.connect(address).await
}

/// A socket at the user's own address, to be connected.
pub(crate) fn socket(user: usize) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((address(user), 0).into())?;
    Ok(socket)
}

fn address(user: usize) -> Ipv4Addr {
    let octet = |number: usize| u8::try_from(1 + number % 250).unwrap_or(1);
    // 127.0 is left to the servers.
    Ipv4Addr::new(127, 1, octet(user % ADDRESSES / 250), octet(user))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_user_has_an_own_loopback_address() {
        let addresses: HashSet<_> = (0..ADDRESSES).map(address).collect();
        assert_eq!(addresses.len(), ADDRESSES);
        assert!(addresses.iter().all(Ipv4Addr::is_loopback));
        assert_eq!(address(ADDRESSES), address(0));
    }
}
