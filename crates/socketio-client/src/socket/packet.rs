//! Socket.IO packets as text.
//!
//! Owns the header: type, attachments, namespace, acknowledgement id. Must not parse the JSON after it, which stays
//! text, and must not collect attachments.

use std::fmt::Write as _;

use crate::Error;

/// A packet that announces more attachments is refused.
const MAX_ATTACHMENTS: usize = 256;

/// One Socket.IO 5 packet; borrows from its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The namespace; `/` is the main one.
    pub namespace: &'a str,
    /// Its content.
    pub body: Body<'a>,
}

/// The content of a packet. `data` is unparsed JSON text, `attachments` is the number of binary frames that follow; a
/// packet without binary data has `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A client joins, optionally with a payload; the server accepts, with the socket's id.
    Connect(&'a str),
    /// One side leaves.
    Disconnect,
    /// An event.
    Event {
        /// How many binary frames follow.
        attachments: Option<usize>,
        /// Set if an acknowledgement is requested.
        ack: Option<u64>,
        /// An array: the name, then the arguments.
        data: &'a str,
    },
    /// An acknowledgement.
    Ack {
        /// How many binary frames follow.
        attachments: Option<usize>,
        /// The id that came with the event.
        id: u64,
        /// An array: the arguments.
        data: &'a str,
    },
    /// The server refuses to let the client join.
    ConnectError(&'a str),
}

impl<'a> Packet<'a> {
    /// Reads a message.
    pub fn decode(message: &'a str) -> Result<Self, Error> {
        let mut chars = message.chars();
        let kind = chars.next().ok_or(Error::Malformed("empty packet"))?;
        let (attachments, rest) = match kind {
            '5' | '6' => take_attachments(chars.as_str())?,
            _ => (None, chars.as_str()),
        };
        let (namespace, rest) = take_namespace(rest);
        let body = match kind {
            '0' => Body::Connect(rest),
            '1' => Body::Disconnect,
            '2' | '5' => {
                let (ack, data) = take_number(rest)?;
                Body::Event { attachments, ack, data }
            }
            '3' | '6' => {
                let (id, data) = take_number(rest)?;
                Body::Ack { attachments, id: id.ok_or(Error::Malformed("acknowledgement without id"))?, data }
            }
            '4' => Body::ConnectError(rest),
            _ => return Err(Error::Malformed("unknown socket packet type")),
        };
        Ok(Self { namespace, body })
    }

    /// Appends a message to `out`.
    pub fn encode_to(&self, out: &mut String) {
        let (kind, attachments, id, data) = match self.body {
            Body::Connect(data) => ('0', None, None, data),
            Body::Disconnect => ('1', None, None, ""),
            Body::Event { attachments, ack, data } => {
                (if attachments.is_some() { '5' } else { '2' }, attachments, ack, data)
            }
            Body::Ack { attachments, id, data } => {
                (if attachments.is_some() { '6' } else { '3' }, attachments, Some(id), data)
            }
            Body::ConnectError(data) => ('4', None, None, data),
        };
        out.push(kind);
        // Writing to a string cannot fail.
        if let Some(count) = attachments {
            let _ = write!(out, "{count}-");
        }
        // The main namespace is omitted, unless what follows would be taken for another.
        if self.namespace != "/" || (id.is_none() && data.starts_with('/')) {
            out.push_str(self.namespace);
            out.push(',');
        }
        if let Some(id) = id {
            let _ = write!(out, "{id}");
        }
        out.push_str(data);
    }

    /// Writes a message.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        self.encode_to(&mut out);
        out
    }
}

fn take_attachments(text: &str) -> Result<(Option<usize>, &str), Error> {
    let malformed = Error::Malformed("number of attachments");
    let (count, rest) = text.split_once('-').ok_or(malformed)?;
    // Parsing a number would accept a plus sign.
    if !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed);
    }
    let count = count.parse().ok().filter(|count| *count <= MAX_ATTACHMENTS).ok_or(malformed)?;
    Ok((Some(count), rest))
}

fn take_namespace(text: &str) -> (&str, &str) {
    if !text.starts_with('/') {
        return ("/", text);
    }
    // Some servers write no comma if nothing follows.
    text.split_once(',').unwrap_or((text, ""))
}

fn take_number(text: &str) -> Result<(Option<u64>, &str), Error> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    digits.parse().map(|number| (Some(number), rest)).map_err(|_| Error::Malformed("acknowledgement id"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(attachments: Option<usize>, ack: Option<u64>, data: &str) -> Body<'_> {
        Body::Event { attachments, ack, data }
    }

    #[test]
    fn the_examples_of_the_protocol_are_read_and_written() {
        let cases = [
            ("0", "/", Body::Connect("")),
            (r#"0{"sid":"x"}"#, "/", Body::Connect(r#"{"sid":"x"}"#)),
            (r#"0/admin,{"sid":"x"}"#, "/admin", Body::Connect(r#"{"sid":"x"}"#)),
            ("1/admin,", "/admin", Body::Disconnect),
            (r#"2["foo"]"#, "/", event(None, None, r#"["foo"]"#)),
            (r#"2/admin,12["foo"]"#, "/admin", event(None, Some(12), r#"["foo"]"#)),
            (r#"3/admin,13["bar"]"#, "/admin", Body::Ack { attachments: None, id: 13, data: r#"["bar"]"# }),
            (r#"4{"message":"no"}"#, "/", Body::ConnectError(r#"{"message":"no"}"#)),
            (r#"51-/admin,["baz",0]"#, "/admin", event(Some(1), None, r#"["baz",0]"#)),
            ("62-/admin,15[0]", "/admin", Body::Ack { attachments: Some(2), id: 15, data: "[0]" }),
        ];
        for (text, namespace, body) in cases {
            assert_eq!(Packet::decode(text), Ok(Packet { namespace, body }), "{text}");
            assert_eq!(Packet { namespace, body }.encode(), text);
        }
    }

    #[test]
    fn a_namespace_may_end_with_the_packet() {
        assert_eq!(Packet::decode("1/admin"), Ok(Packet { namespace: "/admin", body: Body::Disconnect }));
    }

    #[test]
    fn data_that_look_like_a_namespace_are_written_behind_one() {
        for text in ["2/,/a,[]", "0/,/a", "4/,/"] {
            let packet = Packet::decode(text).unwrap();
            assert_eq!((packet.namespace, packet.encode().as_str()), ("/", text));
        }
    }

    #[test]
    fn broken_headers_are_errors() {
        for text in ["", "7", "é", "3[]", "5[]", "5-[]", "5+1-[]", "5999-[]", "599999999999999999999-[]", "6", "61-[]"]
        {
            assert!(matches!(Packet::decode(text), Err(Error::Malformed(_))), "{text}");
        }
        assert_eq!(Packet::decode("299999999999999999999[]"), Err(Error::Malformed("acknowledgement id")));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_survives_writing(text in "[0-7]?([0-9]{0,3}-)?(/\\PC{0,5},?)?[0-9]{0,22}\\PC*") {
            if let Ok(packet) = Packet::decode(&text) {
                let written = packet.encode();
                prop_assert_eq!(Packet::decode(&written), Ok(packet));
            }
        }

        #[test]
        fn what_is_written_is_read_the_same(
            namespace in "/|/[a-z/-]{1,8}",
            attachments in proptest::option::of(0..=MAX_ATTACHMENTS),
            ack in proptest::option::of(any::<u64>()),
            word in "\\PC*",
        ) {
            let data = format!("[{}]", serde_json::to_string(&word).unwrap());
            let packet = Packet { namespace: &namespace, body: event(attachments, ack, &data) };
            let written = packet.encode();
            prop_assert_eq!(Packet::decode(&written), Ok(packet));
        }
    }
}
