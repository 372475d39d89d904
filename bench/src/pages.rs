//! The pages of a sign-in, one after the other as one browser asks for them: what the server needs for each, and for a password beside its bare hash.

use crate::{
    Failure,
    http::{Answer, Connection, header},
    members::{PASSWORD, name},
    numbers::percentile,
    passwords::bare_hash,
};
use std::time::{Duration, Instant};

/// Sign-ins that are measured; one before them warms what can be warm.
const ROUNDS: usize = 40;
/// Name, the page that asks for the password, the password, the page that asks for the code, and the first page of all.
const STEPS: usize = 5;
/// The step that checks the password.
const PASSWORD_STEP: usize = 3;

pub(crate) async fn run(address: &str) -> Result<(), Failure> {
    let mut browser = Browser {
        connection: Connection::open(address).await?,
        cookie: String::new(),
    };
    let mut piles: [Vec<Duration>; STEPS] = Default::default();
    let mut hashes = Vec::new();
    for round in 0..=ROUNDS {
        let took = browser.sign_in().await?;
        let began = Instant::now();
        bare_hash();
        if round > 0 {
            hashes.push(began.elapsed());
            piles.iter_mut().zip(took).for_each(|(pile, took)| pile.push(took));
        }
    }
    let password = percentile(&mut piles[PASSWORD_STEP], 0.5) - percentile(&mut hashes, 0.5);
    let pages = (0..STEPS).filter(|step| *step != PASSWORD_STEP).map(|step| percentile(&mut piles[step], 0.5));
    println!("slowest {:.2}", pages.fold(0.0, f64::max));
    println!("password {password:.2}");
    Ok(())
}

struct Browser {
    connection: Connection,
    cookie: String,
}

impl Browser {
    /// From the first page to the one that asks for a code: what each step took.
    async fn sign_in(&mut self) -> Result<[Duration; STEPS], Failure> {
        self.cookie.clear();
        let steps = [
            (None, 200),
            (Some(format!("step=name&upn={}", name(0)?.to_string().replace('@', "%40"))), 303),
            (None, 200),
            (Some(format!("step=password&password={}", PASSWORD.replace(' ', "+"))), 303),
            (None, 200),
        ];
        let mut took = [Duration::ZERO; STEPS];
        for ((body, status), took) in steps.into_iter().zip(&mut took) {
            let began = Instant::now();
            let answer = self.ask(body.as_deref()).await?;
            *took = began.elapsed();
            if answer.status != status {
                return Err(format!("{} in place of {status} for a step of a sign-in", answer.status).into());
            }
        }
        Ok(took)
    }

    async fn ask(&mut self, body: Option<&str>) -> Result<Answer, Failure> {
        let form = "sec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n";
        let answer = match body {
            Some(body) => self.connection.post("/sign-in", &format!("{form}{}", self.cookie), body).await?,
            None => self.connection.get("/sign-in", &self.cookie).await?,
        };
        if let Some(value) = header(&answer.head, "set-cookie").and_then(|value| value.split(';').next()) {
            self.cookie = format!("cookie: {value}\r\n");
        }
        Ok(answer)
    }
}
