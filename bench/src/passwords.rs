//! Passwords checked by the domain, two at a time, beside the bare hash on two threads.

use crate::{
    Failure, domain,
    members::{PASSWORD, WITH_PASSWORD, name},
};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::{
    Domain,
    actor::Client,
    sign_in::{BegunAttempt, PasswordOutcome},
};
use futures_util::future::try_join_all;
use std::{
    net::IpAddr,
    thread,
    time::{Duration, Instant},
};

/// Both take turns this often, so that a noisy moment hits both.
const ROUNDS: usize = 4;
/// No hash is faster than this; so many attempts are begun beforehand.
const HASH_SHORTEST: Duration = Duration::from_millis(8);

pub(crate) async fn run(seconds: &str) -> Result<(), Failure> {
    let slice = Duration::from_secs(seconds.parse()?) / ROUNDS as u32;
    let domain = domain(4).await?;
    let (mut bare_rate, mut own_rate) = (0.0, 0.0);
    for _ in 0..ROUNDS {
        bare_rate += bare(slice) / ROUNDS as f64;
        let mut attempts = Vec::new();
        for member in 0..WITH_PASSWORD {
            attempts.push(begin(&domain, member, slice).await?);
        }
        let began = Instant::now();
        let runs = attempts
            .into_iter()
            .enumerate()
            .map(|(member, attempts)| check(&domain, member, attempts, slice));
        let checked: usize = try_join_all(runs).await?.into_iter().sum();
        own_rate += checked as f64 / began.elapsed().as_secs_f64() / ROUNDS as f64;
    }
    println!("bare {bare_rate:.1}");
    println!("own {own_rate:.1}");
    Ok(())
}

fn client(member: usize) -> Client {
    Client {
        address: Some(IpAddr::from([203, 0, 113, member as u8])),
        agent: None,
    }
}

/// Attempts that wait for the password: beginning them is not what is measured.
async fn begin(domain: &Domain, member: usize, slice: Duration) -> Result<Vec<BegunAttempt>, Failure> {
    let mut attempts = Vec::new();
    for _ in 0..slice.as_millis() / HASH_SHORTEST.as_millis() {
        attempts.push(domain.sign_in().begin(&name(member)?, None, &client(member)).await?);
    }
    Ok(attempts)
}

async fn check(domain: &Domain, member: usize, attempts: Vec<BegunAttempt>, slice: Duration) -> Result<usize, Failure> {
    let until = Instant::now() + slice;
    for (n, attempt) in attempts.iter().enumerate() {
        if Instant::now() >= until {
            return Ok(n);
        }
        match domain.sign_in().password(attempt, PASSWORD, &client(member)).await? {
            PasswordOutcome::Second => {}
            other => return Err(format!("a right password led to {other:?}").into()),
        }
    }
    Err("the attempts ran out before the time".into())
}

/// One hash with the parameters of `domain::directory::password`; false where it failed.
pub(crate) fn bare_hash() -> bool {
    let params = Params::new(19_456, 2, 1, None).unwrap_or_default();
    let argon = Argon2::new_with_secret(&[1; 32], Algorithm::Argon2id, Version::V0x13, params).unwrap_or_default();
    argon.hash_password_into(PASSWORD.as_bytes(), &[7; 16], &mut [0; 32]).is_ok()
}

/// Such hashes and nothing around them.
fn bare(slice: Duration) -> f64 {
    let began = Instant::now();
    let threads: Vec<_> = (0..WITH_PASSWORD)
        .map(|_| {
            thread::spawn(move || {
                let mut hashes = 0usize;
                while began.elapsed() < slice {
                    hashes += usize::from(bare_hash());
                }
                hashes
            })
        })
        .collect();
    let hashes: usize = threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum();
    hashes as f64 / began.elapsed().as_secs_f64()
}
