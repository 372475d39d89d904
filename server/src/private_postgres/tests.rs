//! The private Postgres for real: made, joined, left, started again, after crashes too. The whole program is put through the
//! same in `tests/`.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::*;

struct DataDir(PathBuf);

impl DataDir {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("tweestap-{name}-{}", std::process::id())))
    }

    fn port(&self) -> u16 {
        let text = std::fs::read_to_string(self.0.join("postgres.json")).expect("the access file");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        json["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port")
    }

    fn answers(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port())).is_ok()
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn count(url: &crate::config::SecretText, sql: &'static str) -> i64 {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(url.expose()).await.expect("a connection");
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
}

fn is_private(path: &Path) -> bool {
    std::fs::metadata(path).expect("the file").permissions().mode() & 0o077 == 0
}

#[tokio::test]
async fn the_last_one_out_stops_it_and_the_data_stay() {
    let folder = DataDir::new("join");
    let first = PrivatePostgres::join(&folder.0).await.expect("the first start");
    assert!(folder.answers());
    for secret in ["postgres.json", "master.key"] {
        assert!(is_private(&folder.0.join(secret)), "{secret}");
    }
    assert!(!folder.0.join("initdb-password").exists());

    // The roles are what the migrations and the start-up check expect of them.
    let plain = "select count(*) from pg_roles where rolname in ('tweestap_owner', 'tweestap_app', 'tweestap_keeper')
                 and rolcanlogin and not rolsuper and not rolbypassrls and not rolcreatedb and not rolcreaterole";
    assert_eq!(count(&first.urls.app, plain).await, 3);
    let owns = "select count(*) from pg_database where datname = 'tweestap' and pg_get_userbyid(datdba) = 'tweestap_owner'";
    assert_eq!(count(&first.urls.app, owns).await, 1);
    assert_eq!(
        count(&first.urls.app, "select count(*) from pg_settings where name = 'fsync' and setting = 'on'").await,
        1
    );

    let second = PrivatePostgres::join(&folder.0).await.expect("a second user");
    assert_eq!(first.urls.app, second.urls.app);
    assert_eq!(first.master_key, second.master_key);
    let key = first.master_key.clone();
    first.leave().await.expect("leaving");
    assert!(folder.answers(), "somebody still uses it");
    second.leave().await.expect("leaving");
    assert!(!folder.answers(), "the last one out stopped it");

    // Somebody else took the port in the meantime.
    let port = folder.port();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free now");
    let again = PrivatePostgres::join(&folder.0).await.expect("a second start");
    assert_ne!(folder.port(), port);
    assert_eq!(again.master_key, key);
    drop(taken);
    drop(again);
    assert!(!folder.answers(), "an early way out stops it too");

    // A machine that lost its power leaves a pid file; its number may belong to anybody by now.
    let pid_file = folder.0.join("postgres/postmaster.pid");
    std::fs::write(&pid_file, format!("{}\n", std::process::id())).expect("a stale pid file");
    let after_crash = PrivatePostgres::join(&folder.0).await.expect("a start after a crash");
    after_crash.leave().await.expect("leaving");

    // Data without their key must never be opened with a new one.
    std::fs::remove_file(folder.0.join("master.key")).expect("the key is there");
    let refused = PrivatePostgres::join(&folder.0).await.expect_err("data without their key");
    assert!(refused.to_string().contains("master.key is missing"), "{refused}");
}
