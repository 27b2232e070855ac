//! The Engine.IO side of one connection.
//!
//! Owns the session from the open packet to the end: limits, pings, silence. Must not look into messages or do I/O: its
//! inputs are frames and times, its outputs the next steps.

mod handshake;
mod heartbeat;
mod packet;
mod transport;
#[cfg(target_arch = "wasm32")]
pub(crate) mod websocket;

pub use handshake::{Open, url};
pub use heartbeat::Heartbeat;
pub use packet::Packet;
pub use transport::TransportEvent;

use crate::Error;
use crate::deadline::Deadline;

/// The effect of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The server's limits are known; messages may be sent.
    Opened,
    /// A message for the layer above.
    Message(&'a str),
    /// A frame to send back.
    Reply(String),
    /// The server is about to close.
    Closed,
    /// Nothing.
    Nothing,
}

/// One connection: waiting for the open packet, then open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    open: Option<(Open, Heartbeat)>,
}

impl Engine {
    /// Handles a text frame.
    pub fn on_text<'a>(&mut self, now_ms: u64, frame: &'a str) -> Result<Step<'a>, Error> {
        let packet = Packet::decode(frame)?;
        let Some((_, heartbeat)) = &mut self.open else {
            return self.on_first(now_ms, packet);
        };
        heartbeat.heard(now_ms);
        Ok(match packet {
            Packet::Message(message) => Step::Message(message),
            Packet::Ping(data) => Step::Reply(Packet::Pong(data).encode()),
            Packet::Close => Step::Closed,
            Packet::Open(_) => return Err(Error::Malformed("second open packet")),
            Packet::Pong(_) | Packet::Upgrade | Packet::Noop => Step::Nothing,
        })
    }

    fn on_first<'a>(&mut self, now_ms: u64, packet: Packet<'_>) -> Result<Step<'a>, Error> {
        match packet {
            Packet::Open(json) => {
                let open = Open::decode(json)?;
                let heartbeat = Heartbeat::new(open.ping_interval, open.ping_timeout, now_ms);
                self.open = Some((open, heartbeat));
                Ok(Step::Opened)
            }
            Packet::Close => Ok(Step::Closed),
            _ => Err(Error::Malformed("packet before the open packet")),
        }
    }

    /// Registers a binary frame.
    pub fn on_binary(&mut self, now_ms: u64) -> Result<(), Error> {
        let (_, heartbeat) = self.open.as_mut().ok_or(Error::Malformed("binary frame before the open packet"))?;
        heartbeat.heard(now_ms);
        Ok(())
    }

    /// When the connection is dead unless something arrives; `None` before the open packet.
    pub fn deadline(&self) -> Option<Deadline> {
        self.open.as_ref().map(|(_, heartbeat)| heartbeat.deadline())
    }

    /// The largest message that the server accepts, if it said so.
    pub fn max_payload(&self) -> Option<u64> {
        self.open.as_ref().and_then(|(open, _)| open.max_payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = r#"0{"sid":"x","upgrades":[],"pingInterval":100,"pingTimeout":50,"maxPayload":9}"#;

    #[test]
    fn a_ping_is_answered_with_its_own_data_and_moves_the_deadline() {
        let mut engine = Engine::default();
        assert_eq!(engine.on_text(10, OPEN), Ok(Step::Opened));
        assert_eq!((engine.deadline().map(Deadline::at_ms), engine.max_payload()), (Some(160), Some(9)));
        assert_eq!(engine.on_text(60, "2probe"), Ok(Step::Reply(String::from("3probe"))));
        assert_eq!(engine.deadline().map(Deadline::at_ms), Some(210));
    }

    #[test]
    fn nothing_but_an_open_packet_may_come_first_and_only_once() {
        assert!(Engine::default().on_text(0, "2").is_err());
        assert!(Engine::default().on_binary(0).is_err());
        let mut engine = Engine::default();
        engine.on_text(0, OPEN).unwrap();
        assert!(engine.on_text(0, OPEN).is_err());
    }
}
