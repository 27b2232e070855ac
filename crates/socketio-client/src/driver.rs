//! The loop between the session and the browser.
//!
//! Owns the transport, the timer, the listeners and the application's callbacks. Must not decide anything: it passes
//! inputs to the session and carries out the outputs.
//!
//! Callbacks may do anything with the client, including dropping it. Therefore none is called while anything is
//! borrowed, and the loop never nests: a callback's requests are carried out after it returns.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use serde_json::value::RawValue;

use crate::engine::TransportEvent;
use crate::engine::websocket::WebSocket;
use crate::runtime::{self, Listener};
use crate::session::{Input, Output, Session};
use crate::{Error, Notification, Options};

/// Receives the outcome of an event sent with an acknowledgement.
pub(crate) type OnAck = Box<dyn FnOnce(Result<Vec<Box<RawValue>>, Error>)>;

pub(crate) struct Driver {
    session: RefCell<Session>,
    options: Options,
    on_notification: Box<dyn Fn(Notification)>,
    on_acks: RefCell<Vec<(u64, OnAck)>>,
    transport: RefCell<Option<WebSocket>>,
    /// When the timer fires, and its handle.
    timer: RefCell<Option<(u64, Timeout)>>,
    listeners: RefCell<Vec<Listener>>,
    running: Cell<bool>,
    shut_down: Cell<bool>,
}

impl Driver {
    pub(crate) fn start(options: Options, on_notification: Box<dyn Fn(Notification)>) -> Rc<Self> {
        let driver = Rc::new(Self {
            session: RefCell::new(Session::new(options.config().clone(), &runtime::origin())),
            options,
            on_notification,
            on_acks: RefCell::default(),
            transport: RefCell::default(),
            timer: RefCell::default(),
            listeners: RefCell::default(),
            running: Cell::new(false),
            shut_down: Cell::new(false),
        });
        // A hidden page's timers are slow, so deadlines are checked when it is shown.
        let inputs: [(_, fn() -> Input); 3] = [
            ("online", || Input::Online),
            ("offline", || Input::Offline),
            ("visibilitychange", || Input::Visible(runtime::is_visible())),
        ];
        let listeners = inputs.into_iter().filter_map(|(name, input)| {
            let weak = Rc::downgrade(&driver);
            Listener::new(name, move || hand_in(&weak, input()))
        });
        *driver.listeners.borrow_mut() = listeners.collect();
        if !runtime::is_online() {
            driver.handle(Input::Offline);
        }
        driver.handle(Input::Visible(runtime::is_visible()));
        driver.handle(Input::Connect);
        driver
    }

    /// Closes everything; no callback is called from here on.
    pub(crate) fn shut_down(&self) {
        self.shut_down.set(true);
        self.transport.take();
        self.timer.take();
        self.listeners.take();
        self.on_acks.take();
    }

    pub(crate) fn handle(self: &Rc<Self>, input: Input) {
        if !self.shut_down.get() {
            self.session.borrow_mut().handle(runtime::now_ms(), runtime::random(), input);
            self.run();
        }
    }

    /// Reads the session.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Session) -> T) -> T {
        look(&self.session.borrow())
    }

    /// Calls the session and executes its outputs.
    pub(crate) fn ask<T>(self: &Rc<Self>, ask: impl FnOnce(&mut Session, u64) -> T) -> T {
        let answer = ask(&mut self.session.borrow_mut(), runtime::now_ms());
        self.run();
        answer
    }

    pub(crate) fn emit_with_ack(self: &Rc<Self>, name: &str, args: &[&str], timeout_ms: u32, on_ack: OnAck) {
        let sent = self.session.borrow_mut().emit(runtime::now_ms(), name, args, Some(timeout_ms));
        match sent {
            Ok(Some(id)) => self.on_acks.borrow_mut().push((id, on_ack)),
            Ok(None) => {}
            Err(error) => on_ack(Err(error)),
        }
        self.run();
    }

    fn run(self: &Rc<Self>) {
        if self.running.replace(true) {
            return;
        }
        while let Some(output) = self.next_output() {
            self.carry_out(output);
        }
        self.running.set(false);
        self.arm_timer();
    }

    fn next_output(&self) -> Option<Output> {
        if self.shut_down.get() { None } else { self.session.borrow_mut().poll() }
    }

    fn carry_out(self: &Rc<Self>, output: Output) {
        match output {
            Output::OpenTransport { generation, url } => self.open(generation, &url),
            Output::AskAuth { generation } => {
                let payload = self.options.auth_payload();
                self.handle(Input::Auth { generation, payload });
            }
            Output::SendText(frame) => {
                if let Some(transport) = self.transport.borrow().as_ref() {
                    transport.send(&frame);
                }
            }
            Output::CloseTransport => drop(self.transport.take()),
            Output::Notify(notification) => (self.on_notification)(notification),
            Output::Acknowledged { id, result } => {
                if let Some(on_ack) = self.take_on_ack(id) {
                    on_ack(result);
                }
            }
        }
    }

    fn open(self: &Rc<Self>, generation: u64, url: &str) {
        let weak = Rc::downgrade(self);
        let report = move |event| hand_in(&weak, Input::Transport { generation, event });
        let transport = WebSocket::open(url, report);
        let failed = transport.is_none();
        self.transport.replace(transport);
        if failed {
            self.handle(Input::Transport { generation, event: TransportEvent::Failed });
        }
    }

    fn take_on_ack(&self, id: u64) -> Option<OnAck> {
        let mut on_acks = self.on_acks.borrow_mut();
        let index = on_acks.iter().position(|(pending, _)| *pending == id)?;
        Some(on_acks.swap_remove(index).1)
    }

    /// Makes sure that the session is called again in time. A timer that fires too early is left alone: every frame
    /// moves the deadline, and a new timer each time would be wasteful.
    fn arm_timer(self: &Rc<Self>) {
        let due = if self.shut_down.get() { None } else { self.with(Session::next_timer) };
        let armed = self.timer.borrow().as_ref().map(|(at, _)| *at);
        let Some(due) = due else {
            self.timer.take();
            return;
        };
        if armed.is_some_and(|at| at <= due) {
            return;
        }
        // The browser treats a longer delay as zero.
        let delay = due.saturating_sub(runtime::now_ms()).min(i32::MAX as u64) as u32;
        let weak = Rc::downgrade(self);
        let timeout = Timeout::new(delay, move || {
            if let Some(driver) = weak.upgrade() {
                driver.timer.take();
                driver.handle(Input::Tick);
            }
        });
        self.timer.replace(Some((due, timeout)));
    }
}

fn hand_in(weak: &Weak<Driver>, input: Input) {
    if let Some(driver) = weak.upgrade() {
        driver.handle(input);
    }
}
