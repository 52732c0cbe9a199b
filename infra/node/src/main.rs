//! hosterra: the one binary. It names everything, and nothing names it.

#![allow(unreachable_pub, reason = "a binary exports nothing; `pub` marks what a module is for")]

mod banner;
mod certificate;
mod command;
mod config;
mod inbound;
mod platform;
mod policy;
mod ports;
mod serve;
mod setup;
#[cfg(test)]
mod stage;
mod storage;
mod telemetry;
mod tls;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::{apply, check, dkim_zone, master, provision, queue, verify};
use crate::config::Config;

/// A mail-hosting platform.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration; without one, everything runs in ./data on loopback.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do; to serve where nothing is said.
#[derive(Debug, Subcommand)]
enum Command {
    /// Runs all servers.
    Serve,
    /// Brings accounts, services, domains, mailboxes and aliases to what a file says.
    Apply {
        /// TOML; see the README for its keys.
        file: PathBuf,
    },
    /// Checks everything that is stored and prints what was checked.
    Verify,
    /// Derives the tables of the API anew from the events.
    Rebuild {
        /// One of them; all where absent.
        projection: Option<String>,
    },
    /// Lists what waits to leave, and orders it about.
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    /// Wraps all keys by a new master key; no node may run meanwhile.
    RotateMasterKey,
    /// Asks the checks of incoming mail: JSON on the standard input, JSON as the answer; see the README.
    Check(check::Check),
    /// Prints the records of all signing keys for the operator's own zone (`[dkim] zone`), as a master file to include.
    DkimZone,
    /// Registers an operator of the platform; the password is read from the standard input.
    Operator {
        /// The login.
        login: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The last words of a command that failed.
#[expect(clippy::print_stderr, reason = "a command line tells its user why it failed")]
fn complain(reason: &str) {
    eprintln!("hosterra: {reason}");
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    // Read completely before a port opens or a file is made.
    let config = match &arguments.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    telemetry::start(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match arguments.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::serve(config).await,
            Command::Apply { file } => apply::apply(&config, &file).await,
            Command::Verify => verify::verify(&config).await,
            Command::Rebuild { projection } => verify::rebuild(&config, projection.as_deref()).await,
            Command::Queue(command) => queue::queue(&config, command).await,
            Command::RotateMasterKey => master::replace(&config).await,
            Command::Check(check) => check::check(check).await,
            Command::DkimZone => dkim_zone::print(&config).await,
            Command::Operator { login } => provision::register_operator(&config, &login).await,
        }
    })
}
