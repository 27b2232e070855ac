//! Clients that stop reading.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Basiq, Socket, TestApp, basiq_body};

/// A raw WebSocket that signs in and then never reads again.
async fn deaf(app: &TestApp, user_id: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    // A small window fills soon.
    socket.set_recv_buffer_size(4096).unwrap();
    let address = app.address.trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\n\
                   upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let connect = format!("40{}", json!({ "token": app.token(user_id, 600) }));
    stream.write_all(&frame(connect.as_bytes())).await.unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 1024];
    while !String::from_utf8_lossy(&seen).contains("authenticated") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0);
        seen.extend_from_slice(&buffer[..read]);
    }
    stream
}

/// A masked text frame, with a mask of zeros.
fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let mut frame = vec![0x81];
    if length < 126 {
        frame.push(0x80 | u8::try_from(length).unwrap());
    } else {
        frame.push(0x80 | 126);
        frame.extend_from_slice(&length.to_be_bytes());
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_reads_slows_nobody_and_loses_its_place() {
    let app = TestApp::start().await;
    for user in ["alice", "bob"] {
        app.register(&format!("conn-{user}"), user).await;
    }
    let mut deaf_ones = vec![];
    for _ in 0..9 {
        deaf_ones.push(deaf(&app, "alice").await);
    }
    let mut healthy = app.signed_in("alice").await;
    let mut basiq = Basiq::default();
    let started = tokio::time::Instant::now();
    // Far more than the buffers along the connection hold.
    let sent = 4000_u32;
    let reading = async {
        for seq in 2..=u64::from(sent) + 1 {
            assert_eq!(healthy.expect("transaction:new").await["seq"], json!(seq));
        }
    };
    let signer = Basiq::default();
    let deliveries = (0..sent).map(|number| {
        let mut body = basiq_body("conn-alice", &format!("t{number}"), "-1");
        body["data"]["transaction"]["description"] = json!("x".repeat(900));
        let (app, signer) = (&app, &signer);
        async move {
            let answer = signer.send_as(app, &format!("msg_{number}"), body.to_string().into_bytes()).await;
            assert_eq!(answer.status(), 200);
        }
    });
    let sending = stream::iter(deliveries).buffer_unordered(16).collect::<Vec<()>>();
    tokio::join!(reading, sending);
    let mut bob = app.signed_in("bob").await;
    basiq.deliver(&app, &basiq_body("conn-bob", "b1", "-1")).await;
    bob.expect("transaction:new").await;
    while app.hub.count("alice") > 1 {
        assert!(started.elapsed() < Duration::from_secs(45), "{} places are still taken", app.hub.count("alice") - 1);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A client that was cut off reconnects and receives everything.
    drop(deaf_ones);
    let auth = json!({ "token": app.token("alice", 600), "since": 1 });
    let mut again = Socket::connect(&app.address, Some(auth), &[]).await;
    again.expect("authenticated").await;
    for seq in 2..=u64::from(sent) + 1 {
        assert_eq!(again.expect("transaction:new").await["seq"], json!(seq));
    }
}
