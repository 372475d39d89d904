//! The program as people run it, without a database given: first start, kill, start again, stop; and the console's commands.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const WAIT_SECONDS_MAX: u64 = 60;

struct DataDir(PathBuf);

impl DataDir {
    fn database_answers(&self) -> bool {
        let text = std::fs::read_to_string(self.0.join("postgres.json")).unwrap_or_default();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let port = json["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tweestap"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TWEESTAP_DATA_DIR", folder).env("TWEESTAP_LOG", "warn");
    command
}

/// Runs a command to its end: exit code, output, errors.
fn run(folder: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = program(folder);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

struct Served {
    child: Child,
    port: u16,
}

impl Served {
    /// Starts the program and waits until it answers.
    fn start(folder: &Path) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = free.local_addr().expect("its number").port();
        drop(free);
        let mut command = program(folder);
        command.arg("serve").env("TWEESTAP_LISTEN", format!("127.0.0.1:{port}"));
        command.env("TWEESTAP_PUBLIC_URL", format!("http://localhost:{port}"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = output.lines();
        let first = lines.next().expect("a line").expect("a readable line");
        assert!(first.contains(&format!("http://localhost:{port}")), "{first}");
        std::thread::spawn(move || lines.for_each(drop));
        let served = Self { child, port };
        let started = Instant::now();
        while !served.is_alive() {
            assert!(started.elapsed() < Duration::from_secs(WAIT_SECONDS_MAX), "the program does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        served
    }

    fn is_alive(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else {
            return false;
        };
        let request = format!("GET /healthz HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", self.port);
        let mut answer = String::new();
        stream.write_all(request.as_bytes()).is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
    }

    /// Ends it as a service manager would, and waits.
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}");
    }

    fn kill(mut self) {
        self.child.kill().expect("it is there to be killed");
        self.child.wait().expect("it ends");
    }
}

#[test]
fn the_database_outlives_a_killed_program_and_ends_with_the_last_one() {
    let folder = DataDir(std::env::temp_dir().join(format!("tweestap-serve-{}", std::process::id())));

    let first = Served::start(&folder.0);
    assert!(folder.database_answers());
    first.kill();
    assert!(folder.database_answers(), "nobody was there to stop it");

    let second = Served::start(&folder.0);
    let third = Served::start(&folder.0);
    second.stop();
    assert!(folder.database_answers(), "the third still uses it");
    assert!(third.is_alive());
    third.stop();
    assert!(!folder.database_answers(), "the last one out stops it");

    let fourth = Served::start(&folder.0);
    fourth.stop();
    assert!(!folder.database_answers());
}

#[test]
fn the_console_makes_what_a_newcomer_needs() {
    let folder = DataDir(std::env::temp_dir().join(format!("tweestap-console-{}", std::process::id())));
    let good = |arguments: &[&str], input: &str| {
        let (code, output, errors) = run(&folder.0, arguments, input);
        assert_eq!(code, 0, "{arguments:?}: {errors}");
        output
    };
    let json = |text: String| serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
    let member = ["--tenant", "noord", "--upn", "member@noord.example"];

    // The very first command of all, on a folder that is not there.
    let tenant = json(good(
        &["tenant", "create", "--slug", "noord", "--name", "Noord", "--domain", "noord.example"],
        "",
    ));
    assert_eq!((tenant["slug"].as_str(), tenant["domains"][0].as_str()), (Some("noord"), Some("noord.example")));
    let user = json(good(
        &[&["user", "create", "--role", "global_admin", "--setup-link"], member.as_slice()].concat(),
        "",
    ));
    assert_eq!(user["roles"][0], "global_admin");
    assert!(
        user["set_up_link"]
            .as_str()
            .is_some_and(|link| link.starts_with("http://localhost:3000/set-up/")),
        "{user}"
    );
    good(&[&["user", "set-password"], member.as_slice()].concat(), "an uncommonly long pass phrase\n");
    let key = good(&["api-key", "create", "--tenant", "noord", "--name", "bench", "--scope", "verify,admin"], "");
    assert!(key.starts_with("tsk_noord_") && key.lines().count() == 1);
    let keys = json(good(&["api-key", "list", "--tenant", "noord"], ""));
    assert_eq!((keys[0]["name"].as_str(), keys[0]["revoked_at"].is_null()), (Some("bench"), true));
    let revoke = ["api-key", "revoke", "--tenant", "noord", "--id", keys[0]["id"].as_str().expect("an id")];
    good(&revoke, "");
    assert_eq!(run(&folder.0, &revoke, "").0, 1, "it was revoked before");
    let operator = json(good(&[&["operator", "create"], member.as_slice()].concat(), ""));
    assert_eq!(operator["id"], user["id"]);
    good(&[&["operator", "recover"], member.as_slice()].concat(), "");
    let domain = testkit::crate_folder().join("../domain");
    let fixture = |name: &str| format!("{}/src/webauthn/tests/fixtures/{name}", domain.display());
    let (blob, root) = (fixture("mds-rs256.jwt"), fixture("mds-rs256-root.pem"));
    let metadata = json(good(&["metadata", "import", &blob, "--root", &root, "--signer", "mds.example.org"], ""));
    assert_eq!(metadata["serial"], 42);
    assert_eq!(json(good(&["metadata", "show"], "")), metadata);
    let (code, _, why) = run(&folder.0, &["metadata", "import", &blob], "");
    assert!(code == 1 && why.contains("do not lead to a trusted root"), "not the FIDO Alliance's: {why}");
    // The policy: shown, changed, tried, set; what was made of an earlier version is refused.
    let of_noord = |verb: &'static str| vec!["policy", verb, "--tenant", "noord"];
    let shown = json(good(&of_noord("show"), ""));
    assert_eq!(shown["version"], 1);
    let mut changed = shown.clone();
    changed["document"]["limits"]["lockout_after"] = 20.into();
    let set = [of_noord("set").as_slice(), &["-", "--reason", "tests"]].concat();
    let trial = json(good(&[set.as_slice(), &["--dry-run"]].concat(), &changed.to_string()));
    assert_eq!(
        (&trial["changes"][0]["field"], trial["effect"]["complete"].as_bool()),
        (&"limits.lockout_after".into(), Some(true))
    );
    assert_eq!(good(&set, &changed.to_string()).trim(), "2");
    let (code, _, why) = run(&folder.0, &set, &changed.to_string());
    assert!(code == 1 && why.contains("version 2 of the policy is in force"), "{why}");
    assert_eq!(
        good(&set, &changed["document"].to_string()).trim(),
        "3",
        "a document alone is made of the newest"
    );
    let (code, _, why) = run(&folder.0, &set, "{\"methods\": [{\"kind\": \"door\", \"uses\": []}]}");
    assert!(code == 1 && why.contains("methods[0].kind"), "{why}");
    assert_eq!(json(good(&[of_noord("show").as_slice(), &["--version", "1"]].concat(), "")), shown);
    let doctor = good(&["doctor"], "");
    // Nothing carries codes in a new installation, which is no fault.
    let (noted, fine): (Vec<_>, Vec<_>) = doctor.lines().partition(|line| line.starts_with("note"));
    assert!(fine.len() >= 6 && fine.iter().all(|line| line.starts_with("ok")), "{doctor}");
    assert!(matches!(noted[..], [line] if line.contains("provider add")), "{doctor}");

    for (arguments, code) in [
        (&["tenant", "create", "--slug", "noord", "--name", "Again"][..], 1),
        (&["tenant", "create", "--slug", "No Good", "--name", "X"], 2),
        (&["user", "create", "--tenant", "zuid", "--upn", "a@zuid.example"], 1),
        (&["user", "create", "--tenant", "noord", "--upn", "a@elsewhere.example"], 1),
        (&["user", "create", "--tenant", "noord", "--upn", "a@noord.example", "--role", "king"], 2),
        (&["operator", "recover", "--tenant", "noord", "--upn", "nobody@noord.example"], 1),
        (&["api-key", "create", "--tenant", "noord", "--name", "x", "--scope", "everything"], 2),
        (&["metadata", "import", "/nowhere"], 1),
        (&["metadata", "import", "/nowhere", "--signer", "x"], 2),
        (&["serve", "--listen", "nowhere"], 2),
        (&["nonsense"], 2),
    ] {
        let (found, output, errors) = run(&folder.0, arguments, "");
        assert_eq!((found, output.as_str()), (code, ""), "{arguments:?}: {errors}");
        assert!(!errors.is_empty(), "{arguments:?} says why");
    }
    assert!(!folder.database_answers(), "nothing is left running");
}
