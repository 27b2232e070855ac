//! `tallywire demo`.
//!
//! Owns the order of the start: the simulated providers, the server that fetches from them, the connections, their
//! activity.
//! Must not know the demo's users.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use server::clock;
use server::config::{Config, Source};
use server::demo::{CoreApp, Demo};
use server::metrics::Metrics;
use server::net::{descriptors, listener};
use server::startup::Server;
use server::tasks;

use super::output::say;
use super::serve::{prepare, stop_signal};

/// How long the simulated providers pause after a panic.
const PAUSE: Duration = Duration::from_secs(5);

/// Serves the demo until a stop signal arrives.
pub(super) async fn demo(source: &Source) -> anyhow::Result<()> {
    let secrets = source.configured_secrets();
    anyhow::ensure!(
        secrets.is_empty(),
        "the demo does not start when secrets are configured ({}): use `tallywire serve`",
        secrets.join(", ")
    );
    let port = match source.get("CONNECTORS_PORT") {
        Some(port) => port.parse().context("CONNECTORS_PORT is not a port number")?,
        None => 3003,
    };
    prepare(source.get("LOG_FORMAT") == Some("json"));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener =
        listener::listen(address, descriptors::capacity()).with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    let url = format!("http://localhost:{}", address.port());
    let mut config = Config::demo(address.port(), source.get("TALLYWIRE_SITE").map(Into::into));
    let mut demo = Demo::start(&url, fastrand::Rng::new().u64(..)).await?;
    demo.configure(&mut config);
    let core_app = CoreApp::new(format!("http://{address}"), config.auth.service_secrets[0].clone())?;
    let server = Server::build(config, clock::system()).await.context("cannot open the store")?;
    let metrics = Arc::clone(&server.state().metrics);
    let serving = tokio::spawn(server.run(listener, stop_signal()));
    demo.open(&core_app).await?;
    say!(
        "\n  Tallywire demo:  {url}\n\n  Invented people and simulated banks; the data is gone when it stops (Ctrl+C).\n"
    )?;
    tokio::select! {
        outcome = serving => outcome?,
        () = go_on(&mut demo, &metrics) => {}
    }
    Ok(())
}

/// Creates activity for ever: a panic does not end the demo.
async fn go_on(demo: &mut Demo, metrics: &Metrics) {
    loop {
        if tasks::catch_panic("simulation", metrics, demo.run()).await.is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
