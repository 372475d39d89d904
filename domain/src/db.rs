//! The door to Postgres. [`TenantTx`] is the only way to run statements on tenant tables: it is bound to one tenant by row-level
//! security, and no cancelled request can leave it open on a pooled connection.
//!
//! sqlx's own `begin` is not safe against cancellation (a request that goes away during BEGIN leaves its connection inside a transaction, and
//! the next writes on it are acknowledged and lost). So BEGIN and COMMIT run in tasks of their own that nobody can cancel, and a
//! transaction that is dropped half-way is rolled back in a task too before its connection returns to the pool.

use model::TenantId;
use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, Postgres,
    migrate::Migrator,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{
    ops::{Deref, DerefMut},
    str::FromStr,
    time::Duration,
};

/// The pool of the application's role.
#[derive(Clone)]
pub struct Db {
    pool: PgPool,
}

/// Why the database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It does not answer, or no connection became free in time.
    #[error("the database does not answer")]
    Gone(#[source] sqlx::Error),
    /// It answered with an error.
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
    /// The role may not be used by the application.
    #[error("role '{role}' is not fit for the application: it {problem}")]
    Role {
        /// The role's name.
        role: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The grants file could not be read.
    #[error("the grants cannot be read: {0}")]
    Grants(#[from] std::io::Error),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => {
                Self::Gone(error)
            }
            sqlx::Error::Database(ref d)
                if d.code()
                    .is_some_and(|c| c.starts_with("57P") || c.starts_with("08") || c == "25006" || c == "53300") =>
            {
                Self::Gone(error)
            }
            other => Self::Refused(other),
        }
    }
}

impl DbError {
    /// What was stored cannot be read back.
    pub(crate) fn unreadable(error: serde_json::Error) -> Self {
        Self::Refused(sqlx::Error::Decode(error.into()))
    }

    /// The name of the constraint that a statement broke, if it broke one.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Refused(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }

    /// True when two commits met and this one lost: load and decide again.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("40001" | "40P01")))
    }
}

impl Db {
    /// Opens a pool of at most `connections`. A connection is waited for at most one second.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, DbError> {
        let options = PgConnectOptions::from_str(url)?.application_name("tweestap").options([
            ("statement_timeout", "5000"),
            ("idle_in_transaction_session_timeout", "10000"),
            ("lock_timeout", "3000"),
            ("timezone", "UTC"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(1))
            .test_before_acquire(false)
            .idle_timeout(Duration::from_secs(600))
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Refuses a role that row-level security does not bind: superuser, BYPASSRLS, or owner of tables.
    pub async fn check_role(&self) -> Result<(), DbError> {
        let row = sqlx::query!(
            r#"select current_user::text as "role!", r.rolsuper as "superuser!", r.rolbypassrls as "bypasses!",
               exists(select 1 from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace) as "owner!"
               from pg_roles r where r.rolname = current_user"#
        )
        .fetch_one(&self.pool)
        .await?;
        let problem = match (row.superuser, row.bypasses, row.owner) {
            (true, _, _) => "is a superuser",
            (_, true, _) => "bypasses row-level security",
            (_, _, true) => "owns tables",
            _ => return Ok(()),
        };
        Err(DbError::Role { role: row.role, problem })
    }

    /// The database's time, for the check of this node's clock.
    pub async fn clock(&self) -> Result<jiff::Timestamp, DbError> {
        Ok(sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#)
            .fetch_one(&self.pool)
            .await?
            .to_jiff())
    }

    /// How many of the program's migrations the database has not got yet. More than the program knows is fine: a newer node has been here,
    /// and its changes only added.
    pub async fn migrations_missing(&self) -> Result<usize, DbError> {
        let table: Option<String> = sqlx::query_scalar("select to_regclass('public._sqlx_migrations')::text")
            .fetch_one(&self.pool)
            .await?;
        if table.is_none() {
            return Ok(migrations_known());
        }
        let applied: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(&self.pool)
            .await?;
        Ok(MIGRATIONS.iter().filter(|known| !applied.contains(&known.version)).count())
    }

    /// Begins a transaction for one tenant. BEGIN and the setting travel as one message, in a task that cannot be cancelled.
    pub async fn tenant(&self, tenant: TenantId) -> Result<TenantTx, DbError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move {
            let mut connection = pool.acquire().await?;
            let begin = format!("BEGIN; SELECT set_config('app.tenant', '{}', true)", tenant.0);
            if let Err(error) = sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *connection).await {
                connection.close_on_drop();
                return Err(error);
            }
            Ok(TenantTx {
                connection: Some(connection),
                tenant,
            })
        });
        flatten(begun.await)
    }

    /// The pool, for statements on installation tables and for calls that set their tenant themselves. Only `store.rs` files use it.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Closes the pool after what runs has ended.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction of one tenant.
pub struct TenantTx {
    connection: Option<PoolConnection<Postgres>>,
    tenant: TenantId,
}

impl TenantTx {
    /// Whose transaction this is.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Turns to another tenant: from here on its rows and no others. For what writes several tenants or none; nobody else has use for it.
    pub(crate) async fn turn_to(&mut self, tenant: TenantId) -> Result<(), DbError> {
        let sql = format!("select set_config('app.tenant', '{}', true)", tenant.0);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **self).await?;
        self.tenant = tenant;
        Ok(())
    }

    /// Commits, in a task that cannot be cancelled.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let Some(mut connection) = self.connection.take() else {
            return Ok(());
        };
        let committed = tokio::spawn(async move {
            let done = sqlx::raw_sql("COMMIT").execute(&mut *connection).await;
            if done.is_err() {
                connection.close_on_drop();
            }
            done.map(drop)
        });
        flatten(committed.await)
    }
}

fn flatten<T>(joined: Result<Result<T, sqlx::Error>, tokio::task::JoinError>) -> Result<T, DbError> {
    match joined {
        Ok(result) => Ok(result?),
        Err(_) => Err(DbError::Gone(sqlx::Error::WorkerCrashed)),
    }
}

impl Drop for TenantTx {
    /// Not committed: rolls back in a task before the connection can be used again; without a runtime the connection is closed.
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.is_err() {
                        connection.close_on_drop();
                    }
                });
            }
            Err(_) => connection.close_on_drop(),
        }
    }
}

impl Deref for TenantTx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect("a transaction has its connection until it ends")
    }
}

impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("a transaction has its connection until it ends")
    }
}

/// Reads a stored word of one of our lists. One that is not known was written by a later version or by hand: nothing is guessed.
pub(crate) fn word<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, DbError> {
    parse(text).ok_or_else(|| DbError::Refused(sqlx::Error::Decode(format!("the word '{text}' is not one of ours").into())))
}

/// The migrations, built into the program.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");
const GRANTS: &str = include_str!("../../migrations/grants.sql");

/// Brings the schema up to date as the owner, then grants the two other roles what they may do. Safe to run again.
pub async fn migrate(owner_url: &str, app_role: &str, keeper_role: &str) -> Result<usize, DbError> {
    let pool = PgPoolOptions::new().max_connections(1).connect(owner_url).await?;
    let before = applied(&pool).await;
    MIGRATIONS.run(&pool).await?;
    let quoted = |role: &str| format!("\"{}\"", role.replace('"', "\"\""));
    let grants = GRANTS.replace("{app}", &quoted(app_role)).replace("{keeper}", &quoted(keeper_role));
    sqlx::raw_sql(AssertSqlSafe(grants)).execute(&pool).await?;
    let after = applied(&pool).await;
    pool.close().await;
    Ok(after - before)
}

async fn applied(pool: &PgPool) -> usize {
    sqlx::query_scalar::<_, i64>("select count(*) from _sqlx_migrations where success")
        .fetch_one(pool)
        .await
        .map_or(0, |n| n as usize)
}

/// The role in a database URL.
pub fn role_of(url: &str) -> Result<String, DbError> {
    Ok(PgConnectOptions::from_str(url)?.get_username().to_owned())
}

/// How many migrations the program knows.
pub fn migrations_known() -> usize {
    MIGRATIONS.iter().count()
}
