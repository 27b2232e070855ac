//! The commands.
//!
//! Owns their names and arguments. Must not know how any of them works.

mod admin;
#[cfg(feature = "simulate")]
mod demo;
mod migrate;
pub(crate) mod output;
mod queues;
mod serve;
#[cfg(feature = "simulate")]
mod simulate;
#[cfg(feature = "tail")]
mod tail;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use server::config::{self, Source};

use output::say;

/// Bank and accounting transactions on a user's screen within a second
///
/// Without a command: starts the server if it is configured, else the demo
#[derive(Debug, Parser)]
#[command(name = "tallywire", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server, configured by the environment (and a .env file)
    Serve,
    /// Run a demo with made-up users and simulated providers, on this machine only
    #[cfg(feature = "simulate")]
    Demo,
    /// Run simulated providers: their APIs, and webhooks to a server
    #[cfg(feature = "simulate")]
    Simulate(simulate::Arguments),
    /// Manage local users, who sign in with a password
    #[command(subcommand)]
    User(UserCommand),
    /// Print a token for a user, signed with JWT_SECRET
    Token {
        /// The user
        user_id: String,
        /// Lifetime of the token, in seconds
        #[arg(long, default_value_t = 3600)]
        seconds: i64,
    },
    /// Manage connections: which user owns which provider's data
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Copy the database into a new file, even while a server runs
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Replace the database with a copy, while no server runs: clients load everything again
    Restore {
        /// The copy, as `backup` made it
        file: PathBuf,
    },
    /// Copy the SQLite database into an empty PostgreSQL database, while no server runs, and compare both
    ///
    /// Stop the server, run this, set DATABASE_URL to the new database, and start the server. Clients continue with
    /// their `since`: the epoch is copied as well. The SQLite file is only read; do not start a server on it again. A
    /// copy that was interrupted or has failed leaves the target empty: run it again. CREDENTIALS_KEY and all other
    /// settings must stay the same.
    Migrate {
        /// The target: postgres://user:password@host/database, not through a pooler
        #[arg(long, env = "TALLYWIRE_MIGRATE_TO", hide_env_values = true)]
        to: String,
        /// Copy nothing, only compare: before a server has been started on the target
        #[arg(long)]
        verify: bool,
    },
    /// Begin a new epoch in a PostgreSQL database that may have lost its newest events: clients load everything again
    NewEpoch,
    /// List, show and replay received deliveries
    #[command(subcommand)]
    Inbox(InboxCommand),
    /// Manage pending calls and dead letters of the core app
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Sign in over Socket.IO and print the events as they arrive
    #[cfg(feature = "tail")]
    Tail {
        /// The user
        user_id: String,
        /// The server [default: CONNECTORS_PORT on this machine]
        #[arg(long)]
        url: Option<String>,
        /// A token [default: one signed with JWT_SECRET]
        #[arg(long, env = "TALLYWIRE_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// Check the configuration and print every problem
    CheckConfig,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a user; the password is read from standard input
    Add {
        /// The e-mail address to sign in with
        email: String,
        /// The user id that connections refer to [default: a generated one]
        #[arg(long)]
        id: Option<String>,
        /// The display name [default: the e-mail address]
        #[arg(long)]
        name: Option<String>,
    },
    /// End a user's dashboard sessions; open pages notice within half a minute
    SignOut {
        /// The user id
        user_id: String,
    },
}

#[derive(Debug, Subcommand)]
enum ConnectionCommand {
    /// Register a connection: its deliveries belong to the user from then on
    Add {
        /// basiq, apideck …
        connector: String,
        /// The provider's id of the connection
        connection_id: String,
        /// The user who owns it
        #[arg(long)]
        user: String,
        /// The bank's name
        #[arg(long)]
        institution: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum InboxCommand {
    /// List the newest deliveries
    List {
        /// Only quarantined deliveries
        #[arg(long)]
        kept: bool,
        /// The maximum number of deliveries
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Print a delivery as received
    Show {
        /// The delivery's number in the list
        id: i64,
    },
    /// Process a delivery again
    Replay {
        /// The delivery's number in the list
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
enum OutboxCommand {
    /// Show how many calls are pending, since when, and which queues are stuck
    Status,
    /// List dead letters: calls that the core app rejected
    Dead,
    /// Send one dead letter again, or all
    Replay {
        /// The dead letter's number in the list
        #[arg(required_unless_present = "all")]
        id: Option<i64>,
        /// All dead letters
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Make the first call of a user's stuck queue a dead letter, so that the next ones are sent
    Skip {
        /// The user id
        user_id: String,
    },
}

impl Cli {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let source = Source::from_process(Path::new(".")).context("the file .env cannot be read")?;
        match self.command {
            Some(Command::Serve) => serve::serve(config::load(&source)?).await,
            None if source.configures_anything() => serve::serve(config::load(&source)?).await,
            #[cfg(feature = "simulate")]
            Some(Command::Demo) | None => demo::demo(&source).await,
            #[cfg(not(feature = "simulate"))]
            None => anyhow::bail!("nothing is configured, and the demo is not part of this build"),
            #[cfg(feature = "simulate")]
            Some(Command::Simulate(arguments)) => simulate::simulate(arguments).await,
            Some(Command::User(UserCommand::Add { email, id, name })) => {
                admin::add_user(config::load(&source)?, email, id, name).await
            }
            Some(Command::User(UserCommand::SignOut { user_id })) => {
                admin::sign_out(&config::load(&source)?, user_id).await
            }
            Some(Command::Token { user_id, seconds }) => admin::print_token(&config::load(&source)?, &user_id, seconds),
            Some(Command::Connection(ConnectionCommand::Add { connector, connection_id, user, institution })) => {
                let config = config::load(&source)?;
                admin::add_connection(config, &connector, connection_id, user, institution).await
            }
            Some(Command::Backup { file }) => admin::backup(&config::load(&source)?, &file),
            Some(Command::Restore { file }) => admin::restore(&config::load(&source)?, &file),
            Some(Command::Migrate { to, verify }) => migrate::migrate(&config::load(&source)?, &to, verify).await,
            Some(Command::NewEpoch) => admin::new_epoch(&config::load(&source)?).await,
            Some(Command::Inbox(command)) => queues::inbox(config::load(&source)?, command).await,
            Some(Command::Outbox(command)) => queues::outbox(config::load(&source)?, command).await,
            #[cfg(feature = "tail")]
            Some(Command::Tail { user_id, url, token }) => {
                let (url, token) = tail_target(&source, &user_id, url, token)?;
                tail::tail(&url, &user_id, &token).await
            }
            Some(Command::CheckConfig) => {
                let config = config::load(&source)?;
                say!("{config:#?}\n")?;
                for warning in config.warnings() {
                    say!("Warning: {warning}")?;
                }
                say!("The configuration is valid.")?;
                Ok(())
            }
        }
    }
}

/// The URL and the token. The configuration is read only if one of them is missing.
#[cfg(feature = "tail")]
fn tail_target(
    source: &Source,
    user_id: &str,
    url: Option<String>,
    token: Option<String>,
) -> anyhow::Result<(String, String)> {
    if let (Some(url), Some(token)) = (&url, &token) {
        return Ok((url.clone(), token.clone()));
    }
    let config: config::Config = config::load(source)?;
    let url = url.unwrap_or_else(|| format!("http://127.0.0.1:{}", config.http.listen.port()));
    let token = match token {
        Some(token) => token,
        None => admin::token(&config, user_id, 12 * 3600)?,
    };
    Ok((url, token))
}
