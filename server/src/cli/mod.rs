//! The command line. What people or scripts read comes on the standard output, everything else on the standard error.
//! Exit codes: 0 done, 1 it went wrong, 2 it was asked wrongly.

mod api_key;
mod config;
mod demo;
mod doctor;
mod emergency_key;
mod logo;
mod metadata;
mod migrate;
mod openapi;
mod operator;
mod policy;
mod provider;
mod sender;
mod serve;
mod tenant;
mod token;
mod user;
mod work;

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use domain::Domain;
use domain::actor::Admin;
use model::{Slug, TenantId};

use crate::config::{Arguments, Origin, Settings, Sources};
use crate::error_chain::whole;
use crate::{listener, telemetry};

/// Multi-factor authentication for your own organisation.
#[derive(Debug, Parser)]
#[command(name = "tweestap", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Settings come from flags, the environment or secret files: see --help, and `tweestap config`.")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the pages, the REST interface and the background work
    Serve(serve::Serve),
    /// Run the background work alone
    Work(work::Work),
    /// Bring the database schema up to date
    Migrate(migrate::Migrate),
    /// Check settings, TLS, disk, database, migrations, keys, clock and providers: one line each
    Doctor(doctor::Doctor),
    /// Load three invented organisations with a year of sign-ins, to see every page with something on it
    Demo(demo::Demo),
    /// Make or let in again who looks after the installation
    Operator(operator::Operator),
    /// Make the key that lies in a safe for the day on which no global admin can sign in
    EmergencyKey(emergency_key::EmergencyKey),
    Metadata(metadata::Metadata),
    /// Make and list tenants
    Tenant(tenant::Tenant),
    /// Make members and set their passwords
    User(user::User),
    /// Show a tenant's logo above its members' pages
    Logo(logo::Logo),
    /// Show and set the policy of a tenant
    Policy(policy::Policy),
    /// Make, list and switch the gateways and servers that carry codes
    Provider(provider::Provider),
    /// Make, list and end the numbers and addresses that codes come from
    Sender(sender::Sender),
    /// Make keys for programs that call the REST interface
    ApiKey(api_key::ApiKey),
    /// Import hardware tokens
    Token(token::Token),
    /// Print the description of the REST interface
    Openapi(openapi::Openapi),
    /// Print every setting with its value and where it came from
    Config(config::Config),
}

/// Anything that ends a command; its text is for the person who typed it.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn main() -> ExitCode {
    let matches = CommandLine::command().get_matches();
    let command_line = CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let settings = Settings::read(Sources {
        arguments: command_line.settings,
        origin: &|id| origin_of(&matches, id),
        environment: &|name| std::env::var(name).ok(),
    });
    let settings = match settings {
        Ok(settings) => settings,
        Err(faults) => {
            for fault in faults {
                eprintln!("tweestap: {fault}");
            }
            return ExitCode::from(2);
        }
    };
    telemetry::start(&settings.log);
    // The one provider of cryptography for TLS, in and out; a second installation would be our own mistake.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a provider of cryptography was installed before");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("tweestap: the system gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(command_line.command, settings)) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("tweestap: {}", whole(failure.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, settings: Settings) -> Result<ExitCode, Failure> {
    match command {
        // These two know how to stop in the middle of their work.
        Command::Serve(serve) => serve.run(settings).await,
        Command::Work(work) => work.run(settings).await,
        Command::Migrate(migrate) => unless_stopped(migrate.run(settings)).await,
        Command::Doctor(doctor) => unless_stopped(doctor.run(settings)).await,
        Command::Demo(demo) => unless_stopped(demo.run(settings)).await,
        Command::Operator(operator) => unless_stopped(operator.run(settings)).await,
        Command::EmergencyKey(emergency_key) => unless_stopped(emergency_key.run(settings)).await,
        Command::Metadata(metadata) => unless_stopped(metadata.run(settings)).await,
        Command::Tenant(tenant) => unless_stopped(tenant.run(settings)).await,
        Command::User(user) => unless_stopped(user.run(settings)).await,
        Command::Logo(logo) => unless_stopped(logo.run(settings)).await,
        Command::Policy(policy) => unless_stopped(policy.run(settings)).await,
        Command::Provider(provider) => unless_stopped(provider.run(settings)).await,
        Command::Sender(sender) => unless_stopped(sender.run(settings)).await,
        Command::ApiKey(api_key) => unless_stopped(api_key.run(settings)).await,
        Command::Token(token) => unless_stopped(token.run(settings)).await,
        Command::Openapi(openapi) => openapi.run(),
        Command::Config(config) => config.run(&settings),
    }
}

/// The rights of the console in a tenant.
async fn admin_of(domain: &Domain, tenant: &Slug) -> Result<Admin, Failure> {
    let found = domain.directory().tenant_of_slug(tenant).await?;
    found
        .map(Admin::console)
        .ok_or_else(|| format!("there is no tenant {tenant}; `tweestap tenant list` shows them").into())
}

/// The tenant that was named, where one was.
async fn tenant_id(domain: &Domain, tenant: Option<&Slug>) -> Result<Option<TenantId>, Failure> {
    match tenant {
        Some(tenant) => Ok(Some(admin_of(domain, tenant).await?.tenant())),
        None => Ok(None),
    }
}

/// One line of JSON on the standard output, for scripts.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}

/// Does something until Ctrl-C or SIGTERM; what was begun is dropped, and with it the private Postgres is left in order.
pub(crate) async fn unless_stopped<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        () = listener::asked_to_stop() => Err("stopped before it was done".into()),
    }
}

/// Where clap found a value. A flag given after a sub-command is known there only, so all levels are asked.
fn origin_of(matches: &ArgMatches, id: &str) -> Origin {
    let mut level = Some(matches);
    let mut origin = Origin::Default;
    while let Some(matches) = level {
        match matches.try_contains_id(id).ok().and_then(|_| matches.value_source(id)) {
            Some(ValueSource::CommandLine) => return Origin::Flag,
            Some(ValueSource::EnvVariable) => origin = Origin::Environment,
            _ => {}
        }
        level = matches.subcommand().map(|(_, matches)| matches);
    }
    origin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }
}
