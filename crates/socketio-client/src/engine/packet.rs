//! Engine.IO packets as text.
//!
//! Owns the one-digit packet types. Must not read the content of messages, and must not know how frames travel: a
//! payload of the polling transport is several of these texts joined by 0x1e.

use crate::Error;

/// One Engine.IO 4 packet; borrows from its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The server's first packet: the limits of the connection, as JSON.
    Open(&'a str),
    /// The other side is about to close.
    Close,
    /// A ping, sent by the server.
    Ping(&'a str),
    /// The answer to a ping, with the same data.
    Pong(&'a str),
    /// A Socket.IO packet.
    Message(&'a str),
    /// The end of a change of transport.
    Upgrade,
    /// No operation; ends a polling request.
    Noop,
}

impl<'a> Packet<'a> {
    /// Reads a text frame.
    pub fn decode(frame: &'a str) -> Result<Self, Error> {
        let mut chars = frame.chars();
        let kind = chars.next().ok_or(Error::Malformed("empty frame"))?;
        let data = chars.as_str();
        match kind {
            '0' => Ok(Self::Open(data)),
            '1' => Ok(Self::Close),
            '2' => Ok(Self::Ping(data)),
            '3' => Ok(Self::Pong(data)),
            '4' => Ok(Self::Message(data)),
            '5' => Ok(Self::Upgrade),
            '6' => Ok(Self::Noop),
            _ => Err(Error::Malformed("unknown engine packet type")),
        }
    }

    /// Writes a text frame.
    pub fn encode(&self) -> String {
        let (kind, data) = match *self {
            Self::Open(data) => ('0', data),
            Self::Close => ('1', ""),
            Self::Ping(data) => ('2', data),
            Self::Pong(data) => ('3', data),
            Self::Message(data) => ('4', data),
            Self::Upgrade => ('5', ""),
            Self::Noop => ('6', ""),
        };
        let mut frame = String::with_capacity(1 + data.len());
        frame.push(kind);
        frame.push_str(data);
        frame
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_without_a_known_type_is_an_error() {
        for frame in ["", "7", "x", "é", "\u{1e}"] {
            assert!(matches!(Packet::decode(frame), Err(Error::Malformed(_))), "{frame:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_written_the_same(frame in "[0-7]?\\PC*") {
            if let Ok(packet) = Packet::decode(&frame) {
                let written = packet.encode();
                prop_assert_eq!(Packet::decode(&written), Ok(packet));
                prop_assert!(frame.starts_with(&written));
            }
        }
    }
}
