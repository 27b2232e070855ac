//! A TCP stream that other parts of the server can abort or throttle.
//!
//! Owns aborting it, reading no faster than its meter allows, bounding the memory that a peer that does not read can
//! occupy, and returning its connection permit when it is dropped. Code that takes over the connection, such as a
//! WebSocket, takes over the stream and the bytes already read from it. Must not decide when to abort, nor know the
//! protocol.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use hyper::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::connection_limiter::ConnectionPermit;

/// How much may be read from a peer that reads nothing. Some messages are answered below all queues: tungstenite 0.30
/// keeps a PONG for each PING, without a bound. No request or message is this large.
const MAX_UNANSWERED: usize = 256 * 1024;

/// Counts the bytes read.
pub trait Meter: Send + Sync {
    /// Counts bytes. If they exceed the limit, returns how long to wait until they fit, and does not count them.
    fn count(&self, bytes: usize) -> Option<Duration>;
}

/// Aborts or throttles a connection; the engine offers neither.
#[derive(Default)]
pub struct AbortHandle {
    is_aborted: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
    meter: OnceLock<Arc<dyn Meter>>,
}

impl AbortHandle {
    /// Aborts the connection.
    pub fn abort(&self) {
        self.is_aborted.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
    }

    /// Throttles reading from now on. A connection has one meter: later calls have no effect.
    pub fn throttle(&self, meter: Arc<dyn Meter>) {
        let _ = self.meter.set(meter);
    }

    fn check(&self) -> io::Result<()> {
        if self.is_aborted.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

/// A TCP stream that ends when its handle is aborted.
pub(crate) struct AbortableStream {
    stream: TcpStream,
    handle: Arc<AbortHandle>,
    /// Bytes that were already read and counted; they are returned first.
    unread: Bytes,
    unanswered: Unanswered,
    pause: Option<Pause>,
    _permit: ConnectionPermit,
}

/// The bytes that were read while writing was blocked, less those written since.
#[derive(Default)]
struct Unanswered {
    is_blocked: bool,
    bytes: usize,
}

/// Bytes that were read and do not fit the meter yet. Nothing more is read until they do.
struct Pause {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl AbortableStream {
    pub(crate) fn new(stream: TcpStream, handle: Arc<AbortHandle>, permit: ConnectionPermit) -> Self {
        let (unread, unanswered) = (Bytes::new(), Unanswered::default());
        Self { stream, handle, unread, unanswered, pause: None, _permit: permit }
    }

    /// Puts back bytes that were read but not used: the next reads return them first.
    pub(crate) fn put_back(&mut self, unread: Bytes) {
        // An empty slice of a large buffer would keep the whole buffer alive.
        self.unread = if unread.is_empty() { Bytes::new() } else { unread };
    }

    /// Waits until the bytes read fit the meter.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(pause) = &mut self.pause {
            std::task::ready!(pause.until.as_mut().poll(cx));
            let bytes = pause.bytes;
            self.pause = None;
            self.count(bytes);
        }
        Poll::Ready(())
    }

    fn count(&mut self, bytes: usize) {
        if let Some(wait) = self.handle.meter.get().filter(|_| bytes > 0).and_then(|meter| meter.count(bytes)) {
            self.pause = Some(Pause { until: Box::pin(tokio::time::sleep(wait)), bytes });
        }
    }

    fn wrote(&mut self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.unanswered.is_blocked = outcome.is_pending();
        if let Poll::Ready(Ok(written)) = outcome {
            self.unanswered.bytes = self.unanswered.bytes.saturating_sub(written);
        }
        outcome
    }
}

impl AsyncRead for AbortableStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // Registered before the check, so that an abort in between is not missed.
        self.handle.reader.register(cx.waker());
        self.handle.check()?;
        std::task::ready!(self.poll_pause(cx));
        if !self.unread.is_empty() {
            let length = self.unread.len().min(buffer.remaining());
            buffer.put_slice(&self.unread.split_to(length));
            if self.unread.is_empty() {
                // It is a slice of a larger buffer, which it keeps alive.
                self.unread = Bytes::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        self.count(read);
        if self.unanswered.is_blocked {
            self.unanswered.bytes += read;
            if self.unanswered.bytes > MAX_UNANSWERED {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for AbortableStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.handle.writer.register(cx.waker());
        self.handle.check()?;
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.handle.writer.register(cx.waker());
        self.handle.check()?;
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::net::connection_limiter::ConnectionLimiter;

    async fn pair() -> (TcpStream, AbortableStream, Arc<AbortHandle>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("connected");
        let (stream, _) = listener.accept().await.expect("accepted");
        let handle = Arc::<AbortHandle>::default();
        let permit = ConnectionLimiter::new(1, 1).acquire().await;
        (client, AbortableStream::new(stream, Arc::clone(&handle), permit), handle)
    }

    #[tokio::test]
    async fn a_peer_that_sends_without_reading_is_disconnected_at_a_bound() {
        let (client, mut stream, _handle) = pair().await;
        let (unread, mut sender) = client.into_split();
        let filling = async {
            // Writes until the kernel accepts no more, because the peer reads nothing.
            while futures_util::poll!(Box::pin(stream.write_all(&[0; 64 * 1024]))).is_ready() {}
        };
        filling.await;
        let sending = tokio::spawn(async move { while sender.write_all(&[0; 16 * 1024]).await.is_ok() {} });
        let (mut read, mut buffer) = (0, [0; 4096]);
        let error = loop {
            match stream.read(&mut buffer).await {
                Ok(bytes) => read += bytes,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        assert!(read <= MAX_UNANSWERED, "{read}");
        drop((stream, unread));
        sending.await.expect("the peer notices");
    }

    #[tokio::test]
    async fn a_peer_that_reads_may_send_without_a_bound() {
        let (mut client, mut stream, _handle) = pair().await;
        let echoing = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(bytes @ 1..) = stream.read(&mut buffer).await {
                stream.write_all(&buffer[..bytes]).await.expect("taken");
            }
        });
        let (mut reader, mut writer) = client.split();
        let most = 4 * MAX_UNANSWERED;
        let sending = async {
            writer.write_all(&vec![7; most]).await.expect("sent");
            writer.shutdown().await.expect("ended");
        };
        let mut echoed = Vec::new();
        let (_, read) = tokio::join!(sending, reader.read_to_end(&mut echoed));
        assert_eq!(read.expect("read"), most);
        echoing.await.expect("echoed");
    }

    /// Lets this many bytes through, and after that one byte per millisecond.
    struct Slow(AtomicUsize);

    impl Meter for Slow {
        fn count(&self, bytes: usize) -> Option<Duration> {
            let fits = |left: usize| left.checked_sub(bytes);
            match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fits) {
                Ok(_) => None,
                Err(left) => {
                    self.0.store(bytes, Ordering::SeqCst);
                    Some(Duration::from_millis((bytes - left) as u64))
                }
            }
        }
    }

    #[tokio::test]
    async fn what_was_put_back_is_read_first() {
        let (mut client, mut stream, _handle) = pair().await;
        client.write_all(b" and sent").await.expect("sent");
        stream.put_back(Bytes::from_static(b"put back"));
        let mut buffer = [0; 5];
        assert_eq!(stream.read(&mut buffer).await.expect("read"), 5);
        assert_eq!(&buffer, b"put b");
        let mut rest = [0; 12];
        stream.read_exact(&mut rest).await.expect("read");
        assert_eq!(&rest, b"ack and sent");
    }

    #[tokio::test]
    async fn what_does_not_fit_the_meter_delays_what_is_read_next() {
        let (mut client, mut stream, handle) = pair().await;
        handle.throttle(Arc::new(Slow(AtomicUsize::new(100))));
        client.write_all(&[0; 600]).await.expect("sent");
        let started = tokio::time::Instant::now();
        let mut buffer = [0; 300];
        stream.read_exact(&mut buffer).await.expect("read at once");
        assert!(started.elapsed() < Duration::from_millis(200));
        stream.read_exact(&mut buffer).await.expect("read later");
        assert!(started.elapsed() >= Duration::from_millis(200), "{:?}", started.elapsed());
    }
}
