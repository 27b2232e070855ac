//! A session of the Socket.IO client between a server that may send anything, a clock that may jump, and an owner that
//! asserts the invariants.
//!
//! Owns the invariants and the model behind them: which transport is open, which messages wait for a connection, and
//! which acknowledgements are owed. Must not know how a script is written.

use std::collections::BTreeSet;

use serde_json::Value;
use socketio_client::engine::{Packet as Frame, TransportEvent};
use socketio_client::session::{Input, Output, Session};
use socketio_client::socket::{Body, Packet};
use socketio_client::{AckId, Config, Error, Notification, Status};

/// The server's first packet, with limits that a script does not otherwise reach.
const OPEN: &str = r#"0{"sid":"x","pingInterval":25000,"pingTimeout":20000}"#;

/// An event that waits for a connection.
struct Waiting {
    number: u64,
    ack: Option<u64>,
}

/// The session with the state known from outside.
pub struct Rig {
    session: Session,
    namespace: String,
    queue_limit: usize,
    longest_pause: u64,
    now: u64,
    random: f64,
    status: Status,
    /// The open transport.
    transport: Option<u64>,
    generation: u64,
    /// Whether the owner has just told it to connect.
    told_to_connect: bool,
    waiting: Vec<Waiting>,
    owed: BTreeSet<u64>,
    emitted: u64,
    newest_sent: Option<u64>,
    asked: Option<AckId>,
    payload: Option<String>,
    withheld: Option<u64>,
    withholds: bool,
}

impl Rig {
    /// Before the first connect.
    pub fn new(config: Config) -> Self {
        let policy = &config.policy;
        Self {
            namespace: config.namespace.clone(),
            queue_limit: config.queue_limit,
            longest_pause: policy.reconnection_delay_max.max(policy.offline_retry_delay).max(1).into(),
            session: Session::new(config, "https://bank.example"),
            now: 1_000_000,
            random: 0.5,
            status: Status::Idle,
            transport: None,
            generation: 0,
            told_to_connect: false,
            waiting: Vec::new(),
            owed: BTreeSet::new(),
            emitted: 0,
            newest_sent: None,
            asked: None,
            payload: None,
            withheld: None,
            withholds: false,
        }
    }

    /// Sets the next random number that the session gets.
    pub fn chance(&mut self, random: f64) {
        self.random = random;
    }

    /// Sets the application's answer to the request for the connect payload.
    pub fn answer_with(&mut self, payload: Option<String>) {
        self.payload = payload;
    }

    /// Leaves the request for the connect payload open, or answers it.
    pub fn withhold(&mut self, withholds: bool) {
        self.withholds = withholds;
        if let Some(generation) = self.withheld.take_if(|_| !withholds) {
            self.input(Input::Auth { generation, payload: self.payload.clone() });
        }
    }

    /// Passes an input, then everything that is due at this moment.
    pub fn input(&mut self, input: Input) {
        self.told_to_connect = matches!(input, Input::Connect);
        self.session.handle(self.now, self.random, input);
        self.carry_out();
        self.told_to_connect = false;
        // A deadline at this very moment may lead to another one, but not endlessly.
        for _ in 0..3 {
            if self.session.next_timer().is_none_or(|due| due > self.now) {
                return;
            }
            self.session.handle(self.now, self.random, Input::Tick);
            self.carry_out();
        }
        let due = self.session.next_timer();
        assert!(due.is_none_or(|due| due > self.now), "it wants to be woken for ever: {:?}", self.status);
    }

    /// A report of the transport with this generation, by default the newest.
    pub fn transport(&mut self, generation: Option<u64>, event: TransportEvent) {
        let generation = generation.unwrap_or(self.generation);
        self.input(Input::Transport { generation, event });
    }

    /// A report of a replaced transport: nothing may follow from it.
    pub fn stale(&mut self, event: TransportEvent) {
        // Anything due follows from the time alone.
        self.input(Input::Tick);
        let (status, generation) = (self.status, self.generation);
        let due = self.session.next_timer();
        self.transport(Some(generation.wrapping_sub(1)), event);
        assert_eq!((self.status, self.generation, self.session.next_timer()), (status, generation, due));
    }

    /// Lets time pass, stopping at every timer on the way.
    pub fn advance(&mut self, ms: u64) {
        let end = self.now.saturating_add(ms);
        // Enough that a script with the shortest pauses ends in time.
        for _ in 0..200 {
            match self.session.next_timer().filter(|due| *due <= end) {
                Some(due) => self.now = self.now.max(due),
                None => break,
            }
            self.input(Input::Tick);
        }
        self.jump(end);
    }

    /// The clock jumps to another time: the machine slept, or the clock was set.
    pub fn jump(&mut self, now: u64) {
        self.now = now;
        self.input(Input::Tick);
    }

    /// The time on the clock.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The owner sends an event, with its number as an argument.
    pub fn emit(&mut self, name: &str, ack_timeout_ms: Option<u32>) {
        let number = self.emitted;
        self.emitted += 1;
        let live = self.status == Status::Live;
        match self.session.emit(self.now, name, &[&number.to_string()], ack_timeout_ms) {
            Ok(ack) => {
                assert_eq!(ack.is_some(), ack_timeout_ms.is_some());
                assert!(ack.is_none_or(|id| self.owed.insert(id)), "an id was given out twice");
                if !live {
                    self.waiting.push(Waiting { number, ack });
                }
            }
            Err(Error::QueueFull) => assert!(!live && self.waiting.len() >= self.queue_limit),
            Err(Error::Closed) => assert!(matches!(self.status, Status::Closed | Status::Refused)),
            Err(Error::TooLarge) => assert!(live),
            Err(error) => assert_eq!(error, Error::ReservedName),
        }
        assert!(self.waiting.len() <= self.queue_limit);
        self.carry_out();
        assert!(!live || self.newest_sent <= Some(number));
    }

    /// The owner answers the newest event that requested it.
    pub fn acknowledge(&mut self, answer: &str) {
        let Some(ack) = self.asked.take() else { return };
        let answered = self.session.acknowledge(ack, &[answer]);
        assert!(answered.is_err() || self.status == Status::Live);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::OpenTransport { generation, .. } => {
                    assert_eq!(self.transport, None, "one transport at a time");
                    assert!(generation > self.generation, "a generation is used once");
                    let resting = matches!(self.status, Status::Idle | Status::Closed | Status::Refused);
                    assert!(!resting || self.told_to_connect, "nobody told it to connect");
                    (self.transport, self.generation, self.withheld) = (Some(generation), generation, None);
                }
                Output::AskAuth { generation } => {
                    assert_eq!(Some(generation), self.transport);
                    self.withheld = Some(generation).filter(|_| self.withholds);
                    if self.withheld.is_none() {
                        let payload = self.payload.clone();
                        self.session.handle(self.now, self.random, Input::Auth { generation, payload });
                    }
                }
                Output::SendText(frame) => self.sent(&frame),
                Output::CloseTransport => self.transport = None,
                Output::Notify(notification) => self.told(notification),
                Output::Acknowledged { id, result } => {
                    assert!(self.owed.remove(&id), "acknowledgement {id} is not owed");
                    assert!(result.is_err() || self.status == Status::Live);
                    self.waiting.retain(|waiting| waiting.ack != Some(id));
                }
            }
        }
        assert_eq!(self.session.status(), self.status, "the owner is told of every status");
        assert!(self.transport.is_some() || !matches!(self.status, Status::Connecting | Status::Live));
    }

    fn sent(&mut self, text: &str) {
        assert!(self.transport.is_some(), "a frame without a transport: {text}");
        let Ok(Frame::Message(message)) = Frame::decode(text) else {
            assert!(text.starts_with('3'), "neither a message nor a pong: {text}");
            return;
        };
        let packet = Packet::decode(message).expect("it reads its own writing");
        assert_eq!(packet.namespace, self.namespace);
        let Body::Event { data, .. } = packet.body else { return };
        let array: Vec<Value> = serde_json::from_str(data).expect("an event's data are an array");
        let number = array.last().and_then(Value::as_u64).expect("every event carries its number");
        assert!(self.newest_sent < Some(number), "event {number} is late or comes twice");
        self.newest_sent = Some(number);
        self.waiting.retain(|waiting| waiting.number != number);
    }

    fn told(&mut self, notification: Notification) {
        match notification {
            Notification::Status(status) => {
                assert_ne!(status, self.status, "a status is told once");
                self.status = status;
                match status {
                    // Messages that were too large for the server are gone as well.
                    Status::Live => self.waiting.clear(),
                    Status::Waiting { retry_at_ms, .. } => {
                        let pause = retry_at_ms - self.now;
                        assert!((1..=self.longest_pause).contains(&pause), "a pause of {pause} ms");
                    }
                    _ => {}
                }
            }
            Notification::Event(event) => {
                assert_eq!(self.status, Status::Live);
                self.asked = event.ack.or(self.asked);
            }
            Notification::Silent(_) => assert_eq!(self.status, Status::Live),
            Notification::Refused { .. } => {}
        }
    }

    /// Checks that, after anything, the session can be closed, owes nothing in the end, and reconnects when told to.
    pub fn end(mut self) {
        self.withhold(false);
        self.payload = None;
        self.input(Input::Disconnect);
        assert_eq!((self.status, self.transport), (Status::Closed, None));
        self.now = self.now.saturating_add(u64::from(u32::MAX) + 1);
        self.input(Input::Tick);
        assert!(self.owed.is_empty(), "{:?} never come", self.owed);
        self.input(Input::Connect);
        self.transport(None, TransportEvent::Text(OPEN.to_owned()));
        let mut accept = Frame::Message("").encode();
        Packet { namespace: &self.namespace, body: Body::Connect(r#"{"sid":"y"}"#) }.encode_to(&mut accept);
        self.transport(None, TransportEvent::Text(accept));
        assert_eq!(self.status, Status::Live);
        self.emit("last", None);
        assert_eq!(self.newest_sent, Some(self.emitted - 1));
    }
}
