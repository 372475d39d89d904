//! Every statement of the alarm.

use super::AlarmView;
use crate::db::{Db, DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::TenantId;
use uuid::Uuid;

/// Alarms that are shown at once.
const SHOWN_MAX: i64 = 50;

/// Takes a lease, or keeps it; false while another node has it.
pub(super) async fn take_lease(db: &Db, name: &str, holder: &str, seconds: i32, now: Timestamp) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "insert into lease (name, holder, epoch, until) values ($1, $2, 1, $3::timestamptz + make_interval(secs => $4))
         on conflict (name) do update set holder = excluded.holder, epoch = lease.epoch + 1, until = excluded.until where lease.until <= $3 or lease.holder = $2",
        name,
        holder,
        now.to_sqlx() as _,
        f64::from(seconds)
    )
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What was sent to a country, and what came of it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) country: String,
    pub(super) sent: i32,
    pub(super) entered: i32,
}

/// Texts and calls since a moment by country, and of how many the code was entered. What has not left, or has not arrived, costs nothing and is not counted;
/// nor is a code that can still be entered, nor what was sent before somebody resumed the country. At most an hour of one tenant, by `delivery_of_day`.
pub(super) async fn count_entered(tx: &mut TenantTx, since: Timestamp, now: Timestamp) -> Result<Vec<Seen>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select d.country as "country!", count(*)::int as "sent!", count(*) filter (where c.right_at is not null)::int as "entered!"
           from delivery d left join challenge c on c.tenant_id = d.tenant_id and c.challenge_id = d.challenge_id
           where d.tenant_id = $1 and d.channel in ('sms', 'voice') and d.created_at > $2 and d.country is not null
             and d.status in ('handed', 'sent', 'delivered', 'uncertain')
             and (c.challenge_id is null or c.right_at is not null or c.spent_at is not null or c.expires_at <= $3)
             and d.created_at > coalesce((select max(a.resumed_at) from conversion_alarm a where a.tenant_id = $1 and a.country = d.country), '-infinity')
           group by d.country order by d.country"#,
        tenant,
        since.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Seen {
            country: r.country,
            sent: r.sent,
            entered: r.entered,
        })
        .collect())
}

/// Writes an alarm, unless one of this country that nobody has resumed was raised since a moment.
pub(super) async fn insert_alarm(tx: &mut TenantTx, seen: &Seen, paused: bool, now: Timestamp, since: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "insert into conversion_alarm (tenant_id, country, raised_at, sent, entered, paused)
         select $1, $2, $3, $4, $5, $6 where not exists
           (select 1 from conversion_alarm a where a.tenant_id = $1 and a.country = $2 and a.raised_at > $7 and a.resumed_at is null)
         on conflict do nothing",
        tenant,
        seen.country,
        now.to_sqlx() as _,
        seen.sent,
        seen.entered,
        paused,
        since.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Alarms since a moment, newest first: of one tenant or of all.
pub(super) async fn list_recent(db: &Db, tenant: Option<TenantId>, since: Timestamp) -> Result<Vec<AlarmView>, DbError> {
    let rows = sqlx::query!(
        "select tenant_id, country, raised_at, sent, entered, paused, resumed_at from conversion_alarm
         where raised_at > $1 and ($2::uuid is null or tenant_id = $2) order by raised_at desc, tenant_id, country limit $3",
        since.to_sqlx() as _,
        tenant.map(|t| t.0),
        SHOWN_MAX
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| AlarmView {
            tenant: TenantId(r.tenant_id),
            country: r.country,
            raised_at: r.raised_at.to_jiff(),
            sent: r.sent,
            entered: r.entered,
            paused: r.paused,
            resumed_at: r.resumed_at.map(|t| t.to_jiff()),
        })
        .collect())
}

/// Marks a country's alarms as looked at.
pub(super) async fn set_resumed(tx: &mut TenantTx, country: &str, by: Option<Uuid>, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update conversion_alarm set resumed_at = $3, resumed_by = $4 where tenant_id = $1 and country = $2 and resumed_at is null",
        tenant,
        country,
        now.to_sqlx() as _,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
