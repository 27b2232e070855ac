//! Accepting connections and stopping.
//!
//! Owns the limits of a connection that apply before routing (headers, pauses, unread data), and the graceful shutdown,
//! which lets requests in flight finish. Must not know a route.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
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
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;
use tower_http::timeout::{DeadlineBody, TimeoutBody};

use super::admission::Admission;
use super::edge::Edge;
use super::linger::lingering;
use crate::config::HttpConfig;
use crate::cores;
use crate::metrics::Metrics;
use crate::net::abortable::{AbortHandle, AbortableStream};
use crate::net::connection_limiter::{ConnectionLimiter, ConnectionPermit};
use crate::net::peer::Peer;
use crate::tasks;

/// How long sent data may stay unacknowledged before the kernel closes the connection because its peer has stopped
/// reading (man 7 tcp, `TCP_USER_TIMEOUT`).
const UNREAD_LIMIT: Duration = Duration::from_secs(20);
/// How long the head of a request may take to arrive, and how long a connection may be idle between requests.
const HEAD_LIMIT: Duration = Duration::from_secs(60);
/// How long a new connection may send nothing. Browsers open spare connections and lose nothing when these are closed.
const FIRST_BYTE_LIMIT: Duration = Duration::from_secs(10);
/// The same while the server is close to its connection limit.
const FIRST_BYTE_LIMIT_WHEN_CROWDED: Duration = Duration::from_secs(1);
/// The longest pause within a body, and the longest time for the whole body.
const BODY_PAUSE: Duration = Duration::from_secs(20);
const BODY_LIMIT: Duration = Duration::from_secs(60);
/// The largest head that is parsed, and the most header fields in one: twice the accepted size. Up to here `edge.rs`
/// answers a head that is too large; beyond it the parser answers 431 without a body.
const LARGEST_PARSED_HEAD: usize = 32 * 1024;
const MOST_PARSED_HEADERS: usize = 200;
/// The pause after a failed accept. File descriptors become free when other connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
struct Shared {
    edge: Edge,
    /// The proxies whose `X-Forwarded-For` is trusted.
    proxies: Vec<IpNet>,
    limiter: ConnectionLimiter,
    admission: Admission,
    stopping: CancellationToken,
    metrics: Arc<Metrics>,
    has_warned: AtomicBool,
}

/// Serves connections, at most `capacity` at once, until `stopping`; then lets the open ones finish their requests.
pub async fn serve(
    listener: TcpListener,
    edge: Edge,
    config: &HttpConfig,
    capacity: u32,
    stopping: CancellationToken,
    metrics: Arc<Metrics>,
) {
    let connections = TaskTracker::new();
    let proxies = config.trusted_proxies.clone();
    let limiter = ConnectionLimiter::new(config.connections_per_address, capacity);
    let (admission, has_warned) = (Admission::new(cores::half()), AtomicBool::new(false));
    let shared = Arc::new(Shared { edge, proxies, limiter, admission, stopping, metrics, has_warned });
    let (accepted, beginning) = mpsc::unbounded_channel();
    connections.spawn(begin(beginning, Arc::clone(&shared), connections.clone()));
    loop {
        let accepting = async {
            // At the limit, new connections wait in the kernel.
            let permit = shared.limiter.acquire().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            (outcome, permit) = accepting => match outcome {
                Ok((stream, address)) => {
                    let address = address.ip().to_canonical();
                    if let Some(permit) = shared.counted(permit, address) {
                        let _ = accepted.send(Accepted { stream, address, permit });
                    }
                }
                Err(error) => on_accept_error(&error).await,
            },
            () = shared.stopping.cancelled() => break,
        }
    }
    // New connections are refused from here on.
    drop((listener, accepted));
    connections.close();
    connections.wait().await;
}

/// A connection that was accepted but not started. Each holds a permit, so their number is bounded.
struct Accepted {
    stream: TcpStream,
    address: IpAddr,
    permit: ConnectionPermit,
}

/// Starts connections, and lets all other tasks run between two of them: accepting is much faster than serving, and
/// thousands of new tasks at once would delay every webhook and event in progress.
async fn begin(mut accepted: mpsc::UnboundedReceiver<Accepted>, shared: Arc<Shared>, connections: TaskTracker) {
    while let Some(Accepted { stream, address, permit }) = accepted.recv().await {
        let (shared, metrics) = (Arc::clone(&shared), Arc::clone(&shared.metrics));
        connections.spawn(async move {
            let connection = shared.connection(stream, address, permit);
            tasks::catch_panic("connection", &metrics, connection).await
        });
        tokio::task::yield_now().await;
    }
}

impl Shared {
    /// Counts a permit for an address. Connections from a proxy, or from this machine, which may run one, carry many
    /// callers and do not count by address.
    fn counted(&self, permit: ConnectionPermit, address: IpAddr) -> Option<ConnectionPermit> {
        if address.is_loopback() || self.is_proxy(address) { Some(permit) } else { self.limiter.count(permit, address) }
    }

    /// Whether `TRUSTED_PROXIES` has the address.
    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&address))
    }

    /// How long a new connection may send nothing.
    fn first_byte_limit(&self) -> Duration {
        if self.limiter.is_crowded() { FIRST_BYTE_LIMIT_WHEN_CROWDED } else { FIRST_BYTE_LIMIT }
    }

    /// Warns once of an untrusted `X-Forwarded-For`: it probably comes from a proxy that is not configured, whose
    /// callers then all share one limit.
    fn warn_of_untrusted_proxy(&self, connected: IpAddr, peer: &Peer, headers: &HeaderMap) {
        // A caller on a proxy's own machine has the proxy's address.
        let is_ignored = peer.address == connected && !self.is_proxy(connected);
        let is_untrusted = headers.contains_key("x-forwarded-for") && is_ignored;
        if is_untrusted && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(%connected, "X-Forwarded-For is ignored: if this address is your proxy, add it to TRUSTED_PROXIES");
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, address: IpAddr, permit: ConnectionPermit) {
        let _ = stream.set_nodelay(true);
        let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(UNREAD_LIMIT));
        let mut first = [0; Admission::PEEKED];
        let sent = tokio::select! {
            sent = tokio::time::timeout(self.first_byte_limit(), stream.peek(&mut first)) => sent,
            () = self.stopping.cancelled() => return,
        };
        let Ok(Ok(sent @ 1..)) = sent else { return };
        let admitted = self.admission.admit(&first[..sent]).await;
        let abort = Arc::new(AbortHandle::default());
        let io = TokioIo::new(AbortableStream::new(stream, Arc::clone(&abort), permit));
        let has_requested = AtomicBool::new(false);
        let service = service_fn(|request: http::Request<Incoming>| {
            has_requested.store(true, Ordering::Relaxed);
            let body = |body| TimeoutBody::new(BODY_PAUSE, DeadlineBody::new(BODY_LIMIT, body));
            // With `Expect: 100-continue` the client has not sent a body yet, so there is none to drain.
            let lingers = !request.body().is_end_stream() && !request.headers().contains_key(EXPECT);
            let mut request = request.map(|incoming| Body::new(body(incoming)));
            if lingers {
                request = request.map(lingering);
            }
            let peer = Peer::of_request(address, request.headers(), &self.proxies, &abort);
            self.warn_of_untrusted_proxy(address, &peer, request.headers());
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
        // This first poll reads the request for which the connection was admitted, and starts handling it.
        let begun = futures_util::poll!(serving.as_mut());
        drop(admitted);
        let outcome = match begun {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => tokio::select! {
                outcome = serving.as_mut() => outcome,
                () = self.stopping.cancelled() => {
                    if !has_requested.load(Ordering::Relaxed) {
                        // A browser's spare connection: closing it loses nothing.
                        return;
                    }
                    serving.as_mut().graceful_shutdown();
                    serving.await
                }
            },
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Waits after an error that means that there are too many connections. Some errors concern a single connection only.
async fn on_accept_error(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::error!(%error, "connections cannot be accepted");
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
    async fn an_upgraded_connection_keeps_its_permit_until_it_ends() {
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
