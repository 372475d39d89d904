//! Calls from a question of the REST interface to the keys that are pressed, with real sockets on every side: a stand-in gateway that listens to our documents
//! and presses what it hears, and one that we drive by hand to lie.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::MethodKind;
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use super::installation::Installation;
use super::misbehaving::{Misbehaving, read_request};
use super::peer::Peer;
use super::sms_http::token;

/// How long a test waits for what happens behind its back; a call that was not taken is to be closed within this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for a call to a number, and waits as a program does: by asking again.
async fn outcome_of(installation: &Installation, asked: &Value) -> Value {
    let path = format!("/api/v1/verifications/{}", asked["challenge"]["id"].as_str().expect("pending"));
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            let told = installation.call("GET", &path, Value::Null).await.body;
            if told["decision"] != "pending" {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    waited.await.expect("an outcome in time")
}

/// Everything the timeline tells, by kind.
async fn steps(installation: &Installation, asked: &Value) -> Vec<String> {
    let session = asked["session_id"].as_str().expect("a session");
    let case = installation.call("GET", &format!("/api/v1/attempts/{session}"), Value::Null).await;
    let steps = case.body["steps"].as_array().expect("steps").clone();
    steps.iter().filter_map(|step| step["kind"].as_str().map(str::to_owned)).collect()
}

async fn with_peer() -> (Installation, Peer) {
    let mut installation = Installation::new().await;
    let peer = Peer::start("gateway_peer.py", &[]).await;
    installation.calls("Calls", peer.port, token().expose()).await;
    installation.works();
    (installation, peer)
}

#[tokio::test]
async fn who_presses_the_digit_is_allowed_and_the_program_hears_of_it() {
    let (installation, mut peer) = with_peer().await;
    let ann = installation.member_with("ann", "+31612345600 x5678", MethodKind::Voice).await;
    let asked = installation.asks_by(&ann, "voice").await;
    let told = outcome_of(&installation, &asked).await;
    assert_eq!((told["decision"].as_str(), told["method"].as_str()), (Some("allowed"), Some("voice")), "{told}");
    let request = peer.tells("request").await;
    assert_eq!(request["form"]["From"][0], "+15550100100", "the caller id is always sent");
    assert_eq!(request["form"]["SendDigits"][0], "wwww5678", "the extension is dialled");
    peer.tells("call_over").await;
    assert_eq!(installation.number("select count(*) from usage").await, 1);
    let written = "select count(*) from auth_log where decision = 'allowed' and reason = 'approved' and transport_result = 'SUCCESS_NO_PIN'";
    assert_eq!(installation.number(written).await, 1);
}

#[tokio::test]
async fn f8_a_mailbox_never_approves_an_attempt() {
    let (installation, mut peer) = with_peer().await;
    let ann = installation.member_with("ann", "+31612345602", MethodKind::Voice).await;
    let asked = installation.asks_by(&ann, "voice").await;
    let told = outcome_of(&installation, &asked).await;
    assert_eq!(
        (told["decision"].as_str(), told["reason"].as_str()),
        (Some("denied"), Some("voicemail")),
        "{told}"
    );
    peer.tells("call_over").await;
    assert_eq!(installation.number("select count(*) from auth_log where decision = 'allowed'").await, 0);
}

#[tokio::test]
async fn what_is_reported_in_a_call_ends_the_attempt_with_a_reason_of_its_own() {
    let (installation, mut peer) = with_peer().await;
    let ann = installation.member_with("ann", "+31612345601", MethodKind::Voice).await;
    let asked = installation.asks_by(&ann, "voice").await;
    let told = outcome_of(&installation, &asked).await;
    assert_eq!(
        (told["decision"].as_str(), told["reason"].as_str()),
        (Some("denied"), Some("fraud_reported")),
        "{told}"
    );
    peer.tells("call_over").await;
    assert!(steps(&installation, &asked).await.contains(&String::from("fraud_reported")));
    let written = "select count(*) from auth_log where reason = 'fraud_reported' and transport_result = 'FAILED_FRAUD_CODE_ENTERED'";
    assert_eq!(installation.number(written).await, 1);
}

#[tokio::test]
async fn a_wrong_digit_is_counted_before_anything_is_said() {
    let (installation, mut peer) = with_peer().await;
    let ann = installation.member_with("ann", "+31612345603", MethodKind::Voice).await;
    let asked = installation.asks_by(&ann, "voice").await;
    let told = outcome_of(&installation, &asked).await;
    assert_eq!(told["decision"], "allowed", "{told}");
    peer.tells("call_over").await;
    let steps = steps(&installation, &asked).await;
    let (wrong, right) = (steps.iter().position(|s| s == "code_wrong"), steps.iter().position(|s| s == "code_right"));
    assert!(wrong.is_some() && wrong < right, "{steps:?}");
}

#[tokio::test]
async fn a_call_that_was_not_taken_is_closed_with_what_became_of_it() {
    let (installation, _peer) = with_peer().await;
    for (name, number, reason) in [
        ("ann", "+31612345604", "busy"),
        ("bob", "+31612345605", "no_answer"),
        ("cas", "+31612345606", "hung_up"),
    ] {
        let member = installation.member_with(name, number, MethodKind::Voice).await;
        let asked = installation.asks_by(&member, "voice").await;
        let told = outcome_of(&installation, &asked).await;
        assert_eq!((told["decision"].as_str(), told["reason"].as_str()), (Some("denied"), Some(reason)), "{told}");
        assert!(steps(&installation, &asked).await.contains(&String::from("call_missed")), "{name}");
    }
    assert_eq!(
        installation.number("select count(*) from delivery").await,
        3,
        "a busy line is no reason to try another gateway"
    );
}

/// A gateway that takes calls and places none: the test is what speaks for it.
struct Lies {
    installation: Installation,
    server: Misbehaving,
    calls: Arc<Mutex<Vec<String>>>,
}

/// A call as the gateway knows it.
#[derive(Clone)]
struct Call {
    url: String,
    reports: String,
    sid: String,
    asked: Value,
}

impl Lies {
    async fn new() -> Self {
        let calls = Arc::<Mutex<Vec<String>>>::default();
        let taken = calls.clone();
        let server = Misbehaving::new(move |mut stream| {
            let taken = taken.clone();
            async move {
                let request = read_request(&mut stream).await;
                let n = {
                    let mut taken = taken.lock().expect("unpoisoned");
                    taken.push(request);
                    taken.len()
                };
                let created = format!("{{\"sid\":\"CA{n}\",\"status\":\"queued\"}}");
                let answer = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{created}", created.len());
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        })
        .await;
        let mut installation = Installation::new().await;
        installation.calls("Calls", server.port, token().expose()).await;
        installation.works();
        Self { installation, server, calls }
    }

    async fn call(&self, name: &str, number: &str) -> Call {
        let member = self.installation.member_with(name, number, MethodKind::Voice).await;
        let asked = self.installation.asks_by(&member, "voice").await;
        self.installation.story_of(&asked, 2).await;
        let (n, request) = {
            let calls = self.calls.lock().expect("unpoisoned");
            (calls.len(), calls.last().expect("a call").clone())
        };
        let (_, form) = request.split_once("\r\n\r\n").expect("a body");
        let field = |name: &str| {
            let found = form_urlencoded::parse(form.as_bytes()).find(|(known, _)| known == name);
            found.expect("a field").1.into_owned()
        };
        Call {
            url: field("Url"),
            reports: field("StatusCallback"),
            sid: format!("CA{n}"),
            asked,
        }
    }

    /// Asks for a document, signed with a token.
    async fn posts(&self, url: &str, fields: &[(&str, &str)], token: &str) -> (u16, String) {
        let signature = signature(url, fields, token);
        let posted = self
            .installation
            .client
            .post(url)
            .header("X-Twilio-Signature", signature)
            .form(fields)
            .send()
            .await;
        let answer = posted.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// The next document of a call, as the gateway asks for it.
    async fn turn(&self, call: &Call, url: &str, keys: Option<&str>) -> String {
        let mut fields = vec![("CallSid", call.sid.as_str()), ("CallStatus", "in-progress")];
        fields.extend(keys.map(|keys| ("Digits", keys)));
        let (status, document) = self.posts(url, &fields, token().expose()).await;
        assert_eq!(status, 200, "{document}");
        document
    }

    async fn reports(&self, call: &Call, status: &str) -> u16 {
        let fields = [("CallSid", call.sid.as_str()), ("CallStatus", status)];
        self.posts(&call.reports, &fields, token().expose()).await.0
    }

    async fn state(&self, call: &Call) -> String {
        let path = format!("/api/v1/verifications/{}", call.asked["challenge"]["id"].as_str().expect("pending"));
        let told = self.installation.call("GET", &path, Value::Null).await.body;
        told["decision"].as_str().unwrap_or_default().to_owned()
    }

    async fn wrong_answers(&self) -> i64 {
        self.installation.number("select coalesce(sum(wrong_count), 0)::bigint from challenge").await
    }
}

fn signature(url: &str, fields: &[(&str, &str)], token: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).expect("a key");
    mac.update(url.as_bytes());
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    data_encoding::BASE64.encode(&mac.finalize().into_bytes())
}

/// The digit that a document asks for.
fn digit(document: &str) -> u8 {
    const WORDS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let (_, asked) = document
        .split_once("If it is you, press ")
        .unwrap_or_else(|| panic!("asks nothing: {document}"));
    let word = asked.split(',').next().expect("a word");
    WORDS.iter().position(|known| *known == word).expect("a digit") as u8
}

/// Where the keys go.
fn action(document: &str) -> String {
    let (_, rest) = document.split_once("action=\"").unwrap_or_else(|| panic!("gathers nothing: {document}"));
    rest.split('"').next().expect("an address").replace("&amp;", "&")
}

#[tokio::test]
async fn f9_keys_that_are_forged_or_of_another_call_do_nothing() {
    let lies = Lies::new().await;
    let (call, other) = (lies.call("ann", "+31612345640").await, lies.call("bob", "+31612345641").await);
    let good = token();
    let good = good.expose();
    let greeting = lies.turn(&call, &call.url, None).await;
    let (right, answer) = (digit(&greeting).to_string(), action(&greeting));
    let keys = [("CallSid", call.sid.as_str()), ("CallStatus", "in-progress"), ("Digits", right.as_str())];

    // Another token, none at all, and a signature over another address or body.
    assert_eq!(lies.posts(&answer, &keys, "guess").await.0, 403);
    assert_eq!(lies.posts(&answer, &keys, "").await.0, 403);
    let bare = lies.installation.client.post(&answer).form(&keys).send().await.expect("an answer");
    assert_eq!(bare.status(), 403);
    for (url, body) in [(call.url.as_str(), &keys[..]), (answer.as_str(), &keys[..2])] {
        let wrong = signature(url, body, good);
        let posted = lies
            .installation
            .client
            .post(&answer)
            .header("X-Twilio-Signature", wrong)
            .form(&keys)
            .send()
            .await;
        assert_eq!(posted.expect("an answer").status(), 403);
    }
    // Signed, but of another call, without a call, of an address that we never gave, or of a gateway that has no such call.
    let others = [("CallSid", other.sid.as_str()), ("CallStatus", "in-progress"), ("Digits", right.as_str())];
    assert_eq!(lies.posts(&answer, &others, good).await.0, 404);
    assert_eq!(lies.posts(&answer, &keys[1..], good).await.0, 403);
    assert_eq!(lies.posts(&format!("{}?turn=x", call.url), &keys, good).await.0, 404);
    assert_eq!(lies.posts(&format!("{}?x=1", call.url), &keys, good).await.0, 404);
    let unknown = format!("{}/00000000-0000-0000-0000-000000000001", call.url.rsplit_once('/').expect("a path").0);
    assert_eq!(lies.posts(&unknown, &keys, good).await.0, 404);
    let second = lies.installation.calls("Second", lies.server.port, "another-token").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let segments: Vec<&str> = answer.split('/').collect();
    let elsewhere = answer.replace(segments[4], &second.to_string());
    assert_eq!(lies.posts(&elsewhere, &keys, "another-token").await.0, 404, "another gateway's call");
    assert_eq!(lies.posts(&elsewhere, &keys, good).await.0, 403, "another gateway's signature");
    // What is typed elsewhere is no answer to a call.
    assert_ne!(
        lies.installation
            .answers(&call.asked, &format!("{right}{right}{right}{right}{right}{right}"))
            .await
            .body["decision"],
        "allowed"
    );
    // One call's end is not told at another's address.
    let fields = [("CallSid", other.sid.as_str()), ("CallStatus", "completed")];
    assert_eq!(lies.posts(&call.reports, &fields, good).await.0, 403);

    assert_eq!(lies.state(&call).await, "pending");
    assert_eq!(lies.state(&other).await, "pending");
    // And the right keys, where they belong, are still right.
    assert!(lies.turn(&call, &answer, Some(&right)).await.contains("It is confirmed"));
    assert_eq!(lies.state(&call).await, "allowed");
}

#[tokio::test]
async fn f9_keys_that_come_twice_or_out_of_order_count_once() {
    let lies = Lies::new().await;
    let call = lies.call("ann", "+31612345640").await;
    let greeting = lies.turn(&call, &call.url, None).await;
    let (right, first) = (digit(&greeting), action(&greeting));
    let wrong = (right % 9 + 1).to_string();

    // Keys at the first address are no answer: it only greets.
    assert!(lies.turn(&call, &call.url, Some(&right.to_string())).await.contains("Hello."));
    assert_eq!((lies.wrong_answers().await, lies.state(&call).await.as_str()), (0, "pending"));
    // A wrong digit counts, and counts once however often the gateway repeats it.
    let second = action(&lies.turn(&call, &first, Some(&wrong)).await);
    for _ in 0..3 {
        assert!(lies.turn(&call, &first, Some(&wrong)).await.contains("That was not right"));
    }
    assert_eq!(lies.wrong_answers().await, 1);
    // The right one, at a turn that is past, is not heard; at the turn that asks, it is.
    assert!(lies.turn(&call, &first, Some(&right.to_string())).await.contains("That was not right"));
    assert_eq!(lies.state(&call).await, "pending");
    assert_ne!(first, second);
    assert!(lies.turn(&call, &second, Some(&right.to_string())).await.contains("It is confirmed"));
    // Said again, it is said again; the end of the call, however it is told, changes nothing.
    assert!(lies.turn(&call, &second, Some(&right.to_string())).await.contains("It is confirmed"));
    for status in ["completed", "busy", "ringing", "no-answer", "completed"] {
        assert_eq!(lies.reports(&call, status).await, 204, "{status}");
    }
    assert_eq!(lies.state(&call).await, "allowed");
    assert_eq!(lies.installation.number("select count(*) from usage").await, 1);
    assert_eq!(lies.installation.number("select count(*) from auth_log").await, 1);

    // A call that was reported, or is over, is not confirmed afterwards.
    for (name, number, end) in [("bob", "+31612345642", None), ("cas", "+31612345643", Some("completed"))] {
        let call = lies.call(name, number).await;
        let greeting = lies.turn(&call, &call.url, None).await;
        match end {
            None => assert!(lies.turn(&call, &action(&greeting), Some("0")).await.contains("We have reported it")),
            Some(status) => assert_eq!(lies.reports(&call, status).await, 204),
        }
        let after = lies.turn(&call, &action(&greeting), Some(&digit(&greeting).to_string())).await;
        assert!(after.contains("<Hangup/>") && !after.contains("It is confirmed"), "{after}");
        assert_eq!(lies.state(&call).await, "denied", "{name}");
    }
}

#[tokio::test]
async fn guessing_in_calls_ends_them_before_the_digits_run_out() {
    let lies = Lies::new().await;
    let call = lies.call("ann", "+31612345640").await;
    let mut document = lies.turn(&call, &call.url, None).await;
    let right = digit(&document);
    let mut tries = 0;
    for key in (1..=9).filter(|key| *key != right) {
        document = lies.turn(&call, &action(&document), Some(&key.to_string())).await;
        tries += 1;
        if !document.contains("<Gather") {
            break;
        }
    }
    assert!(document.contains("It is not confirmed"), "{document}");
    assert!(tries <= 5, "{tries} tries in one call");
    let after = lies.turn(&call, &call.url, Some(&right.to_string())).await;
    assert!(after.contains("It is not confirmed"), "{after}");
    assert_ne!(lies.state(&call).await, "allowed");
}

#[tokio::test]
async fn five_calls_in_five_minutes_and_no_sixth() {
    let lies = Lies::new().await;
    let ann = lies.installation.member_with("ann", "+31612345640", MethodKind::Voice).await;
    for _ in 0..5 {
        lies.installation.asks_by(&ann, "voice").await;
    }
    let body = serde_json::json!({ "user": ann, "method": "voice" });
    let refused = lies.installation.call("POST", "/api/v1/verifications", body).await;
    assert_ne!(refused.body["decision"], "pending", "{}", refused.body);
    assert_eq!(lies.installation.number("select count(*) from delivery where channel = 'voice'").await, 5);
}

/// What the policy says of calls is what the gateway is told: the code that reports fraud, and that somebody has no PIN.
#[tokio::test]
async fn the_policy_says_what_a_call_asks() {
    let (installation, mut peer) = with_peer().await;
    let ann = installation.member_with("ann", "+31612345601", MethodKind::Voice).await;
    let rules = |pin: bool, code: &str| serde_json::json!({ "pin": pin, "fraud_code": code, "reason": "test" });
    assert_eq!(installation.call("PUT", "/api/v1/calls", rules(false, "99")).await.status, 200);
    let asked = installation.asks_by(&ann, "voice").await;
    let told = outcome_of(&installation, &asked).await;
    assert_eq!(told["reason"].as_str(), Some("fraud_reported"), "{told}");
    let document = peer.tells("document").await.to_string();
    assert!(document.contains("press nine, nine, then the hash key, to report it"), "{document}");
    peer.tells("call_over").await;

    assert_eq!(installation.call("PUT", "/api/v1/calls", rules(true, "0")).await.status, 200);
    let bob = installation.member_with("bob", "+31612345600", MethodKind::Voice).await;
    let asked = installation.asks_by(&bob, "voice").await;
    let told = outcome_of(&installation, &asked).await;
    assert_eq!(
        (told["decision"].as_str(), told["reason"].as_str()),
        (Some("denied"), Some("pin_missing")),
        "{told}"
    );
    let document = peer.tells("document").await.to_string();
    assert!(document.contains("You have no PIN for calls yet") && !document.contains("Gather"), "{document}");
    assert!(steps(&installation, &asked).await.contains(&String::from("call_missed")));
}
