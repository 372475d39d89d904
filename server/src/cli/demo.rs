//! `tweestap demo`: three invented organisations with a year of sign-ins. For trying things out, on this machine and nowhere else.

use std::process::ExitCode;
use std::time::Instant;

use domain::demo::{DemoError, Loaded, LoadedOrganisation, Order};

use super::{Failure, print_json};
use crate::config::Settings;
use crate::startup::Running;
use crate::welcome;

/// Loads the sample, all or nothing. What it prints at the end lets you sign in, and is printed once.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Another seed tells another year
    #[arg(long, default_value_t = Order::default().seed)]
    seed: u64,
    /// Members of all three together
    #[arg(long, default_value_t = Order::default().members, value_parser = members)]
    members: usize,
    /// Print one JSON object, for scripts
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let origin = settings.public_url.origin();
        if !settings.public_url.is_development() {
            return Err(format!("{origin} is not for trying things out: the sample, whose passwords are printed, is loaded in development mode (plain http on this machine) only").into());
        }
        let running = Running::start(&settings).await?;
        // As on any first start: without it nobody would be asked to set the installation up.
        let link = if running.is_private() {
            welcome::first_link(&running.domain, &settings.public_url).await?
        } else {
            None
        };
        eprintln!("Loading three organisations with a year of sign-ins; this takes about a minute.");
        let started = Instant::now();
        let order = Order {
            seed: self.seed,
            members: self.members,
            ..Order::default()
        };
        let loaded = running.domain.demo().load(&order).await.map_err(|error| match error {
            DemoError::Exists(_) => {
                format!("{error}. Organisations stay for good; for a fresh sample set TWEESTAP_DATA_DIR (or DATABASE_URL) to another place").into()
            }
            other => Failure::from(other),
        })?;
        running.domain.demo().furnish(self.seed, &settings.data_dir.join("messages")).await?;
        if self.json {
            print_json(&loaded)?;
        } else {
            tell(&loaded, started.elapsed().as_secs_f64());
            println!("Open {origin} (start it by `make run`, if it is not running).");
            if let Some(link) = link {
                println!("The operator's one-time link, good for three days: {link}");
            }
        }
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}

fn tell(loaded: &Loaded, seconds: f64) {
    for organisation in &loaded.organisations {
        let LoadedOrganisation {
            name,
            slug,
            members,
            enforced,
            enabled,
            locked,
            written,
            people,
        } = organisation;
        println!("{name} ({slug})");
        println!("  {members} members: {enforced} enforced, {enabled} enabled, {locked} locked");
        println!(
            "  {} sign-ins and verifications, {} steps, {} changes, {} counted for billing",
            written.attempts, written.steps, written.changes, written.usage
        );
        for card in people {
            println!("  {:<8} {:<34} {:<46} {}", card.what, card.upn, card.password, card.secret);
        }
        println!();
    }
    let written = &loaded.written;
    println!(
        "{} sign-ins, {} steps and {} changes in {seconds:.1} s.",
        written.attempts, written.steps, written.changes
    );
    println!("Sign in with name and password; the code comes from the secret: oathtool --totp -b SECRET. It is printed this once.");
}

fn members(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(members) if (75..=20_000).contains(&members) => Ok(members),
        _ => Err("a number from 75 to 20000".to_owned()),
    }
}
