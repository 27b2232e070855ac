//! The Socket.IO side of one connection: one namespace.
//!
//! Owns joining, reading events and acknowledgements, and collecting attachments. Must not know transports or time.

mod acks;
mod packet;

pub use acks::Acks;
pub use packet::{Body, Packet};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Error;

/// Event names that the protocol reserves, on one side or the other.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// The meaning of a message, or of the last of its attachments.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// The server accepted the namespace.
    Connected {
        /// The id of this socket.
        sid: String,
    },
    /// The server refused the namespace.
    Refused {
        /// Its reason.
        message: String,
    },
    /// An event.
    Event {
        /// Its name.
        name: String,
        /// Its arguments.
        args: Vec<Box<RawValue>>,
        /// Its attachments.
        attachments: Vec<Vec<u8>>,
        /// The id of the requested acknowledgement.
        ack: Option<u64>,
    },
    /// An acknowledgement.
    Ack {
        /// The id of the event it belongs to.
        id: u64,
        /// Its arguments; an error if some of them are binary, which this type cannot hold.
        result: Result<Vec<Box<RawValue>>, Error>,
    },
    /// The server closed the namespace.
    Disconnected,
    /// Nothing to act on: another namespace, or attachments still to come.
    Nothing,
}

/// A packet whose attachments have not all arrived.
#[derive(Clone, Debug)]
struct Partial {
    incoming: Incoming,
    missing: usize,
}

/// The reader of one connection's messages.
#[derive(Clone, Debug)]
pub struct Socket {
    namespace: String,
    connected: bool,
    partial: Option<Partial>,
}

impl Socket {
    /// Not joined yet.
    pub fn new(namespace: &str) -> Self {
        Self { namespace: String::from(namespace), connected: false, partial: None }
    }

    /// Handles a message.
    pub fn on_message(&mut self, message: &str) -> Result<Incoming, Error> {
        if self.partial.is_some() {
            return Err(Error::Malformed("text in place of an attachment"));
        }
        let packet = Packet::decode(message)?;
        let mine = packet.namespace == self.namespace;
        let (incoming, attachments) = match packet.body {
            Body::Event { attachments, ack, data } => (read_event(ack, data)?, attachments),
            Body::Ack { attachments, id, data } => (read_ack(attachments, id, data)?, attachments),
            _ if !mine => return Ok(Incoming::Nothing),
            Body::Connect(_) if self.connected => return Err(Error::Malformed("second connect packet")),
            Body::Connect(data) => {
                let sid = read_sid(data)?;
                self.connected = true;
                return Ok(Incoming::Connected { sid });
            }
            Body::ConnectError(data) => return Ok(Incoming::Refused { message: read_message(data) }),
            Body::Disconnect => return Ok(Incoming::Disconnected),
        };
        if mine && !self.connected {
            return Err(Error::Malformed("packet before the connect packet"));
        }
        // Even another namespace's attachments have to be counted, or they would be taken for ours.
        let incoming = if mine { incoming } else { Incoming::Nothing };
        match attachments.unwrap_or(0) {
            0 => Ok(incoming),
            missing => {
                self.partial = Some(Partial { incoming, missing });
                Ok(Incoming::Nothing)
            }
        }
    }

    /// Handles a binary frame, which is an attachment of the last packet.
    pub fn on_binary(&mut self, data: Vec<u8>) -> Result<Incoming, Error> {
        let mut partial = self.partial.take().ok_or(Error::Malformed("attachment without a packet"))?;
        if let Incoming::Event { attachments, .. } = &mut partial.incoming {
            attachments.push(data);
        }
        partial.missing -= 1;
        if partial.missing == 0 {
            return Ok(partial.incoming);
        }
        self.partial = Some(partial);
        Ok(Incoming::Nothing)
    }
}

fn read_event(ack: Option<u64>, data: &str) -> Result<Incoming, Error> {
    let mut args = read_array(data)?;
    if args.is_empty() {
        return Err(Error::Malformed("event without a name"));
    }
    let name = serde_json::from_str(args.remove(0).get()).map_err(|_| Error::Malformed("name of an event"))?;
    Ok(Incoming::Event { name, args, attachments: Vec::new(), ack })
}

fn read_ack(attachments: Option<usize>, id: u64, data: &str) -> Result<Incoming, Error> {
    let args = read_array(data)?;
    let result = if attachments.unwrap_or(0) == 0 { Ok(args) } else { Err(Error::BinaryAck) };
    Ok(Incoming::Ack { id, result })
}

fn read_array(data: &str) -> Result<Vec<Box<RawValue>>, Error> {
    serde_json::from_str(data).map_err(|_| Error::Malformed("arguments"))
}

fn read_sid(data: &str) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Connect {
        sid: String,
    }
    serde_json::from_str(data).map(|Connect { sid }| sid).map_err(|_| Error::Malformed("connect packet"))
}

/// The reason in a refusal. Servers of the previous protocol version send a bare string; anything else is shown
/// unchanged, because it is a refusal in any case.
fn read_message(data: &str) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    serde_json::from_str(data)
        .map(|Refusal { message }| message)
        .or_else(|_| serde_json::from_str(data))
        .unwrap_or_else(|_| String::from(data))
}

/// Writes the array of an event: the name, then the arguments, each JSON text.
pub fn event_data(name: &str, args: &[&str]) -> Result<String, Error> {
    if RESERVED.contains(&name) {
        return Err(Error::ReservedName);
    }
    let name = serde_json::to_string(name).map_err(|_| Error::InvalidJson)?;
    write_array(Some(&name), args)
}

/// Writes the array of an acknowledgement.
pub fn ack_data(args: &[&str]) -> Result<String, Error> {
    write_array(None, args)
}

/// Whether this is one JSON value. If sent unchecked, invalid JSON would cost the connection.
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

fn write_array(first: Option<&str>, args: &[&str]) -> Result<String, Error> {
    if !args.iter().all(|arg| is_json(arg)) {
        return Err(Error::InvalidJson);
    }
    let items: Vec<&str> = first.into_iter().chain(args.iter().copied()).collect();
    Ok(["[", &items.join(","), "]"].concat())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
