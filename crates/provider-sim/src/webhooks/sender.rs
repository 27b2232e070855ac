//! The sender.
//!
//! Owns the subscription, the held messages, and the attempts. Must not make messages.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, Outcome};
use super::message::{Message, Scheme};
use super::schedule::Schedule;
use crate::clock::Clock;
use crate::http::Recorder;

/// How many attempts and messages are remembered.
const REMEMBERED: usize = 10_000;

/// A provider's webhooks.
///
/// Each message is sent independently, so one may overtake another. Clones are the same sender.
#[derive(Clone)]
pub struct Webhooks(Arc<Inner>);

struct Inner {
    clock: Clock,
    client: Client,
    scheme: Box<dyn Scheme>,
    schedule: Schedule,
    stopping: CancellationToken,
    recorder: Option<Recorder>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    subscription: Option<Subscription>,
    holding: bool,
    held: Vec<Message>,
    copies: usize,
    messages: VecDeque<Message>,
    attempts: VecDeque<Attempt>,
    made: u64,
    delivered: u64,
    given_up: u64,
}

#[derive(Clone)]
struct Subscription {
    url: String,
    secret: String,
}

impl Webhooks {
    pub(crate) fn new(
        clock: Clock,
        scheme: impl Scheme,
        schedule: Schedule,
        recorder: Option<Recorder>,
        stopping: CancellationToken,
    ) -> reqwest::Result<Self> {
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(schedule.timeout).build()?;
        let scheme = Box::new(scheme);
        Ok(Self(Arc::new(Inner { clock, client, scheme, schedule, stopping, recorder, state: Mutex::default() })))
    }

    /// Sends messages to this address from now on, signed with this secret. There is one subscription; a later one
    /// replaces it.
    pub fn subscribe(&self, url: impl Into<String>, secret: impl Into<String>) {
        self.0.state.lock().subscription = Some(Subscription { url: url.into(), secret: secret.into() });
    }

    /// Stops sending.
    pub fn unsubscribe(&self) {
        self.0.state.lock().subscription = None;
    }

    /// Whether there is a subscription. It also ends if the provider gives up.
    pub fn is_subscribed(&self) -> bool {
        self.0.state.lock().subscription.is_some()
    }

    /// The address that messages are sent to.
    pub fn url(&self) -> Option<String> {
        self.0.state.lock().subscription.as_ref().map(|subscription| subscription.url.clone())
    }

    /// Holds messages back from now on, for [`Webhooks::take_held`].
    pub fn hold(&self) {
        self.0.state.lock().holding = true;
    }

    /// Stops holding messages back, and sends the held ones first.
    pub fn release(&self) {
        let held = {
            let mut state = self.0.state.lock();
            state.holding = false;
            std::mem::take(&mut state.held)
        };
        for message in &held {
            self.send(message);
        }
    }

    /// The held messages, oldest first, to be sent with [`Webhooks::send`]: late, in another order, several times or
    /// never.
    pub fn take_held(&self) -> Vec<Message> {
        std::mem::take(&mut self.0.state.lock().held)
    }

    /// Sends this many copies of each message from now on: duplicates with the same id, each with its own signature.
    pub fn set_copies(&self, copies: usize) {
        self.0.state.lock().copies = copies;
    }

    /// Sends a message now, with as many attempts as it takes. Without a subscription nothing is sent.
    pub fn send(&self, message: &Message) {
        if let Some(subscription) = self.0.state.lock().subscription.clone() {
            tokio::spawn(Arc::clone(&self.0).deliver(subscription, message.clone()));
        }
    }

    /// The messages that were made, oldest first; the last 10,000 of them.
    pub fn messages(&self) -> Vec<Message> {
        self.0.state.lock().messages.iter().cloned().collect()
    }

    /// The attempts that were made, oldest first; the last 10,000 of them.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.0.state.lock().attempts.iter().cloned().collect()
    }

    /// How many messages were made, sent or not.
    pub fn made(&self) -> u64 {
        self.0.state.lock().made
    }

    /// How many messages the subscriber accepted; each copy counts.
    pub fn delivered(&self) -> u64 {
        self.0.state.lock().delivered
    }

    /// How many messages were given up.
    pub fn given_up(&self) -> u64 {
        self.0.state.lock().given_up
    }

    /// Sends a message, or holds it back.
    pub(crate) fn announce(&self, message: Message) {
        let copies = {
            let mut state = self.0.state.lock();
            state.made += 1;
            remember(&mut state.messages, message.clone());
            if state.holding {
                state.held.push(message);
                return;
            }
            state.copies
        };
        for _ in 0..=copies {
            self.send(&message);
        }
    }
}

impl Inner {
    async fn deliver(self: Arc<Self>, subscription: Subscription, message: Message) {
        let stopping = self.stopping.clone();
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.attempt_all(&subscription, &message) => {}
        }
    }

    async fn attempt_all(&self, subscription: &Subscription, message: &Message) {
        let mut pauses = self.schedule.pauses.iter();
        for number in 1.. {
            let attempt = self.attempt(subscription, message, number).await;
            let is_taken = matches!(attempt.outcome, Outcome::Answered(status) if self.schedule.accepts(status));
            // Computed before the attempt is visible, so that an observer can move the clock forward to the next one.
            let next = pauses.next().map(|pause| self.clock.after(*pause));
            if !self.note(attempt, is_taken, next.is_none()) {
                return;
            }
            if let Some(next) = next {
                self.clock.sleep_until(next).await;
            }
        }
    }

    /// Records an attempt; `true` if another one follows.
    fn note(&self, attempt: Attempt, is_taken: bool, is_last: bool) -> bool {
        let mut state = self.state.lock();
        remember(&mut state.attempts, attempt);
        if is_taken {
            state.delivered += 1;
        } else if is_last {
            state.given_up += 1;
            if self.schedule.ends_subscription {
                state.subscription = None;
            }
        }
        !is_taken && !is_last
    }

    async fn attempt(&self, subscription: &Subscription, message: &Message, number: usize) -> Attempt {
        let mut request = self.client.post(&subscription.url).header("content-type", "application/json");
        let signed = self.scheme.sign(&subscription.secret, message, number, self.clock.wall());
        if let Some(recorder) = &self.recorder {
            recorder.note_webhook(self.scheme.provider(), &message.event, &signed.headers, &signed.body);
        }
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        let (at, began) = (self.clock.now(), Instant::now());
        let outcome = match request.body(signed.body).send().await {
            Ok(response) => Outcome::Answered(response.status().as_u16()),
            Err(error) => Outcome::Failed(error.without_url().to_string()),
        };
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (id, event) = (message.id.clone(), message.event.clone());
        Attempt { message: id, event, number, at, millis, outcome }
    }
}

fn remember<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() == REMEMBERED {
        list.pop_front();
    }
    list.push_back(item);
}

impl fmt::Debug for Webhooks {
    /// Omits the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks").field("is_subscribed", &self.is_subscribed()).finish_non_exhaustive()
    }
}
