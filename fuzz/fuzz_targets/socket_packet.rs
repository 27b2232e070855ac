//! Socket.IO packets: this project's codec compared with the one in the server.
//!
//! Owns the checks that neither panics and that a packet that was read is written the same, and the list of inputs that
//! the two read differently.

#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio_client::socket::{Body, Packet, Socket};
use socketioxide_core::Value;
use socketioxide_core::packet::{Packet as ServerPacket, PacketData};
use socketioxide_core::parser::{Parse, ParseConfig, ParseError, ParserState};
use socketioxide_parser_common::CommonParser;

/// The client's codec accepts at most this many attachments.
const MAX_ATTACHMENTS: usize = 256;

fuzz_target!(|text: &str| {
    let read = Packet::decode(text).ok();
    if let Some(packet) = read {
        let written = packet.encode();
        assert_eq!(Packet::decode(&written), Ok(packet), "{written}");
    }
    reader(text);
    let other = server_reads(text);
    match (read, other) {
        (Some(packet), Some(other)) => agree(text, packet, &other),
        (Some(packet), None) => assert!(only_the_client_reads(&packet), "only the client reads {packet:?}"),
        (None, Some(other)) => assert!(only_the_server_reads(&other), "only the server reads {other:?}"),
        (None, None) => {}
    }
});

/// The state machine above the codec, before and after the server accepts it.
fn reader(text: &str) {
    for first in [r#"0{"sid":"s"}"#, "4"] {
        let mut socket = Socket::new("/");
        let _ = socket.on_message(first);
        let _ = socket.on_message(text);
        let _ = socket.on_binary(vec![0]);
        let _ = socket.on_message(text);
    }
}

/// The result of the server's parser for a text; a packet with attachments is a packet while they are awaited.
fn server_reads(text: &str) -> Option<ServerPacket> {
    let config = ParseConfig { max_incoming_binaries: MAX_ATTACHMENTS, ..ParseConfig::default() };
    let state = ParserState::default();
    match CommonParser.decode_str(&config, &state, text.to_owned().into()) {
        Ok(packet) => Some(packet),
        Err(ParseError::NeedsMoreBinaryData) => {
            let partial = state.partial_bin_packet.lock().expect("nobody else has it").take();
            partial.map(|partial| partial.packet)
        }
        Err(_) => None,
    }
}

/// A server never receives a refusal, so its parser has none. It accepts an acknowledgement's id only before an array
/// or object, and only as a signed number: here any other form fails one layer higher, where the arguments are read.
fn only_the_client_reads(packet: &Packet<'_>) -> bool {
    match packet.body {
        Body::ConnectError(_) => true,
        Body::Ack { id, data, .. } => i64::try_from(id).is_err() || !is_before_json(data),
        _ => false,
    }
}

/// An event's id that is not a number to the client makes the packet malformed; the server reads the event as one
/// without an acknowledgement.
fn only_the_server_reads(packet: &ServerPacket) -> bool {
    matches!(packet.inner, PacketData::Event(_, None) | PacketData::BinaryEvent(_, None))
}

fn is_before_json(data: &str) -> bool {
    data.starts_with(['[', '{'])
}

fn agree(text: &str, packet: Packet<'_>, other: &ServerPacket) {
    assert_eq!(packet.namespace, other.ns.as_str(), "{text}");
    match (packet.body, &other.inner) {
        (Body::Disconnect, PacketData::Disconnect) => {}
        // Here too the server's parser takes digits before the payload for an id, and discards them.
        (Body::Connect(data), PacketData::Connect(payload)) => {
            let payload = payload.as_ref().map_or("", text_of);
            assert_eq!(data.trim_start_matches(|char: char| char.is_ascii_digit()), payload, "{text}");
        }
        (Body::Event { attachments, ack, data }, PacketData::Event(value, id) | PacketData::BinaryEvent(value, id)) => {
            assert_eq!(attachments.is_some(), matches!(other.inner, PacketData::BinaryEvent(..)), "{text}");
            assert_eq!(data, text_of(value), "{text}");
            let asked = ack.and_then(|id| i64::try_from(id).ok()).filter(|_| is_before_json(data));
            assert_eq!(asked, *id, "{text}");
        }
        (
            Body::Ack { attachments, id, data },
            PacketData::EventAck(value, other_id) | PacketData::BinaryAck(value, other_id),
        ) => {
            assert_eq!(attachments.is_some(), matches!(other.inner, PacketData::BinaryAck(..)), "{text}");
            assert_eq!((data, i64::try_from(id)), (text_of(value), Ok(*other_id)), "{text}");
        }
        (body, other) => panic!("{text} is {body:?} to one and {other:?} to the other"),
    }
}

fn text_of(value: &Value) -> &str {
    match value {
        Value::Str(text, _) => text.as_str(),
        Value::Bytes(_) => panic!("a text was read"),
    }
}
