//! Every statement of the operator's desk. Each change and its row in the installation's log are one commit.

use super::{Counts, Figures};
use crate::{
    db::{Db, DbError},
    delivery::store::{SenderRow, find_overlap, lock_senders},
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::ProviderId;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A row of the installation's log.
pub(super) struct Note {
    pub(super) id: Uuid,
    pub(super) at: Timestamp,
    pub(super) event: &'static str,
    pub(super) actor: &'static str,
    pub(super) detail: Value,
}

async fn insert_note(tx: &mut PgConnection, note: &Note) -> Result<(), DbError> {
    sqlx::query!(
        "insert into installation_log (entry_id, occurred_at, event, actor, detail) values ($1, $2, $3, $4, $5)",
        note.id,
        note.at.to_sqlx() as _,
        note.event,
        note.actor,
        note.detail
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What a provider becomes.
pub(super) struct Changed<'a> {
    pub(super) name: &'a str,
    pub(super) settings: &'a Value,
    pub(super) sealed: Option<&'a [u8]>,
    /// The secret stays.
    pub(super) keeps: bool,
}

pub(super) async fn change_provider(db: &Db, id: ProviderId, version: i32, to: &Changed<'_>, note: &Note) -> Result<bool, DbError> {
    let mut tx = db.pool().begin().await?;
    let done = sqlx::query!(
        "update delivery_provider set name = $3, settings = $4, sealed = case when $5 then sealed else $6 end, version = version + 1, failures = 0,
           failing_since = null, rests_until = null
         where provider_id = $1 and version = $2 and removed_at is null",
        id.0,
        version,
        to.name,
        to.settings,
        to.keeps,
        to.sealed
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    insert_note(&mut tx, note).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn switch_provider(db: &Db, id: ProviderId, version: i32, on: bool, note: &Note) -> Result<bool, DbError> {
    let mut tx = db.pool().begin().await?;
    let done = sqlx::query!(
        "update delivery_provider set enabled = $3, version = version + 1, failures = 0, failing_since = null, rests_until = null
         where provider_id = $1 and version = $2 and removed_at is null",
        id.0,
        version,
        on
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    insert_note(&mut tx, note).await?;
    tx.commit().await?;
    Ok(true)
}

/// Lets a provider change places with its neighbour; all of the same channel and tenant are numbered from one then.
pub(super) async fn move_provider(db: &Db, id: ProviderId, by: i32, note: &Note) -> Result<bool, DbError> {
    let mut tx = db.pool().begin().await?;
    // Two who move at once move one after the other.
    let known = sqlx::query_scalar!(
        r#"select count(*) as "n!" from (select p.provider_id from delivery_provider p, delivery_provider mine where mine.provider_id = $1 and mine.removed_at is null
             and p.channel = mine.channel and p.removed_at is null order by p.provider_id for update of p) held"#,
        id.0
    )
    .fetch_one(&mut *tx)
    .await?;
    if known == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "with placed as (select p.provider_id, (row_number() over (order by p.rank, p.name, p.provider_id))::int as place
           from delivery_provider p, delivery_provider mine
           where mine.provider_id = $1 and p.channel = mine.channel and p.tenant_id is not distinct from mine.tenant_id and p.removed_at is null),
         mine as (select place, (select max(place) from placed) as last from placed where provider_id = $1),
         moved as (select p.provider_id, case when m.place + $2 not between 1 and m.last then p.place when p.place = m.place then p.place + $2
             when p.place = m.place + $2 then m.place else p.place end as place from placed p, mine m)
         update delivery_provider d set rank = m.place from moved m where d.provider_id = m.provider_id and d.rank <> m.place",
        id.0,
        by
    )
    .execute(&mut *tx)
    .await?;
    insert_note(&mut tx, note).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn remove_provider(db: &Db, id: ProviderId, version: i32, note: &Note) -> Result<bool, DbError> {
    let mut tx = db.pool().begin().await?;
    let done = sqlx::query!(
        "update delivery_provider set removed_at = $3, enabled = false, sealed = null, settings = '{}', version = version + 1
         where provider_id = $1 and version = $2 and removed_at is null",
        id.0,
        version,
        note.at.to_sqlx() as _
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update sender set valid_until = greatest($2, valid_from + interval '1 microsecond') where provider_id = $1 and (valid_until is null or valid_until > $2)",
        id.0,
        note.at.to_sqlx() as _
    )
    .execute(&mut *tx)
    .await?;
    insert_note(&mut tx, note).await?;
    tx.commit().await?;
    Ok(true)
}

/// Messages that wait for a provider and can still be of use.
pub(super) async fn count_waiting(db: &Db, id: ProviderId, now: Timestamp) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from delivery where provider_id = $1 and status = 'queued' and gone_at > $2"#,
        id.0,
        now.to_sqlx() as _
    )
    .fetch_one(db.pool())
    .await?)
}

/// What came of the messages of some providers since two moments.
pub(super) async fn count_messages(db: &Db, ids: &[Uuid], hour: Timestamp, day: Timestamp) -> Result<Vec<Figures>, DbError> {
    let rows = sqlx::query!(
        r#"select provider_id as "provider_id!", count(*) filter (where went) as "sent!", count(*) filter (where status = 'delivered') as "delivered!",
             count(*) filter (where status = 'failed') as "failed!", count(*) filter (where went and recent) as "hour_sent!",
             count(*) filter (where status = 'delivered' and recent) as "hour_delivered!", count(*) filter (where status = 'failed' and recent) as "hour_failed!"
           from (select provider_id, status, status in ('handed', 'sent', 'delivered', 'uncertain') as went, created_at > $2 as recent
             from delivery where provider_id = any($1) and created_at > $3) d group by provider_id"#,
        ids,
        hour.to_sqlx() as _,
        day.to_sqlx() as _
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Figures {
            provider: ProviderId(r.provider_id),
            hour: Counts {
                sent: r.hour_sent,
                delivered: r.hour_delivered,
                failed: r.hour_failed,
            },
            day: Counts {
                sent: r.sent,
                delivered: r.delivered,
                failed: r.failed,
            },
        })
        .collect())
}

/// Marks that a provider is tried out now; false when it was a moment ago, or is not there any more.
pub(super) async fn claim_test(db: &Db, id: ProviderId, before: Timestamp, note: &Note) -> Result<bool, DbError> {
    let mut tx = db.pool().begin().await?;
    let done = sqlx::query!(
        "update delivery_provider set tested_at = $2 where provider_id = $1 and removed_at is null and (tested_at is null or tested_at <= $3)",
        id.0,
        note.at.to_sqlx() as _,
        before.to_sqlx() as _
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    insert_note(&mut tx, note).await?;
    tx.commit().await?;
    Ok(true)
}

/// What came of changing a sender's end.
pub(super) enum Ended {
    Done,
    Changed,
    Overlaps(SenderRow),
}

/// Sets the end of a sender to that of `row`, if it is still as it was seen and touches no other.
pub(super) async fn set_sender_end(db: &Db, row: &SenderRow, seen: Option<Timestamp>, note: &Note) -> Result<Ended, DbError> {
    let mut tx = db.pool().begin().await?;
    lock_senders(&mut tx).await?;
    if let Some(other) = find_overlap(&mut tx, row).await? {
        return Ok(Ended::Overlaps(other));
    }
    let done = sqlx::query!(
        "update sender set valid_until = $2 where sender_id = $1 and valid_until is not distinct from $3",
        row.sender_id,
        row.valid_until.map(|t| t.to_sqlx()) as _,
        seen.map(|t| t.to_sqlx()) as _
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(Ended::Changed);
    }
    insert_note(&mut tx, note).await?;
    tx.commit().await?;
    Ok(Ended::Done)
}

pub(super) async fn delete_sender(db: &Db, sender: Uuid, note: &Note) -> Result<bool, DbError> {
    let mut tx = db.pool().begin().await?;
    let done = sqlx::query!("delete from sender where sender_id = $1", sender).execute(&mut *tx).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    insert_note(&mut tx, note).await?;
    tx.commit().await?;
    Ok(true)
}
