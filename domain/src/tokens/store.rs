//! Every statement of the inventory.

use crate::db::{DbError, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use model::{Cursor, ImportId, MemberId, MethodId, TokenId};
use uuid::Uuid;

/// A token as stored, with its owner's sign-in name.
#[derive(Debug, Clone)]
pub(crate) struct TokenRow {
    pub(crate) token_id: Uuid,
    pub(crate) serial: String,
    pub(crate) state: String,
    pub(crate) params: serde_json::Value,
    pub(crate) last_step: i64,
    pub(crate) drift: i32,
    pub(crate) issuer: Option<String>,
    pub(crate) manufacturer: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) member_id: Option<Uuid>,
    pub(crate) upn: Option<String>,
    pub(crate) method_id: Option<Uuid>,
    pub(crate) imported_at: Timestamp,
    pub(crate) assigned_at: Option<Timestamp>,
    pub(crate) activated_at: Option<Timestamp>,
    pub(crate) retired_at: Option<Timestamp>,
}

/// Which tokens to list.
#[derive(Debug, Default)]
pub(crate) struct TokenFilter<'a> {
    /// Exactly this serial number, in any case.
    pub(crate) serial: Option<&'a str>,
    /// Part of a serial number, of a model, of a manufacturer or of an owner's sign-in name; small letters.
    pub(crate) text: Option<&'a str>,
    pub(crate) state: Option<&'a str>,
    pub(crate) member: Option<MemberId>,
    pub(crate) after: Option<&'a Cursor>,
}

/// Tokens in the order of their serial numbers. How far an active one has moved on is what its method says.
pub(crate) async fn list_tokens(tx: &mut TenantTx, filter: &TokenFilter<'_>, limit: i64) -> Result<Vec<TokenRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select t.token_id, t.serial, t.state, t.params, coalesce(x.last_step, t.last_step) as "last_step!", coalesce(x.drift, t.drift) as "drift!",
             t.issuer, t.manufacturer, t.model, t.valid_from, t.valid_until, t.member_id, m.upn as "upn?", t.method_id, t.imported_at, t.assigned_at,
             t.activated_at, t.retired_at
           from oath_token t
           left join member m on m.tenant_id = t.tenant_id and m.member_id = t.member_id
           left join method x on x.tenant_id = t.tenant_id and x.method_id = t.method_id
           where t.tenant_id = $1 and ($2::text is null or upper(t.serial) = upper($2)) and ($3::text is null or t.state = $3)
             and ($4::uuid is null or t.member_id = $4)
             and ($5::text is null or position($5 in lower(concat_ws(' ', t.serial, t.manufacturer, t.model, m.upn))) > 0)
             and ($6::text is null or (upper(t.serial), t.token_id) > ($6, $7))
           order by upper(t.serial), t.token_id limit $8"#,
        tenant,
        filter.serial,
        filter.state,
        filter.member.map(|m| m.0),
        filter.text,
        filter.after.map(|c| c.key.as_str()),
        filter.after.map_or_else(Uuid::nil, |c| c.id),
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| TokenRow {
            token_id: r.token_id,
            serial: r.serial,
            state: r.state,
            params: r.params,
            last_step: r.last_step,
            drift: r.drift,
            issuer: r.issuer,
            manufacturer: r.manufacturer,
            model: r.model,
            valid_from: r.valid_from.map(|t| t.to_jiff()),
            valid_until: r.valid_until.map(|t| t.to_jiff()),
            member_id: r.member_id,
            upn: r.upn,
            method_id: r.method_id,
            imported_at: r.imported_at.to_jiff(),
            assigned_at: r.assigned_at.map(|t| t.to_jiff()),
            activated_at: r.activated_at.map(|t| t.to_jiff()),
            retired_at: r.retired_at.map(|t| t.to_jiff()),
        })
        .collect())
}

/// The token of a serial number.
pub(crate) async fn find_token(tx: &mut TenantTx, serial: &str) -> Result<Option<TokenRow>, DbError> {
    let filter = TokenFilter {
        serial: Some(serial),
        ..TokenFilter::default()
    };
    Ok(list_tokens(tx, &filter, 1).await?.pop())
}

/// How many tokens there are in each state.
pub(crate) async fn count_tokens(tx: &mut TenantTx) -> Result<Vec<(String, i64)>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select state, count(*) as "count!" from oath_token where tenant_id = $1 group by state"#,
        tenant
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.state, r.count)).collect())
}

/// The sealed seed of a token that has one.
pub(crate) async fn find_seed(tx: &mut TenantTx, token: TokenId) -> Result<Option<Vec<u8>>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query_scalar!(
        "select sealed from oath_token where tenant_id = $1 and token_id = $2 and sealed is not null",
        tenant,
        token.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.flatten())
}

/// Gives an available token to a member; false when it is not available any more.
pub(crate) async fn set_assigned(tx: &mut TenantTx, token: TokenId, to: MemberId, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update oath_token set state = 'assigned', member_id = $3, assigned_at = $4 where tenant_id = $1 and token_id = $2 and state = 'available'",
        tenant,
        token.0,
        to.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes an assigned token the member's method, at the step of its first code; false when somebody else was first, or the step has been used.
pub(crate) async fn set_active(
    tx: &mut TenantTx,
    token: TokenId,
    owner: MemberId,
    method: MethodId,
    (step, drift): (i64, i32),
    now: Timestamp,
) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update oath_token set state = 'active', method_id = $4, last_step = $5, drift = $6, activated_at = $7
         where tenant_id = $1 and token_id = $2 and state = 'assigned' and member_id = $3 and last_step < $5",
        tenant,
        token.0,
        owner.0,
        method.0,
        step,
        drift,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts an assigned token back; false when it is not assigned any more. An active one goes back with its method.
pub(crate) async fn set_available(tx: &mut TenantTx, token: TokenId) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update oath_token set state = 'available', member_id = null, assigned_at = null where tenant_id = $1 and token_id = $2 and state = 'assigned'",
        tenant,
        token.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a token that nobody has out of use: its seed is gone.
pub(crate) async fn set_retired(tx: &mut TenantTx, token: TokenId, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update oath_token set state = 'retired', sealed = null, retired_at = $3 where tenant_id = $1 and token_id = $2 and state = 'available'",
        tenant,
        token.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// New tokens by column, as one statement takes them.
#[derive(Debug, Default)]
pub(crate) struct NewTokens {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) serials: Vec<String>,
    pub(crate) sealed: Vec<Vec<u8>>,
    pub(crate) params: Vec<serde_json::Value>,
    pub(crate) last_steps: Vec<i64>,
    pub(crate) drifts: Vec<i32>,
    pub(crate) issuers: Vec<Option<String>>,
    pub(crate) manufacturers: Vec<Option<String>>,
    pub(crate) models: Vec<Option<String>>,
    pub(crate) valid_from: Vec<Option<Timestamp>>,
    pub(crate) valid_until: Vec<Option<Timestamp>>,
    pub(crate) owners: Vec<Option<Uuid>>,
}

/// Puts tokens into the inventory; tells the ids of those whose serial number was still free.
pub(crate) async fn insert_tokens(tx: &mut TenantTx, import: ImportId, new: &NewTokens, now: Timestamp) -> Result<Vec<Uuid>, DbError> {
    let tenant = tx.tenant().0;
    let moments = |of: &[Option<Timestamp>]| -> Vec<Option<jiff_sqlx::Timestamp>> { of.iter().map(|t| t.map(|t| t.to_sqlx())).collect() };
    let rows = sqlx::query_scalar!(
        r#"insert into oath_token (tenant_id, token_id, serial, state, sealed, params, last_step, drift, issuer, manufacturer, model, valid_from, valid_until, member_id,
             import_id, imported_at, assigned_at)
           select $1, r.id, r.serial, case when r.owner is null then 'available' else 'assigned' end, r.sealed, r.params, r.last_step, r.drift, r.issuer, r.manufacturer,
             r.model, r.valid_from, r.valid_until, r.owner, $2, $3::timestamptz, case when r.owner is null then null else $3::timestamptz end
           from unnest($4::uuid[], $5::text[], $6::bytea[], $7::jsonb[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[],
             $14::uuid[], $15::int[]) as r(id, serial, sealed, params, last_step, issuer, manufacturer, model, valid_from, valid_until, owner, drift)
           on conflict (tenant_id, upper(serial)) do nothing returning token_id"#,
        tenant,
        import.0,
        now.to_sqlx() as _,
        &new.ids,
        &new.serials,
        &new.sealed,
        &new.params,
        &new.last_steps,
        &new.issuers as _,
        &new.manufacturers as _,
        &new.models as _,
        &moments(&new.valid_from) as _,
        &moments(&new.valid_until) as _,
        &new.owners as _,
        &new.drifts
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Of these serial numbers, in capitals, those that came with the same import.
pub(crate) async fn list_of_import(tx: &mut TenantTx, import: ImportId, serials: &[String]) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query_scalar!(
        r#"select upper(serial) as "serial!" from oath_token where tenant_id = $1 and import_id = $2 and upper(serial) = any($3)"#,
        tenant,
        import.0,
        serials
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Somebody whom an import gives a token.
pub(crate) struct OwnerRow {
    pub(crate) upn_folded: String,
    pub(crate) member_id: Uuid,
    pub(crate) roles: Vec<String>,
    pub(crate) operator: bool,
    pub(crate) wrapped: Option<Vec<u8>>,
    pub(crate) oath_methods: i64,
}

/// Members by their folded sign-in names, with what decides whether they can be given a token.
pub(crate) async fn list_owners(tx: &mut TenantTx, folded: &[String]) -> Result<Vec<OwnerRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select m.upn_folded, m.member_id, k.wrapped as "wrapped?",
             array(select role from role_grant r where r.tenant_id = m.tenant_id and r.member_id = m.member_id) as "roles!",
             exists (select 1 from operator o where o.tenant_id = m.tenant_id and o.member_id = m.member_id) as "operator!",
             (select count(*) from method x where x.tenant_id = m.tenant_id and x.member_id = m.member_id and x.state in ('active', 'off')
                and x.kind in ('totp', 'hardware_token'))
             + (select count(*) from oath_token t where t.tenant_id = m.tenant_id and t.member_id = m.member_id and t.state = 'assigned') as "oath_methods!"
           from member m left join subject_key k on k.tenant_id = m.tenant_id and k.subject_id = m.member_id
           where m.tenant_id = $1 and m.removed_at is null and m.upn_folded = any($2)"#,
        tenant,
        folded
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| OwnerRow {
            upn_folded: r.upn_folded,
            member_id: r.member_id,
            roles: r.roles,
            operator: r.operator,
            wrapped: r.wrapped,
            oath_methods: r.oath_methods,
        })
        .collect())
}

/// Puts notices to many members into the outbox at once: ids, members and sealed texts of the same length.
pub(crate) async fn insert_notices(tx: &mut TenantTx, kind: &str, ids: &[Uuid], members: &[Uuid], sealed: &[Vec<u8>], now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into outbox (outbox_id, tenant_id, member_id, kind, sealed, created_at, run_at)
         select r.id, $1, r.member, $2, r.sealed, $3, $3 from unnest($4::uuid[], $5::uuid[], $6::bytea[]) as r(id, member, sealed)",
        tenant,
        kind,
        now.to_sqlx() as _,
        ids,
        members,
        sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A run of an import as it begins.
pub(crate) struct NewImport<'a> {
    pub(crate) import: ImportId,
    pub(crate) file_name: &'a str,
    pub(crate) format: &'a str,
    pub(crate) dry_run: bool,
    pub(crate) skip_bad: bool,
    pub(crate) started_by: Option<Uuid>,
}

/// Begins a run.
pub(crate) async fn insert_import(tx: &mut TenantTx, new: &NewImport<'_>, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "insert into token_import (tenant_id, import_id, file_name, format, dry_run, skip_bad, state, started_by, started_at, beat_at)
         values ($1, $2, $3, $4, $5, $6, 'running', $7, $8, $8)",
        tenant,
        new.import.0,
        new.file_name,
        new.format,
        new.dry_run,
        new.skip_bad,
        new.started_by,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Tells that a run is alive, and how far it is.
pub(crate) async fn set_import_beat(tx: &mut TenantTx, import: ImportId, rows_read: i64, now: Timestamp) -> Result<(), DbError> {
    let tenant = tx.tenant().0;
    sqlx::query!(
        "update token_import set rows_read = $3, beat_at = $4 where tenant_id = $1 and import_id = $2 and state = 'running'",
        tenant,
        import.0,
        rows_read,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What came of a run.
#[derive(Default)]
pub(crate) struct EndedImport {
    pub(crate) state: &'static str,
    pub(crate) rows_read: i64,
    pub(crate) imported: i64,
    pub(crate) assigned: i64,
    pub(crate) refused: i64,
    pub(crate) problem: Option<String>,
    pub(crate) report: serde_json::Value,
    pub(crate) sealed: Option<Vec<u8>>,
}

/// Ends a run; false when it has ended before.
pub(crate) async fn set_import_ended(tx: &mut TenantTx, import: ImportId, ended: &EndedImport, now: Timestamp) -> Result<bool, DbError> {
    let tenant = tx.tenant().0;
    let done = sqlx::query!(
        "update token_import set state = $3, rows_read = $4, imported = $5, assigned = $6, refused = $7, problem = $8, report = $9, sealed = $10, beat_at = $11,
           ended_at = $11
         where tenant_id = $1 and import_id = $2 and state = 'running'",
        tenant,
        import.0,
        ended.state,
        ended.rows_read,
        ended.imported,
        ended.assigned,
        ended.refused,
        ended.problem,
        ended.report,
        ended.sealed,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A run as stored, with the sign-in name of whoever began it.
pub(crate) struct ImportRow {
    pub(crate) import_id: Uuid,
    pub(crate) file_name: String,
    pub(crate) format: String,
    pub(crate) dry_run: bool,
    pub(crate) skip_bad: bool,
    pub(crate) state: String,
    pub(crate) rows_read: i64,
    pub(crate) imported: i64,
    pub(crate) assigned: i64,
    pub(crate) refused: i64,
    pub(crate) problem: Option<String>,
    pub(crate) has_result: bool,
    pub(crate) upn: Option<String>,
    pub(crate) started_at: Timestamp,
    pub(crate) beat_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

/// The last runs, or one of them.
pub(crate) async fn list_imports(tx: &mut TenantTx, only: Option<ImportId>, limit: i64) -> Result<Vec<ImportRow>, DbError> {
    let tenant = tx.tenant().0;
    let rows = sqlx::query!(
        r#"select i.import_id, i.file_name, i.format, i.dry_run, i.skip_bad, i.state, i.rows_read, i.imported, i.assigned, i.refused, i.problem,
             i.sealed is not null as "has_result!", m.upn as "upn?", i.started_at, i.beat_at, i.ended_at
           from token_import i left join member m on m.tenant_id = i.tenant_id and m.member_id = i.started_by
           where i.tenant_id = $1 and ($2::uuid is null or i.import_id = $2) order by i.started_at desc, i.import_id desc limit $3"#,
        tenant,
        only.map(|id| id.0),
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ImportRow {
            import_id: r.import_id,
            file_name: r.file_name,
            format: r.format,
            dry_run: r.dry_run,
            skip_bad: r.skip_bad,
            state: r.state,
            rows_read: r.rows_read,
            imported: r.imported,
            assigned: r.assigned,
            refused: r.refused,
            problem: r.problem,
            has_result: r.has_result,
            upn: r.upn,
            started_at: r.started_at.to_jiff(),
            beat_at: r.beat_at.to_jiff(),
            ended_at: r.ended_at.map(|t| t.to_jiff()),
        })
        .collect())
}

/// The refused rows of a run.
pub(crate) async fn find_import_report(tx: &mut TenantTx, import: ImportId) -> Result<Option<serde_json::Value>, DbError> {
    let tenant = tx.tenant().0;
    let report = sqlx::query_scalar!("select report from token_import where tenant_id = $1 and import_id = $2", tenant, import.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(report)
}

/// The sealed result file of a run, with the name of the file that went in.
pub(crate) async fn find_import_result(tx: &mut TenantTx, import: ImportId) -> Result<Option<(String, Vec<u8>)>, DbError> {
    let tenant = tx.tenant().0;
    let row = sqlx::query!(
        r#"select file_name, sealed as "sealed!" from token_import where tenant_id = $1 and import_id = $2 and sealed is not null"#,
        tenant,
        import.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|r| (r.file_name, r.sealed)))
}
