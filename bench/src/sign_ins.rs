//! Wrong passwords over HTTP, as fast as the server takes them: for what it does to the server's memory. The names are of no tenant, for which a
//! hash is made too and nothing waits.

use crate::{
    Failure,
    http::{Answer, Connection, header},
};
use futures_util::future::try_join_all;
use std::time::{Duration, Instant};

pub(crate) async fn run(address: &str, seconds: &str, clients: &str) -> Result<(), Failure> {
    let until = Instant::now() + Duration::from_secs(seconds.parse()?);
    let clients: usize = clients.parse()?;
    let tries: usize = try_join_all((0..clients).map(|n| visitor(address, n, until))).await?.into_iter().sum();
    println!("tries {tries}");
    Ok(())
}

async fn visitor(address: &str, n: usize, until: Instant) -> Result<usize, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut cookie = String::new();
    let name = format!("step=name&upn=visitor{n}%40nowhere.example");
    let answer = post(&mut connection, &mut cookie, &name).await?;
    if answer.status != 303 {
        return Err(format!("{} for a name", answer.status).into());
    }
    let mut tries = 0;
    while Instant::now() < until {
        let answer = post(&mut connection, &mut cookie, &format!("step=password&password=not+this+one+{tries}")).await?;
        // The password was wrong, or too many wait already: both are answers.
        if !matches!(answer.status, 200 | 400..=499) {
            return Err(format!("{} for a password", answer.status).into());
        }
        tries += usize::from(answer.status != 429);
    }
    Ok(tries)
}

async fn post(connection: &mut Connection, cookie: &mut String, body: &str) -> Result<Answer, Failure> {
    let headers = format!("sec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n{cookie}");
    let answer = connection.post("/sign-in", &headers, body).await?;
    if let Some(value) = header(&answer.head, "set-cookie").and_then(|value| value.split(';').next()) {
        *cookie = format!("cookie: {value}\r\n");
    }
    Ok(answer)
}
