//! Steps of a run, with their outcome and duration, told at the end.

use std::process::Command;
use std::time::{Duration, Instant};

enum Outcome {
    Passed,
    Failed,
    Skipped(String),
}

/// What was run.
pub(crate) struct Steps {
    only: String,
    done: Vec<(String, Outcome, Duration)>,
}

impl Steps {
    /// Runs only steps whose name holds `only`.
    pub(crate) fn new(only: &str) -> Self {
        Self { only: only.to_owned(), done: Vec::new() }
    }

    /// Runs `command` and remembers how it went.
    pub(crate) fn run(&mut self, name: &str, mut command: Command) {
        if !name.contains(&self.only) {
            return;
        }
        println!("== {name}");
        let start = Instant::now();
        let outcome = match command.status() {
            Ok(status) if status.success() => Outcome::Passed,
            Ok(_) => Outcome::Failed,
            Err(error) => {
                println!("{name}: {error}");
                Outcome::Failed
            }
        };
        // Told as it goes: a run that is cut short says where its time went.
        println!("== {name} took {} s; {}", start.elapsed().as_secs(), disk_left());
        self.done.push((name.to_owned(), outcome, start.elapsed()));
    }

    /// Remembers, loudly, what could not be run.
    pub(crate) fn skipped(&mut self, name: &str, reason: &str) {
        println!("== SKIPPED {name}: {reason}");
        self.done.push((name.to_owned(), Outcome::Skipped(reason.to_owned()), Duration::ZERO));
    }

    /// Prints the table; whether nothing failed.
    pub(crate) fn finish(self) -> bool {
        println!("\n== what was run");
        for (name, outcome, duration) in &self.done {
            match outcome {
                Outcome::Passed => println!("passed   {name} ({} s)", duration.as_secs()),
                Outcome::Failed => println!("FAILED   {name} ({} s)", duration.as_secs()),
                Outcome::Skipped(reason) => println!("SKIPPED  {name}: {reason}"),
            }
        }
        !self.done.iter().any(|(_, outcome, _)| matches!(outcome, Outcome::Failed))
    }
}

/// What the disk of the working folder has left: a full one fails in ways that name something else.
fn disk_left() -> String {
    rustix::fs::statvfs(".").map_or_else(
        |error| format!("the disk tells nothing: {error}"),
        |disk| format!("{} MiB of disk left", disk.f_bavail.saturating_mul(disk.f_frsize) >> 20),
    )
}
