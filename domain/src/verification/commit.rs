//! All effects of a decision, written in one call: what `verification_commit` takes. The guard's version in it makes sure that nothing has
//! changed since the facts were loaded.

use super::{
    facts::{Facts, Stage},
    rules::Counter,
};
use crate::{bytea::Bytea, journal::entry::AuthEntry};
use jiff::Timestamp;
use model::{
    AttemptId, ChallengeId, Channel, Decision, DeliveryId, DeliveryStatus, Door, Family, MethodId, MethodKind, MfaState, Path, ProviderId, Purpose, Reason,
    RegistrationReason, SessionId, StepKind, TenantId,
};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// The document of one commit.
#[derive(Debug, Serialize)]
pub struct Commit {
    /// Whose tenant.
    pub tenant_id: TenantId,
    /// Whose counters.
    pub subject_id: Uuid,
    /// The moment of the decision.
    pub now: Timestamp,
    /// The guard's version as loaded.
    pub guard_version: i64,
    /// The guard as it shall be.
    pub guard: Counter,
    /// Other counters as they shall be.
    pub counters: Vec<ScopedCounter>,
    /// Families in which a wrong answer is added to today's.
    pub failed_families: Vec<Family>,
    /// A method that is proven by what it has just answered.
    pub new_method: Option<NewMethod>,
    /// The method whose step is claimed.
    pub method_used: Option<MethodUsed>,
    /// The recovery code that is used up.
    pub recovery_used: Option<Bytea>,
    /// The pass that is used.
    pub pass_used: Option<Uuid>,
    /// The bypass that is used up.
    pub bypass_used: Option<Uuid>,
    /// A block that begins, such as by a fraud report.
    pub new_block: Option<BlockRow>,
    /// A browser that is remembered from here on.
    pub new_device: Option<DeviceRow>,
    /// The remembered device that is used.
    pub device_used: Option<Uuid>,
    /// Methods to switch off.
    pub methods_off: Vec<MethodId>,
    /// A new set of recovery codes.
    pub new_recovery: Vec<Bytea>,
    /// What changes about the member.
    pub member: Option<MemberChange>,
    /// The public id to reserve, for an attempt that begins here.
    pub locator: Option<i64>,
    /// The attempt all of this belongs to.
    pub attempt_id: AttemptId,
    /// When that attempt began.
    pub started_at: Timestamp,
    /// The attempt's row, when it begins here and goes on.
    pub new_attempt: Option<AttemptRow>,
    /// The attempt's row, when it moves on.
    pub attempt: Option<AttemptChange>,
    /// A challenge that begins.
    pub new_challenge: Option<ChallengeRow>,
    /// A message that is to be sent.
    pub new_delivery: Option<DeliveryRow>,
    /// A challenge that moves on.
    pub challenge: Option<ChallengeChange>,
    /// Steps for the timeline.
    pub steps: Vec<Step>,
    /// The row of the authentication log, when something is decided.
    pub log: Option<AuthEntry>,
    /// Rows of the audit log.
    pub audits: Vec<crate::journal::entry::AuditEntry>,
    /// Notices to send.
    pub notices: Vec<NoticeRow>,
    /// The answer to store under the idempotency key.
    pub idempotency: Option<IdempotencyRow>,
}

/// A counter and its scope.
#[derive(Debug, Serialize)]
pub struct ScopedCounter {
    /// The scope.
    pub scope: String,
    /// The counter.
    #[serde(flatten)]
    pub counter: Counter,
    /// MACs of the last wrong passwords, oldest first.
    pub same: Vec<Bytea>,
}

/// A claimed step.
#[derive(Debug, Serialize)]
pub struct MethodUsed {
    /// Which method.
    pub method_id: MethodId,
    /// The step, later than every one before.
    pub step: i64,
    /// The drift to remember.
    pub drift: i64,
    /// What it is called from here on, for one that is proven by this.
    pub label: Option<String>,
    /// Its parameters as they shall be, where they change with use.
    pub params: Option<Value>,
}

/// A method that counts from this commit on.
#[derive(Clone, Debug, Serialize)]
pub struct NewMethod {
    /// Id.
    pub method_id: MethodId,
    /// Kind.
    pub kind: MethodKind,
    /// The member's own name for it.
    pub label: String,
    /// Its parameters.
    pub params: Value,
}

/// The row of a block.
#[derive(Debug, Serialize)]
pub struct BlockRow {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Id.
    pub block_id: Uuid,
    /// Member.
    pub member_id: Uuid,
    /// `admin` or `fraud_report`.
    pub cause: &'static str,
    /// Why, in somebody's words.
    pub reason: String,
    /// By whom.
    pub blocked_by: Option<Uuid>,
    /// Since when.
    pub blocked_at: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// The row of a remembered device.
#[derive(Debug, Serialize)]
pub struct DeviceRow {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Id.
    pub device_id: Uuid,
    /// Member.
    pub member_id: Uuid,
    /// Hash of the secret in its cookie.
    pub hash: Bytea,
    /// The browser, in words.
    pub agent: String,
    /// The member's epoch.
    pub epoch: i32,
    /// Since when.
    pub made_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Changes of the member's row.
#[derive(Debug, Default, Serialize)]
pub struct MemberChange {
    /// The new MFA state.
    pub mfa_state: Option<MfaState>,
    /// The moment of the sign-in.
    pub last_sign_in_at: Option<Timestamp>,
    /// Since when the registration policy counts.
    pub grace_from: Option<Timestamp>,
    /// The default method.
    pub default_method: Option<MethodId>,
    /// Every session and remembered device ends.
    pub ends_sessions: bool,
    /// Every remembered browser ends.
    pub ends_devices: bool,
}

/// The row of an attempt.
#[derive(Debug, Serialize)]
pub struct AttemptRow {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Id.
    pub attempt_id: AttemptId,
    /// Public id.
    pub session_id: i64,
    /// Groups attempts of one run.
    pub correlation_id: Uuid,
    /// First step.
    pub started_at: Timestamp,
    /// Last step.
    pub last_step_at: Timestamp,
    /// Door.
    pub door: Door,
    /// Purpose.
    pub purpose: Purpose,
    /// Path.
    pub path: Path,
    /// Subject.
    pub subject_id: Uuid,
    /// Member.
    pub member_id: Option<Uuid>,
    /// Application.
    pub application: Option<String>,
    /// Stage.
    pub stage: Stage,
    /// A second factor has been asked.
    pub second_asked: bool,
    /// Last refusal.
    pub last_refusal: Option<Reason>,
    /// Reasons for registration.
    pub reasons: Vec<RegistrationReason>,
    /// Policy version.
    pub policy_version: Option<i32>,
    /// Name, address, browser.
    pub sealed: Bytea,
    /// REST key.
    pub key_id: Option<Uuid>,
    /// Decided when.
    pub decided_at: Option<Timestamp>,
    /// Decided how.
    pub decision: Option<Decision>,
}

/// How an attempt moves on.
#[derive(Debug, Serialize)]
pub struct AttemptChange {
    /// The stage it must be in.
    pub was_stage: Stage,
    /// The stage it goes to.
    pub stage: Stage,
    /// A second factor has been asked.
    pub second_asked: bool,
    /// Last refusal.
    pub last_refusal: Option<Reason>,
    /// Reasons for registration.
    pub reasons: Vec<RegistrationReason>,
    /// Policy version.
    pub policy_version: Option<i32>,
    /// Decided when.
    pub decided_at: Option<Timestamp>,
    /// Decided how.
    pub decision: Option<Decision>,
}

/// The row of a challenge.
#[derive(Debug, Serialize)]
pub struct ChallengeRow {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Id.
    pub challenge_id: ChallengeId,
    /// Attempt.
    pub attempt_id: AttemptId,
    /// Purpose.
    pub purpose: Purpose,
    /// Kind asked for, if one.
    pub kind: Option<MethodKind>,
    /// The method that the code is sent to.
    pub method_id: Option<MethodId>,
    /// Whose, for a code that is sent.
    pub subject_id: Option<Uuid>,
    /// The code that is sent, sealed.
    pub code_sealed: Option<Bytea>,
    /// Wrong answers.
    pub wrong_count: i32,
    /// Begin.
    pub created_at: Timestamp,
    /// End.
    pub expires_at: Timestamp,
}

/// How a challenge moves on.
#[derive(Debug, Serialize)]
pub struct ChallengeChange {
    /// Which.
    pub challenge_id: ChallengeId,
    /// Wrong answers.
    pub wrong_count: i32,
    /// Spent when.
    pub spent_at: Option<Timestamp>,
    /// Answered right when.
    pub right_at: Option<Timestamp>,
}

/// The row of a message.
#[derive(Debug, Serialize)]
pub struct DeliveryRow {
    /// Id.
    pub delivery_id: DeliveryId,
    /// Tenant.
    pub tenant_id: TenantId,
    /// Challenge.
    pub challenge_id: ChallengeId,
    /// Attempt.
    pub attempt_id: AttemptId,
    /// Subject.
    pub subject_id: Uuid,
    /// Which of its challenge, from 1.
    pub n: i32,
    /// What carries it.
    pub channel: Channel,
    /// ISO 3166 of the number.
    pub country: Option<String>,
    /// First digits of the number.
    pub prefix: Option<String>,
    /// MAC of the number or mailbox.
    pub address_mac: Bytea,
    /// The same, masked.
    pub masked: String,
    /// Through whom.
    pub provider_id: ProviderId,
    /// The provider's name.
    pub provider: String,
    /// From which number or name.
    pub sender: String,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// What it is made of.
    pub sealed: Bytea,
    /// Made when.
    pub created_at: Timestamp,
    /// To be sent from when.
    pub run_at: Timestamp,
    /// Not to be sent from when.
    pub gone_at: Timestamp,
}

/// A step of the timeline. Details hold no personal value and no secret.
#[derive(Debug, Serialize)]
pub struct Step {
    /// Kind.
    pub kind: StepKind,
    /// Details.
    pub detail: Value,
}

impl Step {
    /// A step without details.
    pub fn new(kind: StepKind) -> Self {
        Self { kind, detail: json!({}) }
    }

    /// A step with details.
    pub fn with(kind: StepKind, detail: Value) -> Self {
        Self { kind, detail }
    }
}

/// A notice on its way to the outbox.
#[derive(Debug, Serialize)]
pub struct NoticeRow {
    /// Id.
    pub outbox_id: Uuid,
    /// What it is about.
    pub kind: &'static str,
    /// What it says, sealed.
    pub sealed: Bytea,
}

/// A stored answer.
#[derive(Debug, Serialize)]
pub struct IdempotencyRow {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Key.
    pub key_id: Uuid,
    /// Hash of the idempotency key.
    pub idem_hash: Bytea,
    /// Hash of the request.
    pub request_hash: Bytea,
    /// The answer.
    pub answer: Value,
    /// When.
    pub created_at: Timestamp,
}

impl Commit {
    /// A commit that changes nothing but the guard's version.
    pub fn about(tenant_id: TenantId, facts: &Facts, attempt_id: AttemptId, started_at: Timestamp, now: Timestamp) -> Self {
        Self {
            tenant_id,
            subject_id: facts.subject,
            now,
            guard_version: facts.guard_version(),
            guard: facts.counter("guard"),
            counters: Vec::new(),
            failed_families: Vec::new(),
            new_method: None,
            method_used: None,
            recovery_used: None,
            pass_used: None,
            bypass_used: None,
            new_block: None,
            new_device: None,
            device_used: None,
            methods_off: Vec::new(),
            new_recovery: Vec::new(),
            member: None,
            locator: None,
            attempt_id,
            started_at,
            new_attempt: None,
            attempt: None,
            new_challenge: None,
            new_delivery: None,
            challenge: None,
            steps: Vec::new(),
            log: None,
            audits: Vec::new(),
            notices: Vec::new(),
            idempotency: None,
        }
    }

    /// Reserves the public id of an attempt that begins with this commit.
    pub fn reserve(&mut self, session: SessionId) {
        self.locator = Some(session.to_bits() as i64);
    }
}
