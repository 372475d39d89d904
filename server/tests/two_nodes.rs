//! Two nodes of the real program on one database: what one has begun the other ends, and a node that is killed in the middle of its work has told
//! nothing that was not kept (bars 1, 3, 4; matrix rows 1 and 3).

use domain::verification::compare::OathGenerator;
use model::OathParams;
use reqwest::{Client, Response, StatusCode, header, redirect};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
};

const SEED: &[u8] = b"12345678901234567890";
const SEED_BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const PASSWORD: &str = "vier natte eenden";

/// One database, its tenant `noord`, and a key for everything.
struct Installation {
    database: testkit::TestDatabase,
    key: String,
    http: Client,
}

/// A running node; killed when it goes out of scope.
struct Node {
    child: Child,
    port: u16,
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Node {
    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// SIGKILL: no handler runs, nothing is finished.
    fn kill(mut self) {
        self.child.kill().expect("it is there to be killed");
        self.child.wait().expect("it ends");
    }
}

impl Installation {
    async fn new() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let database = testkit::database().await;
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        let mut made = Self {
            database,
            key: String::new(),
            http,
        };
        made.run(&["tenant", "create", "--slug", "noord", "--name", "Noord", "--domain", "noord.example"]);
        let key = made.run(&["api-key", "create", "--tenant", "noord", "--name", "tests", "--scope", "verify,admin"]);
        key.trim().clone_into(&mut made.key);
        made
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tweestap"));
        command.env_clear().args(arguments).env("TWEESTAP_LOG", "warn");
        command.env("DATABASE_URL", &self.database.app_url);
        command.env("TWEESTAP_OWNER_DATABASE_URL", &self.database.owner_url);
        command.env("TWEESTAP_KEEPER_DATABASE_URL", &self.database.keeper_url);
        command.env("TWEESTAP_MASTER_KEY", data_encoding::BASE64.encode(&[7; 32]));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.program(arguments).output().expect("the program runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Starts a node and waits until it is ready.
    async fn node(&self, name: &str) -> Node {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|l| l.local_addr())
            .expect("a free port")
            .port();
        let mut command = self.program(&["serve"]);
        command.env("TWEESTAP_NODE", name).env("TWEESTAP_LISTEN", format!("127.0.0.1:{port}"));
        let mut child = command.spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        std::thread::spawn(move || lines.for_each(drop));
        let node = Node { child, port };
        for _ in 0..600 {
            let ready = self.http.get(node.url("/readyz")).send().await;
            if ready.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return node;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} does not become ready");
    }

    async fn rest(&self, node: &Node, path: &str, body: Value) -> reqwest::Result<Value> {
        let request = self.http.post(node.url(path)).bearer_auth(&self.key).json(&body);
        request.send().await?.json().await
    }

    /// A member with an app.
    async fn member(&self, node: &Node, name: &str) -> String {
        let upn = format!("{name}@noord.example");
        let made = self.rest(node, "/api/v1/users", json!({ "upn": upn })).await.expect("an answer");
        assert_eq!(made["upn"], upn.as_str(), "{made}");
        let methods = format!("/api/v1/users/{upn}/methods");
        let app = json!({ "kind": "totp", "secret": SEED_BASE32, "confirmed": true });
        let added = self.rest(node, &methods, app).await.expect("an answer");
        assert_eq!(added["active"], true, "{added}");
        upn
    }

    async fn verify(&self, node: &Node, upn: &str, code: &str) -> reqwest::Result<Value> {
        self.rest(node, "/api/v1/verifications", json!({ "user": upn, "code": code })).await
    }

    /// What SQL answers about the tenant, as rows of texts.
    async fn rows(&self, sql: &'static str) -> Vec<Vec<String>> {
        use sqlx::Connection;
        let mut connection = sqlx::PgConnection::connect(&self.database.app_url).await.expect("the database");
        let mut tx = connection.begin().await.expect("begun");
        sqlx::query("select set_config('app.tenant', tenant_id::text, true) from tenant where slug = 'noord'")
            .execute(&mut *tx)
            .await
            .expect("a tenant");
        let rows: Vec<Vec<String>> = sqlx::query_scalar(sql).fetch_all(&mut *tx).await.expect(sql);
        tx.rollback().await.expect("ended");
        rows
    }
}

/// The code that every member's app shows now, or some steps from now.
fn code(steps: i64) -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("a moment after 1970").as_secs() as i64;
    OathGenerator::new(SEED, OathParams::default()).code(now / 30 + steps).to_string()
}

/// Waits until a step of the clock has just begun, so that the codes of a test stay what they were for a while.
async fn early_in_a_step() {
    let into = SystemTime::UNIX_EPOCH.elapsed().expect("a moment after 1970").as_secs() % 30;
    if into > 15 {
        tokio::time::sleep(Duration::from_secs(30 - into)).await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Bars 3 and 4: what was told is in the database, what was not told is there whole or not at all, and no code opens twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_in_the_middle_has_told_nothing_that_was_not_kept() {
    let installation = Installation::new().await;
    let (a, b) = (installation.node("node-a").await, installation.node("node-b").await);
    let mut members = Vec::new();
    for n in 0..100 {
        members.push(installation.member(if n % 2 == 0 { &a } else { &b }, &format!("m{n}")).await);
    }
    // Five hundred at once on node A: each member's right code five times.
    let right = code(0);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..500 {
        let (http, url, key) = (installation.http.clone(), a.url("/api/v1/verifications"), installation.key.clone());
        let body = json!({ "user": members[n % members.len()], "code": right });
        tasks.spawn(async move {
            let answer: Value = http.post(url).bearer_auth(key).json(&body).send().await.ok()?.json().await.ok()?;
            Some((text(&answer["session_id"]), text(&answer["decision"]), text(&answer["reason"])))
        });
    }
    let mut told = Vec::new();
    let mut node = Some(a);
    while let Some(answer) = tasks.join_next().await {
        told.extend(answer.expect("no panic"));
        if told.len() >= 60
            && let Some(a) = node.take()
        {
            a.kill();
        }
    }
    assert!(told.len() >= 60 && told.len() < 500, "killed in the middle: {} were told", told.len());

    // What Postgres still had to do for the dead node ends by itself.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let rows = installation.rows("select array[session_id::text, decision, reason] from auth_log").await;
    let kept: BTreeMap<String, (String, String)> = rows
        .into_iter()
        .map(|row| {
            let bits: u64 = row[0].parse().expect("a number");
            (model::SessionId::from_bits(bits).to_string(), (row[1].clone(), row[2].clone()))
        })
        .collect();
    for (session, decision, reason) in told.iter().filter(|(session, ..)| !session.is_empty()) {
        assert_eq!(kept.get(session), Some(&(decision.clone(), reason.clone())), "{session} was told {decision}");
    }
    let facts = installation
        .rows(
            "select array[(select count(*) from auth_log where decision = 'allowed')::text, (select count(*) from method where last_step >= 0)::text,
               (select count(distinct member_id) from auth_log where decision = 'allowed')::text, (select count(*) from usage u join auth_log l using (tenant_id, attempt_id)
                where l.decision = 'allowed')::text]",
        )
        .await
        .remove(0);
    assert!(facts.iter().all(|count| *count == facts[0]), "accepted, claimed, members, usage: {facts:?}");
    let open = installation
        .rows("select array[state] from pg_stat_activity where datname = current_database() and state like 'idle in transaction%' and pid <> pg_backend_pid()")
        .await;
    assert!(open.is_empty(), "{open:?}");

    // On the other node each member gets in once in all, with the code that the dead one was asked about, unless its time is over.
    let mut late = 0;
    for upn in &members {
        let answer = installation.verify(&b, upn, &right).await.expect("an answer");
        match answer["reason"].as_str() {
            Some("right_code" | "code_reused" | "throttled") => {}
            Some("wrong_code") => late += 1,
            _ => panic!("{answer}"),
        }
    }
    let twice = installation
        .rows("select array[member_id::text] from auth_log where decision = 'allowed' group by member_id having count(*) > 1")
        .await;
    assert!(twice.is_empty(), "let in twice by one code: {twice:?}");
    let in_all = installation.rows("select array[count(*)::text] from auth_log where decision = 'allowed'").await;
    assert!(late > 0 || in_all[0][0] == members.len().to_string(), "{in_all:?}");
}

/// Bar 1: a code that one node has accepted is refused by the other, also when the first has died meanwhile; a challenge outlives the node that began it.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_used_on_a_node_that_died_is_refused_on_the_other() {
    let installation = Installation::new().await;
    let (a, b) = (installation.node("node-a").await, installation.node("node-b").await);
    let upn = installation.member(&a, "ann").await;
    early_in_a_step().await;
    let begun = installation.rest(&a, "/api/v1/verifications", json!({ "user": upn })).await.expect("an answer");
    assert_eq!(begun["decision"], "pending", "{begun}");
    let used = code(0);
    let first = installation.verify(&a, &upn, &used).await.expect("an answer");
    assert_eq!(first["decision"], "allowed", "{first}");
    a.kill();

    let answer = format!("/api/v1/verifications/{}/answer", text(&begun["challenge"]["id"]));
    let replayed = installation.rest(&b, &answer, json!({ "code": used })).await.expect("an answer");
    assert_eq!(
        (&replayed["decision"], &replayed["reason"]),
        (&json!("pending"), &json!("code_reused")),
        "{replayed}"
    );
    let directly = installation.verify(&b, &upn, &used).await.expect("an answer");
    assert_eq!(
        (&directly["decision"], &directly["reason"]),
        (&json!("denied"), &json!("code_reused")),
        "{directly}"
    );
    let next = installation.rest(&b, &answer, json!({ "code": code(1) })).await.expect("an answer");
    assert_eq!(next["decision"], "allowed", "{next}");
    assert_eq!(next["session_id"], begun["session_id"]);
}

/// A browser that keeps one cookie.
struct Browser {
    http: Client,
    cookie: Option<String>,
}

impl Browser {
    async fn post(&mut self, node: &Node, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.http.post(node.url(path)).header("sec-fetch-site", "same-origin").form(fields);
        self.send(request).await
    }

    async fn get(&mut self, node: &Node, path: &str) -> Response {
        let request = self.http.get(node.url(path)).header(header::ACCEPT, "text/html");
        self.send(request).await
    }

    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Response {
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let answer = request.send().await.expect("an answer");
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("text").split(';').next().unwrap_or_default();
            if set.starts_with("sid=") {
                self.cookie = Some(set.to_owned());
            }
        }
        answer
    }
}

/// The public id that a page shows, such as `7K2M-9QXD-3F`.
fn session_id_on(page: &str) -> String {
    let place = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let mut ids = place.filter(|word| word.len() == 12 && word.as_bytes()[4] == b'-' && word.parse::<model::SessionId>().is_ok());
    ids.next().expect("a session id on the page").to_owned()
}

/// The name and password on node A, the code on node B: one attempt, one public id, one log row that names B. The cookie changes at each change of
/// rights, the first time against one that was planted, and the old ones are dead on both nodes (D1, D2).
#[tokio::test(flavor = "multi_thread")]
async fn d1_d2_a_sign_in_goes_from_node_to_node_under_one_id() {
    let installation = Installation::new().await;
    let (a, b) = (installation.node("node-a").await, installation.node("node-b").await);
    let upn = installation.member(&a, "ann").await;
    let mut set_password = installation.program(&["user", "set-password", "--tenant", "noord", "--upn", &upn]);
    let mut child = set_password.stdin(Stdio::piped()).spawn().expect("the program starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("its input"), format!("{PASSWORD}\n").as_bytes()).expect("written");
    assert!(child.wait().expect("it ends").success());

    let mut browser = Browser {
        http: installation.http.clone(),
        cookie: Some(String::from("sid=AAAAAAAAAAAAAAAAAAAAAA")),
    };
    let mut cookies = vec![browser.cookie.clone()];
    let named = browser.post(&a, "/sign-in", &[("step", "name"), ("upn", &upn)]).await;
    assert_eq!(named.status(), StatusCode::SEE_OTHER);
    cookies.push(browser.cookie.clone());
    let page = browser.get(&a, "/sign-in").await.text().await.expect("a page");
    let id = session_id_on(&page);
    let entered = browser.post(&a, "/sign-in", &[("step", "password"), ("password", PASSWORD)]).await;
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    cookies.push(browser.cookie.clone());

    let page = browser.get(&b, "/sign-in").await.text().await.expect("a page");
    assert_eq!(session_id_on(&page), id, "the other node shows the same attempt");
    let shown = browser.post(&b, "/sign-in", &[("step", "code"), ("code", &code(0))]).await;
    assert_eq!(shown.status(), StatusCode::SEE_OTHER);
    cookies.push(browser.cookie.clone());
    assert_eq!(browser.get(&a, "/security-info").await.status(), StatusCode::OK, "signed in on both");

    let rows = installation.rows("select array[session_id::text, node, decision, door] from auth_log").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let shown_as = model::SessionId::from_bits(rows[0][0].parse().expect("a number")).to_string();
    assert_eq!(
        [shown_as.as_str(), &rows[0][1], &rows[0][2], &rows[0][3]],
        [id.as_str(), "node-b", "allowed", "web"]
    );

    let different: std::collections::BTreeSet<_> = cookies.iter().flatten().collect();
    assert_eq!(different.len(), 4, "planted, named, past the password, signed in: each its own");
    for old in cookies.iter().take(3) {
        for node in [&a, &b] {
            let mut thief = Browser {
                http: installation.http.clone(),
                cookie: old.clone(),
            };
            assert_eq!(thief.get(node, "/security-info").await.status(), StatusCode::SEE_OTHER, "sent to sign in");
        }
    }
}
