//! Engine.IO frames of a server that may send anything.
//!
//! Owns the checks that reading never panics, that a packet that was read is written the same, and that the engine's
//! deadline follows its input. The input is the frames, joined as the polling transport does.

#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio_client::engine::{Engine, Packet, Step};

fuzz_target!(|payload: &str| {
    let mut engine = Engine::default();
    for (now, frame) in payload.split('\u{1e}').enumerate() {
        codec(frame);
        let now = now as u64;
        let was_open = engine.deadline().is_some();
        match engine.on_text(now, frame) {
            Ok(Step::Opened) => assert!(!was_open && engine.deadline().is_some()),
            Ok(Step::Message(message)) => assert_eq!(frame.strip_prefix('4'), Some(message)),
            Ok(Step::Reply(reply)) => assert_eq!(reply.strip_prefix('3'), frame.strip_prefix('2')),
            Ok(Step::Closed | Step::Nothing) => {}
            // The error ends the connection.
            Err(_) => return,
        }
        if let Some(deadline) = engine.deadline() {
            assert!((now..=now + 2 * u64::from(u32::MAX)).contains(&deadline.at_ms()));
        }
    }
});

fn codec(frame: &str) {
    let Ok(packet) = Packet::decode(frame) else { return };
    let written = packet.encode();
    assert_eq!(Packet::decode(&written), Ok(packet));
    // Packets without data drop the text in the place of data.
    assert!(frame.starts_with(&written));
    assert!(written == frame || matches!(packet, Packet::Close | Packet::Upgrade | Packet::Noop));
}
