//! The template: an empty database with today's migrations, made once and copied for each test.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::cluster::{self, APP, KEEPER, OWNER};

/// One key for all test processes of this cluster.
const LOCK: i64 = 0x0077_6565_7374_6170;

/// Copies the template of the present migrations to a new database, making the template first when this is the first test to need it.
pub(crate) async fn copy(connection: &mut PgConnection, cluster: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let plan = Plan::read().await?;
    for _ in 0..3 {
        if !exists(connection, &plan.template).await? {
            make(connection, cluster, &plan).await?;
        }
        let template = &plan.template;
        // Copying files is the faster strategy (40 ms against 70 for 12 MB) because the test cluster does not sync its checkpoints.
        let sql = format!(r#"create database "{name}" template "{template}" owner {OWNER} strategy file_copy"#);
        match execute(connection, sql).await {
            // The sweep took the template between the two statements: make it again.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("3D000") => {}
            other => return Ok(other?),
        }
    }
    Err("the template keeps disappearing".into())
}

/// What the template is made from.
struct Plan {
    migrator: Migrator,
    grants: Option<String>,
    template: String,
}

impl Plan {
    async fn read() -> Result<Self, Box<dyn Error>> {
        let folder = crate::crate_folder().join("../migrations");
        let migrator = Migrator::new(folder.as_path())
            .await
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let grants = std::fs::read_to_string(folder.join("grants.sql")).ok();
        let mut hasher = DefaultHasher::new();
        for migration in migrator.iter() {
            migration.version.hash(&mut hasher);
            migration.checksum.hash(&mut hasher);
        }
        grants.hash(&mut hasher);
        let template = format!("tweestap_template_{:016x}", hasher.finish());
        Ok(Self { migrator, grants, template })
    }
}

async fn make(connection: &mut PgConnection, cluster: &str, plan: &Plan) -> Result<(), Box<dyn Error>> {
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut *connection).await?;
    let made = make_locked(connection, cluster, plan).await;
    sqlx::query("select pg_advisory_unlock($1)").bind(LOCK).execute(&mut *connection).await?;
    made
}

async fn make_locked(connection: &mut PgConnection, cluster: &str, plan: &Plan) -> Result<(), Box<dyn Error>> {
    let template = &plan.template;
    if exists(connection, template).await? {
        return Ok(());
    }
    cluster::make_roles(connection).await?;
    // Under another name until it is complete: a test that dies half-way must not leave a half-made template behind.
    let draft = format!("{template}_draft");
    execute(connection, format!(r#"drop database if exists "{draft}" with (force)"#)).await?;
    execute(connection, format!(r#"create database "{draft}" owner {OWNER}"#)).await?;
    migrate(&cluster::url_as(cluster, OWNER, &draft), plan).await?;
    execute(connection, format!(r#"alter database "{draft}" rename to "{template}""#)).await?;
    // Nobody may connect to it any more, or copying it would fail.
    execute(
        connection,
        format!(r#"alter database "{template}" with allow_connections false is_template true"#),
    )
    .await?;
    Ok(())
}

async fn migrate(owner_url: &str, plan: &Plan) -> Result<(), Box<dyn Error>> {
    let mut owner = PgConnection::connect(owner_url).await?;
    plan.migrator.run(&mut owner).await.map_err(|error| format!("the migrations fail: {error}"))?;
    if let Some(grants) = &plan.grants {
        let grants = grants.replace("{app}", &format!("\"{APP}\"")).replace("{keeper}", &format!("\"{KEEPER}\""));
        execute(&mut owner, grants)
            .await
            .map_err(|error| format!("migrations/grants.sql fails: {error}"))?;
    }
    owner.close().await?;
    Ok(())
}

async fn exists(connection: &mut PgConnection, database: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(database)
        .fetch_one(connection)
        .await
}

async fn execute(connection: &mut PgConnection, sql: String) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
