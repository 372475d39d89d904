//! From a call of the REST interface to a phone, with real sockets on every side: gateways that die at every moment, reports that lie, and a courier that
//! ends in order. The fault matrix by its numbers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::installation::Installation;
use super::misbehaving::{Misbehaving, dead_port, read_request};
use super::peer::Peer;

const NUMBER: &str = "+31612345678";

/// When a gateway dies, or how it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dies {
    /// Nobody listens.
    BeforeConnect,
    /// It has read the whole request.
    AfterTheBody,
    /// It has begun a good answer.
    AfterItsHeaders,
    /// It has sent the message, and says that it is broken.
    With500,
    /// Not at all.
    Never,
}

/// What arrived at a gateway: number and code.
type Arrived = Arc<Mutex<Vec<(String, String)>>>;

struct Gateway {
    port: u16,
    arrived: Arrived,
    _server: Option<Misbehaving>,
}

impl Gateway {
    async fn new(dies: Dies) -> Self {
        let arrived = Arrived::default();
        if dies == Dies::BeforeConnect {
            let port = dead_port().await;
            return Self { port, arrived, _server: None };
        }
        let heard = arrived.clone();
        let server = Misbehaving::new(move |stream| act(stream, dies, heard.clone())).await;
        Self {
            port: server.port,
            arrived,
            _server: Some(server),
        }
    }

    fn arrived(&self) -> Vec<(String, String)> {
        self.arrived.lock().expect("unpoisoned").clone()
    }
}

async fn act(mut stream: TcpStream, dies: Dies, arrived: Arrived) {
    let request = read_request(&mut stream).await;
    let n = {
        let mut arrived = arrived.lock().expect("unpoisoned");
        arrived.push(number_and_code(&request));
        arrived.len()
    };
    let created = format!("{{\"sid\":\"SM{n}\",\"status\":\"queued\"}}");
    let answer = match dies {
        Dies::BeforeConnect | Dies::AfterTheBody => String::new(),
        Dies::AfterItsHeaders => format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", &created[..8]),
        Dies::With500 => String::from("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
        Dies::Never => format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{created}", created.len()),
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn number_and_code(request: &str) -> (String, String) {
    let (_, form) = request.split_once("\r\n\r\n").expect("a body");
    let field = |name: &str| {
        let found = form_urlencoded::parse(form.as_bytes()).find(|(known, _)| known == name);
        found.expect("a field").1.into_owned()
    };
    (field("To"), code_in(&field("Body")))
}

fn code_in(text: &str) -> String {
    let mut words = text.split(|c: char| !c.is_ascii_digit());
    words.rfind(|word| word.len() == 6).expect("a code").to_owned()
}

/// Bar 35, matrix 23 and 24: wherever the first gateway dies, the next one gets the same code; it opens once, for one usage row, and the timeline tells it.
#[tokio::test]
async fn the_next_gateway_gets_the_same_code_wherever_the_first_dies() {
    let moments = [Dies::BeforeConnect, Dies::AfterTheBody, Dies::AfterItsHeaders, Dies::With500];
    let stories = moments.map(|dies| async move {
        let mut installation = Installation::new().await;
        let (first, second) = (Gateway::new(dies).await, Gateway::new(Dies::Never).await);
        installation.gateway("First", 1, first.port).await;
        installation.gateway("Second", 2, second.port).await;
        let ann = installation.member("ann", NUMBER).await;
        installation.works();
        let asked = installation.asks(&ann).await;
        let story = installation.story_of(&asked, 4).await;
        assert_eq!(story, ["queued First", "failed First", "queued Second", "handed Second"], "{dies:?}");

        let arrived = [first.arrived(), second.arrived()].concat();
        let expected = if dies == Dies::BeforeConnect { 1 } else { 2 };
        assert_eq!(arrived.len(), expected, "{dies:?}: {arrived:?}");
        let code = arrived[0].1.clone();
        assert!(arrived.iter().all(|one| *one == (NUMBER.to_owned(), code.clone())), "{dies:?}: {arrived:?}");

        let allowed = installation.answers(&asked, &code).await;
        assert_eq!(allowed.body["decision"], "allowed", "{dies:?}: {}", allowed.body);
        let again = installation.answers(&asked, &code).await;
        assert_ne!(again.body["decision"], "allowed", "{dies:?}: twice");
        assert_eq!(installation.number("select count(*) from usage").await, 1, "{dies:?}");
        assert_eq!(installation.number("select count(*) from challenge").await, 1, "{dies:?}");
        installation.rests().await;
        installation
    });
    // A database is dropped while the thread waits, and so late enough that nobody here is connecting to another one: Postgres waits for them.
    drop(futures_util::future::join_all(stories).await);
}

/// Matrix 22: whoever asks for a code is not kept waiting by a gateway that says nothing, nor does it take one more of the other's messages with it.
#[tokio::test]
async fn a_silent_gateway_keeps_nobody_waiting() {
    let mut installation = Installation::new().await;
    let silent = Misbehaving::silent().await;
    installation.gateway("Silent", 1, silent.port).await;
    let ann = installation.member("ann", NUMBER).await;
    installation.works();
    for _ in 0..3 {
        let begun = Instant::now();
        installation.asks(&ann).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    // It is at work, and the way to others is free.
    while silent.connections.load(std::sync::atomic::Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Matrix 24: a message that arrives late brings a code that is worth nothing any more, and costs nothing.
#[tokio::test]
async fn a_code_that_comes_late_is_refused() {
    let mut installation = Installation::new().await;
    let gateway = Gateway::new(Dies::Never).await;
    installation.gateway("First", 1, gateway.port).await;
    let ann = installation.member("ann", NUMBER).await;
    installation.works();
    let early = installation.asks(&ann).await;
    installation.story_of(&early, 2).await;
    let late = installation.asks(&ann).await;
    installation.story_of(&late, 2).await;
    let codes: Vec<String> = gateway.arrived().into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes.len(), 2);
    assert_ne!(installation.answers(&early, &codes[0]).await.body["decision"], "allowed");
    assert_eq!(installation.answers(&late, &codes[1]).await.body["decision"], "allowed");
    assert_eq!(installation.number("select count(*) from usage where day = current_date").await, 1);
}

/// A courier that is told to stop finishes what it has begun: the message is handed over once, and that is written down.
#[tokio::test]
async fn a_courier_that_stops_finishes_what_it_began() {
    let mut installation = Installation::new().await;
    let (begun, mut began) = tokio::sync::mpsc::unbounded_channel();
    let slow = Misbehaving::new(move |mut stream| {
        let begun = begun.clone();
        async move {
            read_request(&mut stream).await;
            let _ = begun.send(());
            tokio::time::sleep(Duration::from_millis(500)).await;
            let answer = "HTTP/1.1 201 Created\r\nContent-Length: 31\r\n\r\n{\"sid\":\"SM1\",\"status\":\"queued\"}";
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    installation.gateway("Slow", 1, slow.port).await;
    let ann = installation.member("ann", NUMBER).await;
    installation.works();
    let asked = installation.asks(&ann).await;
    began.recv().await.expect("it has begun");
    installation.rests().await;
    assert_eq!(installation.story(&asked).await, ["queued Slow", "handed Slow"]);
}

/// A provider that is switched off, or that was changed, is so for a courier at work.
#[tokio::test]
async fn a_change_of_providers_reaches_a_courier_at_work() {
    let mut installation = Installation::new().await;
    let (first, second) = (Gateway::new(Dies::Never).await, Gateway::new(Dies::Never).await);
    let a = installation.gateway("First", 1, first.port).await;
    let ann = installation.member("ann", NUMBER).await;
    installation.works();
    let asked = installation.asks(&ann).await;
    installation.story_of(&asked, 2).await;
    let delivery = installation.domain.delivery();
    delivery
        .set_provider(domain::actor::Operator::console(), a, false, None)
        .await
        .expect("switched off");
    installation.gateway("Second", 2, second.port).await;
    let asked = installation.asks(&ann).await;
    assert_eq!(installation.story_of(&asked, 2).await, ["queued Second", "handed Second"]);
    assert_eq!((first.arrived().len(), second.arrived().len()), (1, 1));
}

/// What the stand-in was asked to send.
async fn told_by(peer: &mut Peer) -> (String, String) {
    let request = peer.tells("request").await;
    let callback = request["form"]["StatusCallback"][0].as_str().expect("an address").to_owned();
    (callback, code_in(request["form"]["Body"][0].as_str().expect("text")))
}

/// Posts a report as the gateway does, signed with a token.
async fn report(installation: &Installation, url: &str, fields: &[(&str, &str)], token: &str) -> u16 {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).expect("a key");
    mac.update(url.as_bytes());
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let signature = data_encoding::BASE64.encode(&mac.finalize().into_bytes());
    let posted = installation.client.post(url).header("X-Twilio-Signature", signature).form(fields).send().await;
    posted.expect("an answer").status().as_u16()
}

/// Matrix 25: reports signed by Twilio's own library are written down; forged ones are refused without a word, and replayed or reordered ones change nothing.
#[tokio::test]
async fn reports_of_a_gateway_move_a_status_forward_only() {
    let mut installation = Installation::new().await;
    let mut peer = Peer::start("gateway_peer.py", &[]).await;
    let provider = installation.gateway("Gateway", 1, peer.port).await;
    let ann = installation.member("ann", NUMBER).await;
    installation.works();
    let asked = installation.asks(&ann).await;
    let story = installation.story_of(&asked, 3).await;
    assert_eq!(story, ["queued Gateway", "handed Gateway", "delivered Gateway"]);
    let (callback, code) = told_by(&mut peer).await;
    assert!(
        callback.starts_with(&format!("{}/callbacks/{provider}/reports/", installation.origin)),
        "{callback}"
    );

    let sid = format!("SM{:032x}", 1);
    let failed = [("MessageSid", sid.as_str()), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")];
    let sent = [("MessageSid", sid.as_str()), ("MessageStatus", "sent")];
    let unknown = [("MessageSid", "SMunknown"), ("MessageStatus", "delivered")];
    let good = "token-of-the-tests";
    for fields in [&failed[..], &sent[..], &sent[..], &unknown[..]] {
        assert_eq!(report(&installation, &callback, fields, good).await, 204, "{fields:?}");
    }
    // Forged: another token, another gateway, another address than was signed, no signature, and a report that lacks its status.
    assert_eq!(report(&installation, &callback, &failed, "guess").await, 403);
    assert_eq!(report(&installation, &callback, &failed, "").await, 403);
    let elsewhere = callback.replace(&provider.to_string(), "00000000-0000-0000-0000-000000000001");
    assert_eq!(report(&installation, &elsewhere, &failed, good).await, 403);
    assert_eq!(report(&installation, &elsewhere, &failed, "").await, 403);
    assert_eq!(report(&installation, &format!("{callback}?x=1"), &failed, good).await, 403);
    assert_eq!(report(&installation, &callback, &failed[..1], good).await, 403);
    let bare = installation.client.post(&callback).form(&failed).send().await.expect("an answer");
    assert_eq!(bare.status(), 403);
    let with_cookie = installation
        .client
        .post(&callback)
        .header("cookie", "a=b")
        .form(&failed)
        .send()
        .await
        .expect("an answer");
    assert_eq!(with_cookie.status(), 400);
    let huge = installation
        .client
        .post(&callback)
        .form(&[("x", "y".repeat(70_000))])
        .send()
        .await
        .expect("an answer");
    assert_eq!(huge.status(), 413);

    assert_eq!(installation.story(&asked).await, story, "nothing has moved");
    assert_eq!(
        installation
            .number("select count(*) from delivery where status = 'delivered' and problem is null")
            .await,
        1
    );
    assert_eq!(installation.answers(&asked, &code).await.body["decision"], "allowed");
    assert_eq!(installation.number("select count(*) from usage").await, 1);
}

/// A message that fails after it was taken goes to the next provider with the same code; one to a number that is no good goes nowhere.
#[tokio::test]
async fn a_failure_that_is_reported_later_is_acted_on() {
    let mut installation = Installation::new().await;
    let mut peer = Peer::start("gateway_peer.py", &[]).await;
    let second = Gateway::new(Dies::Never).await;
    installation.gateway("Gateway", 1, peer.port).await;
    installation.gateway("Second", 2, second.port).await;
    let (bob, ann) = (
        installation.member("bob", "+31612345616").await,
        installation.member("ann", "+31612345613").await,
    );
    installation.works();
    let asked = installation.asks(&bob).await;
    assert_eq!(
        installation.story_of(&asked, 3).await,
        ["queued Gateway", "handed Gateway", "failed Gateway"],
        "30005: no such number"
    );
    let (_, _) = told_by(&mut peer).await;
    let asked = installation.asks(&ann).await;
    let story = installation.story_of(&asked, 4).await;
    assert_eq!(
        story,
        ["queued Gateway", "failed Gateway", "queued Second", "handed Second"],
        "21408: not from here"
    );
    let (_, code) = told_by(&mut peer).await;
    assert_eq!(second.arrived(), [("+31612345613".to_owned(), code)]);
}

/// How many texts a second one courier hands to a gateway on the same machine. Run by hand: `cargo nextest run --run-ignored only -E 'test(texts_a_second)'`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a promise"]
async fn texts_a_second() {
    const TEXTS: usize = 400;
    let mut installation = Installation::new().await;
    let gateway = Gateway::new(Dies::Never).await;
    installation.gateway("First", 1, gateway.port).await;
    for n in 0..TEXTS {
        // Few to numbers that begin alike: codes that do not come back look like fraud (F7).
        let number = format!("+316{}{:06}", 10 + n / 40, n % 40);
        let member = installation.member(&format!("m{n}"), &number).await;
        installation.asks(&member).await;
    }
    let begun = Instant::now();
    installation.works();
    while gateway.arrived().len() < TEXTS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{TEXTS} texts in {seconds:.2} s: {:.0} a second", TEXTS as f64 / seconds);
}
