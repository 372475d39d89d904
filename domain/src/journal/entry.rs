//! Rows of the two logs as they are written: personal values sealed under the person's key, everything bound by a hash that a verifiable log can
//! take as its leaf (RFC 6962 2.1).

use crate::{
    bytea::Bytea,
    rng::Rng,
    vault::{KeyPurpose, SealKey, SealedColumn, TenantKeys},
};
use jiff::Timestamp;
use model::{
    AttemptId, AuditId, Decision, Door, MethodId, MethodKind, MfaState, Path, Purpose, Reason, RegistrationReason, Role, SessionId, TenantId, Then,
    TransportResult,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The form of a row; rises when fields are added, so that old rows keep their hash.
const FORMAT: i16 = 2;

/// The personal fields of a row (S08), sealed together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// UPN, or the name that was typed.
    pub upn: String,
    /// Given name, if the tenant logs names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name, if the tenant logs names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Mail address, if the tenant logs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Phone number, for SMS and calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Device token, truncated hash, for the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// Address of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
    /// The browser's or program's description of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// What is known about a decided attempt, before sealing.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Moment of the decision.
    pub occurred_at: Timestamp,
    /// Attempt.
    pub attempt_id: AttemptId,
    /// Public id.
    pub session_id: SessionId,
    /// Groups attempts of one run.
    pub correlation_id: Uuid,
    /// First step.
    pub started_at: Timestamp,
    /// Subject.
    pub subject_id: Uuid,
    /// Member, if the name was one's.
    pub member_id: Option<Uuid>,
    /// Door.
    pub door: Door,
    /// Purpose.
    pub purpose: Purpose,
    /// Path.
    pub path: Path,
    /// Decision.
    pub decision: Decision,
    /// Reason.
    pub reason: Reason,
    /// What the transport did.
    pub transport_result: Option<TransportResult>,
    /// A second factor was asked or checked.
    pub second_factor: bool,
    /// Application.
    pub application: Option<String>,
    /// Method.
    pub method: Option<(Option<MethodId>, MethodKind)>,
    /// Reasons for registration.
    pub registration_reasons: Vec<RegistrationReason>,
    /// What the policy was asked and said.
    pub policy: Option<PolicyRecord>,
    /// What was sent, in a line: channel, provider and how far it came.
    pub delivery: Option<String>,
    /// Node.
    pub node: String,
    /// Address of the node.
    pub server_ip: Option<String>,
    /// Personal fields.
    pub personal: Personal,
}

/// What the policy was asked and what it said.
#[derive(Clone, Debug)]
pub struct PolicyRecord {
    /// Version.
    pub version: i32,
    /// MFA state asked about.
    pub mfa_state: MfaState,
    /// Roles asked about.
    pub roles: Vec<Role>,
    /// Groups asked about.
    pub groups: Vec<String>,
    /// What it demanded.
    pub then: Then,
    /// Each rule's part, and where the demand comes from.
    pub rules: serde_json::Value,
}

/// A row of the authentication log, ready to be written.
#[derive(Debug, Serialize)]
pub struct AuthEntry {
    tenant_id: TenantId,
    occurred_at: Timestamp,
    attempt_id: AttemptId,
    session_id: i64,
    correlation_id: Uuid,
    started_at: Timestamp,
    subject_id: Uuid,
    member_id: Option<Uuid>,
    door: Door,
    purpose: Purpose,
    path: Path,
    decision: Decision,
    reason: Reason,
    transport_result: Option<TransportResult>,
    second_factor: bool,
    application: Option<String>,
    method_id: Option<MethodId>,
    method_kind: Option<MethodKind>,
    mode: &'static str,
    registration_reasons: Vec<RegistrationReason>,
    policy_version: Option<i32>,
    policy_mfa_state: Option<MfaState>,
    policy_roles: Vec<Role>,
    policy_groups: Vec<String>,
    policy_client: &'static str,
    policy_then: Option<Then>,
    policy_rules: serde_json::Value,
    delivery: Option<String>,
    node: String,
    server_ip: Option<String>,
    sealed: Bytea,
    upn_mac: Bytea,
    client_ip_mac: Option<Bytea>,
    phone_tail_mac: Option<Bytea>,
    format: i16,
    salt: Bytea,
    leaf_hash: Bytea,
}

/// The MAC by which a value can be found in the journal: 16 bytes, bound to its field.
pub fn search_mac(keys: &TenantKeys, field: &str, value: &str) -> Vec<u8> {
    keys.key(KeyPurpose::LogSearch).mac(&[field.as_bytes(), value.to_lowercase().as_bytes()])[..16].to_vec()
}

impl AuthEntry {
    /// Seals and binds what is known about a decided attempt.
    pub fn seal(decided: Decided, subject_key: &SealKey, keys: &TenantKeys, rng: &Rng) -> Self {
        let personal = serde_json::to_vec(&decided.personal).expect("a plain struct can be written as JSON");
        let sealed = subject_key.seal(SealedColumn::AuthLog, decided.attempt_id.0, &personal, rng);
        let salt: [u8; 16] = rng.bytes();
        let (method_id, method_kind) = decided.method.map_or((None, None), |(id, kind)| (id, Some(kind)));
        let policy = decided.policy;
        let mut entry = Self {
            tenant_id: decided.tenant_id,
            occurred_at: decided.occurred_at,
            attempt_id: decided.attempt_id,
            session_id: decided.session_id.to_bits() as i64,
            correlation_id: decided.correlation_id,
            started_at: decided.started_at,
            subject_id: decided.subject_id,
            member_id: decided.member_id,
            door: decided.door,
            purpose: decided.purpose,
            path: decided.path,
            decision: decided.decision,
            reason: decided.reason,
            transport_result: decided.transport_result,
            second_factor: decided.second_factor,
            application: decided.application,
            method_id,
            method_kind,
            mode: "standard",
            registration_reasons: decided.registration_reasons,
            policy_version: policy.as_ref().map(|p| p.version),
            policy_mfa_state: policy.as_ref().map(|p| p.mfa_state),
            policy_roles: policy.as_ref().map(|p| p.roles.clone()).unwrap_or_default(),
            policy_groups: policy.as_ref().map(|p| p.groups.clone()).unwrap_or_default(),
            policy_client: match decided.door {
                Door::Web => "browser",
                Door::Rest => "api",
                Door::Radius => "radius",
            },
            policy_then: policy.as_ref().map(|p| p.then),
            policy_rules: policy.map_or_else(|| serde_json::json!([]), |p| p.rules),
            delivery: decided.delivery,
            node: decided.node,
            server_ip: decided.server_ip,
            phone_tail_mac: decided
                .personal
                .phone
                .as_deref()
                .map(|phone| Bytea(search_mac(keys, "phone_tail", phone_tail(phone)))),
            upn_mac: Bytea(search_mac(keys, "upn", &decided.personal.upn)),
            client_ip_mac: decided.personal.client_ip.as_deref().map(|ip| Bytea(search_mac(keys, "client_ip", ip))),
            sealed: Bytea(sealed),
            format: FORMAT,
            salt: Bytea(salt.to_vec()),
            leaf_hash: Bytea(Vec::new()),
        };
        entry.leaf_hash = Bytea(entry.leaf());
        entry
    }

    /// Marks the row as one whose second factor was checked with this method.
    pub(crate) fn prove(&mut self, method: MethodId, kind: MethodKind) {
        self.second_factor = true;
        self.method_id = Some(method);
        self.method_kind = Some(kind);
        self.transport_result = (kind != MethodKind::Passkey).then_some(TransportResult::OathCodeVerified);
        self.leaf_hash = Bytea(self.leaf());
    }

    /// The leaf: SHA-256 of 0x00 and every field in a fixed order, each with its length before it. Personal values take part as ciphertext, so
    /// that the proof still holds after their key is gone.
    fn leaf(&self) -> Vec<u8> {
        let mut leaf = Leaf::new();
        leaf.bytes(self.tenant_id.0.as_bytes())
            .number(self.occurred_at.as_microsecond())
            .bytes(self.attempt_id.0.as_bytes());
        leaf.number(self.session_id)
            .bytes(self.correlation_id.as_bytes())
            .number(self.started_at.as_microsecond())
            .bytes(self.subject_id.as_bytes());
        leaf.text(self.door.as_str())
            .text(self.purpose.as_str())
            .text(self.path.as_str())
            .text(self.decision.as_str())
            .text(self.reason.as_str());
        leaf.text(self.transport_result.map_or("", |t| t.as_str()))
            .number(self.second_factor.into())
            .text(self.application.as_deref().unwrap_or(""));
        leaf.bytes(self.method_id.map_or(Uuid::nil(), |m| m.0).as_bytes())
            .text(self.method_kind.map_or("", |k| k.as_str()))
            .text(self.mode);
        for reason in &self.registration_reasons {
            leaf.text(reason.as_str());
        }
        leaf.number(self.policy_version.unwrap_or(0).into())
            .text(self.policy_then.map_or("", |t| t.as_str()))
            .text(&self.policy_rules.to_string());
        leaf.text(&self.node)
            .text(self.server_ip.as_deref().unwrap_or(""))
            .bytes(&self.sealed.0)
            .bytes(&self.salt.0);
        // Since form 2.
        leaf.text(self.delivery.as_deref().unwrap_or(""));
        leaf.end()
    }
}

/// The last four digits of a number: what a caller reads out, and what a log row can be found by.
pub fn phone_tail(e164: &str) -> &str {
    e164.len().checked_sub(4).and_then(|at| e164.get(at..)).unwrap_or(e164)
}

/// A change as the audit log tells it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Change {
    /// Before; null for what did not exist.
    pub before: serde_json::Value,
    /// After; null for what is gone.
    pub after: serde_json::Value,
}

/// A row of the audit log, ready to be written.
#[derive(Debug, Serialize)]
pub struct AuditEntry {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Moment.
    pub occurred_at: Timestamp,
    /// Id.
    pub audit_id: AuditId,
    /// What happened, by the names of `journal::Event`.
    pub event: &'static str,
    /// Kind of actor.
    pub actor_kind: &'static str,
    /// Actor.
    pub actor_id: Option<Uuid>,
    /// Kind of target.
    pub target_kind: &'static str,
    /// Target.
    pub target_id: Option<Uuid>,
    /// The reason given.
    pub reason: Option<String>,
    /// Public id of the attempt it happened in.
    pub session_id: Option<i64>,
    /// Before and after, sealed.
    pub sealed: Bytea,
    /// Form.
    pub format: i16,
    /// Salt.
    pub salt: Bytea,
    /// Leaf.
    pub leaf_hash: Bytea,
}

/// What an audit row is about, before sealing.
#[derive(Clone, Debug)]
pub struct Audited<'a> {
    /// Event.
    pub event: super::Event,
    /// Actor.
    pub who: crate::actor::Who,
    /// Kind and id of the target.
    pub target: (&'static str, Option<Uuid>),
    /// Reason given.
    pub reason: Option<&'a str>,
    /// Attempt it happened in.
    pub session: Option<SessionId>,
    /// Before and after.
    pub change: Change,
}

impl AuditEntry {
    /// Seals and binds a change. The key is that of the member it is about, else the tenant's.
    pub fn seal(tenant_id: TenantId, now: Timestamp, audited: Audited<'_>, key: &SealKey, rng: &Rng) -> Self {
        let audit_id = AuditId(rng.id(now));
        let change = serde_json::to_vec(&audited.change).expect("a plain struct can be written as JSON");
        let sealed = key.seal(SealedColumn::AuditLog, audit_id.0, &change, rng);
        let salt: [u8; 16] = rng.bytes();
        let mut leaf = Leaf::new();
        leaf.bytes(tenant_id.0.as_bytes())
            .number(now.as_microsecond())
            .bytes(audit_id.0.as_bytes())
            .text(audited.event.as_str());
        leaf.text(audited.who.kind())
            .bytes(audited.who.id().unwrap_or_default().as_bytes())
            .text(audited.target.0)
            .bytes(audited.target.1.unwrap_or_default().as_bytes());
        leaf.text(audited.reason.unwrap_or(""))
            .number(audited.session.map_or(-1, |s| s.to_bits() as i64))
            .bytes(&sealed)
            .bytes(&salt);
        Self {
            tenant_id,
            occurred_at: now,
            audit_id,
            event: audited.event.as_str(),
            actor_kind: audited.who.kind(),
            actor_id: audited.who.id(),
            target_kind: audited.target.0,
            target_id: audited.target.1,
            reason: audited.reason.map(str::to_owned),
            session_id: audited.session.map(|s| s.to_bits() as i64),
            sealed: Bytea(sealed),
            format: FORMAT,
            salt: Bytea(salt.to_vec()),
            leaf_hash: Bytea(leaf.end()),
        }
    }
}

/// Hashes fields with their lengths.
struct Leaf(Sha256);

impl Leaf {
    fn new() -> Self {
        let mut hash = Sha256::new();
        hash.update([0]);
        hash.update(FORMAT.to_be_bytes());
        Self(hash)
    }

    fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.0.update((value.len() as u32).to_be_bytes());
        self.0.update(value);
        self
    }

    fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    fn number(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    fn end(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}
