//! Chores of the project: `cargo xtask test` runs everything, `cargo xtask schema` prints the GraphQL schema anew.
#![allow(clippy::print_stdout, reason = "a chore talks to the person who runs it")]

mod packages;
mod postgres;
mod step;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::packages::Packages;
use crate::postgres::Postgres;
use crate::step::Steps;

/// By what cargo has the crates of this workspace compiled, in place of rustc.
const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Chores of the project.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Installs or finds what the tests need, starts a PostgreSQL of its own, and runs every suite.
    Test {
        /// Installs nothing; suites whose programs are missing are skipped, loudly.
        #[arg(long)]
        no_install: bool,
        /// Runs only the steps whose name holds this text.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Writes graphql/schema.graphql from the code.
    Schema,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Test { no_install, only } => test(no_install, &only),
        Chore::Schema => schema(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace is above").to_owned()
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args(arguments).current_dir(root());
    command
}

/// A script of the browser app; its packages were installed by the build.
fn npm(root: &Path, script: &str) -> Command {
    let mut command = Command::new("npm");
    command.args(["run", "--silent", script]).current_dir(root.join("web/app"));
    command
}

fn schema() -> anyhow::Result<bool> {
    let status = cargo(&["test", "-p", "graphql", "--test", "api", "the_schema_in_the_repository"])
        .env("HOSTERRA_WRITE_SCHEMA", "1")
        .status()
        .context("running the schema test")?;
    Ok(status.success())
}

/// Everything, in an order that fails early and cheaply.
fn test(no_install: bool, only: &str) -> anyhow::Result<bool> {
    let root = root();
    let mut steps = Steps::new(only);
    let packages = Packages::find(no_install, &root);
    for missing in packages.missing() {
        steps.skipped(missing.0, missing.1);
    }
    let postgres = Postgres::start();
    if let Err(reason) = &postgres {
        steps.skipped("postgres", &format!("no PostgreSQL server could be started: {reason:#}"));
    }
    let url = postgres.as_ref().map(Postgres::url).ok();

    steps.run("fmt", cargo(&["fmt", "--all", "--check"]));
    // Where the build itself is done by clippy, as on a clean clone, it has told its lints and nothing is read a second time.
    let is_linted =
        env::var_os(WRAPPER).is_some_and(|wrapper| Path::new(&wrapper).ends_with("clippy-driver"));
    if !is_linted {
        steps.run(
            "clippy",
            cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"]),
        );
    }
    if packages.has_deny {
        // Advisories need a database from the network: a step of its own, so that its absence is told and not mistaken.
        steps.run("deny", cargo(&["deny", "check", "licenses", "bans", "sources"]));
    }
    // The same targets as the suites ask for: one set of features, so that nothing is compiled twice. Examples and benches are
    // read by clippy; linking them would cost what a suite costs.
    let mut build = cargo(&["build", "--locked", "--quiet", "--workspace", "--bins", "--tests"]);
    if is_linted {
        build.args(["--benches", "--examples"]);
    }
    if packages.has_app_tools {
        // An app that does not build is told as a failure here, not as a page.
        build.env("HOSTERRA_APP", "required");
    }
    steps.run("build", build);
    if packages.has_app_tools {
        steps.run("app types", npm(&root, "check"));
        steps.run("app tests", npm(&root, "test"));
    }
    // Tests wait for disks, timers and other processes as long as they work.
    let at_once = (std::thread::available_parallelism().map_or(2, usize::from) * 2).to_string();
    let mut suites = if packages.has_nextest {
        cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--bins",
            "--tests",
            "--locked",
            "--no-fail-fast",
            "--status-level",
            "retry",
            "--test-threads",
            &at_once,
        ])
    } else {
        cargo(&["test", "--workspace", "--bins", "--tests", "--locked", "--no-fail-fast", "--quiet"])
    };
    suites.env("HOSTERRA_BIN", root.join("target/debug/hosterra"));
    if packages.has_app_tools {
        // As it was built: what holds the app is not compiled a second time.
        suites.env("HOSTERRA_APP", "required");
    }
    if let Some(url) = url {
        suites.env("HOSTERRA_TEST_POSTGRES", url);
        if let Ok(postgres) = &postgres {
            suites.env("HOSTERRA_TEST_POSTGRES_CA", postgres.certificate());
        }
    }
    suites.env("HOSTERRA_NODE_MODULES", packages.node_modules());
    suites.env("HOSTERRA_PYTHON", packages.python());
    steps.run("tests", suites);
    drop(postgres);
    if packages.has_app_tools && packages.has_browser {
        let mut journeys = Command::new("node");
        // Each file has a server and a browser of its own, and waits more than it works: for mail, DNS and the demo's end.
        journeys.args(["--test", "--test-reporter=spec", &format!("--test-concurrency={at_once}")]);
        journeys.current_dir(root.join("tests/browser"));
        journeys.env("HOSTERRA_BIN", root.join("target/debug/hosterra"));
        steps.run("browser", journeys);
    }
    Ok(steps.finish())
}
