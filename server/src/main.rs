//! `tweestap`: how the service is reached. The command line starts here; each sub-command has its file under `cli/`.

#[cfg(test)]
mod browser_tests;
mod callbacks;
mod channels;
mod cli;
mod config;
#[cfg(test)]
mod console_tests;
#[cfg(test)]
mod desk_tests;
mod error_chain;
mod health;
mod listener;
mod metrics_listener;
mod private_postgres;
mod random;
mod rest;
mod routes;
mod startup;
mod state;
mod telemetry;
mod web;
mod welcome;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
