//! The commands.
//!
//! Owns their names and arguments. Must not know how any of them works.

mod admin;
pub(crate) mod output;
mod queues;
mod serve;
#[cfg(feature = "tail")]
mod tail;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use server::config::{self, Config, Source};

use output::say;

/// Bank and accounting transactions on a person's screen within a second of happening.
///
/// Without a command: serves what is configured, or the demo where nothing is.
#[derive(Debug, Parser)]
#[command(name = "tallywire", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve what the environment (and a .env file) configures
    Serve,
    /// Serve a demo: invented people, simulated providers, on this machine only
    Demo,
    /// Local users, who sign in with a password
    #[command(subcommand)]
    User(UserCommand),
    /// Print a token for a user, signed with JWT_SECRET
    Token {
        /// Whose token
        user_id: String,
        /// For how long it holds
        #[arg(long, default_value_t = 3600)]
        seconds: i64,
    },
    /// Connections: whose data is whose
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Copy the database into a new file, also while a server runs
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Put a copy in the place of the database, while no server runs: clients load everything again
    Restore {
        /// The copy, as `backup` made it
        file: PathBuf,
    },
    /// Deliveries as they came: look at them, and run them again
    #[command(subcommand)]
    Inbox(InboxCommand),
    /// What is still to be sent to the core app
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Sign in over Socket.IO and print the events as they come
    #[cfg(feature = "tail")]
    Tail {
        /// Whose events
        user_id: String,
        /// The server; CONNECTORS_PORT on this machine where it is not said
        #[arg(long)]
        url: Option<String>,
        /// A token; one is signed with JWT_SECRET where it is not said
        #[arg(long, env = "TALLYWIRE_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// Say whether the configuration is good, and every problem where it is not
    CheckConfig,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add one; the password is read from standard input
    Add {
        /// What they sign in with
        email: String,
        /// The owner of the feed, as connections name it; made up where it is not said
        #[arg(long)]
        id: Option<String>,
        /// How to greet them
        #[arg(long)]
        name: Option<String>,
    },
    /// End every sign-in of a user at the dashboard; open pages notice within half a minute
    SignOut {
        /// The owner of the feed
        user_id: String,
    },
}

#[derive(Debug, Subcommand)]
enum ConnectionCommand {
    /// Register one: deliveries for it are the user's from then on
    Add {
        /// basiq, apideck …
        connector: String,
        /// The provider's id of the connection
        connection_id: String,
        /// Whose it is
        #[arg(long)]
        user: String,
        /// The bank's name
        #[arg(long)]
        institution: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum InboxCommand {
    /// List the newest
    List {
        /// Only those that are kept because they could not be placed or understood
        #[arg(long)]
        kept: bool,
        /// So many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Print one as it came
    Show {
        /// Its number in the list
        id: i64,
    },
    /// Run one again
    Replay {
        /// Its number in the list
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
enum OutboxCommand {
    /// How much waits, since when, and whose queues are held up
    Status,
    /// List what the core app refused for good
    Dead,
    /// Send dead letters again: one, or all
    Replay {
        /// Its number in the list of the dead
        #[arg(required_unless_present = "all")]
        id: Option<i64>,
        /// All of them
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Set the transaction aside that holds up a user's queue: it becomes a dead letter
    Skip {
        /// Whose queue
        user_id: String,
    },
}

impl Cli {
    /// Does what was asked.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let source = Source::from_process(Path::new(".")).context("the file .env cannot be read")?;
        match self.command {
            Some(Command::Serve) => serve::serve(config::load(&source)?).await,
            Some(Command::Demo) => serve::demo(&source).await,
            None if source.configures_anything() => serve::serve(config::load(&source)?).await,
            None => serve::demo(&source).await,
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
                say!("The configuration is good.")?;
                Ok(())
            }
        }
    }
}

/// Where to connect and with what; the configuration is needed only for what was not said.
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
    let config: Config = config::load(source)?;
    let url = url.unwrap_or_else(|| format!("http://127.0.0.1:{}", config.http.listen.port()));
    let token = match token {
        Some(token) => token,
        None => admin::token(&config, user_id, 12 * 3600)?,
    };
    Ok((url, token))
}
