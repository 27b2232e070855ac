//! A browser tab on a bad network: drives a feed as the core does, over several pages.

use std::collections::VecDeque;

use proptest::prelude::*;
use wire::api::{Snapshot, TransactionsPage};
use wire::time::unix_millis;

use super::database::{Database, Step, steps};
use crate::realtime::event::FeedEvent;
use crate::realtime::feed::{Feed, Need, News, Older, Position, SignIn};
use crate::realtime::month::MonthRollover;
use crate::realtime::repair::{Remedy, Repair};

/// What can happen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    /// A step in the database; a connected page is sent its event.
    Step(Step),
    /// The next message arrives.
    Deliver,
    /// The next event never arrives.
    Lose,
    /// The next event arrives twice.
    Double,
    /// The next two events are swapped.
    Swap,
    Disconnect,
    Connect,
    /// The page is loaded again.
    Load(Load),
    /// The server answers a reload over HTTP; the answer arrives later.
    Fetch,
    Fetched,
    /// The same for an older page.
    Older,
    OlderCame,
    /// Time passes, in seconds; the page checks its clock.
    Wait(u8),
    /// The log loses its oldest half.
    Prune,
    /// The database starts over, which breaks the connections.
    Reset,
    /// The database is saved.
    Backup,
    /// The last backup is restored, in a new epoch, which breaks the connections.
    Restore,
}

/// The source of a page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Load {
    /// The server has rendered it.
    Fresh,
    /// From a cache; rendered this many pages ago.
    Cached(usize),
    /// A page without a snapshot, which may know its owner.
    Bare { knows_owner: bool },
}

/// Actions on a page that stays open, on a network that loses nothing for good.
fn quiet() -> impl Strategy<Value = Action> {
    prop_oneof![
        20 => steps().prop_map(Action::Step),
        20 => Just(Action::Deliver),
        1 => Just(Action::Disconnect),
        2 => Just(Action::Connect),
        3 => Just(Action::Fetch),
        3 => Just(Action::Fetched),
        3 => Just(Action::Older),
        3 => Just(Action::OlderCame),
        1 => any::<u8>().prop_map(Action::Wait),
    ]
}

/// The same for a page that is loaded again and again.
pub(super) fn calm() -> impl Strategy<Value = Action> {
    let load = prop_oneof![
        3 => Just(Load::Fresh),
        2 => (0_usize..6).prop_map(Load::Cached),
        2 => any::<bool>().prop_map(|knows_owner| Load::Bare { knows_owner }),
    ];
    prop_oneof![28 => quiet(), 1 => load.prop_map(Action::Load)]
}

fn losses() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => Just(Action::Lose),
        4 => Just(Action::Double),
        4 => Just(Action::Swap),
        1 => Just(Action::Prune),
    ]
}

/// A page that stays open, on a lossy network.
pub(super) fn stormy() -> impl Strategy<Value = Action> {
    prop_oneof![5 => quiet(), 1 => losses()]
}

pub(super) fn anything() -> impl Strategy<Value = Action> {
    prop_oneof![
        70 => calm(),
        13 => losses(),
        1 => Just(Action::Reset),
        2 => Just(Action::Backup),
        2 => Just(Action::Restore),
    ]
}

enum Message {
    SignedIn(String, u64),
    SyncRequired,
    OtherEpoch(String, u64),
    Event(Box<FeedEvent>),
}

pub(super) struct Tab {
    pub(super) database: Database,
    pub(super) page: Feed,
    /// The tab's storage.
    pub(super) stored: Option<Position>,
    /// The transactions that any page notified of as new.
    pub(super) notified: Vec<String>,
    pub(super) connections: usize,
    pub(super) fetches: usize,
    /// How often events were given up.
    pub(super) losses: usize,
    cache: Vec<Snapshot>,
    backup: Option<Database>,
    connected: bool,
    wire: VecDeque<Message>,
    repair: Repair,
    rollover: MonthRollover,
    now: i64,
    fetched: Option<Snapshot>,
    older: Option<(Older, TransactionsPage)>,
}

impl Tab {
    /// A page that has just been opened.
    pub(super) fn open(database: Database) -> Self {
        let mut tab = Self {
            page: Feed::default(),
            stored: None,
            notified: Vec::new(),
            connections: 0,
            fetches: 0,
            losses: 0,
            cache: Vec::new(),
            backup: None,
            connected: false,
            wire: VecDeque::new(),
            repair: Repair::default(),
            rollover: MonthRollover::default(),
            now: 0,
            fetched: None,
            older: None,
            database,
        };
        tab.load(Load::Fresh);
        tab
    }

    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Step(step) => {
                if let Some(event) = self.database.step(step)
                    && self.connected
                {
                    self.wire.push_back(Message::Event(Box::new(event)));
                }
            }
            Action::Deliver => self.deliver(),
            Action::Lose => drop(self.take_event()),
            Action::Double => {
                if let Some(event) = self.take_event() {
                    self.receive(Message::Event(event.clone()));
                    self.receive(Message::Event(event));
                }
            }
            Action::Swap => {
                if let [Message::Event(_), Message::Event(_), ..] = self.wire.make_contiguous() {
                    self.wire.swap(0, 1);
                }
            }
            Action::Disconnect => {
                self.connected = false;
                self.wire.clear();
            }
            Action::Connect => self.connect(),
            Action::Load(load) => self.load(load),
            Action::Fetch => self.fetched = Some(self.database.snapshot()),
            Action::Fetched => {
                if let Some(snapshot) = self.fetched.take() {
                    self.merge(snapshot);
                }
            }
            Action::Older => self.older = self.ask_older(2),
            Action::OlderCame => {
                if let Some((older, page)) = self.older.take() {
                    self.page.append(&older, page);
                }
            }
            Action::Wait(seconds) => {
                self.now += i64::from(seconds) * 1_000;
                self.look_at_the_clock();
            }
            Action::Prune => self.database.oldest = self.database.newest() / 2 + 1,
            Action::Reset => {
                self.database.reset();
                self.cache.clear();
                (self.fetched, self.older) = (None, None);
                // Numbers reveal the reset only while there are fewer of them than before.
                self.backup = None;
                self.connect();
                self.deliver();
            }
            Action::Backup => self.backup = Some(self.database.clone()),
            Action::Restore => {
                if let Some(backup) = self.backup.take() {
                    self.database.restore(backup);
                    self.connected = false;
                    self.wire.clear();
                }
            }
        }
    }

    /// Takes an event only: the transport keeps its order, and the answer to a sign-in is never lost.
    fn take_event(&mut self) -> Option<Box<FeedEvent>> {
        match self.wire.pop_front()? {
            Message::Event(event) => Some(event),
            other => {
                self.wire.push_front(other);
                None
            }
        }
    }

    fn load(&mut self, load: Load) {
        (self.fetched, self.older) = (None, None);
        (self.repair, self.rollover) = (Repair::default(), MonthRollover::default());
        self.page = match load {
            Load::Fresh => {
                self.cache.push(self.database.snapshot());
                Feed::new(self.database.snapshot())
            }
            Load::Cached(age) => match self.cache.iter().rev().nth(age) {
                Some(snapshot) => Feed::new(snapshot.clone()),
                None => Feed::new(self.database.snapshot()),
            },
            Load::Bare { knows_owner } => {
                let mut page = Feed::default();
                if knows_owner {
                    page.belongs_to("alex");
                }
                page
            }
        };
        self.recall();
        self.remember();
        self.connect();
    }

    fn recall(&mut self) {
        if !self.page.user_id().is_empty() {
            self.page.recall(self.stored.clone());
        }
    }

    /// The server names the page's owner.
    fn meet(&mut self) {
        if self.page.user_id().is_empty() {
            self.page.belongs_to("alex");
            self.recall();
        }
    }

    fn remember(&mut self) {
        if !self.page.user_id().is_empty() {
            self.stored = self.page.position().or(self.stored.take());
        }
    }

    pub(super) fn connect(&mut self) {
        self.connected = true;
        self.connections += 1;
        self.wire.clear();
        self.recall();
        let (since, oldest, newest) = (self.page.ask(), self.database.oldest, self.database.newest());
        let epoch = self.database.epoch();
        self.wire.push_back(Message::SignedIn(epoch.clone(), newest));
        let is_other = self.page.epoch().is_some_and(|known| known != epoch);
        match since {
            None => {}
            Some(_) if is_other => self.wire.push_back(Message::OtherEpoch(epoch, newest)),
            Some(since) if since > newest || since + 1 < oldest => self.wire.push_back(Message::SyncRequired),
            Some(since) => {
                let missed = self.database.events.iter().filter(|event| event.seq() > since);
                self.wire.extend(missed.cloned().map(Box::new).map(Message::Event));
            }
        }
    }

    fn deliver(&mut self) {
        if let Some(message) = self.wire.pop_front() {
            self.receive(message);
        }
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::SignedIn(epoch, newest) => {
                self.meet();
                let sign_in = self.page.signed_in(Some(&epoch), newest);
                self.remember();
                if sign_in == SignIn::ResumeAgain {
                    self.connect();
                }
            }
            Message::SyncRequired => {
                self.page.sync_required();
                self.remember();
            }
            Message::OtherEpoch(epoch, newest) => {
                if !self.page.epoch_changed(Some(&epoch), newest) {
                    self.page.sync_required();
                }
                self.remember();
            }
            Message::Event(event) => {
                let outcome = self.page.apply(*event);
                self.record(outcome.news);
                if outcome.gap {
                    match self.repair.remedy(self.page.since(), self.now) {
                        Remedy::Resume => self.connect(),
                        Remedy::Reload => {
                            self.losses += 1;
                            self.page.lose();
                        }
                    }
                }
            }
        }
    }

    /// Checks the page's clock, which follows the months of the database.
    fn look_at_the_clock(&mut self) {
        let now = unix_millis(&self.database.now()).expect("a moment") + self.now;
        if self.rollover.is_due(&self.page.summary().from, now) {
            self.page.require_reload();
        }
    }

    fn merge(&mut self, mut snapshot: Snapshot) {
        self.meet();
        if self.page.is_foreign(&snapshot) {
            if self.connected {
                return self.connect();
            }
            self.page.start_over(snapshot.epoch.as_deref(), snapshot.seq);
        }
        loop {
            match self.page.lacking(&snapshot) {
                0 => break,
                more => {
                    let page = self.database.page(snapshot.next_cursor.as_deref(), more);
                    snapshot.transactions.extend(page.transactions);
                    snapshot.next_cursor = page.next_cursor;
                }
            }
        }
        let Some(merged) = self.page.merge(snapshot) else { return };
        self.record(merged.news);
    }

    fn ask_older(&self, limit: usize) -> Option<(Older, TransactionsPage)> {
        let older = self.page.older()?;
        let page = self.database.page(Some(&older.cursor), limit);
        Some((older, page))
    }

    fn record(&mut self, news: Vec<News>) {
        self.notified.extend(news.into_iter().filter_map(|news| match news {
            News::Added(transaction) => Some(transaction.transaction_id.clone()),
            News::Updated(_) | News::Synced(_) => None,
        }));
        self.remember();
    }

    /// No more faults: everything arrives, the page fetches what it needs, and then the older pages.
    pub(super) fn settle(&mut self) {
        if !self.connected {
            self.connect();
        }
        for _ in 0..100 {
            while !self.wire.is_empty() {
                self.deliver();
            }
            if self.page.need() == Need::Nothing {
                // By now the page has waited long enough for another request.
                self.rollover = MonthRollover::default();
                self.look_at_the_clock();
            }
            if self.page.need() == Need::Nothing {
                match self.ask_older(4) {
                    Some((older, page)) => self.page.append(&older, page),
                    None => return,
                };
            } else {
                self.fetches += 1;
                self.merge(self.database.snapshot());
            }
        }
        // More pages than any test writes.
        panic!("the page does not come to rest: {:?}", self.page);
    }
}
