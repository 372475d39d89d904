//! Every statement of delivery. Providers, senders and the queue are installation tables: a worker serves all tenants.

use crate::db::{Db, DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{AttemptId, ChallengeId, DeliveryId, ProviderId, TenantId};
use serde_json::Value;
use uuid::Uuid;

/// A provider as stored.
#[derive(Debug, Clone)]
pub(crate) struct ProviderRow {
    pub(crate) provider_id: Uuid,
    pub(crate) tenant_id: Option<Uuid>,
    pub(crate) channel: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) rank: i32,
    pub(crate) settings: Value,
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) enabled: bool,
    pub(crate) version: i32,
    pub(crate) failures: i32,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) rests_until: Option<Timestamp>,
    pub(crate) last_ok_at: Option<Timestamp>,
    pub(crate) last_problem: Option<String>,
}

pub(crate) async fn list_providers(db: &Db) -> Result<Vec<ProviderRow>, DbError> {
    let rows = sqlx::query!(
        "select provider_id, tenant_id, channel, kind, name, rank, settings, sealed, enabled, version, failures, failing_since, rests_until, last_ok_at, last_problem
         from delivery_provider where removed_at is null order by channel, rank, name, provider_id"
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ProviderRow {
            provider_id: r.provider_id,
            tenant_id: r.tenant_id,
            channel: r.channel,
            kind: r.kind,
            name: r.name,
            rank: r.rank,
            settings: r.settings,
            sealed: r.sealed,
            enabled: r.enabled,
            version: r.version,
            failures: r.failures,
            failing_since: r.failing_since.map(|t| t.to_jiff()),
            rests_until: r.rests_until.map(|t| t.to_jiff()),
            last_ok_at: r.last_ok_at.map(|t| t.to_jiff()),
            last_problem: r.last_problem,
        })
        .collect())
}

/// What a new provider brings.
pub(crate) struct NewProviderRow<'a> {
    pub(crate) id: ProviderId,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) channel: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) rank: i32,
    pub(crate) settings: &'a Value,
    pub(crate) sealed: Option<&'a [u8]>,
}

pub(crate) async fn insert_provider(db: &Db, new: &NewProviderRow<'_>, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "insert into delivery_provider (provider_id, tenant_id, channel, kind, name, rank, settings, sealed, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.0,
        new.tenant.map(|t| t.0),
        new.channel,
        new.kind,
        new.name,
        new.rank,
        new.settings,
        new.sealed,
        now.to_sqlx() as _
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

pub(crate) async fn set_provider(db: &Db, id: ProviderId, enabled: bool, rank: Option<i32>) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "update delivery_provider set enabled = $2, rank = coalesce($3, rank), version = version + 1, failures = 0, failing_since = null, rests_until = null
         where provider_id = $1 and removed_at is null",
        id.0,
        enabled,
        rank
    )
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a provider did just now: it is well, or it has failed once more and rests for a while (30 s, doubling to half an hour). What fails while it rests
/// belongs to the failure that sent it to rest.
pub(crate) async fn set_health(db: &Db, id: ProviderId, problem: Option<&str>, now: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update delivery_provider set failures = case when $2::text is null then 0 when rests_until > $3 then failures else failures + 1 end,
           failing_since = case when $2::text is null then null else coalesce(failing_since, $3::timestamptz) end,
           rests_until = case when $2::text is null then null when rests_until > $3 then rests_until
             else $3::timestamptz + least(interval '30 seconds' * power(2, least(failures, 10)), interval '30 minutes') end,
           last_ok_at = case when $2::text is null then $3::timestamptz else last_ok_at end, last_problem = coalesce($2, last_problem)
         where provider_id = $1 and ($2::text is not null or failures > 0 or last_ok_at is null or last_ok_at < $3::timestamptz - interval '1 minute')",
        id.0,
        problem,
        now.to_sqlx() as _
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// A sender as stored.
#[derive(Debug, Clone)]
pub(crate) struct SenderRow {
    pub(crate) sender_id: Uuid,
    pub(crate) tenant_id: Option<Uuid>,
    pub(crate) channel: String,
    pub(crate) country: Option<String>,
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) provider_id: Option<Uuid>,
    pub(crate) valid_from: Timestamp,
    pub(crate) valid_until: Option<Timestamp>,
}

pub(crate) async fn list_senders(db: &Db) -> Result<Vec<SenderRow>, DbError> {
    let rows = sqlx::query!(
        "select sender_id, tenant_id, channel, country, kind, value, provider_id, valid_from, valid_until from sender
         order by channel, country nulls last, valid_from desc, value"
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| SenderRow {
            sender_id: r.sender_id,
            tenant_id: r.tenant_id,
            channel: r.channel,
            country: r.country,
            kind: r.kind,
            value: r.value,
            provider_id: r.provider_id,
            valid_from: r.valid_from.to_jiff(),
            valid_until: r.valid_until.map(|t| t.to_jiff()),
        })
        .collect())
}

/// Makes a sender, unless another one says the same at the same time: that one is told. Senders are made one at a time.
pub(crate) async fn insert_sender(db: &Db, row: &SenderRow) -> Result<Option<SenderRow>, DbError> {
    let mut tx = db.pool().begin().await?;
    lock_senders(&mut tx).await?;
    if let Some(other) = find_overlap(&mut tx, row).await? {
        return Ok(Some(other));
    }
    sqlx::query!(
        "insert into sender (sender_id, tenant_id, channel, country, kind, value, provider_id, valid_from, valid_until) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.sender_id,
        row.tenant_id,
        row.channel,
        row.country,
        row.kind,
        row.value,
        row.provider_id,
        row.valid_from.to_sqlx() as _,
        row.valid_until.map(|t| t.to_sqlx()) as _
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(None)
}

/// From here to the end of the transaction nobody else makes or changes senders.
pub(crate) async fn lock_senders(tx: &mut sqlx::PgConnection) -> Result<(), DbError> {
    sqlx::query!("lock table sender in share row exclusive mode").execute(tx).await?;
    Ok(())
}

/// Another sender with the same value for the same channel, country, provider and tenant, whose time touches this one's.
pub(crate) async fn find_overlap(tx: &mut sqlx::PgConnection, row: &SenderRow) -> Result<Option<SenderRow>, DbError> {
    let found = sqlx::query!(
        "select sender_id, tenant_id, channel, country, kind, value, provider_id, valid_from, valid_until from sender
         where sender_id <> $1 and tenant_id is not distinct from $2 and channel = $3 and country is not distinct from $4 and lower(value) = lower($5)
           and provider_id is not distinct from $6 and (valid_until is null or valid_until > $7) and ($8::timestamptz is null or valid_from < $8)
         order by valid_from limit 1",
        row.sender_id,
        row.tenant_id,
        row.channel,
        row.country,
        row.value,
        row.provider_id,
        row.valid_from.to_sqlx() as _,
        row.valid_until.map(|t| t.to_sqlx()) as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(|r| SenderRow {
        sender_id: r.sender_id,
        tenant_id: r.tenant_id,
        channel: r.channel,
        country: r.country,
        kind: r.kind,
        value: r.value,
        provider_id: r.provider_id,
        valid_from: r.valid_from.to_jiff(),
        valid_until: r.valid_until.map(|t| t.to_jiff()),
    }))
}

/// Ends a sender at a moment; false when it is not there or has ended before.
pub(crate) async fn end_sender(db: &Db, sender: Uuid, at: Timestamp) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "update sender set valid_until = greatest($2, valid_from + interval '1 microsecond') where sender_id = $1 and (valid_until is null or valid_until > $2)",
        sender,
        at.to_sqlx() as _
    )
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A message that a worker has taken.
#[derive(Debug, Clone)]
pub(crate) struct QueuedRow {
    pub(crate) delivery_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) challenge_id: Uuid,
    pub(crate) attempt_id: Uuid,
    pub(crate) n: i32,
    pub(crate) channel: String,
    pub(crate) provider_id: Option<Uuid>,
    pub(crate) provider: Option<String>,
    pub(crate) sender: Option<String>,
    pub(crate) masked: String,
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) gone_at: Timestamp,
}

/// Takes messages that are due and that nobody holds: each is leased to one worker for a while, so that a worker that dies loses nothing.
pub(crate) async fn take_queued(db: &Db, by: &str, limit: i64, lease_seconds: i32, now: Timestamp) -> Result<Vec<QueuedRow>, DbError> {
    let rows = sqlx::query!(
        r#"update delivery d set lease_until = $1::timestamptz + make_interval(secs => $4), leased_by = $2
           where d.delivery_id in (select q.delivery_id from delivery q
             where q.status = 'queued' and q.run_at <= $1 and (q.lease_until is null or q.lease_until <= $1) order by q.run_at limit $3 for update skip locked)
           returning d.delivery_id, d.tenant_id, d.challenge_id, d.attempt_id, d.n, d.channel, d.provider_id, d.provider, d.sender, d.masked, d.sealed, d.gone_at"#,
        now.to_sqlx() as _,
        by,
        limit,
        f64::from(lease_seconds)
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| QueuedRow {
            delivery_id: r.delivery_id,
            tenant_id: r.tenant_id,
            challenge_id: r.challenge_id,
            attempt_id: r.attempt_id,
            n: r.n,
            channel: r.channel,
            provider_id: r.provider_id,
            provider: r.provider,
            sender: r.sender,
            masked: r.masked,
            sealed: r.sealed,
            gone_at: r.gone_at.to_jiff(),
        })
        .collect())
}

/// Since when the message is due that has been so for longest.
pub(crate) async fn find_oldest_queued(db: &Db) -> Result<Option<Timestamp>, DbError> {
    let oldest = sqlx::query_scalar!("select min(run_at) from delivery where status = 'queued'")
        .fetch_one(db.pool())
        .await?;
    Ok(oldest.map(|t| t.to_jiff()))
}

/// A challenge as far as a message needs it.
pub(crate) struct ChallengeRow {
    pub(crate) code_sealed: Option<Vec<u8>>,
    pub(crate) expires_at: Timestamp,
    pub(crate) spent_at: Option<Timestamp>,
    pub(crate) purpose: String,
}

impl ChallengeRow {
    /// Whether somebody still waits for its code.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.spent_at.is_none() && self.expires_at > now
    }
}

/// Challenges by their ids.
pub(crate) async fn list_challenges(tx: &mut TenantTx, challenges: &[Uuid]) -> Result<Vec<(Uuid, ChallengeRow)>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        "select challenge_id, code_sealed, expires_at, spent_at, purpose from challenge where tenant_id = $1 and challenge_id = any($2)",
        tenant,
        challenges
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let row = ChallengeRow {
                code_sealed: r.code_sealed,
                expires_at: r.expires_at.to_jiff(),
                spent_at: r.spent_at.map(|t| t.to_jiff()),
                purpose: r.purpose,
            };
            (r.challenge_id, row)
        })
        .collect())
}

/// What became of a message, and the step that tells of it.
pub(crate) struct Outcome {
    pub(crate) delivery: Uuid,
    pub(crate) status: &'static str,
    pub(crate) reference: Option<String>,
    pub(crate) problem: Option<String>,
    pub(crate) step: Option<&'static str>,
    pub(crate) detail: Value,
}

/// Writes what became of messages that this worker holds, wipes what they said, and adds their steps. Gives those that it held: the others are somebody
/// else's by now. A status never goes back.
pub(crate) async fn set_outcomes(tx: &mut TenantTx, held_by: &str, outcomes: &[Outcome], now: Timestamp) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant().0;
    let deliveries: Vec<Uuid> = outcomes.iter().map(|o| o.delivery).collect();
    let statuses: Vec<&str> = outcomes.iter().map(|o| o.status).collect();
    let references: Vec<Option<&str>> = outcomes.iter().map(|o| o.reference.as_deref()).collect();
    let problems: Vec<Option<&str>> = outcomes.iter().map(|o| o.problem.as_deref()).collect();
    let steps: Vec<Option<&str>> = outcomes.iter().map(|o| o.step).collect();
    let details: Vec<&Value> = outcomes.iter().map(|o| &o.detail).collect();
    let held = sqlx::query_scalar!(
        "with told as (select * from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[]) t (delivery_id, status, reference, problem, step, detail)),
         written as (update delivery d set status = t.status, reference = coalesce(t.reference, d.reference), problem = t.problem, sealed = null, lease_until = null,
             leased_by = null, handed_at = case when t.status in ('handed', 'sent', 'delivered', 'uncertain') then $9::timestamptz end,
             ended_at = case when t.status in ('delivered', 'failed', 'dropped') then $9::timestamptz end
           from told t where d.tenant_id = $1 and d.delivery_id = t.delivery_id and d.status = 'queued' and d.leased_by = $2
           returning d.delivery_id, d.attempt_id, t.step, t.detail),
         steps as (insert into attempt_step (tenant_id, occurred_at, attempt_id, n, kind, detail)
           select $1, $9, w.attempt_id,
             coalesce((select max(s.n) from attempt_step s where s.tenant_id = $1 and s.attempt_id = w.attempt_id and s.occurred_at = $9), 0)
               + row_number() over (partition by w.attempt_id order by w.delivery_id), w.step, w.detail
           from written w where w.step is not null)
         select delivery_id from written",
        tenant,
        held_by,
        &deliveries,
        &statuses as _,
        &references as _,
        &problems as _,
        &steps as _,
        &details as _,
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(held)
}

/// A message that a provider reports about.
pub(crate) struct ReportedRow {
    pub(crate) delivery_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) attempt_id: Uuid,
    pub(crate) challenge_id: Uuid,
    pub(crate) n: i32,
    pub(crate) channel: String,
    pub(crate) provider: Option<String>,
    pub(crate) masked: String,
    pub(crate) status: String,
}

pub(crate) async fn find_by_reference(db: &Db, provider: ProviderId, reference: &str) -> Result<Option<ReportedRow>, DbError> {
    let row = sqlx::query!(
        "select delivery_id, tenant_id, attempt_id, challenge_id, n, channel, provider, masked, status from delivery where provider_id = $1 and reference = $2",
        provider.0,
        reference
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|r| ReportedRow {
        delivery_id: r.delivery_id,
        tenant_id: r.tenant_id,
        attempt_id: r.attempt_id,
        challenge_id: r.challenge_id,
        n: r.n,
        channel: r.channel,
        provider: r.provider,
        masked: r.masked,
        status: r.status,
    }))
}

/// The call that a message is.
#[derive(Debug, Clone)]
pub(crate) struct CallRow {
    pub(crate) tenant: TenantId,
    pub(crate) attempt: AttemptId,
    pub(crate) challenge: ChallengeId,
    pub(crate) n: i32,
    pub(crate) reference: Option<String>,
}

impl CallRow {
    /// Whether the gateway calls it so. A call may ring before its name has been written down.
    pub(crate) fn is_named(&self, reference: &str) -> bool {
        self.reference.as_deref().is_none_or(|known| known == reference)
    }
}

pub(crate) async fn find_call(db: &Db, provider: ProviderId, id: DeliveryId) -> Result<Option<CallRow>, DbError> {
    let row = sqlx::query!(
        "select tenant_id, attempt_id, challenge_id, n, reference from delivery where delivery_id = $1 and provider_id = $2 and channel = 'voice'",
        id.0,
        provider.0
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|r| CallRow {
        tenant: TenantId(r.tenant_id),
        attempt: AttemptId(r.attempt_id),
        challenge: ChallengeId(r.challenge_id),
        n: r.n,
        reference: r.reference,
    }))
}

/// Moves a message on from one status to a later one; false when it has moved in between.
pub(crate) async fn set_status(tx: &mut TenantTx, id: DeliveryId, from: &str, to: &str, problem: Option<&str>, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update delivery set status = $4, problem = coalesce($5, problem), ended_at = case when $4 in ('delivered', 'failed') then $6::timestamptz else ended_at end
         where tenant_id = $1 and delivery_id = $2 and status = $3",
        tenant,
        id.0,
        from,
        to,
        problem,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds a step to an attempt's timeline, after those of the same moment.
pub(crate) async fn insert_step(tx: &mut TenantTx, attempt: Uuid, kind: &str, detail: &Value, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into attempt_step (tenant_id, occurred_at, attempt_id, n, kind, detail)
         select $1, $2::timestamptz, $3, 1 + coalesce(max(s.n), 0), $4, $5 from attempt_step s where s.tenant_id = $1 and s.attempt_id = $3 and s.occurred_at = $2::timestamptz",
        tenant,
        now.to_sqlx() as _,
        attempt,
        kind,
        detail
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Queues the same message once more, through another provider.
pub(crate) async fn insert_retry(
    tx: &mut TenantTx,
    of: DeliveryId,
    id: DeliveryId,
    sealed: &[u8],
    (provider, name, sender): (ProviderId, &str, &str),
    now: Timestamp,
) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "insert into delivery (delivery_id, tenant_id, challenge_id, attempt_id, subject_id, n, channel, country, prefix, address_mac, masked, provider_id, provider, sender,
           status, sealed, created_at, run_at, gone_at)
         select $3, d.tenant_id, d.challenge_id, d.attempt_id, d.subject_id,
           1 + (select max(e.n) from delivery e where e.tenant_id = $1 and e.challenge_id = d.challenge_id), d.channel, d.country, d.prefix, d.address_mac, d.masked,
           $5, $6, $7, 'queued', $4, $8, $8, d.gone_at
         from delivery d where d.tenant_id = $1 and d.delivery_id = $2 and d.gone_at > $8",
        tenant,
        of.0,
        id.0,
        sealed,
        provider.0,
        name,
        sender,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which providers have been asked for a challenge, oldest first.
pub(crate) async fn list_tried(tx: &mut TenantTx, challenge: Uuid) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query_scalar!(
        r#"select provider_id as "provider_id!" from delivery where tenant_id = $1 and challenge_id = $2 and provider_id is not null order by n"#,
        tenant,
        challenge
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Routes and senders as they are at this moment, for a retry outside a decision.
pub(crate) async fn find_routes(tx: &mut TenantTx, now: Timestamp) -> Result<Value, DbError> {
    let tenant = tx.tenant().0;
    let value = sqlx::query_scalar!(
        r#"select json_build_object('member', '[]'::json, 'mails', '[]'::json, 'addresses', '[]'::json, 'countries', '[]'::json, 'prefixes', '[]'::json,
             'routes', (select coalesce(json_agg(json_build_object('provider_id', p.provider_id, 'tenant_id', p.tenant_id, 'channel', p.channel, 'name', p.name,
                'rank', p.rank, 'resting', coalesce(p.rests_until > $2, false)) order by (p.tenant_id is null), p.rank), '[]')
                from delivery_provider p where p.enabled and (p.tenant_id is null or p.tenant_id = $1)),
             'senders', (select coalesce(json_agg(json_build_object('channel', e.channel, 'country', e.country, 'kind', e.kind, 'value', e.value,
                'provider_id', e.provider_id, 'tenant_id', e.tenant_id) order by (e.tenant_id is null), e.valid_from desc), '[]')
                from sender e where (e.tenant_id is null or e.tenant_id = $1) and e.valid_from <= $2 and (e.valid_until is null or e.valid_until > $2))) as "routes!""#,
        tenant,
        now.to_sqlx() as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(value)
}

/// The country of a message's number, for the sender of a retry.
pub(crate) async fn find_country(tx: &mut TenantTx, id: DeliveryId) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query_scalar!("select country from delivery where tenant_id = $1 and delivery_id = $2", tenant, id.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.flatten())
}

/// The address that a challenge's code goes to, as its method has it, and what else the message needs.
pub(crate) struct AddressRow {
    pub(crate) method_id: Uuid,
    pub(crate) sealed: Vec<u8>,
    pub(crate) locale: String,
    pub(crate) service: String,
    pub(crate) minutes: i64,
}

pub(crate) async fn find_address(tx: &mut TenantTx, challenge: Uuid) -> Result<Option<AddressRow>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        r#"select x.method_id, x.sealed as "sealed!", coalesce(m.locale, t.locale) as "locale!", t.name as service,
             (extract(epoch from c.expires_at - c.created_at) / 60)::bigint as "minutes!"
           from challenge c join method x on x.tenant_id = c.tenant_id and x.method_id = c.method_id
           join member m on m.tenant_id = x.tenant_id and m.member_id = x.member_id join tenant t on t.tenant_id = c.tenant_id
           where c.tenant_id = $1 and c.challenge_id = $2 and x.sealed is not null"#,
        tenant,
        challenge
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| AddressRow {
        method_id: r.method_id,
        sealed: r.sealed,
        locale: r.locale,
        service: r.service,
        minutes: r.minutes,
    }))
}
