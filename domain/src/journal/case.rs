//! One attempt with all that is known about it: what support looks at when somebody reads out a session id.

use super::{
    Event, Journal, JournalError, Result,
    diagnosis::{CaseFacts, Diagnosis},
    entry::{Audited, Change, Personal},
    just_after,
    mask::Sight,
    open::{self, Opener},
    store::{self, AttemptRow, AuditFilter, AuthRow, CounterRow, Located, MethodRow, SignInFilter, StepRow, word, words},
    view::*,
};
use crate::{
    actor::{Admin, Permission},
    db::{DbError, TenantTx},
    verification::facts::Stage,
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::json;
use uuid::Uuid;

/// Changes of the member are shown from so many days before the attempt.
const CHANGES_DAYS: i64 = 7;
/// Changes shown at most.
const CHANGES_MAX: usize = 50;
/// Days in which the last good sign-in is looked for.
const GOOD_DAYS: i64 = 90;
/// Hours in which a code that was refused as used must have been accepted.
const ACCEPTED_HOURS: i64 = 24;
/// Hours from its start within which an attempt is decided.
const DECIDED_HOURS: i64 = 24;

impl Journal<'_> {
    /// The case of a session id. Looking is written into the audit log.
    pub async fn attempt(self, by: &Admin, session: SessionId) -> Result<CaseView> {
        by.needs(Permission::ReadCase)?;
        let located = self.locate(by, session).await?;
        let (now, sight) = (self.0.clock().now(), Sight::of(by.roles()));
        let keys = self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let found = found(&mut tx, &located).await?;
        let (subject, member) = found.whose();
        let opener = Opener::of(&mut tx, keys.clone(), sight, [subject].into_iter().chain(member)).await?;
        let (row, open, policy) = found.shown(&opener, &located)?;

        let steps = steps(store::list_steps(&mut tx, located.attempt, located.started_at).await?)?;
        let methods = match member {
            Some(member) => store::list_methods(&mut tx, member).await?,
            None => Vec::new(),
        };
        let views = methods.iter().map(method).collect::<std::result::Result<Vec<_>, DbError>>()?;
        let counters = counters(store::list_counters(&mut tx, subject, now).await?, now);
        let limits = match row.policy_version {
            Some(version) => store::find_policy(&mut tx, version).await?.map(|p| p.limits),
            None => None,
        };
        let last_good = last_good(&mut tx, subject, now).await?;
        let accepted = accepted(&mut tx, subject, &row, &steps).await?;
        let case_member = match member {
            Some(member) => case_member(&mut tx, member, now, sight, views.clone()).await?,
            None => None,
        };
        let changes = match member {
            Some(member) => changes(&mut tx, &opener, member, located.started_at).await?,
            None => Vec::new(),
        };

        let diagnosis = Diagnosis::of(&CaseFacts {
            now,
            row: &row,
            open,
            steps: &steps,
            policy: policy.as_ref(),
            limits: &limits.unwrap_or_default(),
            methods: &views,
            locked_until: counters.iter().find(|c| c.scope == "guard").and_then(|c| c.wait_until),
            accepted: accepted.as_ref(),
            confirmed_at: methods
                .iter()
                .find(|m| row.method_id.is_some_and(|id| id.0 == m.method_id))
                .and_then(|m| m.confirmed_at),
            good_since: last_good.as_ref().map(|good| good.at).filter(|at| *at > row.occurred_at),
        });

        let audited = Audited {
            event: Event::CaseViewed,
            who: by.who(),
            target: member.map_or(("attempt", Some(located.attempt)), |id| ("member", Some(id))),
            reason: None,
            session: Some(session),
            change: Change::default(),
        };
        self.note(&mut tx, &keys, audited, now).await?;
        tx.commit().await?;
        Ok(CaseView {
            row,
            open,
            steps,
            policy,
            diagnosis,
            member: case_member,
            counters,
            last_good,
            changes,
        })
    }

    /// The attempt of a session id, if it is this tenant's. What another tenant has, and what nobody has, is refused alike and written down alike.
    async fn locate(self, by: &Admin, session: SessionId) -> Result<Located> {
        let found = store::find_session(self.0.db(), session.to_bits() as i64).await?;
        if let Some(located) = found.filter(|located| located.tenant == by.tenant()) {
            return Ok(located);
        }
        let (now, rng) = (self.0.clock().now(), self.0.rng());
        let keys = self.0.keys(by.tenant()).await?;
        let audited = Audited {
            event: Event::ForeignTenantRefused,
            who: by.who(),
            target: ("attempt", None),
            reason: None,
            session: Some(session),
            change: Change::default(),
        };
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        self.note(&mut tx, &keys, audited, now).await?;
        tx.commit().await?;
        let event = if found.is_some() {
            Event::ForeignTenantRefused.as_str()
        } else {
            "session.unknown"
        };
        let detail = json!({ "tenant": by.tenant(), "who": by.who().id(), "session_id": session, "of_tenant": found.map(|l| l.tenant) });
        crate::directory::store::insert_installation_log(self.0.db(), rng.id(now), now, event, by.who().kind(), &detail).await?;
        Err(JournalError::SessionUnknown)
    }

    /// The row of a session id; `None` when it is not this tenant's or not decided yet.
    pub(super) async fn decided(self, by: &Admin, session: SessionId) -> Result<Option<AuthRow>> {
        let located = match self.locate(by, session).await {
            Ok(located) => located,
            Err(JournalError::SessionUnknown) => return Ok(None),
            Err(other) => return Err(other),
        };
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let found = found(&mut tx, &located).await;
        tx.commit().await?;
        match found {
            Ok(Found::Decided(row)) => Ok(Some(*row)),
            Ok(Found::Open(_)) | Err(JournalError::SessionUnknown) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

/// An attempt as it was found.
enum Found {
    Decided(Box<AuthRow>),
    Open(Box<AttemptRow>),
}

/// The row in the log; else the attempt, which is still open.
async fn found(tx: &mut TenantTx, located: &Located) -> Result<Found> {
    let attempt = store::find_attempt(tx, located.attempt).await?;
    let (from, to) = match attempt.as_ref().map(|a| a.decided_at) {
        Some(None) => return Ok(Found::Open(Box::new(attempt.ok_or(JournalError::SessionUnknown)?))),
        Some(Some(at)) => (at, just_after(at)),
        // Decided at once, or so long ago that the attempt's row is gone.
        None => (located.started_at, located.started_at + SignedDuration::from_hours(DECIDED_HOURS)),
    };
    // Past its retention the row is gone, and with it what could be shown.
    let row = store::find_sign_in(tx, located.attempt, from, to).await?.ok_or(JournalError::SessionUnknown)?;
    Ok(Found::Decided(Box::new(row)))
}

impl Found {
    /// Subject and member.
    fn whose(&self) -> (Uuid, Option<Uuid>) {
        match self {
            Self::Decided(row) => (row.subject_id, row.member_id),
            Self::Open(row) => (row.subject_id, row.member_id),
        }
    }

    fn shown(&self, opener: &Opener, located: &Located) -> Result<(SignInRow, Option<OpenAttempt>, Option<PolicyView>)> {
        match self {
            Self::Decided(row) => Ok((opener.sign_in(row)?, None, open::policy(row)?)),
            Self::Open(row) => {
                let open = OpenAttempt {
                    stage: word(&row.stage, stage)?,
                    ends_at: row.last_step_at + SignedDuration::from_secs(ATTEMPT_SECONDS),
                };
                let policy = row.policy_version.map(|version| PolicyView {
                    version,
                    mfa_state: None,
                    roles: Vec::new(),
                    groups: Vec::new(),
                    then: None,
                    because: None,
                    rules: Vec::new(),
                });
                Ok((open_row(row, located, opener)?, Some(open), policy))
            }
        }
    }
}

/// What there is so far of an attempt that is open.
fn open_row(row: &AttemptRow, located: &Located, opener: &Opener) -> Result<SignInRow> {
    let (personal, shown) = opener.person_of_open(located.attempt, &row.sealed);
    Ok(SignInRow {
        attempt_id: AttemptId(located.attempt),
        session_id: SessionId::from_bits(row.session_id as u64),
        correlation_id: row.correlation_id,
        started_at: row.started_at,
        occurred_at: row.last_step_at,
        member_id: row.member_id.map(MemberId),
        door: word(&row.door, Door::from_text)?,
        purpose: word(&row.purpose, Purpose::from_text)?,
        path: word(&row.path, Path::from_text)?,
        decision: None,
        reason: row.last_refusal.as_deref().map(|r| word(r, Reason::from_text)).transpose()?,
        transport_result: None,
        second_factor: row.second_asked,
        application: row.application.clone(),
        method_id: None,
        method_kind: None,
        mode: "standard".into(),
        registration_reasons: words(&row.reasons, RegistrationReason::from_text)?,
        policy_version: row.policy_version,
        policy_then: None,
        delivery: None,
        server_name: String::new(),
        server_ip: None,
        personal,
        shown,
    })
}

fn stage(text: &str) -> Option<Stage> {
    match text {
        "password" => Some(Stage::Password),
        "second" => Some(Stage::Second),
        "register" => Some(Stage::Register),
        "decided" => Some(Stage::Decided),
        _ => None,
    }
}

fn steps(rows: Vec<StepRow>) -> Result<Vec<StepView>> {
    let step = |row: StepRow| {
        Ok(StepView {
            kind: word(&row.kind, StepKind::from_text)?,
            at: row.at,
            detail: row.detail,
        })
    };
    rows.into_iter().map(step).collect()
}

fn method(row: &MethodRow) -> std::result::Result<MethodView, DbError> {
    let code_seconds = serde_json::from_value::<OathParams>(row.params.clone()).ok().map(|p| p.period);
    Ok(MethodView {
        id: MethodId(row.method_id),
        kind: word(&row.kind, MethodKind::from_text)?,
        label: row.label.clone(),
        on: row.state == "active",
        disabled_reason: row.disabled_reason.clone(),
        clock_off_seconds: i64::from(row.drift) * code_seconds.map_or(0, i64::from),
        code_seconds,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    })
}

fn counters(rows: Vec<CounterRow>, now: Timestamp) -> Vec<CounterView> {
    let view = |row: CounterRow| CounterView {
        scope: scope(&row.scope).to_owned(),
        in_row: row.in_row,
        in_thirty_days: row.in_thirty_days,
        wait_until: row.wait_until.filter(|until| *until > now),
        last_at: row.last_at,
    };
    rows.into_iter().map(view).collect()
}

/// Passwords are counted by source too, under a MAC that tells nobody anything.
fn scope(stored: &str) -> &str {
    match stored {
        "guard" | "password" => stored,
        family if Family::from_text(family).is_some() => family,
        _ => "password_source",
    }
}

async fn case_member(tx: &mut TenantTx, member: Uuid, now: Timestamp, sight: Sight, methods: Vec<MethodView>) -> Result<Option<CaseMember>> {
    let Some(row) = store::find_member(tx, member, now).await? else {
        return Ok(None);
    };
    let seen = sight.person(Personal {
        upn: row.upn,
        given_name: row.given_name,
        family_name: row.family_name,
        ..Personal::default()
    });
    Ok(Some(CaseMember {
        id: MemberId(member),
        upn: seen.upn,
        given_name: seen.given_name,
        family_name: seen.family_name,
        mfa_state: word(&row.mfa_state, MfaState::from_text)?,
        disabled: row.disabled,
        blocked: row.blocked,
        removed: row.removed,
        methods,
        recovery_left: row.recovery_left,
    }))
}

async fn last_good(tx: &mut TenantTx, subject: Uuid, now: Timestamp) -> Result<Option<GoodSignIn>> {
    let filter = SignInFilter {
        subjects: vec![subject],
        good: true,
        from: Some(now - SignedDuration::from_hours(24 * GOOD_DAYS)),
        ..SignInFilter::default()
    };
    good(store::list_sign_ins(tx, &filter, 1).await?)
}

/// For a code that was refused because it had been used: the last time before that its method was accepted.
async fn accepted(tx: &mut TenantTx, subject: Uuid, row: &SignInRow, steps: &[StepView]) -> Result<Option<GoodSignIn>> {
    let Some(refused) = steps.iter().rev().find(|s| s.kind == StepKind::CodeReused) else {
        return Ok(None);
    };
    let kind = refused.detail["method"].as_str().and_then(MethodKind::from_text);
    let filter = SignInFilter {
        subjects: vec![subject],
        good: true,
        method: kind,
        method_id: row.method_id.filter(|_| row.method_kind == kind).map(|id| id.0),
        from: Some(refused.at - SignedDuration::from_hours(ACCEPTED_HOURS)),
        to: Some(refused.at),
        ..SignInFilter::default()
    };
    good(store::list_sign_ins(tx, &filter, 1).await?)
}

fn good(rows: Vec<AuthRow>) -> Result<Option<GoodSignIn>> {
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    Ok(Some(GoodSignIn {
        at: row.occurred_at.to_jiff(),
        session_id: SessionId::from_bits(row.session_id as u64),
        purpose: word(&row.purpose, Purpose::from_text)?,
        application: row.application,
        method_kind: row.method_kind.as_deref().map(|k| word(k, MethodKind::from_text)).transpose()?,
    }))
}

async fn changes(tx: &mut TenantTx, opener: &Opener, member: Uuid, started_at: Timestamp) -> Result<Vec<AuditRow>> {
    let filter = AuditFilter {
        targets: Some(vec![member]),
        from: Some(started_at - SignedDuration::from_hours(24 * CHANGES_DAYS)),
        event_not: Some(Event::CaseViewed.as_str()),
        ..AuditFilter::default()
    };
    let rows = store::list_audit(tx, &filter, CHANGES_MAX).await?;
    Ok(rows.into_iter().map(|row| opener.audit(row)).collect())
}
