//! Verifications over HTTP: each client asks about one member after the other, one in ten with a wrong code, and never repeats a step.

use crate::{Failure, http::Connection, numbers::percentile};
use data_encoding::BASE32_NOPAD;
use domain::{clock::Clock, verification::compare::OathGenerator};
use futures_util::future::try_join_all;
use model::OathParams;
use std::{
    rc::Rc,
    time::{Duration, Instant},
};

/// One code in so many is wrong.
const WRONG_ONE_IN: usize = 10;
/// Until every connection is there and every statement is prepared, nothing is counted.
const WARM_UP: Duration = Duration::from_secs(2);

struct Member {
    upn: String,
    generator: OathGenerator,
    used: i64,
}

pub(crate) async fn run(address: &str, key: &str, members: &str, seconds: &str, clients: &str) -> Result<(), Failure> {
    let (seconds, clients): (u64, usize) = (seconds.parse()?, clients.parse()?);
    let members = std::fs::read_to_string(members)?;
    let mut shares: Vec<Vec<Member>> = (0..clients).map(|_| Vec::new()).collect();
    for (n, line) in members.lines().enumerate() {
        let (upn, seed) = line.split_once(' ').ok_or("a line is a name and a seed")?;
        shares[n % clients].push(Member {
            upn: upn.to_owned(),
            generator: OathGenerator::new(&BASE32_NOPAD.decode(seed.as_bytes())?, OathParams::default()),
            used: 0,
        });
    }
    let headers: Rc<str> = format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\n").into();
    let counted_from = Instant::now() + WARM_UP;
    let until = counted_from + Duration::from_secs(seconds);
    let runs = shares.into_iter().map(|share| client(address, headers.clone(), share, counted_from, until));
    let mut pile: Vec<Duration> = try_join_all(runs).await?.concat();
    println!("rate {:.0}", pile.len() as f64 / counted_from.elapsed().as_secs_f64());
    println!("p50 {:.1}", percentile(&mut pile, 0.50));
    println!("p99 {:.1}", percentile(&mut pile, 0.99));
    Ok(())
}

async fn client(address: &str, headers: Rc<str>, mut members: Vec<Member>, counted_from: Instant, until: Instant) -> Result<Vec<Duration>, Failure> {
    let mut connection = Connection::open(address).await?;
    let (mut pile, count) = (Vec::new(), members.len());
    for n in 0.. {
        let member = &mut members[n % count];
        let step = (Clock::system().now().as_second() / 30).max(member.used + 1);
        let wrong = n % WRONG_ONE_IN == WRONG_ONE_IN - 1;
        // The code of a step that is hours away.
        let code = member.generator.code(if wrong { step + 1000 } else { step });
        if !wrong {
            member.used = step;
        }
        let body = format!(
            r#"{{"user":"{}","code":"{}","application":"vpn","client_ip":"203.0.113.24"}}"#,
            member.upn, *code
        );
        let began = Instant::now();
        let answer = connection.post("/api/v1/verifications", &headers, &body).await?;
        let expected = if wrong { r#""decision":"denied""# } else { r#""decision":"allowed""# };
        if answer.status != 200 || !answer.body.contains(expected) {
            return Err(format!("{} instead of {expected}: {}", answer.status, answer.body).into());
        }
        let ended = Instant::now();
        if ended >= until {
            break;
        }
        if began >= counted_from {
            pile.push(ended - began);
        }
    }
    Ok(pile)
}
