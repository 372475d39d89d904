//! `tweestap migrate`: brings the schema up to date, as the owner.

use std::process::ExitCode;

use super::Failure;
use crate::config::Settings;
use crate::startup::Ground;

/// Runs what is missing, then grants the other roles what they may do. Safe to run again.
#[derive(Debug, clap::Args)]
pub(super) struct Migrate {}

impl Migrate {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let ground = Ground::prepare(&settings).await?;
        match ground.migrate().await? {
            0 => eprintln!("The schema is up to date."),
            ran => eprintln!("{ran} migrations ran; the schema is up to date."),
        }
        ground.leave().await?;
        Ok(ExitCode::SUCCESS)
    }
}
