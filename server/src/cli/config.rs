//! `tweestap config`: every setting, its value and where it came from. Secrets are masked.

use std::process::ExitCode;

use super::Failure;
use crate::config::{DatabaseSettings, Settings};

/// Prints the settings.
#[derive(Debug, clap::Args)]
pub(super) struct Config {
    /// Print a JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Config {
    pub(super) fn run(&self, settings: &Settings) -> Result<ExitCode, Failure> {
        if self.json {
            let rows = settings.shown.iter().map(|shown| {
                let row = serde_json::json!({ "value": shown.value, "origin": shown.origin.to_string() });
                (shown.name.to_owned(), row)
            });
            println!("{}", serde_json::to_string_pretty(&rows.collect::<serde_json::Map<_, _>>())?);
            return Ok(ExitCode::SUCCESS);
        }
        let private = matches!(settings.database, DatabaseSettings::Private);
        for shown in &settings.shown {
            let value = match &shown.value {
                Some(value) => value.as_str(),
                None if private && shown.name == "DATABASE_URL" => "(not set: the private Postgres in TWEESTAP_DATA_DIR)",
                None => "(not set)",
            };
            println!("{:<30} {value:<50} {}", shown.name, shown.origin);
        }
        if settings.public_url.is_development() {
            eprintln!("Development mode: the public URL is plain http on this machine.");
        }
        Ok(ExitCode::SUCCESS)
    }
}
