//! The test kit's own promises.

use sqlx::{Connection, PgConnection};

use crate::cluster::{self, url_as};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn each_test_has_a_database_of_its_own_and_leaves_none() -> Outcome {
    let (one, two) = tokio::join!(crate::database(), crate::database());
    assert_ne!(one.name, two.name);
    let mut owner = PgConnection::connect(&one.owner_url).await?;
    sqlx::raw_sql("create table only_here (id int)").execute(&mut owner).await?;
    let mut other = PgConnection::connect(&two.owner_url).await?;
    let seen: bool = sqlx::query_scalar("select to_regclass('only_here') is not null").fetch_one(&mut other).await?;
    assert!(!seen);

    let (url, name) = (one.cluster.clone(), one.name.clone());
    drop(one);
    let mut cluster = cluster::connect(&url).await;
    let left: i64 = sqlx::query_scalar("select count(*) from pg_database where datname = $1")
        .bind(name)
        .fetch_one(&mut cluster)
        .await?;
    assert_eq!(left, 0, "dropped, although a connection was still open");
    Ok(())
}

#[tokio::test]
async fn no_role_of_a_test_is_above_row_level_security() -> Outcome {
    let database = crate::database().await;
    for url in [&database.owner_url, &database.app_url, &database.keeper_url] {
        let mut connection = PgConnection::connect(url).await?;
        let above: bool = sqlx::query_scalar("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            .fetch_one(&mut connection)
            .await?;
        assert!(!above, "{url}");
    }
    let mut app = PgConnection::connect(&database.app_url).await?;
    let refused = sqlx::raw_sql("create table not_mine (id int)").execute(&mut app).await;
    assert!(refused.is_err(), "only the owner changes the schema");
    Ok(())
}

#[test]
fn a_cluster_url_of_either_form_gives_the_roles_url() {
    let wanted = "postgres://tweestap_app:only-for-tests@127.0.0.1:5433/db";
    for cluster in [
        "postgres://postgres:p%40ss@127.0.0.1:5433/postgres",
        "postgresql://127.0.0.1:5433/postgres?sslmode=disable",
        "postgres://postgres@127.0.0.1:5433",
    ] {
        assert_eq!(url_as(cluster, "tweestap_app", "db"), wanted);
    }
}
