//! The part of `make bench` that a shell cannot do. Each command does one thing and prints `name value` lines, which scripts/bench.sh reads.
//!
//! One thread for all of it: what the load costs is taken from the server on the same cores, so it should cost little.

mod http;
mod journal;
mod members;
mod numbers;
mod pages;
mod passwords;
mod sign_ins;
mod texts;
mod timing;
mod verifications;

use data_encoding::BASE64;
use domain::{Domain, Node, clock::Clock, db::Db, rng::Rng, vault::Vault};
use std::{env, process::ExitCode};

/// What ends a command.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "bench members COUNT | verifications ADDRESS KEY MEMBERS SECONDS CLIENTS | sign-ins ADDRESS SECONDS CLIENTS | \
    phones COUNT PORT | texts ADDRESS KEY MEMBERS PORT SECONDS RATE | passwords SECONDS | pages ADDRESS | \
    journal NAME MICROSECONDS ATTEMPT | timing SECONDS";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["members", count] => members::load(count).await,
        ["verifications", address, key, members, seconds, clients] => verifications::run(address, key, members, seconds, clients).await,
        ["phones", count, port] => texts::load(count, port).await,
        ["texts", address, key, members, port, seconds, rate] => texts::run(address, key, members, port, seconds, rate).await,
        ["sign-ins", address, seconds, clients] => sign_ins::run(address, seconds, clients).await,
        ["pages", address] => pages::run(address).await,
        ["passwords", seconds] => passwords::run(seconds).await,
        ["timing", seconds] => timing::run(seconds),
        ["journal", member, microseconds, attempt] => journal::run(member, microseconds, attempt).await,
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The service on the database of the environment, as `tweestap` itself would put it together.
async fn domain(connections: u32) -> Result<Domain, Failure> {
    let key = BASE64.decode(env::var("TWEESTAP_MASTER_KEY")?.as_bytes())?;
    let key: [u8; 32] = key.try_into().map_err(|_| "the master key has 32 bytes")?;
    let node = Node {
        origin: "http://localhost".to_owned(),
        name: String::from("bench"),
        address: None,
        host: String::from("localhost"),
    };
    let db = Db::connect(&env::var("DATABASE_URL")?, connections).await?;
    Ok(Domain::new(db, Vault::new(&key), Clock::system(), Rng::System, node))
}
