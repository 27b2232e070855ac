//! A kept-alive HTTP/1.1 connection with little overhead.
//!
//! Owns sending a prepared request and reading its answer. Must not know the call; understands only answers with a
//! length and in chunks, which are all that this server sends here. A chunked body is not decoded.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection, with one request at a time.
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

    /// Sends a request and returns the status; the body is then in [`Self::body`].
    pub(crate) async fn call(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            anyhow::ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
            let Some(head) = Head::read(&self.buffer)? else { continue };
            while !head.is_whole(&self.buffer) {
                anyhow::ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the answer ended early");
            }
            self.body = head.length;
            self.used = Instant::now();
            return Ok(head.status);
        }
    }

    /// Whether it was used recently; otherwise the server may have closed it.
    pub(crate) fn is_fresh(&self) -> bool {
        self.used.elapsed() < IDLE
    }

    /// The last answer's head.
    pub(crate) fn head(&self) -> &[u8] {
        &self.buffer[..self.body]
    }

    /// The last answer's body.
    pub(crate) fn body(&self) -> &[u8] {
        self.buffer.get(self.body..).unwrap_or_default()
    }
}

/// The relevant parts of an answer's head.
struct Head {
    status: u16,
    /// The head's own length.
    length: usize,
    /// The body's length; `None` if it is chunked.
    body: Option<usize>,
}

impl Head {
    /// `None` if the head is not complete yet.
    fn read(buffer: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&buffer[..end]).context("the head is no text")?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let status = status.context("the answer has no status")?;
        let fields: Vec<_> = lines.filter_map(|line| line.split_once(':')).collect();
        let field = |name: &str| fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        let body = match (field("content-length"), field("transfer-encoding")) {
            (Some((_, length)), _) => Some(length.trim().parse().context("the answer's length is no number")?),
            (None, Some(_)) => None,
            (None, None) => anyhow::bail!("the answer has no length"),
        };
        Ok(Some(Self { status, length: end + 4, body }))
    }

    /// Whether the buffer holds the whole answer.
    fn is_whole(&self, buffer: &[u8]) -> bool {
        match self.body {
            Some(body) => buffer.len() >= self.length + body,
            // The line before the last chunk ends the head or the previous chunk.
            None => buffer[self.length - 2..].ends_with(b"\r\n0\r\n\r\n"),
        }
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
        assert_eq!((head.status, head.length, head.body), (401, 44, Some(5)));
        assert!(Head::read(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn a_body_in_chunks_ends_with_the_empty_one() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let is_whole = |body: &str| {
            let answer = format!("{head}{body}");
            Head::read(answer.as_bytes()).expect("valid").expect("whole").is_whole(answer.as_bytes())
        };
        assert_eq!(["", "2\r\nab\r\n", "2\r\nab\r\n0\r\n"].map(is_whole), [false; 3]);
        assert_eq!(["0\r\n\r\n", "2\r\nab\r\n0\r\n\r\n"].map(is_whole), [true; 2]);
    }
}
