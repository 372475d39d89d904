//! Makes rows that can be shown of rows as stored: opens what is sealed, for the rows at hand only, and masks it for the one who looks.

use super::{
    entry::{Change, Personal},
    mask::{self, Sight},
    store::{self, AuditLogRow, AuthRow, word, words},
    view::{AuditRow, Party, PolicyView, Shown, SignInRow},
};
use crate::{
    db::{DbError, TenantTx},
    policy::rules::{Because, RuleOutcome},
    vault::{KeyPurpose, SealBroken, SealKey, SealedColumn, TenantKeys},
};
use model::*;
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// The keys of the people in some rows, and how much of them may be seen.
pub(super) struct Opener {
    keys: Arc<TenantKeys>,
    people: HashMap<Uuid, Option<Vec<u8>>>,
    sight: Sight,
}

/// Name, address and browser of an attempt that is not decided.
#[derive(Deserialize)]
struct OpenPersonal {
    upn: String,
    client_ip: Option<String>,
    agent: Option<String>,
}

impl Opener {
    /// With the keys of these people.
    pub(super) async fn of(tx: &mut TenantTx, keys: Arc<TenantKeys>, sight: Sight, people: impl Iterator<Item = Uuid>) -> Result<Self, DbError> {
        let mut ids: Vec<Uuid> = people.collect();
        ids.sort();
        ids.dedup();
        let people = if ids.is_empty() {
            HashMap::new()
        } else {
            store::list_subject_keys(tx, &ids).await?.into_iter().collect()
        };
        Ok(Self { keys, people, sight })
    }

    /// A row of the authentication log.
    pub(super) fn sign_in(&self, row: &AuthRow) -> Result<SignInRow, DbError> {
        let (personal, shown) = self.person(row);
        Ok(SignInRow {
            attempt_id: AttemptId(row.attempt_id),
            session_id: SessionId::from_bits(row.session_id as u64),
            correlation_id: row.correlation_id,
            started_at: row.started_at.to_jiff(),
            occurred_at: row.occurred_at.to_jiff(),
            member_id: row.member_id.map(MemberId),
            door: word(&row.door, Door::from_text)?,
            purpose: word(&row.purpose, Purpose::from_text)?,
            path: word(&row.path, Path::from_text)?,
            decision: Some(word(&row.decision, Decision::from_text)?),
            reason: Some(word(&row.reason, Reason::from_text)?),
            transport_result: row.transport_result.as_deref().map(|t| word(t, TransportResult::from_text)).transpose()?,
            second_factor: row.second_factor,
            application: row.application.clone(),
            method_id: row.method_id.map(MethodId),
            method_kind: row.method_kind.as_deref().map(|k| word(k, MethodKind::from_text)).transpose()?,
            mode: row.mode.clone(),
            registration_reasons: words(&row.registration_reasons, RegistrationReason::from_text)?,
            policy_version: row.policy_version,
            policy_then: row.policy_then.as_deref().map(|t| word(t, Then::from_text)).transpose()?,
            delivery: row.delivery.clone(),
            server_name: row.node.clone(),
            server_ip: row.server_ip.clone(),
            personal,
            shown,
        })
    }

    fn person(&self, row: &AuthRow) -> (Option<Personal>, Shown) {
        let key = match (self.people.get(&row.subject_id), row.member_id) {
            (Some(Some(wrapped)), _) => self.keys.subject_key(row.subject_id, wrapped),
            (Some(None), _) => return (None, Shown::Erased),
            (None, None) => Ok(self.keys.unknown_subject_key()),
            (None, Some(_)) => Err(SealBroken),
        };
        match key.and_then(|key| opened::<Personal>(&key, SealedColumn::AuthLog, row.attempt_id, &row.sealed)) {
            Ok(whole) => (Some(self.sight.person(whole)), self.shown()),
            Err(SealBroken) => (None, unreadable("auth_log", row.attempt_id)),
        }
    }

    /// The person of an attempt that is not decided: sealed under the tenant's key, not yet under the person's.
    pub(super) fn person_of_open(&self, attempt: Uuid, sealed: &[u8]) -> (Option<Personal>, Shown) {
        let key = self.keys.key(KeyPurpose::AttemptFacts);
        match opened::<OpenPersonal>(key, SealedColumn::Attempt, attempt, sealed) {
            Ok(open) => {
                let whole = Personal {
                    upn: open.upn,
                    client_ip: open.client_ip,
                    user_agent: open.agent,
                    ..Personal::default()
                };
                (Some(self.sight.person(whole)), self.shown())
            }
            Err(SealBroken) => (None, unreadable("attempt", attempt)),
        }
    }

    /// A row of the audit log.
    pub(super) fn audit(&self, row: AuditLogRow) -> AuditRow {
        let (change, shown) = self.change(&row);
        let party = |kind: String, id, name: Option<String>| Party {
            name: name.map(|n| self.name(&kind, n)),
            kind,
            id,
        };
        AuditRow {
            audit_id: AuditId(row.audit_id),
            occurred_at: row.occurred_at.to_jiff(),
            event: row.event,
            actor: party(row.actor_kind, row.actor_id, row.actor_name),
            target: party(row.target_kind, row.target_id, row.target_name),
            reason: row.reason,
            session_id: row.session_id.map(|bits| SessionId::from_bits(bits as u64)),
            before: self.sight.change(change.before),
            after: self.sight.change(change.after),
            shown,
        }
    }

    /// Sealed under the key of the member it is about; what was written about a member without a key, and about other things, under the tenant's.
    fn change(&self, row: &AuditLogRow) -> (Change, Shown) {
        let about = row.target_id.filter(|_| row.target_kind == "member");
        let known = about.and_then(|id| self.people.get(&id).map(|wrapped| (id, wrapped)));
        let own = known.and_then(|(id, wrapped)| self.keys.subject_key(id, wrapped.as_deref()?).ok());
        let keys = own.iter().chain([self.keys.key(KeyPurpose::AuditFacts)]);
        let change = keys
            .filter_map(|key| opened::<Change>(key, SealedColumn::AuditLog, row.audit_id, &row.sealed).ok())
            .next();
        match (change, known) {
            (Some(change), _) => (change, self.shown()),
            (None, Some((_, None))) => (Change::default(), Shown::Erased),
            (None, _) => (Change::default(), unreadable("audit_log", row.audit_id)),
        }
    }

    fn name(&self, kind: &str, name: String) -> String {
        if self.sight == Sight::Outline && kind == "member" {
            mask::address(&name)
        } else {
            name
        }
    }

    fn shown(&self) -> Shown {
        if self.sight == Sight::Whole { Shown::Whole } else { Shown::Masked }
    }
}

fn opened<T: DeserializeOwned>(key: &SealKey, column: SealedColumn, row: Uuid, sealed: &[u8]) -> Result<T, SealBroken> {
    let plain = key.open(column, row, sealed)?;
    serde_json::from_slice(&plain).map_err(|_| SealBroken)
}

/// One row that does not open must not hide the others; it is shown as what it is, and told to the operator.
fn unreadable(table: &'static str, row: Uuid) -> Shown {
    tracing::error!(table, %row, "a sealed row of the journal does not open");
    Shown::Unreadable
}

/// What the policy was asked and said.
pub(super) fn policy(row: &AuthRow) -> Result<Option<PolicyView>, DbError> {
    #[derive(Deserialize)]
    struct Told {
        because: Because,
        rules: Vec<RuleOutcome>,
    }
    let Some(version) = row.policy_version else { return Ok(None) };
    let told = Told::deserialize(&row.policy_rules.0).ok();
    let (because, rules) = told.map_or((None, Vec::new()), |t| (Some(t.because), t.rules));
    Ok(Some(PolicyView {
        version,
        mfa_state: row.policy_mfa_state.as_deref().map(|s| word(s, MfaState::from_text)).transpose()?,
        roles: words(&row.policy_roles, Role::from_text)?,
        groups: row.policy_groups.clone(),
        then: row.policy_then.as_deref().map(|t| word(t, Then::from_text)).transpose()?,
        because,
        rules,
    }))
}
