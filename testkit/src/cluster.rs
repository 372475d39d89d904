//! The cluster that the tests share: where it is and who may sign in.

use std::process::Command;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The role that owns the schema.
pub const OWNER: &str = "tweestap_owner";
/// The role of requests.
pub const APP: &str = "tweestap_app";
/// The role of retention and erasure.
pub const KEEPER: &str = "tweestap_keeper";

/// Known to everybody: the roles own nothing but test data and the cluster listens on loopback only.
const PASSWORD: &str = "only-for-tests";

/// The superuser's URL, from the environment or from the script.
pub(crate) fn url() -> String {
    if let Ok(url) = std::env::var("TWEESTAP_TEST_POSTGRES") {
        return url;
    }
    let script = crate::crate_folder().join("../scripts/test-postgres.sh").display().to_string();
    let output = Command::new(&script).arg("start").output().unwrap_or_else(|error| panic!("{script}: {error}"));
    assert!(
        output.status.success(),
        "{script} start failed; install what is missing by: make setup\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Connects as superuser.
pub(crate) async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url)
        .await
        .unwrap_or_else(|error| panic!("the test cluster does not answer ({error}); start it by: scripts/test-postgres.sh start"))
}

/// The same cluster, another role and database. The URL is the script's or a person's; both are `scheme://user:password@host:port/database`.
pub(crate) fn url_as(cluster: &str, role: &str, database: &str) -> String {
    let rest = cluster
        .rsplit_once('@')
        .map_or_else(|| cluster.split_once("://").map_or(cluster, |(_, rest)| rest), |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or(rest);
    format!("postgres://{role}:{PASSWORD}@{host}/{database}")
}

/// Makes the three roles where they are missing. The caller holds the cluster's lock.
pub(crate) async fn make_roles(connection: &mut PgConnection) -> sqlx::Result<()> {
    for role in [OWNER, APP, KEEPER] {
        let sql = format!(
            "do $$ begin
               if not exists (select from pg_roles where rolname = '{role}') then
                 create role {role} login nosuperuser nobypassrls nocreatedb nocreaterole password '{PASSWORD}';
               end if;
             end $$"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    }
    Ok(())
}
