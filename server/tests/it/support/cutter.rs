//! A network that cuts connections at arbitrary bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The most bytes that pass in either direction before a connection is cut: a few requests' worth.
const MOST: u64 = 8000;

struct Inner {
    to: String,
    random: Mutex<fastrand::Rng>,
    is_mended: AtomicBool,
    cuts: AtomicU64,
}

/// A relay in front of an address.
pub(crate) struct Cutter {
    pub(crate) address: String,
    inner: Arc<Inner>,
}

impl Cutter {
    pub(crate) async fn start(to: &str, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let to = to.trim_start_matches("http://").to_owned();
        let random = Mutex::new(fastrand::Rng::with_seed(seed));
        let inner = Arc::new(Inner { to, random, is_mended: AtomicBool::new(false), cuts: AtomicU64::new(0) });
        let accepting = Arc::clone(&inner);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(Arc::clone(&accepting), stream));
            }
        });
        Self { address, inner }
    }

    /// Stops cutting new connections.
    pub(crate) fn mend(&self) {
        self.inner.is_mended.store(true, Ordering::SeqCst);
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.inner.cuts.load(Ordering::SeqCst)
    }
}

async fn pass(inner: Arc<Inner>, mut near: TcpStream) {
    let Ok(mut far) = TcpStream::connect(&inner.to).await else { return };
    if inner.is_mended.load(Ordering::SeqCst) {
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        return;
    }
    let (there, back, is_abrupt) = {
        let mut random = inner.random.lock();
        (random.u64(0..MOST), random.u64(0..MOST), random.bool())
    };
    {
        let ((mut near_read, mut near_write), (mut far_read, mut far_write)) = (near.split(), far.split());
        tokio::select! {
            () = some(&mut near_read, &mut far_write, there) => {}
            () = some(&mut far_read, &mut near_write, back) => {}
        }
    }
    inner.cuts.fetch_add(1, Ordering::SeqCst);
    if is_abrupt {
        // A reset, which discards unread data.
        let _ = socket2::SockRef::from(&near).set_linger(Some(std::time::Duration::ZERO));
    }
}

/// Passes this many bytes on, and then stops.
async fn some(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    mut left: u64,
) {
    let mut buffer = [0; 1024];
    while left > 0 {
        let most = buffer.len().min(usize::try_from(left).unwrap());
        match from.read(&mut buffer[..most]).await {
            Ok(0) | Err(_) => return,
            Ok(read) if to.write_all(&buffer[..read]).await.is_err() => return,
            Ok(read) => left -= read as u64,
        }
    }
}
