//! Text messages: members with phones, a gateway on this machine that takes every message at once, and so many questions a second for a code by SMS. What
//! it measures is how many messages the server hands over while somebody else measures how fast it verifies.

use crate::{Failure, domain, http::Connection, members};
use domain::{
    actor::{Admin, Operator, Scope},
    delivery::{Address, NewProvider, NewSender, ProviderKind, phone::PhoneNumber},
    directory::{MemberRef, NewMember, NewTenant},
    vault::Secret,
};
use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream};
use model::{Channel, CleanText, DeliveryLimits, DomainName, MethodKind, Path, PolicyDocument, Profile, SenderKind, Slug};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};

/// Members made at the same time.
const AT_ONCE: usize = 8;
/// Connections by which codes are asked for.
const CLIENTS: usize = 16;
/// Numbers of one range, each written to once: fifty without answers would pause it, as they should.
const PER_RANGE: usize = 49;
/// Until every connection is there and every statement is prepared, nothing is counted.
const WARM_UP: Duration = Duration::from_secs(2);

/// Makes a tenant whose members have phones, and a gateway at a port of this machine. Prints `key …` and then a sign-in name a line.
pub(crate) async fn load(count: &str, port: &str) -> Result<(), Failure> {
    let (count, port): (usize, u16) = (count.parse()?, port.parse()?);
    let domain = domain(AT_ONCE as u32).await?;
    let tenant = NewTenant {
        slug: Slug::parse("texts")?,
        name: CleanText::parse("Texts")?,
        domains: vec![DomainName::parse("texts.example")?],
        profile: Profile::Standard,
        locale: "en",
    };
    let admin = &Admin::console(domain.directory().create_tenant(Operator::console(), tenant).await?);
    let mut document = PolicyDocument::at_birth();
    document.delivery = DeliveryLimits {
        per_day: 1_000_000,
        per_country_day: 1_000_000,
        alarm_percent: 0,
        ..DeliveryLimits::default()
    };
    domain.directory().publish_policy(admin, document).await?;
    let provider = NewProvider {
        tenant: None,
        channel: Channel::Sms,
        kind: ProviderKind::HttpSms,
        name: CleanText::parse("Bench")?,
        rank: 1,
        settings: format!(r#"{{"base":"http://127.0.0.1:{port}","account":"AC1"}}"#).parse()?,
        secret: Some(Secret::new(String::from("only-for-the-bench"))),
    };
    domain.delivery().add_provider(Operator::console(), provider).await?;
    let sender = NewSender {
        tenant: None,
        channel: Channel::Sms,
        country: None,
        kind: SenderKind::Name,
        value: String::from("Bench"),
        provider: None,
        valid_from: None,
        valid_until: None,
    };
    domain.delivery().add_sender(Operator::console(), sender).await?;
    let numbers: Vec<PhoneNumber> = numbers().take(count).collect();
    if numbers.len() < count {
        return Err(format!("there are {} numbers, not {count}", numbers.len()).into());
    }
    let domain = &domain;
    let lines: Vec<String> = stream::iter(numbers.into_iter().enumerate())
        .map(|(n, phone)| async move {
            let upn = members::name_at(n, "texts.example")?;
            let new = NewMember {
                upn: upn.clone(),
                given_name: None,
                family_name: None,
                mail: None,
                roles: Vec::new(),
            };
            let member = MemberRef::Id(domain.directory().create_member(admin, new).await?);
            domain.methods().add_address(admin, &member, MethodKind::Sms, &Address::Phone(phone)).await?;
            Ok::<_, Failure>(upn.to_string())
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let name = CleanText::parse("texts")?;
    let key = domain.directory().create_api_key(admin, &name, &[Scope::Verify], Path::Cloud).await?;
    println!("key {}", key.reveal());
    println!("{}", lines.join("\n"));
    Ok(())
}

/// Mobile numbers of the Netherlands and the United Kingdom, so many of each range, as far as they are numbers.
fn numbers() -> impl Iterator<Item = PhoneNumber> {
    let ranges = (10..59).map(|n| format!("+316{n}")).chain((400..1000).step_by(10).map(|n| format!("+447{n}")));
    ranges.flat_map(|range| {
        // Behind the plus they have eleven digits and twelve.
        let rest = if range.starts_with("+316") { 12 } else { 13 } - range.len();
        (0..PER_RANGE).filter_map(move |n| PhoneNumber::parse(&format!("{range}{n:0rest$}"), None).ok())
    })
}

/// Has codes sent at a rate, and takes them at a port. Prints how many a second were asked for, and handed over.
pub(crate) async fn run(address: &str, key: &str, members: &str, port: &str, seconds: &str, rate: &str) -> Result<(), Failure> {
    let (port, seconds, rate): (u16, u64, u32) = (port.parse()?, seconds.parse()?, rate.parse()?);
    let members = std::fs::read_to_string(members)?;
    let mut shares: Vec<Vec<&str>> = vec![Vec::new(); CLIENTS];
    for (n, upn) in members.lines().enumerate() {
        shares[n % CLIENTS].push(upn);
    }
    let handed = Arc::new(AtomicU64::new(0));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    tokio::spawn(take_all(listener, handed.clone()));
    let headers = format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\n");
    let began = Instant::now();
    let (counted_from, until) = (began + WARM_UP, began + WARM_UP + Duration::from_secs(seconds));
    let every = Duration::from_secs(1) * CLIENTS as u32 / rate;
    let asking = shares.iter().enumerate().map(|(n, share)| {
        let first = began + every * n as u32 / CLIENTS as u32;
        ask(address, &headers, share, (first, every), counted_from, until)
    });
    let counting = async {
        sleep_until(counted_from).await;
        let before = handed.load(Ordering::Relaxed);
        sleep_until(until).await;
        Ok(handed.load(Ordering::Relaxed) - before)
    };
    let (asked, handed) = futures_util::try_join!(try_join_all(asking), counting)?;
    println!("asked {:.0}", asked.iter().sum::<usize>() as f64 / seconds as f64);
    println!("handed {:.0}", handed as f64 / seconds as f64);
    Ok(())
}

async fn ask(
    address: &str,
    headers: &str,
    members: &[&str],
    (first, every): (Instant, Duration),
    counted_from: Instant,
    until: Instant,
) -> Result<usize, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut beat = interval_at(first, every);
    // Where it comes late it catches up: the rate is what is promised.
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut asked = 0;
    for upn in members {
        beat.tick().await;
        if Instant::now() >= until {
            return Ok(asked);
        }
        let body = format!(r#"{{"user":"{upn}","method":"sms"}}"#);
        let answer = connection.post("/api/v1/verifications", headers, &body).await?;
        if answer.status != 200 || !answer.body.contains(r#""decision":"pending""#) {
            return Err(format!("{} for a text message: {}", answer.status, answer.body).into());
        }
        asked += usize::from(Instant::now() >= counted_from);
    }
    Err("too few members for so many text messages".into())
}

/// A gateway that takes every message at once.
async fn take_all(listener: TcpListener, handed: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(take(stream, handed.clone()));
    }
}

/// One connection; it ends with whoever opened it.
async fn take(mut stream: TcpStream, handed: Arc<AtomicU64>) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        let head_ends = loop {
            if let Some(at) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&received[..head_ends]).into_owned();
        let length: usize = crate::http::header(&head, "content-length").map_or(Ok(0), str::parse)?;
        while received.len() < head_ends + length {
            if stream.read_buf(&mut received).await? == 0 {
                return Ok(());
            }
        }
        received.drain(..head_ends + length);
        let n = if head.starts_with("POST") {
            handed.fetch_add(1, Ordering::Relaxed)
        } else {
            0
        };
        let body = format!(r#"{{"sid":"SM{n}","status":"queued","error_code":null}}"#);
        let answer = format!(
            "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
    }
}
