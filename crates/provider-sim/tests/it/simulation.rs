//! Simulators with people.

use std::time::Duration;

use provider_sim::activity::Pace;
use provider_sim::simulation::{Linked, Person, Provider, Simulation, SimulationOptions, StartError};

use crate::receiver::Receiver;

async fn start(seed: u64) -> Simulation {
    let people = [Person::ordinary("user-1".to_owned(), &Provider::ALL, 40)];
    Simulation::start(SimulationOptions::new(seed), &people).await.unwrap()
}

fn of(simulation: &Simulation, provider: Provider) -> &Linked {
    simulation.linked().iter().find(|linked| linked.provider == provider).unwrap()
}

#[tokio::test]
async fn at_the_start_each_connection_has_its_history_and_no_webhook_is_sent_of_it() {
    let simulation = start(1).await;
    let counts = [
        simulation.basiq().unwrap().transactions(&of(&simulation, Provider::Basiq).connection).len(),
        simulation.plaid().unwrap().transactions(&of(&simulation, Provider::Plaid).connection).len(),
        simulation.apideck().unwrap().records(&of(&simulation, Provider::Apideck).connection).unwrap().len(),
    ];
    assert_eq!(counts, [40, 40, 40]);
    assert!(simulation.webhooks().all(|(_, webhooks)| webhooks.attempts().is_empty()));
}

#[tokio::test]
async fn no_two_providers_give_the_same_ids() {
    let simulation = start(1).await;
    let rows = simulation.basiq().unwrap().transactions(&of(&simulation, Provider::Basiq).connection);
    let records = simulation.apideck().unwrap().records(&of(&simulation, Provider::Apideck).connection).unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| records.iter().all(|record| record.id != row.id)));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_connections_and_secrets_and_another_one_does_not() {
    let (once, again, other) = (start(1).await, start(1).await, start(2).await);
    assert_eq!(once.linked(), again.linked());
    assert_ne!(once.linked(), other.linked());
    assert_eq!(once.webhook_secret(), again.webhook_secret());
    let keys = |simulation: &Simulation| {
        let (basiq, plaid) = (simulation.basiq().unwrap(), simulation.plaid().unwrap());
        let apideck = simulation.apideck().unwrap().application().0.to_owned();
        [basiq.api_key().to_owned(), plaid.client().1.to_owned(), apideck]
    };
    assert_eq!(keys(&once), keys(&again));
    assert!(keys(&once).iter().zip(&keys(&other)).all(|(one, other)| one != other));
}

#[tokio::test]
async fn what_happens_at_every_provider_is_told_by_its_webhooks() {
    let mut simulation = start(3).await;
    let receiver = Receiver::start(&[]).await;
    simulation.subscribe(|_| receiver.url.clone());
    let is_told = |simulation: &Simulation| simulation.webhooks().all(|(_, webhooks)| webhooks.delivered() > 0);
    for _ in 0..100 {
        let _ = tokio::time::timeout(Duration::from_millis(100), simulation.run(Pace::every(Duration::from_millis(5))))
            .await;
        if is_told(&simulation) {
            return;
        }
    }
    panic!("{:?}", simulation.webhooks().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let started = Simulation::start(SimulationOptions { port, ..SimulationOptions::new(1) }, &[]).await;
    let Err(error @ StartError::Listen { provider: Provider::Basiq, .. }) = started else { panic!("it was free") };
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
