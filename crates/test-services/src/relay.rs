//! A TCP relay in front of a service: a fixed address for clients, wherever the service is.
//!
//! Owns which port new connections go to, and cutting and freezing them. Must not look at the traffic.

use std::io::{Read as _, Result, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

#[derive(Debug)]
struct Inner {
    /// The port at 127.0.0.1 that new connections go to; without one they are closed at once.
    target: Option<u16>,
    /// Both ends of the open connections.
    connections: Vec<[TcpStream; 2]>,
    /// The number of connections so far.
    made: usize,
}

/// A relay at its own port. It stands for the virtual address or the proxy through which clients find the primary.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    /// The connections up to this number are frozen.
    frozen: Arc<AtomicUsize>,
}

impl Relay {
    /// Starts a relay to a port at 127.0.0.1. It ends with the process.
    pub fn start(target: u16) -> Result<Self> {
        Self::start_at(Ipv4Addr::LOCALHOST.into(), target)
    }

    /// Starts a relay at another address of this machine.
    pub fn start_at(address: IpAddr, target: u16) -> Result<Self> {
        let listener = TcpListener::bind((address, 0))?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Mutex::new(Inner { target: Some(target), connections: Vec::new(), made: 0 }));
        let frozen = Arc::<AtomicUsize>::default();
        let (accepting, freezing) = (Arc::clone(&inner), Arc::clone(&frozen));
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // A connection that cannot be relayed is closed.
                let _ = pass(&accepting, &freezing, near);
            }
        });
        Ok(Self { address, inner, frozen })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// A service's URL at the relay's port: that of a database at `127.0.0.1`, for example.
    #[must_use]
    pub fn url(&self, of: &str) -> String {
        match of.split_once("@127.0.0.1:") {
            Some((before, after)) => {
                let path = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
                format!("{before}@{}{path}", self.address)
            }
            None => of.to_owned(),
        }
    }

    /// Sends new connections to another port, or nowhere. Open ones stay.
    pub fn switch(&self, target: Option<u16>) {
        self.lock().target = target;
    }

    /// Cuts the open connections, and returns how many there were.
    #[must_use]
    pub fn cut(&self) -> usize {
        let connections = std::mem::take(&mut self.lock().connections);
        for end in connections.iter().flatten() {
            let _ = end.shutdown(Shutdown::Both);
        }
        connections.len()
    }

    /// Freezes the open connections, and returns how many there were: they stay open, and nothing comes through any more, as
    /// if the machine at the other end had lost its power.
    #[must_use]
    pub fn freeze(&self) -> usize {
        let inner = self.lock();
        self.frozen.store(inner.made, Ordering::Release);
        inner.connections.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Relays a connection, in both directions.
fn pass(inner: &Mutex<Inner>, frozen: &Arc<AtomicUsize>, near: TcpStream) -> Result<()> {
    // Locked until the connection is in the list: a switch followed by a cut leaves no connection to the former port.
    let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(target) = inner.target else { return near.shutdown(Shutdown::Both) };
    let far = TcpStream::connect(("127.0.0.1", target))?;
    for end in [&near, &far] {
        end.set_nodelay(true)?;
    }
    inner.connections.retain(|ends| ends.iter().all(|end| end.peer_addr().is_ok()));
    inner.connections.push([near.try_clone()?, far.try_clone()?]);
    inner.made += 1;
    let number = inner.made;
    drop(inner);
    one_way(near.try_clone()?, far.try_clone()?, number, Arc::clone(frozen));
    one_way(far, near, number, Arc::clone(frozen));
    Ok(())
}

fn one_way(mut from: TcpStream, mut to: TcpStream, number: usize, frozen: Arc<AtomicUsize>) {
    thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            // The bytes are lost. Not even an end comes through.
            if frozen.load(Ordering::Acquire) < number && to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        if frozen.load(Ordering::Acquire) < number {
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    /// A service that answers each line with its name; returns its port.
    fn service(name: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    while stream.read_exact(&mut [0]).is_ok() {
                        stream.write_all(name.as_bytes()).expect("written");
                    }
                });
            }
        });
        port
    }

    /// The answer over a connection.
    fn asked(stream: &mut TcpStream) -> Result<String> {
        stream.write_all(b"?")?;
        let mut answer = [0; 1];
        stream.read_exact(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    #[test]
    fn a_switch_is_for_new_connections_and_a_cut_for_those_that_there_are() {
        let (a, b) = (service("a"), service("b"));
        let relay = Relay::start(a).expect("a relay");
        let connect = || TcpStream::connect(("127.0.0.1", relay.port())).expect("connected");
        let mut first = connect();
        assert_eq!(asked(&mut first).expect("an answer"), "a");
        relay.switch(Some(b));
        assert_eq!(asked(&mut connect()).expect("an answer"), "b");
        assert_eq!(asked(&mut first).expect("an answer"), "a");
        assert!(relay.cut() >= 1);
        assert!(asked(&mut first).is_err());
        relay.switch(None);
        assert!(asked(&mut connect()).is_err());
        relay.switch(Some(a));
        assert_eq!(asked(&mut connect()).expect("an answer"), "a");
    }

    #[test]
    fn a_frozen_connection_stays_open_and_silent_and_later_ones_are_relayed() {
        let relay = Relay::start(service("a")).expect("a relay");
        let connect = || TcpStream::connect(("127.0.0.1", relay.port())).expect("connected");
        let mut first = connect();
        assert_eq!(asked(&mut first).expect("an answer"), "a");
        assert_eq!(relay.freeze(), 1);
        first.set_read_timeout(Some(std::time::Duration::from_millis(200))).expect("set");
        let silence = asked(&mut first).expect_err("silence").kind();
        assert!(matches!(silence, std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{silence}");
        assert_eq!(asked(&mut connect()).expect("an answer"), "a");
    }

    #[test]
    fn a_url_keeps_everything_but_its_port() {
        let relay = Relay::start(1).expect("a relay");
        let url = relay.url("postgres://me@127.0.0.1:5432/t0?sslmode=disable");
        assert_eq!(url, format!("postgres://me@127.0.0.1:{}/t0?sslmode=disable", relay.port()));
    }
}
