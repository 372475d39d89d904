//! The three roles and the database: who may do what is settled here and in the migrations, never in the program.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::PrivatePostgresError;
use super::folder::Access;
use crate::config::{DatabaseUrls, SecretText};

/// Makes the roles and the database, and is used for nothing else.
pub(super) const SUPERUSER: &str = "tweestap_superuser";

const DATABASE: &str = "tweestap";

/// Makes what is missing and answers how each role connects. Safe to run again: a first run may have been killed.
pub(super) async fn prepare(access: &Access) -> Result<DatabaseUrls, PrivatePostgresError> {
    let mut connection = connect(access, "postgres").await?;
    let roles = [
        ("tweestap_owner", &access.owner_password),
        ("tweestap_app", &access.app_password),
        ("tweestap_keeper", &access.keeper_password),
    ];
    for (role, password) in roles {
        let exists: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
            .bind(role)
            .fetch_one(&mut connection)
            .await?;
        if !exists {
            // Names are ours and passwords are letters and digits: nothing here needs quoting beyond what stands.
            let sql = format!("create role {role} login nosuperuser nobypassrls nocreatedb nocreaterole noreplication password '{password}'");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
    }
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(DATABASE)
        .fetch_one(&mut connection)
        .await?;
    if !exists {
        let sql = format!("create database {DATABASE} owner tweestap_owner");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    }
    let sql = format!("revoke all on database {DATABASE} from public; grant connect on database {DATABASE} to tweestap_app, tweestap_keeper");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(DatabaseUrls {
        app: url(access, "tweestap_app", &access.app_password, DATABASE),
        owner: Some(url(access, "tweestap_owner", &access.owner_password, DATABASE)),
        keeper: Some(url(access, "tweestap_keeper", &access.keeper_password, DATABASE)),
    })
}

async fn connect(access: &Access, database: &str) -> Result<PgConnection, PrivatePostgresError> {
    let url = url(access, SUPERUSER, &access.superuser_password, database);
    let options = PgConnectOptions::from_str(url.expose())?.disable_statement_logging();
    Ok(options.connect().await?)
}

/// Loopback within one machine: TLS would protect nothing.
fn url(access: &Access, role: &str, password: &str, database: &str) -> SecretText {
    SecretText::new(format!("postgres://{role}:{password}@127.0.0.1:{}/{database}?sslmode=disable", access.port))
}
