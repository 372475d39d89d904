//! `tweestap doctor`: one line for each thing that must be right; exit code 1 when one is not.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use domain::Domain;
use domain::delivery::Provider;
use domain::delivery::channel::WHOLE_TIMEOUT;

use super::Failure;
use crate::channels::{registry, settings::House};
use crate::config::{DatabaseSettings, Settings};
use crate::error_chain::whole;
use crate::health;
use crate::listener;
use crate::startup::Ground;

/// Below this the database stops working soon.
const DISK_MEGABYTES_MIN: u64 = 500;

/// Looks and changes nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Doctor {}

type Verdict = Result<String, String>;

impl Doctor {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        let mut good = say("settings", public_url(&settings));
        good &= say("tls", tls(&settings).await);
        if matches!(settings.database, DatabaseSettings::Private) {
            good &= say("disk", disk(&settings.data_dir));
        }
        // From here on each thing needs the one before it.
        match Ground::prepare(&settings).await {
            Err(error) => good = say("database", Err(whole(error.as_ref()))),
            Ok(ground) => {
                match ground.domain(&settings).await {
                    Err(error) => good = say("database", Err(whole(error.as_ref()))),
                    Ok(domain) => {
                        for finding in health::examine(&domain).await {
                            println!("{finding}");
                            good &= finding.good;
                        }
                        good &= providers(&domain, &House::of(&settings.public_url)).await;
                        domain.db().close().await;
                    }
                }
                ground.leave().await?;
            }
        }
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn say(what: &str, verdict: Verdict) -> bool {
    match &verdict {
        Ok(words) => println!("ok    {what:<11} {words}"),
        Err(words) => println!("FAULT {what:<11} {words}"),
    }
    verdict.is_ok()
}

/// Asks every provider that is switched on whether it takes our credentials. Sends no message.
async fn providers(domain: &Domain, house: &House) -> bool {
    let providers = match domain.delivery().live_providers().await {
        Ok(providers) => providers,
        Err(error) => return say("providers", Err(whole(&error))),
    };
    if providers.is_empty() {
        println!("note  {:<11} there are none, so no codes are sent: see tweestap provider add", "providers");
    }
    let mut good = true;
    for provider in providers {
        let verdict = answers(&provider, house).await;
        let named = |words: String| format!("{} ({} by {}): {words}", provider.name, provider.channel, provider.kind.as_str());
        good &= say("provider", verdict.map(named).map_err(named));
    }
    good
}

async fn answers(provider: &Provider, house: &House) -> Verdict {
    let (port, _reports) = registry::connect(provider, house).map_err(|error| error.to_string())?;
    let begun = Instant::now();
    match tokio::time::timeout(WHOLE_TIMEOUT, port.check()).await {
        Ok(Ok(())) => Ok(format!("answers in {:.1} ms and lets us in", begun.elapsed().as_secs_f64() * 1000.0)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", WHOLE_TIMEOUT.as_secs())),
    }
}

fn public_url(settings: &Settings) -> Verdict {
    let origin = settings.public_url.origin();
    if settings.public_url.is_development() {
        return Ok(format!("{origin} (development mode: plain http, for this machine only)"));
    }
    if settings.tls.is_none() && !settings.listen.ip().is_loopback() && settings.trusted_proxies.is_empty() {
        return Err(format!(
            "{origin} is https, but the listener {} is neither TLS nor behind a proxy named in TWEESTAP_TRUSTED_PROXIES",
            settings.listen
        ));
    }
    Ok(origin)
}

async fn tls(settings: &Settings) -> Verdict {
    match &settings.tls {
        None => Ok("off on the listener".to_owned()),
        Some(files) => match listener::read_certificate(files).await {
            Ok(_) => Ok(format!("{} and its key belong together", files.cert.display())),
            Err(error) => Err(error.to_string()),
        },
    }
}

/// Asks `df`, which every system with a Postgres has.
fn disk(data_dir: &Path) -> Verdict {
    let folder = data_dir.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let output = Command::new("df").arg("-Pk").arg(folder).env("LC_ALL", "C").stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("df does not run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let kilobytes = text
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().nth(3))
        .and_then(|word| word.parse::<u64>().ok());
    let megabytes = kilobytes.ok_or("df says something that cannot be read")? / 1024;
    let words = format!("{megabytes} MB are free for {}", data_dir.display());
    if megabytes < DISK_MEGABYTES_MIN { Err(words) } else { Ok(words) }
}
