//! Our codec against the server's, in both directions.
#![allow(clippy::unwrap_used, reason = "clippy's own exception does not reach the helpers of a test")]

use proptest::prelude::*;
use socketio_client::socket::{Body, Incoming, Packet, Socket, ack_data, event_data};
use socketioxide_core::Value;
use socketioxide_core::packet::{Packet as ServerPacket, PacketData};
use socketioxide_core::parser::{Parse, ParseConfig, ParseError, ParserState};
use socketioxide_parser_common::CommonParser;

fn server_reads(text: &str) -> Result<ServerPacket, ParseError> {
    CommonParser.decode_str(&ParseConfig::default(), &ParserState::default(), text.to_owned().into())
}

fn server_writes(packet: ServerPacket) -> String {
    CommonParser.encode(packet).as_str().unwrap().to_string()
}

fn value(json: &str) -> Value {
    Value::Str(json.to_owned().into(), None)
}

/// A socket of this namespace that the server has accepted, in the server's encoding.
fn joined(namespace: &str) -> Socket {
    let mut socket = Socket::new(namespace);
    let accept =
        server_writes(ServerPacket::connect(namespace.to_owned(), Some(value(r#"{"sid":"0123456789abcdef"}"#))));
    let incoming = socket.on_message(&accept).unwrap();
    assert!(matches!(&incoming, Incoming::Connected { sid } if sid == "0123456789abcdef"), "{incoming:?}");
    socket
}

#[test]
fn the_server_reads_how_a_client_joins_and_leaves() {
    for (namespace, payload) in [("/", ""), ("/", r#"{"token":"t"}"#), ("/admin", r#"{"token":"t"}"#), ("/admin", "")] {
        let packet = server_reads(&Packet { namespace, body: Body::Connect(payload) }.encode()).unwrap();
        let expected = (!payload.is_empty()).then(|| value(payload));
        assert_eq!((packet.ns.as_str(), packet.inner), (namespace, PacketData::Connect(expected)));
        let packet = server_reads(&Packet { namespace, body: Body::Disconnect }.encode()).unwrap();
        assert_eq!((packet.ns.as_str(), packet.inner), (namespace, PacketData::Disconnect));
    }
}

#[test]
fn a_refusal_and_a_goodbye_of_the_server_are_read() {
    let refusal = server_writes(ServerPacket::connect_error("/", "say \"please\""));
    let incoming = Socket::new("/").on_message(&refusal).unwrap();
    assert!(matches!(&incoming, Incoming::Refused { message } if message == "say \"please\""), "{incoming:?}");
    let goodbye = server_writes(ServerPacket::disconnect("/admin"));
    assert!(matches!(joined("/admin").on_message(&goodbye), Ok(Incoming::Disconnected)));
}

#[test]
fn a_binary_event_of_the_server_arrives_with_its_attachments() {
    let data = Value::Str(r#"["file",{"_placeholder":true,"num":0}]"#.into(), Some(vec![vec![1_u8, 2].into()].into()));
    let Value::Str(header, Some(attachments)) = CommonParser.encode(ServerPacket::event("/", data)) else { panic!() };
    let mut socket = joined("/");
    assert!(matches!(socket.on_message(&header), Ok(Incoming::Nothing)));
    let incoming = socket.on_binary(attachments[0].to_vec()).unwrap();
    assert!(matches!(&incoming, Incoming::Event { attachments, .. } if *attachments == [vec![1, 2]]), "{incoming:?}");
}

#[test]
fn the_server_waits_for_the_attachments_we_announce() {
    let body = Body::Event { attachments: Some(1), ack: None, data: r#"["file",{"_placeholder":true,"num":0}]"# };
    let text = Packet { namespace: "/", body }.encode();
    assert!(matches!(server_reads(&text), Err(ParseError::NeedsMoreBinaryData)), "{text}");
}

const NAMESPACE: &str = "/|/[a-z]{1,6}(/[a-z]{1,3})?";
/// The server finds no handler for a name that needs escaping in JSON, whichever side encodes it.
const NAME: &str = "[^\"\\\\\\p{C}]{1,12}";

fn json_strings() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("\\PC{0,12}".prop_map(|word| serde_json::to_string(&word).unwrap()), 0..4)
}

/// The server's ids are signed.
fn ack_ids() -> impl Strategy<Value = i64> {
    0..=i64::MAX
}

proptest! {
    #[test]
    fn the_server_reads_every_event_we_write(
        namespace in NAMESPACE, name in NAME, args in json_strings(), ack in proptest::option::of(ack_ids()),
    ) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let data = event_data(&name, &args).unwrap();
        let body = Body::Event { attachments: None, ack: ack.map(|id| id as u64), data: &data };
        let packet = server_reads(&Packet { namespace: &namespace, body }.encode()).unwrap();
        prop_assert_eq!(packet.ns.as_str(), namespace);
        prop_assert_eq!(&packet.inner, &PacketData::Event(value(&data), ack));
        let PacketData::Event(data, _) = packet.inner else { unreachable!() };
        prop_assert_eq!(CommonParser.read_event(&data).unwrap(), name);
    }

    #[test]
    fn the_server_reads_every_acknowledgement_we_write(namespace in NAMESPACE, args in json_strings(), id in ack_ids()) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let data = ack_data(&args).unwrap();
        let body = Body::Ack { attachments: None, id: id as u64, data: &data };
        let packet = server_reads(&Packet { namespace: &namespace, body }.encode()).unwrap();
        prop_assert_eq!((packet.ns.as_str(), packet.inner), (namespace.as_str(), PacketData::EventAck(value(&data), id)));
    }

    #[test]
    fn we_read_every_event_the_server_writes(
        namespace in NAMESPACE, name in "\\PC{1,12}", word in "\\PC{0,12}", ack in proptest::option::of(ack_ids()),
    ) {
        let data = CommonParser.encode_value(&(&word, 1.5), Some(&name)).unwrap();
        let mut packet = ServerPacket::event(namespace.clone(), data);
        if let Some(id) = ack {
            packet.inner.set_ack_id(id);
        }
        let incoming = joined(&namespace).on_message(&server_writes(packet)).unwrap();
        let Incoming::Event { name: read, args, ack: read_ack, .. } = incoming else { panic!("{incoming:?}") };
        prop_assert_eq!((read, read_ack), (name, ack.map(|id| id as u64)));
        prop_assert_eq!(serde_json::from_str::<String>(args[0].get()).unwrap(), word);
        prop_assert_eq!(args[1].get(), "1.5");
    }

    #[test]
    fn we_read_every_acknowledgement_the_server_writes(namespace in NAMESPACE, word in "\\PC{0,12}", id in ack_ids()) {
        let data = CommonParser.encode_value(&(&word,), None).unwrap();
        let incoming = joined(&namespace).on_message(&server_writes(ServerPacket::ack(namespace.clone(), data, id))).unwrap();
        let Incoming::Ack { id: read, result: Ok(args) } = incoming else { panic!("{incoming:?}") };
        prop_assert_eq!(read, id as u64);
        prop_assert_eq!(serde_json::from_str::<String>(args[0].get()).unwrap(), word);
    }
}
