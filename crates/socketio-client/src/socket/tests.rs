//! Tests of the message reader.

use proptest::prelude::*;

use super::*;

fn joined() -> Socket {
    let mut socket = Socket::new("/");
    assert!(matches!(socket.on_message(r#"0{"sid":"s"}"#), Ok(Incoming::Connected { sid }) if sid == "s"));
    socket
}

#[test]
fn digits_of_an_argument_are_handed_on_as_they_are() {
    let incoming = joined().on_message(r#"2["tx",{"amount":1234567890.10},null]"#).unwrap();
    let Incoming::Event { name, args, ack, .. } = incoming else { panic!("{incoming:?}") };
    assert_eq!((name.as_str(), ack), ("tx", None));
    assert_eq!(args.iter().map(|arg| arg.get()).collect::<Vec<_>>(), [r#"{"amount":1234567890.10}"#, "null"]);
}

#[test]
fn attachments_are_collected_in_order_before_the_event_is_told() {
    let mut socket = joined();
    let header = r#"52-7["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    assert!(matches!(socket.on_message(header), Ok(Incoming::Nothing)));
    assert!(matches!(socket.on_binary(vec![1]), Ok(Incoming::Nothing)));
    let incoming = socket.on_binary(vec![2]).unwrap();
    let Incoming::Event { attachments, ack, .. } = incoming else { panic!("{incoming:?}") };
    assert_eq!((attachments, ack), (vec![vec![1], vec![2]], Some(7)));
    assert!(socket.on_binary(vec![3]).is_err(), "no packet waits for this one");
}

#[test]
fn text_in_the_place_of_an_attachment_is_an_error() {
    let mut socket = joined();
    socket.on_message(r#"51-["file",0]"#).unwrap();
    assert!(socket.on_message(r#"2["other"]"#).is_err());
}

#[test]
fn a_binary_packet_that_announces_nothing_is_complete() {
    assert!(matches!(joined().on_message(r#"50-["file"]"#), Ok(Incoming::Event { .. })));
}

#[test]
fn a_binary_acknowledgement_is_an_error_value_for_the_one_who_waits() {
    let mut socket = joined();
    socket.on_message(r#"61-3[{"_placeholder":true,"num":0}]"#).unwrap();
    let incoming = socket.on_binary(vec![1]).unwrap();
    assert!(matches!(incoming, Incoming::Ack { id: 3, result: Err(Error::BinaryAck) }), "{incoming:?}");
}

#[test]
fn other_namespaces_are_passed_over_with_their_attachments() {
    let mut socket = joined();
    for message in [r#"2/x,["a"]"#, "1/x", r#"4/x,{"message":"no"}"#, r#"51-/x,["a",0]"#] {
        assert!(matches!(socket.on_message(message), Ok(Incoming::Nothing)), "{message}");
    }
    assert!(matches!(socket.on_binary(vec![1]), Ok(Incoming::Nothing)));
    assert!(matches!(socket.on_message(r#"2["mine"]"#), Ok(Incoming::Event { .. })));
}

#[test]
fn the_reason_of_a_refusal_is_found_in_every_form() {
    let cases = [
        (r#"4{"message":"Invalid or expired token","data":{}}"#, "Invalid or expired token"),
        (r#"4"not here""#, "not here"),
        ("4{}", "{}"),
        ("4", ""),
    ];
    for (text, expected) in cases {
        let incoming = Socket::new("/").on_message(text).unwrap();
        assert!(matches!(&incoming, Incoming::Refused { message } if message == expected), "{incoming:?}");
    }
}

#[test]
fn what_is_not_of_the_protocol_is_an_error() {
    for message in ["2", "2[]", "2[1]", "2{}", "2[\"a\"", "30", "31[", "0{\"sid\":\"again\"}", "9"] {
        assert!(matches!(joined().on_message(message), Err(Error::Malformed(_))), "{message}");
    }
    for message in ["0", "0[]", "2[\"early\"]", "30[]"] {
        assert!(matches!(Socket::new("/").on_message(message), Err(Error::Malformed(_))), "{message}");
    }
}

#[test]
fn only_json_and_free_names_are_written() {
    assert_eq!(event_data("a\"b", &["1.10", "{}"]).as_deref(), Ok(r#"["a\"b",1.10,{}]"#));
    assert_eq!(ack_data(&[]).as_deref(), Ok("[]"));
    assert_eq!(event_data("a", &["{"]), Err(Error::InvalidJson));
    assert_eq!(event_data("a", &["1,2"]), Err(Error::InvalidJson));
    assert_eq!(event_data("disconnect", &[]), Err(Error::ReservedName));
}

proptest! {
    #[test]
    fn no_message_panics(message in "[0-6]([0-9]{1,2}-)?(/[a-z]?,)?[0-9]{0,3}(\\PC*|\\[\"[a-z]\"(,[0-9])*\\])") {
        let mut socket = joined();
        let _ = socket.on_message(&message);
        let _ = socket.on_binary(vec![0]);
    }

    #[test]
    fn every_name_and_argument_arrives_as_it_was_sent(name in "\\PC*", words in proptest::collection::vec("\\PC*", 0..4)) {
        let args: Vec<String> = words.iter().map(|word| serde_json::to_string(word).unwrap()).collect();
        let refs: Vec<&str> = args.iter().map(String::as_str).collect();
        prop_assume!(!RESERVED.contains(&name.as_str()));
        let data = event_data(&name, &refs).unwrap();
        let incoming = read_event(None, &data).unwrap();
        let Incoming::Event { name: read, args: read_args, .. } = incoming else { panic!("{incoming:?}") };
        prop_assert_eq!(read, name);
        prop_assert_eq!(read_args.iter().map(|arg| arg.get()).collect::<Vec<_>>(), refs);
    }
}
