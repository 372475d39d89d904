//! A fresh database for each test, with the same three roles and migrations as in production.
//!
//! ```no_run
//! # async fn example() {
//! let database = testkit::database().await;
//! let pool = sqlx::PgPool::connect(&database.app_url).await.unwrap();
//! # }
//! ```
//!
//! The cluster is the one that `TWEESTAP_TEST_POSTGRES` names (a superuser's URL); without it `scripts/test-postgres.sh` starts one. The
//! migrations run once per content into a template; a test then gets a copy of it. A copy goes with its [`TestDatabase`]; those of killed tests
//! are swept by the script.

#[cfg(test)]
mod tests;

mod cluster;
mod template;

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub use cluster::{APP, KEEPER, OWNER};

/// The folder of the crate under test, where it is now: a test may have been built in another checkout with the same build folder.
#[must_use]
pub fn crate_folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// A database of one test. It is dropped, open connections and all, when this goes out of scope.
#[derive(Debug)]
pub struct TestDatabase {
    /// For migrations and partitions: the role that owns every table.
    pub owner_url: String,
    /// For everything a request does: row-level security applies.
    pub app_url: String,
    /// For retention and erasure.
    pub keeper_url: String,
    /// The database's name in the cluster.
    pub name: String,
    cluster: String,
}

/// Makes a fresh database from the migrations as they are now. Panics, with what to do, when there is no cluster.
pub async fn database() -> TestDatabase {
    let cluster = cluster::url();
    let name = format!("tweestap_test_{}", uuid::Uuid::now_v7().simple());
    let mut connection = cluster::connect(&cluster).await;
    template::copy(&mut connection, &cluster, &name)
        .await
        .unwrap_or_else(|error| panic!("no test database: {error}"));
    // Closed now: a test process holds no superuser connection while it runs.
    drop(connection.close().await);
    TestDatabase {
        owner_url: cluster::url_as(&cluster, OWNER, &name),
        app_url: cluster::url_as(&cluster, APP, &name),
        keeper_url: cluster::url_as(&cluster, KEEPER, &name),
        name,
        cluster,
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        // Drop cannot await and may run inside the test's own runtime, so a thread with a small runtime does it. What fails here is swept later.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(async {
                    if let Ok(mut connection) = PgConnection::connect(&cluster).await {
                        let sql = format!(r#"drop database if exists "{name}" with (force)"#);
                        drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await);
                    }
                });
            }
        });
        drop(dropping.join());
    }
}
