//! A session, a scripted transport and a clock that only the test moves.

use socketio_client::engine::TransportEvent;
use socketio_client::session::{Input, Output, Session};
use socketio_client::{Config, Error, Notification, RawValue, Status};

/// The server's first packet.
pub(crate) const OPEN: &str =
    r#"0{"sid":"lv_VI97HAXpY6yYW","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}"#;
/// The server's answer to joining the main namespace.
pub(crate) const LIVE: &str = r#"40{"sid":"IvMLd7wvWhvUp8p-AAAG"}"#;

pub(crate) type Answer = Result<Vec<Box<RawValue>>, Error>;

pub(crate) struct Rig {
    pub(crate) session: Session,
    pub(crate) now: u64,
    pub(crate) generation: u64,
    pub(crate) opened: Vec<String>,
    pub(crate) sent: Vec<String>,
    pub(crate) said: Vec<Notification>,
    pub(crate) acks: Vec<(u64, Answer)>,
    open: bool,
    asked: u32,
}

#[allow(dead_code, reason = "each test file takes what it needs")]
impl Rig {
    /// After `connect`; the transport is opening.
    pub(crate) fn started(config: Config) -> Self {
        let mut rig = Self {
            session: Session::new(config, "https://bank.example"),
            now: 1_000_000,
            generation: 0,
            opened: Vec::new(),
            sent: Vec::new(),
            said: Vec::new(),
            acks: Vec::new(),
            open: false,
            asked: 0,
        };
        rig.input(Input::Connect);
        rig
    }

    /// Live.
    pub(crate) fn connected() -> Self {
        let mut rig = Self::started(Config::default());
        rig.join();
        rig
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.session.handle(self.now, 0.5, input);
        self.pump();
    }

    pub(crate) fn pump(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::OpenTransport { generation, url } => {
                    assert!(!self.open, "one transport at a time");
                    (self.open, self.generation) = (true, generation);
                    self.opened.push(url);
                }
                Output::AskAuth { generation } => {
                    self.asked += 1;
                    let payload = Some(format!(r#"{{"token":{}}}"#, self.asked));
                    self.session.handle(self.now, 0.5, Input::Auth { generation, payload });
                }
                Output::SendText(frame) => {
                    assert!(self.open, "a frame without a transport: {frame}");
                    self.sent.push(frame);
                }
                Output::CloseTransport => self.open = false,
                Output::Notify(notification) => self.said.push(notification),
                Output::Acknowledged { id, result } => self.acks.push((id, result)),
            }
        }
    }

    /// The server sends a frame over the newest transport.
    pub(crate) fn server(&mut self, frame: &str) {
        self.input(Input::Transport { generation: self.generation, event: TransportEvent::Text(frame.into()) });
    }

    /// The newest transport breaks.
    pub(crate) fn fail(&mut self) {
        self.input(Input::Transport { generation: self.generation, event: TransportEvent::Failed });
    }

    /// The server accepts the client.
    pub(crate) fn join(&mut self) {
        self.server(OPEN);
        self.server(LIVE);
        assert_eq!(self.status(), Status::Live);
    }

    /// Lets time pass, stopping at every timer on the way.
    pub(crate) fn advance(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(due) = self.session.next_timer().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.input(Input::Tick);
        }
        self.now = end;
    }

    pub(crate) fn emit(&mut self, name: &str) -> Result<(), Error> {
        let sent = self.session.emit(self.now, name, &[], None).map(drop);
        self.pump();
        sent
    }

    pub(crate) fn emit_with_ack(&mut self, name: &str, timeout_ms: u32) -> u64 {
        let id = self.session.emit(self.now, name, &[], Some(timeout_ms)).unwrap().unwrap();
        self.pump();
        id
    }

    pub(crate) fn status(&self) -> Status {
        self.session.status()
    }

    pub(crate) fn statuses(&self) -> Vec<Status> {
        let status = |it: &Notification| if let Notification::Status(status) = it { Some(*status) } else { None };
        self.said.iter().filter_map(status).collect()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }
}
