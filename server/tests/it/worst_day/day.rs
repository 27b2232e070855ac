//! The day itself.
//!
//! Owns the order of the faults. Must not decide what is right: `tally` does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use provider_sim::{Attempt, Fault, Outcome, Rule};
use serde_json::json;

use super::banks::Banks;
use super::client::{Heard, listen};
use super::elsewhere::Elsewhere;
use super::tally::{check, p99, until_equal};
use crate::faults::{ServerProcess, seed};
use crate::support::{BASIQ_SECRET, SERVICE_SECRET};

const LISTS: &str = "GET /users/{userId}/transactions";

/// The limit for answers to webhooks in milliseconds, also while the provider hangs. The tests' build is not optimised,
/// and shares the machine with other tests.
fn limit_ms() -> u64 {
    if std::env::var_os("TALLYWIRE_CRASH_BINARY").is_some() { 250 } else { 2_000 }
}

/// The server that syncs with these banks and receives Basiq's webhooks.
pub(super) async fn server_for(banks: &Banks) -> ServerProcess {
    let settings = vec![
        ("BASIQ_API_KEY", banks.basiq.api_key().to_owned()),
        ("BASIQ_API_URL", banks.basiq.url()),
        // Webhooks during the server's downtime are repeated; nothing else requests a sync.
        ("RECONCILE_MINUTES", "0".to_owned()),
    ];
    let server = ServerProcess::with(settings).await;
    let address = server.address();
    banks.basiq.webhooks().subscribe(format!("{address}/api/connectors/basiq/webhook"), BASIQ_SECRET);
    server
}

/// Registers every user's connection.
pub(super) async fn register(banks: &Banks, address: &str) {
    for person in &banks.people {
        let url = format!("{address}/api/connectors/basiq/connections/{}", person.connection.id);
        let call = reqwest::Client::new().put(url).header("x-service-secret", SERVICE_SECRET);
        let body = json!({ "userId": person.user_id, "externalUserId": person.basiq_id });
        assert_eq!(call.json(&body).send().await.unwrap().status(), 201);
    }
}

struct Day {
    banks: Banks,
    server: ServerProcess,
    random: fastrand::Rng,
}

impl Day {
    /// Runs this many moments, with short pauses.
    async fn moments(&mut self, count: usize) {
        for _ in 0..count {
            self.banks.go_on(&mut self.random);
            tokio::time::sleep(Duration::from_millis(self.random.u64(5..60))).await;
        }
    }

    async fn until_equal(&self) {
        until_equal(&self.banks, &self.server.address(), Duration::from_secs(60)).await;
    }

    /// 5,000 transactions are listed for the first time, and the server is killed twice meanwhile.
    async fn first_runs_are_cut_off(&mut self) {
        self.banks.basiq.faults().add(Rule::new(Fault::Slow(Duration::from_millis(60))).on(LISTS));
        register(&self.banks, &self.server.address()).await;
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(self.random.u64(200..700))).await;
            self.server.kill_and_restart().await;
            self.moments(3).await;
        }
        self.banks.basiq.faults().clear();
        self.banks.close();
        self.until_equal().await;
    }

    /// Webhooks arrive late, twice and in another order, any answer of the provider may be wrong, and the server is
    /// killed three times.
    async fn everything_goes_wrong(&mut self) {
        let faults = [
            Fault::TokenExpired,
            Fault::TooManyRequests { retry_after: Some(Duration::from_secs(1)) },
            Fault::Status(500),
            Fault::Status(502),
            Fault::MalformedJson,
            Fault::Truncated,
            Fault::Slow(Duration::from_millis(300)),
        ];
        for (index, fault) in faults.into_iter().enumerate() {
            self.banks.basiq.faults().add(Rule::new(fault).after(index as u64 * 2).every(15));
        }
        self.banks.basiq.webhooks().set_copies(2);
        for round in 0..6 {
            self.banks.basiq.webhooks().hold();
            self.moments(6).await;
            let mut late = self.banks.basiq.webhooks().take_held();
            self.banks.basiq.webhooks().release();
            self.moments(6).await;
            self.random.shuffle(&mut late);
            late.iter().for_each(|message| self.banks.basiq.webhooks().send(message));
            if round % 2 == 1 {
                tokio::time::sleep(Duration::from_millis(self.random.u64(0..400))).await;
                self.server.kill_and_restart().await;
            }
        }
        self.banks.basiq.webhooks().set_copies(0);
        self.banks.basiq.faults().clear();
        self.banks.close();
        self.until_equal().await;
    }

    /// The provider answers nothing, while 50 webhooks come at once and others one by one; returns the answers to them.
    async fn the_provider_hangs(&mut self) -> Vec<Attempt> {
        self.banks.basiq.faults().add(Rule::new(Fault::Hang));
        let before = self.banks.basiq.webhooks().attempts().len();
        self.banks.basiq.webhooks().hold();
        let made = self.banks.basiq.webhooks().made();
        while self.banks.basiq.webhooks().made() < made + 50 {
            self.banks.go_on(&mut self.random);
        }
        self.banks.basiq.webhooks().release();
        self.moments(150).await;
        self.banks.close();
        self.all_answered(before + 200).await;
        let attempts = self.banks.basiq.webhooks().attempts()[before..].to_vec();
        assert!(attempts.iter().all(|attempt| attempt.outcome == Outcome::Answered(200)), "{attempts:?}");
        self.banks.basiq.faults().clear();
        // The hanging calls would last for half a minute.
        self.server.kill_and_restart().await;
        self.until_equal().await;
        attempts
    }

    /// Waits until Basiq sends nothing more.
    async fn all_answered(&self, at_least: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut before = 0;
        loop {
            let now = self.banks.basiq.webhooks().attempts().len();
            if now >= at_least && now == before {
                return;
            }
            assert!(Instant::now() < deadline, "{now} attempts of {at_least}");
            before = now;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// A call is answered 429: during the pause no call is made for that user, whatever webhooks arrive.
    async fn the_provider_asks_for_a_pause(&mut self) {
        let (pause, connection) = (Duration::from_secs(3), self.banks.people[0].connection.id.clone());
        let refusal = Rule::new(Fault::TooManyRequests { retry_after: Some(pause) });
        self.banks.basiq.calls().reset();
        self.banks.basiq.faults().add(refusal.on(LISTS).for_scope(&connection).times(1));
        self.banks.refresh_with_news(0, &mut self.random);
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.banks.basiq.calls().get(LISTS, &connection).failed == 0 {
            assert!(Instant::now() < deadline, "nobody asked");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (calls, began) = (self.banks.basiq.calls().of_scope(&connection), Instant::now());
        while began.elapsed() < pause.mul_f64(0.8) {
            self.banks.refresh_with_news(0, &mut self.random);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(self.banks.basiq.calls().of_scope(&connection), calls, "calls within the pause");
        self.until_equal().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_worst_day_each_purchase_is_announced_once_and_the_lists_are_equal_in_the_end() {
    let began = Instant::now();
    println!("seed {}", seed());
    let elsewhere = Elsewhere::listen().await;
    let banks = Banks::open(seed()).await;
    let server = server_for(&banks).await;
    let mut day = Day { banks, server, random: fastrand::Rng::with_seed(seed()) };
    let stop = Arc::new(AtomicBool::new(false));
    let people = day.banks.people.iter().map(|person| person.user_id);
    let clients: Vec<_> = people.map(|user_id| listen(day.server.address(), user_id, Arc::clone(&stop))).collect();

    day.first_runs_are_cut_off().await;
    println!("{:?}: the first runs are complete", began.elapsed());
    day.everything_goes_wrong().await;
    println!("{:?}: everything has gone wrong", began.elapsed());
    let hanging = day.the_provider_hangs().await;
    println!("{:?}: the provider has hung", began.elapsed());
    day.the_provider_asks_for_a_pause().await;
    let webhook = day.banks.basiq.webhooks().messages().pop().unwrap();
    assert_eq!(elsewhere.send_webhook(&day.server.address(), "msg_elsewhere", &webhook.body).await, 200);

    stop.store(true, Ordering::SeqCst);
    let mut heard: Vec<Heard> = vec![];
    for client in clients {
        heard.push(client.await.unwrap());
    }
    let announced: usize = heard.iter().enumerate().map(|(person, heard)| check(&day.banks, person, heard)).sum();
    let calls = day.banks.basiq.calls();
    assert_eq!((calls.over_budget(), elsewhere.called()), (0, 0));
    assert_eq!(day.banks.basiq.webhooks().given_up(), 0);
    let p99 = p99(&hanging);
    println!(
        "{:?}: {announced} purchases announced once, {} runs, {} webhooks, {} calls in the last part, {} sign-ins; \
         while the provider hung {} webhooks were answered, p99 {p99} ms",
        began.elapsed(),
        heard.iter().map(|heard| heard.runs).sum::<u64>(),
        day.banks.basiq.webhooks().made(),
        calls.total(),
        heard.iter().map(|heard| heard.sign_ins).sum::<u64>(),
        hanging.len(),
    );
    assert!(p99 < limit_ms(), "{p99} ms");
}
