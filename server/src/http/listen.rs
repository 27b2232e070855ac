//! Accepting connections and stopping.
//!
//! Owns the limits of a connection that come before any route: headers, pauses, unread data; and that
//! what is in flight is answered before the server ends. Must not know a route.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http::header::EXPECT;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;
use tower_http::timeout::{DeadlineBody, TimeoutBody};

use super::edge::Edge;
use super::linger::lingering;
use crate::config::HttpConfig;
use crate::net::abortable::{AbortHandle, AbortableStream};
use crate::net::connection_limiter::{ConnectionLimiter, ConnectionPermit};
use crate::net::peer::Peer;

/// How long a connection may keep data unread before the kernel gives it up (a peer that stopped
/// reading; man 7 tcp, `TCP_USER_TIMEOUT`).
const UNREAD_LIMIT: Duration = Duration::from_secs(20);
/// How long the head of a request may take; also how long a connection may be idle between requests.
const HEAD_LIMIT: Duration = Duration::from_secs(60);
/// How long a new connection may say nothing at all. Browsers open some ahead of their requests, and lose nothing
/// when those are closed.
const SILENCE_LIMIT: Duration = Duration::from_secs(10);
/// The same where few connections more can be taken.
const SILENCE_LIMIT_WHEN_CROWDED: Duration = Duration::from_secs(1);
/// How long a body may pause, and how long it may take in all.
const BODY_PAUSE: Duration = Duration::from_secs(20);
const BODY_LIMIT: Duration = Duration::from_secs(60);
/// The largest head that is parsed, and the most fields in one: twice of what is taken. Up to here the answer to a
/// head that is too large is ours (`edge.rs`), beyond it the parser's own 431, without a body.
const LARGEST_PARSED_HEAD: usize = 32 * 1024;
const MOST_PARSED_HEADERS: usize = 200;
/// How long to wait where no connection can be accepted: file descriptors come back when others end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What every connection is served with.
struct Served {
    edge: Edge,
    /// Whose word on a caller's address counts.
    proxies: Vec<IpNet>,
    limiter: ConnectionLimiter,
    stopping: CancellationToken,
    has_told: AtomicBool,
}

/// Serves every connection, of at most `capacity` at once, until `stopping`; then lets those that are open finish what
/// they have begun.
pub async fn serve(listener: TcpListener, edge: Edge, config: &HttpConfig, capacity: u32, stopping: CancellationToken) {
    let connections = TaskTracker::new();
    let proxies = config.trusted_proxies.clone();
    let limiter = ConnectionLimiter::new(config.connections_per_address, capacity);
    let has_told = AtomicBool::new(false);
    let served = Arc::new(Served { edge, proxies, limiter, stopping, has_told });
    loop {
        let accepted = async {
            // What cannot be served yet waits in the kernel.
            let permit = served.limiter.acquire().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            (accepted, permit) = accepted => match accepted {
                Ok((stream, address)) => {
                    let address = address.ip().to_canonical();
                    if let Some(permit) = served.counted(permit, address) {
                        connections.spawn(Arc::clone(&served).connection(stream, address, permit));
                    }
                }
                Err(error) => on_accept_error(&error).await,
            },
            () = served.stopping.cancelled() => break,
        }
    }
    // Nobody else is taken in.
    drop(listener);
    connections.close();
    connections.wait().await;
}

impl Served {
    /// Everybody comes through a proxy, and what runs on this machine may be one: those do not count by address.
    fn counted(&self, permit: ConnectionPermit, address: IpAddr) -> Option<ConnectionPermit> {
        let is_proxy = self.proxies.iter().any(|network| network.contains(&address));
        if address.is_loopback() || is_proxy { Some(permit) } else { self.limiter.count(permit, address) }
    }

    /// How long a new connection may say nothing.
    fn silence_limit(&self) -> Duration {
        if self.limiter.is_crowded() { SILENCE_LIMIT_WHEN_CROWDED } else { SILENCE_LIMIT }
    }

    /// Says once that an address is not believed: most likely a proxy that nobody declared, behind which
    /// everybody shares its limits.
    fn tell_of_stranger(&self, connected: IpAddr, peer: &Peer, headers: &HeaderMap) {
        let is_stranger = headers.contains_key("x-forwarded-for") && peer.address == connected;
        if is_stranger && !self.has_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(%connected, "X-Forwarded-For is not believed: is this a proxy that belongs in TRUSTED_PROXIES?");
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, address: IpAddr, permit: ConnectionPermit) {
        let _ = stream.set_nodelay(true);
        let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(UNREAD_LIMIT));
        let mut first = [0];
        let has_spoken = tokio::select! {
            spoken = tokio::time::timeout(self.silence_limit(), stream.peek(&mut first)) => matches!(spoken, Ok(Ok(1))),
            () = self.stopping.cancelled() => false,
        };
        if !has_spoken {
            return;
        }
        let abort = Arc::new(AbortHandle::default());
        let io = TokioIo::new(AbortableStream::new(stream, Arc::clone(&abort), permit));
        let has_asked = AtomicBool::new(false);
        let service = service_fn(|request: http::Request<Incoming>| {
            has_asked.store(true, Ordering::Relaxed);
            let body = |body| TimeoutBody::new(BODY_PAUSE, DeadlineBody::new(BODY_LIMIT, body));
            // Who waits to be told to go on sends nothing that would have to be read.
            let lingers = !request.body().is_end_stream() && !request.headers().contains_key(EXPECT);
            let mut request = request.map(|incoming| Body::new(body(incoming)));
            if lingers {
                request = request.map(lingering);
            }
            let peer = Peer::of_request(address, request.headers(), &self.proxies, &abort);
            self.tell_of_stranger(address, &peer, request.headers());
            request.extensions_mut().insert(peer);
            let mut edge = self.edge.clone();
            async move { Ok::<_, Infallible>(edge.call(request).await.unwrap_or_else(|never| match never {})) }
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_LIMIT)
            .max_header_size(LARGEST_PARSED_HEAD)
            .max_headers(MOST_PARSED_HEADERS)
            .serve_connection(io, service)
            .with_upgrades();
        let mut serving = std::pin::pin!(serving);
        let outcome = tokio::select! {
            outcome = serving.as_mut() => outcome,
            () = self.stopping.cancelled() => {
                if !has_asked.load(Ordering::Relaxed) {
                    // A browser opens connections ahead of their first request: nothing is lost with one.
                    return;
                }
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Many errors are the one connection's; others mean that there are too many.
async fn on_accept_error(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::error!(%error, "no connection can be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http::header::{CONNECTION, UPGRADE};
    use http::{Request, Response, StatusCode};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_connection_that_has_become_something_else_keeps_its_permit_until_that_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("connected");
        let (stream, _) = listener.accept().await.expect("accepted");
        let limiter = ConnectionLimiter::new(1, 2);
        let permit = limiter.acquire().await;
        let other = limiter.acquire().await;
        let io = TokioIo::new(AbortableStream::new(stream, Arc::default(), permit));
        let (upgraded, mut taken) = tokio::sync::mpsc::channel(1);
        let service = service_fn(move |request: Request<Incoming>| {
            let upgraded = upgraded.clone();
            tokio::spawn(async move { upgraded.send(hyper::upgrade::on(request).await).await });
            let answer = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
            let answer = answer.header(CONNECTION, "upgrade").header(UPGRADE, "x").body(Body::empty());
            std::future::ready(answer)
        });
        tokio::spawn(http1::Builder::new().serve_connection(io, service).with_upgrades());
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n")
            .await
            .expect("sent");
        let socket = taken.recv().await.expect("upgraded").expect("upgraded");
        assert!(limiter.acquire().now_or_never().is_none());
        drop(socket);
        let mut rest = vec![];
        client.read_to_end(&mut rest).await.expect("the end");
        assert!(limiter.acquire().now_or_never().is_some());
        drop(other);
    }
}
