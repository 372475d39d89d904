//! `tweestap work`: the background work alone, for installations that keep it apart from the pages.

use std::process::ExitCode;

use super::{Failure, unless_stopped};
use crate::channels::settings::House;
use crate::config::Settings;
use crate::listener::asked_to_stop;
use crate::startup::Running;
use crate::worker::Worker;

/// Runs until Ctrl-C or SIGTERM.
#[derive(Debug, clap::Args)]
pub(super) struct Work {}

impl Work {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let running = unless_stopped(Running::start(&settings)).await?;
        let worker = Worker::start(running.domain.clone(), House::of(&settings.public_url));
        eprintln!("Working until Ctrl-C.");
        asked_to_stop().await;
        worker.end().await;
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}
