//! The journal as a stream, for files of any length: batches by key, each in a short transaction of its own, and all of them see what the first
//! one saw. So a slow reader holds no transaction open and no more than one batch in memory.

use super::{
    Event, Journal, JournalError, Result, after_audit, after_sign_in, audit_filter,
    entry::{AuditEntry, Audited, Change},
    mask::Sight,
    open::Opener,
    store::{self, AuditFilter, SignInFilter},
    view::{AuditQuery, AuditRow, SignInQuery, SignInRow},
};
use crate::{
    Domain,
    actor::{Admin, Permission},
    db::TenantTx,
    vault::{KeyPurpose, TenantKeys},
};
use futures_util::{Stream, TryStreamExt, stream};
use jiff::Timestamp;
use model::{Cursor, TenantId};
use serde_json::{Value, json};

/// Rows read at once.
const BATCH_ROWS: usize = 500;

/// The rest of an export: what to read next.
struct Rest<F> {
    domain: Domain,
    tenant: TenantId,
    sight: Sight,
    filter: F,
}

impl Journal<'_> {
    /// Every sign-in that a query finds, newest first; its cursor and limit do not count. That it was exported is in the audit log before the first row
    /// is out.
    pub async fn export(self, by: &Admin, query: &SignInQuery) -> Result<impl Stream<Item = Result<SignInRow>> + Send + use<>> {
        by.needs(Permission::ReadSignIns)?;
        let filter = self.filter(by, query).await?;
        let snapshot = self.begin_export(by, "sign_ins", asked_of_sign_ins(query)).await?;
        let rest = filter.map(|filter| Rest {
            domain: self.0.clone(),
            tenant: by.tenant(),
            sight: Sight::of(by.roles()),
            filter: SignInFilter {
                snapshot: Some(snapshot),
                before: None,
                ..filter
            },
        });
        Ok(flat(stream::try_unfold(rest, next_sign_ins)))
    }

    /// Every change that a query finds, newest first; its cursor and limit do not count. That it was exported is in the audit log before the first row
    /// is out.
    pub async fn export_audit(self, by: &Admin, query: &AuditQuery) -> Result<impl Stream<Item = Result<AuditRow>> + Send + use<>> {
        by.needs(Permission::ReadAudit)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let filter = audit_filter(&mut tx, query).await?;
        tx.commit().await?;
        let asked = json!({ "from": query.from, "to": query.to, "event": query.event.map(Event::as_str) });
        let snapshot = self.begin_export(by, "audit", asked).await?;
        let rest = Rest {
            domain: self.0.clone(),
            tenant: by.tenant(),
            sight: Sight::of(by.roles()),
            filter: AuditFilter {
                snapshot: Some(snapshot),
                ..filter
            },
        };
        Ok(flat(stream::try_unfold(Some(rest), next_audit)))
    }

    /// Writes down that an export begins, and takes the snapshot that all of it will see.
    async fn begin_export(self, by: &Admin, what: &str, asked: Value) -> Result<String> {
        let now = self.0.clock().now();
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let snapshot = store::find_snapshot(&mut tx).await?;
        let audited = Audited {
            event: Event::JournalExported,
            who: by.who(),
            target: ("journal", None),
            reason: None,
            session: None,
            change: Change {
                before: Value::Null,
                after: json!({ "what": what, "filter": asked }),
            },
        };
        self.note(&mut tx, &keys, audited, now).await?;
        tx.commit().await?;
        Ok(snapshot)
    }

    /// Writes an audit row of the journal's own, in a transaction.
    pub(super) async fn note(self, tx: &mut TenantTx, keys: &TenantKeys, audited: Audited<'_>, now: Timestamp) -> Result<()> {
        // Nothing about the person stands in these rows, so the tenant's key will do, and they outlive the person's.
        let entry = AuditEntry::seal(tx.tenant(), now, audited, keys.key(KeyPurpose::AuditFacts), self.0.rng());
        Ok(store::insert_audit(tx, &entry).await?)
    }
}

/// The filters that name nobody, for the audit log; of the others only that they were set.
fn asked_of_sign_ins(query: &SignInQuery) -> Value {
    json!({
        "from": query.from, "to": query.to, "decision": query.decision, "reason": query.reason, "method": query.method,
        "application": query.application, "session_id": query.session, "correlation_id": query.correlation, "by_member": query.member.is_some(), "by_address": query.client_ip.is_some(),
    })
}

fn flat<T: Send>(batches: impl Stream<Item = Result<Vec<T>>> + Send) -> impl Stream<Item = Result<T>> + Send {
    batches.map_ok(|rows| stream::iter(rows.into_iter().map(Ok::<T, JournalError>))).try_flatten()
}

type Next<T, F> = Option<(Vec<T>, Option<Rest<F>>)>;

async fn next_sign_ins(rest: Option<Rest<SignInFilter>>) -> Result<Next<SignInRow, SignInFilter>> {
    let Some(mut rest) = rest else { return Ok(None) };
    let (rows, opener) = rest.domain.journal().rows(rest.tenant, rest.sight, &rest.filter, BATCH_ROWS).await?;
    let last = (rows.len() == BATCH_ROWS).then(|| rows.last().map(after_sign_in)).flatten();
    let shown = rows.iter().map(|row| opener.sign_in(row)).collect::<std::result::Result<_, _>>()?;
    rest.filter.before = last.as_ref().map(Cursor::moment).transpose()?;
    Ok(Some((shown, more(rest, last))))
}

async fn next_audit(rest: Option<Rest<AuditFilter>>) -> Result<Next<AuditRow, AuditFilter>> {
    let Some(mut rest) = rest else { return Ok(None) };
    let keys = rest.domain.keys(rest.tenant).await?;
    let mut tx = rest.domain.db().tenant(rest.tenant).await?;
    let rows = store::list_audit(&mut tx, &rest.filter, BATCH_ROWS).await?;
    let opener = Opener::of(&mut tx, keys, rest.sight, rows.iter().filter_map(|r| r.target_id)).await?;
    tx.commit().await?;
    let last = (rows.len() == BATCH_ROWS).then(|| rows.last().map(after_audit)).flatten();
    rest.filter.before = last.as_ref().map(Cursor::moment).transpose()?;
    let shown = rows.into_iter().map(|row| opener.audit(row)).collect();
    Ok(Some((shown, more(rest, last))))
}

/// A batch that was not full was the last.
fn more<F>(rest: Rest<F>, last: Option<Cursor>) -> Option<Rest<F>> {
    last.map(|_| rest)
}
