//! The transitions between states.
//!
//! Owns the effect of each input on the session. Must not be called from outside it, or do I/O.

use super::Session;
use super::io::Output;
use super::link::{Link, Turn};
use super::outbox::Queued;
use super::watch::Finding;
use crate::deadline::Deadline;
use crate::engine::{Packet as Frame, TransportEvent};
use crate::socket::{self, Body, Incoming, Packet};
use crate::{AckId, CloseReason, Error, Event, Notification, Status};

impl Session {
    pub(super) fn live_link(&self) -> Option<&Link> {
        self.link.as_ref().filter(|link| link.live_since.is_some())
    }

    pub(super) fn frame(&self, body: Body<'_>) -> String {
        let mut frame = Frame::Message("").encode();
        Packet { namespace: &self.config.namespace, body }.encode_to(&mut frame);
        frame
    }

    pub(super) fn send(&mut self, frame: String) -> Result<(), Error> {
        if self.link.as_ref().is_some_and(|link| link.is_too_large(&frame)) {
            return Err(Error::TooLarge);
        }
        self.outputs.push_back(Output::SendText(frame));
        Ok(())
    }

    fn notify(&mut self, notification: Notification) {
        self.outputs.push_back(Output::Notify(notification));
    }

    fn set_status(&mut self, status: Status) {
        if self.status != status {
            self.status = status;
            self.notify(Notification::Status(status));
        }
    }

    pub(super) fn attempt(&mut self, now_ms: u64) {
        let url = match &self.url {
            Ok(url) => url.clone(),
            Err(error) => return self.refuse_with(*error),
        };
        self.generation += 1;
        let deadline = Deadline::after(self.config.connect_timeout.into(), now_ms);
        self.link = Some(Link::new(&self.config.namespace, deadline));
        self.outputs.push_back(Output::OpenTransport { generation: self.generation, url });
        self.set_status(Status::Connecting);
    }

    pub(super) fn join(&mut self, generation: u64, payload: Option<String>) {
        if generation != self.generation || self.link.is_none() {
            return;
        }
        let payload = payload.unwrap_or_default();
        if !payload.is_empty() && !socket::is_json(&payload) {
            return self.refuse_with(Error::InvalidJson);
        }
        let frame = self.frame(Body::Connect(&payload));
        if let Err(error) = self.send(frame) {
            self.refuse_with(error);
        }
    }

    pub(super) fn on_offline(&mut self, now_ms: u64, random: f64) {
        self.offline = true;
        match self.status {
            Status::Live => self.lose(now_ms, random, CloseReason::Offline),
            Status::Waiting { .. } => self.wait(now_ms, random, CloseReason::Offline, None),
            // An attempt under way shows whether the browser is right.
            _ => {}
        }
    }

    pub(super) fn on_visible(&mut self, visible: bool) {
        self.visible = visible;
        if let Some(link) = self.link.as_mut().filter(|_| !visible) {
            link.rest();
        }
    }

    pub(super) fn on_transport(&mut self, now_ms: u64, random: f64, generation: u64, event: TransportEvent) {
        let Some(link) = self.link.as_mut().filter(|_| generation == self.generation) else {
            return;
        };
        let was_silent = matches!(event, TransportEvent::Text(_) | TransportEvent::Binary(_)) && link.heard(now_ms);
        let turn = link.on_event(now_ms, event);
        if was_silent {
            self.notify(Notification::Silent(false));
        }
        match turn {
            Ok(Turn::Join) => self.outputs.push_back(Output::AskAuth { generation }),
            Ok(Turn::Reply(frame)) => self.outputs.push_back(Output::SendText(frame)),
            Ok(Turn::Incoming(incoming)) => self.on_incoming(now_ms, random, incoming),
            Ok(Turn::Over(reason)) => self.lose(now_ms, random, reason),
            Err(error) => {
                self.last_error = Some(error);
                self.lose(now_ms, random, CloseReason::Protocol);
            }
        }
    }

    fn on_incoming(&mut self, now_ms: u64, random: f64, incoming: Incoming) {
        match incoming {
            Incoming::Connected { .. } => self.go_live(now_ms),
            Incoming::Refused { message } => self.refuse(message),
            Incoming::Event { name, args, attachments, ack } => {
                let ack = ack.map(|id| AckId { generation: self.generation, id });
                self.notify(Notification::Event(Event { name, args, attachments, ack }));
            }
            Incoming::Ack { id, result } => {
                if self.outbox.acks.settle(id) {
                    self.outputs.push_back(Output::Acknowledged { id, result });
                }
            }
            Incoming::Disconnected => self.lose(now_ms, random, CloseReason::ServerDisconnect),
            Incoming::Nothing => {}
        }
    }

    fn go_live(&mut self, now_ms: u64) {
        if let Some(link) = &mut self.link {
            link.go_live(now_ms, self.config.ready_timeout);
        }
        while let Some(Queued { frame, ack }) = self.outbox.pop() {
            // The limit was unknown when the message was queued, and one message must not cost the connection again and
            // again.
            if let Err(error) = self.send(frame) {
                self.last_error = Some(error);
                if let Some(id) = ack.filter(|id| self.outbox.acks.settle(*id)) {
                    self.outputs.push_back(Output::Acknowledged { id, result: Err(error) });
                }
            }
        }
        self.set_status(Status::Live);
    }

    /// Ends the connection, if there is one, and with it the requests that waited for an answer over it.
    fn drop_link(&mut self, reason: CloseReason) {
        self.close_reason = Some(reason);
        if self.link.take().is_some() {
            self.outputs.push_back(Output::CloseTransport);
            let lost = self.outbox.abandon_sent();
            self.fail(&lost, Error::ConnectionLost);
        }
    }

    pub(super) fn retry(&mut self, now_ms: u64, random: f64, after_ms: Option<u32>) {
        if self.link.is_some() {
            self.lose_for(now_ms, random, CloseReason::Unusable, after_ms);
        }
    }

    fn lose(&mut self, now_ms: u64, random: f64, reason: CloseReason) {
        self.lose_for(now_ms, random, reason, None);
    }

    fn lose_for(&mut self, now_ms: u64, random: f64, reason: CloseReason, after_ms: Option<u32>) {
        let ready_since = self.link.as_ref().and_then(|link| link.ready_since);
        let stable_after = u64::from(self.config.policy.stable_after);
        if ready_since.is_some_and(|since| now_ms.saturating_sub(since) >= stable_after) {
            self.backoff.reset();
        }
        self.drop_link(reason);
        if reason == CloseReason::ServerDisconnect && !self.config.policy.reconnect_after_server_disconnect {
            self.set_status(Status::Closed);
        } else {
            self.wait(now_ms, random, reason, after_ms);
        }
    }

    fn wait(&mut self, now_ms: u64, random: f64, reason: CloseReason, after_ms: Option<u32>) {
        let policy = &self.config.policy;
        let (pause, reason) = match after_ms {
            _ if self.offline => (policy.offline_retry_delay.into(), CloseReason::Offline),
            Some(least) => (policy.at_least(least, random), reason),
            None => (self.backoff.next_delay(policy, random), reason),
        };
        // Only failed attempts are counted; the first pause without one is shown as the first attempt.
        let attempt = self.backoff.attempt().max(1);
        // Never zero: an attempt that fails at once would otherwise be repeated at once.
        self.pause = pause.max(1);
        let retry_at_ms = now_ms.saturating_add(self.pause);
        self.set_status(Status::Waiting { attempt, retry_at_ms, reason });
    }

    pub(super) fn disconnect(&mut self) {
        if self.live_link().is_some() {
            self.outputs.push_back(Output::SendText(self.frame(Body::Disconnect)));
        }
        self.drop_link(CloseReason::ByUser);
        self.set_status(Status::Closed);
    }

    fn refuse(&mut self, message: String) {
        self.drop_link(CloseReason::Refused);
        self.notify(Notification::Refused { message });
        self.set_status(Status::Refused);
    }

    /// An error that would recur at every attempt is treated as a refusal.
    fn refuse_with(&mut self, error: Error) {
        self.last_error = Some(error);
        self.refuse(error.to_string());
    }

    pub(super) fn run_timers(&mut self, now_ms: u64, random: f64) {
        let expired = self.outbox.expire(now_ms);
        self.fail(&expired, Error::AckTimeout);
        if let Some(reason) = self.link.as_ref().and_then(|link| link.overdue(now_ms)) {
            self.lose(now_ms, random, reason);
        }
        self.probe(now_ms, random);
        if matches!(self.status, Status::Waiting { retry_at_ms, .. } if self.is_due(now_ms, retry_at_ms)) {
            self.attempt(now_ms);
        }
    }

    /// Probes a server that has been silent for a while, and acts if it does not answer.
    fn probe(&mut self, now_ms: u64, random: f64) {
        let Some(probe) = self.config.probe.clone().filter(|_| self.visible) else { return };
        match self.link.as_mut().and_then(|link| link.look(&probe, now_ms)) {
            Some(Finding::Ask) => {
                // Sent or not, no answer is no answer.
                if let Ok(data) = socket::event_data(&probe.event, &[]) {
                    let frame = self.frame(Body::Event { attachments: None, ack: None, data: &data });
                    let _ = self.send(frame);
                }
            }
            Some(Finding::Silent) => self.notify(Notification::Silent(true)),
            Some(Finding::Dead) => self.lose(now_ms, random, CloseReason::Unresponsive),
            None => {}
        }
    }

    /// Whether a pause is over. It also is if more time is left than the whole pause: the clock has been set back
    /// since.
    fn is_due(&self, now_ms: u64, retry_at_ms: u64) -> bool {
        retry_at_ms.checked_sub(now_ms).is_none_or(|left| left == 0 || left > self.pause)
    }

    fn fail(&mut self, acks: &[u64], error: Error) {
        for id in acks {
            self.outputs.push_back(Output::Acknowledged { id: *id, result: Err(error) });
        }
    }
}
