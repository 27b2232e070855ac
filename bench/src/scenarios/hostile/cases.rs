//! The requests of strangers.
//!
//! Owns the list of entry points, each with the smallest request that costs something. Must not send anything.

/// A flood of one request.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The first bytes on every connection.
    pub(crate) opening: Vec<u8>,
    /// Whether the server answers the opening before the flood.
    pub(crate) is_answered: bool,
    /// The bytes that are sent repeatedly; if empty, connections are only held open.
    pub(crate) repeated: Vec<u8>,
    pub(crate) reads: Reads,
    /// The most connections that are held open.
    pub(crate) connections: usize,
}

/// How much the client reads of the answers.
#[derive(Clone, Copy)]
pub(crate) enum Reads {
    Everything,
    Nothing,
}

const ADDRESS: &str = "host: localhost\r\nx-forwarded-for: 198.51.100.7\r\n";

/// Every entry point.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = vec![
        held("silent connections", ""),
        held("heads that do not end", &format!("GET / HTTP/1.1\r\n{ADDRESS}x: {}", "x".repeat(60_000))),
        held("webhooks that do not end", &post("/api/connectors/basiq/webhook", 1_000_000, &"x".repeat(60_000))),
        held("calls that do not end", &post("/api/session", 60_000, &"x".repeat(50_000))),
        http("unknown addresses", &format!("GET /api/nothing HTTP/1.1\r\n{ADDRESS}\r\n")),
        http("pages", &format!("GET /sign-in HTTP/1.1\r\n{ADDRESS}accept: text/html\r\n\r\n")),
        http("unsigned webhooks", &post_whole("/api/connectors/basiq/webhook", &"x".repeat(50_000))),
        http(
            "wrongly signed webhooks",
            &format!(
                "POST /api/connectors/apideck/webhook HTTP/1.1\r\n{ADDRESS}x-apideck-signature: {}\r\n\
                 content-length: 50002\r\n\r\n[{}]",
                "a".repeat(64),
                "1,".repeat(24_999) + "11",
            ),
        ),
        http("wrong tokens", &post_whole("/api/session", r#"{"token":"eyJhbGciOiJIUzI1NiJ9.e30.x"}"#)),
        http("wrong passwords", &post_whole("/api/session", r#"{"email":"a@b.example","password":"0123456789"}"#)),
        http("new polling sessions", &format!("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n{ADDRESS}\r\n")),
        http(
            "polls of unknown sessions",
            &format!("GET /socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA HTTP/1.1\r\n{ADDRESS}\r\n"),
        ),
    ];
    for (name, frame) in [
        ("PING frames", control(0x89, &[b'x'; 125])),
        ("PONG frames", control(0x8a, b"")),
        ("empty frames", control(0x81, b"")),
        ("Engine.IO pings", control(0x81, b"2")),
        ("Engine.IO pongs", control(0x81, b"3")),
        ("binary frames", control(0x82, &[b'x'; 100])),
        ("fragments", control(0x01, b"4")),
        ("joins", control(0x81, b"40")),
        ("unknown namespaces", control(0x81, b"40/x,")),
        ("acknowledgements", control(0x81, b"430[]")),
        ("events", control(0x81, br#"42["ping"]"#)),
        ("sign-ins", control(0x81, br#"42["authenticate",{"userId":"a","token":"b"}]"#)),
        ("leaving", control(0x81, b"41")),
    ] {
        cases.push(websocket(name, &frame, Reads::Everything));
        cases.push(websocket(name, &frame, Reads::Nothing));
    }
    cases
}

fn held(name: &'static str, opening: &str) -> Case {
    let opening = opening.as_bytes().to_vec();
    Case { name, opening, is_answered: false, repeated: vec![], reads: Reads::Nothing, connections: 400 }
}

fn http(name: &'static str, request: &str) -> Case {
    let repeated = request.as_bytes().to_vec();
    Case { name, opening: vec![], is_answered: false, repeated, reads: Reads::Everything, connections: usize::MAX }
}

/// A flood over a WebSocket that has joined the namespace.
fn websocket(name: &'static str, frame: &[u8], reads: Reads) -> Case {
    let mut opening = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n{ADDRESS}connection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes();
    opening.extend_from_slice(&control(0x81, b"40"));
    let name = match reads {
        Reads::Everything => name,
        // The name of a row in the table.
        Reads::Nothing => String::leak(format!("{name}, unread")),
    };
    Case { name, opening, is_answered: true, repeated: frame.to_vec(), reads, connections: usize::MAX }
}

/// A frame of at most 125 bytes with a mask of zeros; `first` includes the opcode.
fn control(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap_or(125);
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

fn post(path: &str, length: usize, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\n{ADDRESS}origin: http://localhost\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

fn post_whole(path: &str, body: &str) -> String {
    post(path, body.len(), body)
}
