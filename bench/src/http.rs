//! A kept-alive HTTP/1.1 connection that costs next to nothing.
//!
//! Owns sending a ready request and reading its answer. Must not know what is asked; understands
//! only answers with a length, which are all that this server gives here.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection; one request at a time.
pub(crate) struct Link {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: usize,
    used: Instant,
}

/// The server closes a connection that has been idle for longer.
const IDLE: Duration = Duration::from_secs(10);

impl Link {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096), body: 0, used: Instant::now() })
    }

    /// Sends a request and returns its answer's status; the body is then [`Self::body`].
    pub(crate) async fn call(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            anyhow::ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
            let Some(head) = Head::read(&self.buffer)? else { continue };
            while self.buffer.len() < head.length + head.body {
                anyhow::ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the answer ended early");
            }
            self.body = head.length;
            self.used = Instant::now();
            return Ok(head.status);
        }
    }

    /// Whether it was used a moment ago: one that was not may be closed already.
    pub(crate) fn is_fresh(&self) -> bool {
        self.used.elapsed() < IDLE
    }

    /// The last answer's body.
    pub(crate) fn body(&self) -> &[u8] {
        self.buffer.get(self.body..).unwrap_or_default()
    }
}

/// What matters of an answer's head.
struct Head {
    status: u16,
    /// The head's own length.
    length: usize,
    /// The body's length.
    body: usize,
}

impl Head {
    /// Nothing where it is not complete yet.
    fn read(buffer: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&buffer[..end]).context("the head is no text")?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let status = status.context("the answer has no status")?;
        let length = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok());
        Ok(Some(Self { status, length: end + 4, body: length.context("the answer has no length")? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        assert!(Head::read(b"HTTP/1.1 200 OK\r\ncontent-le").expect("incomplete").is_none());
        let head =
            Head::read(b"HTTP/1.1 401 No\r\nA: b\r\nContent-Length: 5\r\n\r\nhello").expect("valid").expect("whole");
        assert_eq!((head.status, head.length, head.body), (401, 44, 5));
        assert!(Head::read(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
