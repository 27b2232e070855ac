//! A running simulation.
//!
//! Owns the running simulators, their generated secrets, and the people's connections. Must not decide about changes:
//! [`crate::activity`] does.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::linked::Linked;
use super::options::SimulationOptions;
use super::person::{Link, Person};
use super::provider::Provider;
use crate::activity::{self, Activity, AtBasiq, AtPlaid, Bookkeeping, Pace};
use crate::apideck::{Apideck, ApideckOptions};
use crate::bank::Unknown;
use crate::basiq::{Basiq, BasiqOptions};
use crate::clock::Clock;
use crate::http::{Fault, Faults, Rule};
use crate::ids::Ids;
use crate::plaid::{Plaid, PlaidOptions};
use crate::webhooks::Webhooks;

/// The service behind the books at Apideck.
const SERVICE: &str = "xero";

/// Why a simulation could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A simulator cannot listen.
    #[error("the simulated {provider} cannot listen on {address}: {error}")]
    Listen {
        /// The simulator's provider.
        provider: Provider,
        /// The address at which it should listen.
        address: SocketAddr,
        /// The machine's error.
        error: std::io::Error,
    },
    /// There are not enough ports above the first one.
    #[error("there is no port above {0} for the next simulator")]
    NoPort(u16),
    /// A person's link names an unknown account or connection.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

/// Simulators with people. They run until this is dropped.
pub struct Simulation {
    basiq: Option<Arc<Basiq>>,
    plaid: Option<Arc<Plaid>>,
    apideck: Option<Arc<Apideck>>,
    /// The secret that signs Basiq's webhooks.
    webhook_secret: String,
    linked: Vec<Linked>,
    turns: Vec<Vec<Box<dyn Activity>>>,
    before: Duration,
    seed: u64,
}

impl Simulation {
    /// Starts the simulators, and connects these people with the history of their accounts. No webhook reports it.
    pub async fn start(options: SimulationOptions, people: &[Person]) -> Result<Self, StartError> {
        let mut ids = Ids::new(options.seed ^ 0x7365_6372_6574);
        let clock = Clock::sped_up(Timestamp::now(), options.speed);
        let webhook_secret = format!("whsec_{}", STANDARD.encode(ids.base62(24)));
        let mut simulation = Self {
            basiq: None,
            plaid: None,
            apideck: None,
            webhook_secret,
            linked: vec![],
            turns: vec![],
            before: options.before,
            seed: options.seed,
        };
        for (place, provider) in options.providers.iter().enumerate() {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port(options.port, place)?));
            let started = simulation.start_one(*provider, address, &options, &clock, &mut ids).await;
            started.map_err(|error| StartError::Listen { provider: *provider, address, error })?;
        }
        if options.has_faults {
            simulation.faults().for_each(add_faults);
        }
        people.iter().try_for_each(|person| simulation.connect(person))?;
        Ok(simulation)
    }

    async fn start_one(
        &mut self,
        provider: Provider,
        address: SocketAddr,
        options: &SimulationOptions,
        clock: &Clock,
        ids: &mut Ids,
    ) -> std::io::Result<()> {
        // With the same seed, two simulators would give the same ids.
        let of_its_own = match provider {
            Provider::Basiq => 0x6261_7369,
            Provider::Plaid => 0x706c_6169,
            Provider::Apideck => 0x6170_6964,
        };
        let (seed, clock) = (options.seed ^ of_its_own, clock.clone());
        match provider {
            Provider::Basiq => {
                let api_key = STANDARD.encode(format!("{}:{}", ids.uuid(), ids.uuid()));
                let (redirect_url, tells_times, has_enrich) = (options.redirect_url.clone(), true, true);
                let defaults = BasiqOptions::new(clock);
                let options =
                    BasiqOptions { seed, api_key, address, redirect_url, tells_times, has_enrich, ..defaults };
                self.basiq = Some(Arc::new(Basiq::start(options).await?));
            }
            Provider::Plaid => {
                let (client_id, secret) = (ids.hex(24), ids.hex(30));
                let options = PlaidOptions { seed, client_id, secret, address, ..PlaidOptions::new(clock) };
                self.plaid = Some(Arc::new(Plaid::start(options).await?));
            }
            Provider::Apideck => {
                let (api_key, app_id) = (format!("sk_live_{}", ids.base62(40)), ids.base62(32));
                let options = ApideckOptions { seed, api_key, app_id, address, ..ApideckOptions::new(clock) };
                self.apideck = Some(Arc::new(Apideck::start(options).await?));
            }
        }
        Ok(())
    }

    /// Connects a person's links, as far as their simulators run.
    fn connect(&mut self, person: &Person) -> Result<(), Unknown> {
        let mut turn: Vec<Box<dyn Activity>> = vec![];
        let mut user_of_basiq = None;
        for link in &person.links {
            let seed = self.seed ^ (u64::try_from(self.linked.len()).unwrap_or_default() + 1).wrapping_mul(0x9e37_79b9);
            let (linked, activity) = match link.provider {
                Provider::Basiq => self.connect_at_basiq(person, link, &mut user_of_basiq, seed)?,
                Provider::Plaid => self.connect_at_plaid(person, link, seed)?,
                Provider::Apideck => self.connect_at_apideck(person, link, seed)?,
            };
            self.linked.push(linked);
            turn.extend(activity);
        }
        self.turns.push(turn);
        Ok(())
    }

    fn connect_at_basiq(
        &self,
        person: &Person,
        link: &Link,
        known: &mut Option<String>,
        seed: u64,
    ) -> Result<Connected, Unknown> {
        let basiq = self.basiq.as_ref().ok_or_else(|| not_started(Provider::Basiq))?;
        let is_first = known.is_none();
        let user = known.get_or_insert_with(|| basiq.add_user(&format!("{}@example.com", person.id))).clone();
        let accounts = link.accounts.iter().map(|(account, _)| account.clone()).collect();
        let connection = basiq.connect_at(&user, &link.institution, accounts)?;
        basiq.bank(|bank, now| {
            let mut accounts = connection.accounts.iter().zip(&link.accounts);
            accounts.try_for_each(|(account, (_, count))| bank.past(account, *count, self.before, now))
        })?;
        basiq.refresh(&connection.id)?;
        let linked = linked(person, link, connection.id, Some(user.clone()), None);
        // One activity has all connections of the user.
        let activity = is_first.then(|| Box::new(AtBasiq::new(Arc::clone(basiq), user, seed)) as Box<dyn Activity>);
        Ok((linked, activity))
    }

    fn connect_at_plaid(&self, person: &Person, link: &Link, seed: u64) -> Result<Connected, Unknown> {
        let plaid = self.plaid.as_ref().ok_or_else(|| not_started(Provider::Plaid))?;
        let accounts = link.accounts.iter().map(|(account, _)| account.clone()).collect();
        let item = plaid.connect(&person.id, accounts);
        plaid.bank(|bank, now| {
            let mut accounts = item.accounts.iter().zip(&link.accounts);
            accounts.try_for_each(|(account, (_, count))| bank.past(account, *count, self.before, now))
        })?;
        plaid.update(&item.item_id)?;
        let activity: Box<dyn Activity> = Box::new(AtPlaid::new(Arc::clone(plaid), person.id.clone(), seed));
        Ok((linked(person, link, item.item_id, None, Some(item.access_token)), Some(activity)))
    }

    fn connect_at_apideck(&self, person: &Person, link: &Link, seed: u64) -> Result<Connected, Unknown> {
        let apideck = self.apideck.as_ref().ok_or_else(|| not_started(Provider::Apideck))?;
        let connection = apideck.connect(&person.id, SERVICE)?;
        apideck.history(&connection, link.records, self.before)?;
        let activity: Box<dyn Activity> = Box::new(Bookkeeping::new(Arc::clone(apideck), connection.clone(), seed));
        Ok((linked(person, link, connection, Some(person.id.clone()), None), Some(activity)))
    }

    /// The connections that were there at the start.
    pub fn linked(&self) -> &[Linked] {
        &self.linked
    }

    /// The simulated Basiq, if it runs.
    pub fn basiq(&self) -> Option<&Basiq> {
        self.basiq.as_deref()
    }

    /// The secret that signs Basiq's webhooks: `whsec_…`.
    pub fn webhook_secret(&self) -> &str {
        &self.webhook_secret
    }

    /// The simulated Plaid, if it runs.
    pub fn plaid(&self) -> Option<&Plaid> {
        self.plaid.as_deref()
    }

    /// The simulated Apideck, if it runs.
    pub fn apideck(&self) -> Option<&Apideck> {
        self.apideck.as_deref()
    }

    /// Sends webhooks from now on, each simulator's to its address.
    pub fn subscribe(&self, address: impl Fn(Provider) -> String) {
        for (provider, webhooks) in self.webhooks() {
            let secret = match (provider, &self.apideck) {
                (Provider::Basiq, _) => self.webhook_secret.clone(),
                (Provider::Apideck, Some(apideck)) => apideck.application().0.to_owned(),
                _ => String::new(),
            };
            webhooks.subscribe(address(provider), secret);
        }
    }

    /// The webhooks of each simulator that runs.
    pub fn webhooks(&self) -> impl Iterator<Item = (Provider, &Webhooks)> {
        let basiq = self.basiq.iter().map(|basiq| (Provider::Basiq, basiq.webhooks()));
        let plaid = self.plaid.iter().map(|plaid| (Provider::Plaid, plaid.webhooks()));
        let apideck = self.apideck.iter().map(|apideck| (Provider::Apideck, apideck.webhooks()));
        basiq.chain(plaid).chain(apideck)
    }

    fn faults(&self) -> impl Iterator<Item = &Faults> {
        let basiq = self.basiq.iter().map(|basiq| basiq.faults());
        let plaid = self.plaid.iter().map(|plaid| plaid.faults());
        basiq.chain(plaid).chain(self.apideck.iter().map(|apideck| apideck.faults()))
    }

    /// Makes changes for ever, for one person after another.
    pub async fn run(&mut self, pace: Pace) {
        activity::run(&mut self.turns, pace, self.seed ^ 0x7061_6365).await;
    }
}

/// A connection, and its activity.
type Connected = (Linked, Option<Box<dyn Activity>>);

fn linked(
    person: &Person,
    link: &Link,
    connection: String,
    user: Option<String>,
    access_token: Option<String>,
) -> Linked {
    let (person, institution) = (person.id.clone(), link.institution.clone());
    Linked { provider: link.provider, person, connection, user, access_token, institution }
}

fn not_started(provider: Provider) -> Unknown {
    Unknown(format!("simulator of {provider}"))
}

fn port(first: u16, place: usize) -> Result<u16, StartError> {
    if first == 0 {
        return Ok(0);
    }
    let place = u16::try_from(place).map_err(|_| StartError::NoPort(first))?;
    first.checked_add(place).ok_or(StartError::NoPort(first))
}

/// Occasional faults of real providers.
fn add_faults(faults: &Faults) {
    faults.add(Rule::new(Fault::Slow(Duration::from_millis(1_500))).every(7));
    faults.add(Rule::new(Fault::Status(503)).every(11));
    faults.add(Rule::new(Fault::TooManyRequests { retry_after: Some(Duration::from_secs(2)) }).every(17));
    faults.add(Rule::new(Fault::Truncated).every(23));
    faults.add(Rule::new(Fault::MalformedJson).every(31));
}
