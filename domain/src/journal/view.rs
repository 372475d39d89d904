//! Sign-ins and changes as they are asked for and shown.

use super::{Event, entry::Personal};
use crate::{
    directory::MemberRef,
    policy::rules::{Because, RuleOutcome},
    verification::facts::Stage,
};
use jiff::Timestamp;
use model::*;
use serde::Serialize;
use serde_json::Value;
use std::net::IpAddr;
use uuid::Uuid;

/// Which sign-ins to list. Newest first.
#[derive(Clone, Debug)]
pub struct SignInQuery {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Of this member, or with this name.
    pub member: Option<MemberRef>,
    /// With this outcome.
    pub decision: Option<Decision>,
    /// For this reason.
    pub reason: Option<Reason>,
    /// By this kind of method.
    pub method: Option<MethodKind>,
    /// For this application, by its exact name.
    pub application: Option<String>,
    /// From this address.
    pub client_ip: Option<IpAddr>,
    /// With this session id.
    pub session: Option<SessionId>,
    /// Of this run of several attempts. No index leads to it: ask within some days.
    pub correlation: Option<Uuid>,
    /// Where the page starts.
    pub cursor: Option<Cursor>,
    /// Rows of a page.
    pub limit: usize,
}

impl Default for SignInQuery {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            member: None,
            decision: None,
            reason: None,
            method: None,
            application: None,
            client_ip: None,
            session: None,
            correlation: None,
            cursor: None,
            limit: PAGE_ROWS_DEFAULT,
        }
    }
}

/// How the personal values of a row are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// As they were logged.
    Whole,
    /// As much of them as the caller's roles need.
    Masked,
    /// Not at all: the person's key has been destroyed.
    Erased,
    /// Not at all: the value does not open though its key is there. Somebody changed it, or the key is another one.
    Unreadable,
}

/// A sign-in or verification.
#[derive(Clone, Debug, Serialize)]
pub struct SignInRow {
    /// Attempt.
    pub attempt_id: AttemptId,
    /// Public id.
    pub session_id: SessionId,
    /// Groups attempts of one run.
    pub correlation_id: Uuid,
    /// First step.
    pub started_at: Timestamp,
    /// Moment of the decision; of the last step while the attempt is open.
    pub occurred_at: Timestamp,
    /// Member; `None` when the name was nobody's.
    pub member_id: Option<MemberId>,
    /// Door.
    pub door: Door,
    /// Purpose.
    pub purpose: Purpose,
    /// Path.
    pub path: Path,
    /// Outcome; `None` only while the attempt is open, which no row of a list is.
    pub decision: Option<Decision>,
    /// Why. While the attempt is open: the last refusal in it.
    pub reason: Option<Reason>,
    /// What the transport did.
    pub transport_result: Option<TransportResult>,
    /// A second factor was asked or checked.
    pub second_factor: bool,
    /// Application.
    pub application: Option<String>,
    /// Method.
    pub method_id: Option<MethodId>,
    /// Its kind.
    pub method_kind: Option<MethodKind>,
    /// Mode of the method (S08).
    pub mode: String,
    /// Why registration was asked.
    pub registration_reasons: Vec<RegistrationReason>,
    /// Version of the policy that was asked.
    pub policy_version: Option<i32>,
    /// What it demanded.
    pub policy_then: Option<Then>,
    /// Deliveries in short.
    pub delivery: Option<String>,
    /// Name of the node.
    pub server_name: String,
    /// Address of the node.
    pub server_ip: Option<String>,
    /// Name, address and the like, as the caller may see them; what the tenant does not log is `None` inside.
    pub personal: Option<Personal>,
    /// How they are shown.
    pub shown: Shown,
}

impl SignInRow {
    /// The original's name for the reason of a denial.
    pub fn denial(&self) -> Option<&'static str> {
        self.reason.filter(|_| self.decision == Some(Decision::Denied)).and_then(Reason::denial_key)
    }
}

/// How many sign-ins ended how, for the counts that filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SignInCounts {
    /// All.
    pub all: i64,
    /// Let in.
    pub allowed: i64,
    /// Refused.
    pub denied: i64,
    /// Stopped for something to be done first.
    pub interrupted: i64,
    /// Left before anything was decided.
    pub abandoned: i64,
}

/// Which changes to list. Newest first.
#[derive(Clone, Debug)]
pub struct AuditQuery {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Of this sort.
    pub event: Option<Event>,
    /// By this member or key.
    pub actor: Option<MemberRef>,
    /// About this member or thing.
    pub target: Option<MemberRef>,
    /// Where the page starts.
    pub cursor: Option<Cursor>,
    /// Rows of a page.
    pub limit: usize,
}

impl Default for AuditQuery {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            event: None,
            actor: None,
            target: None,
            cursor: None,
            limit: PAGE_ROWS_DEFAULT,
        }
    }
}

/// Somebody or something that a change is by or about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Party {
    /// `member`, `api_key`, `console`, `service`, `tenant`, `policy`, `attempt` and the like.
    pub kind: String,
    /// Id.
    pub id: Option<Uuid>,
    /// Sign-in name or name of the key, where it is one of this tenant's and still known.
    pub name: Option<String>,
}

/// A change.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRow {
    /// Id.
    pub audit_id: AuditId,
    /// Moment.
    pub occurred_at: Timestamp,
    /// What happened, by the names of [`Event`].
    pub event: String,
    /// By whom.
    pub actor: Party,
    /// About what.
    pub target: Party,
    /// The reason given.
    pub reason: Option<String>,
    /// The attempt it happened in.
    pub session_id: Option<SessionId>,
    /// Before; null for what did not exist or is not shown.
    pub before: Value,
    /// After; null for what is gone or is not shown.
    pub after: Value,
    /// How before and after are shown.
    pub shown: Shown,
}

/// What the policy was asked and what it said, as recorded with the attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyView {
    /// Version.
    pub version: i32,
    /// MFA state asked about.
    pub mfa_state: Option<MfaState>,
    /// Roles asked about.
    pub roles: Vec<Role>,
    /// Groups asked about.
    pub groups: Vec<String>,
    /// What it demanded.
    pub then: Option<Then>,
    /// Where the demand comes from.
    pub because: Option<Because>,
    /// Each rule's part.
    pub rules: Vec<RuleOutcome>,
}

/// A step of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepView {
    /// Moment.
    pub at: Timestamp,
    /// Kind.
    pub kind: StepKind,
    /// Details; no personal value and no secret among them.
    pub detail: Value,
}

/// An attempt that is not decided yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OpenAttempt {
    /// What it waits for.
    pub stage: Stage,
    /// When it ends if nothing more happens.
    pub ends_at: Timestamp,
}

/// A method as others than its owner see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MethodView {
    /// Id.
    pub id: MethodId,
    /// Kind.
    pub kind: MethodKind,
    /// The member's own name for it.
    pub label: String,
    /// On; else switched off.
    pub on: bool,
    /// Why it is off.
    pub disabled_reason: Option<String>,
    /// Seconds by which the app's clock is known to be ahead (below zero: behind).
    pub clock_off_seconds: i64,
    /// Seconds that one code lasts, for apps and tokens.
    pub code_seconds: Option<u8>,
    /// Registered.
    pub created_at: Timestamp,
    /// Last used.
    pub last_used_at: Option<Timestamp>,
}

/// Wrong answers of one sort and what follows from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CounterView {
    /// `guard` for the member as a whole, a family of methods, `password`, or `password_source` for passwords from one source.
    pub scope: String,
    /// Wrong in a row.
    pub in_row: i32,
    /// Wrong in thirty days, for families.
    pub in_thirty_days: i64,
    /// Nothing is compared before this moment, if it is ahead.
    pub wait_until: Option<Timestamp>,
    /// The last wrong answer.
    pub last_at: Option<Timestamp>,
}

/// The member a case is about, as it is now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseMember {
    /// Id.
    pub id: MemberId,
    /// Sign-in name, as the caller may see it.
    pub upn: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// MFA state.
    pub mfa_state: MfaState,
    /// Switched off.
    pub disabled: bool,
    /// Blocked.
    pub blocked: bool,
    /// Removed from the directory.
    pub removed: bool,
    /// Methods, masked.
    pub methods: Vec<MethodView>,
    /// Unused recovery codes.
    pub recovery_left: i64,
}

/// An earlier or later sign-in that went well.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoodSignIn {
    /// Moment.
    pub at: Timestamp,
    /// Public id.
    pub session_id: SessionId,
    /// Purpose.
    pub purpose: Purpose,
    /// Application.
    pub application: Option<String>,
    /// Kind of method.
    pub method_kind: Option<MethodKind>,
}

/// Everything about one attempt.
#[derive(Clone, Debug, Serialize)]
pub struct CaseView {
    /// The row; of an open attempt what there is so far.
    pub row: SignInRow,
    /// Where it stands, if it is not decided.
    pub open: Option<OpenAttempt>,
    /// Every step, oldest first.
    pub steps: Vec<StepView>,
    /// What the policy said.
    pub policy: Option<PolicyView>,
    /// What happened and what fixes it.
    pub diagnosis: super::diagnosis::Diagnosis,
    /// The member now; `None` when the name was nobody's.
    pub member: Option<CaseMember>,
    /// Counters now.
    pub counters: Vec<CounterView>,
    /// The last sign-in or verification that went well.
    pub last_good: Option<GoodSignIn>,
    /// Changes of the member from seven days before the attempt until now, newest first.
    pub changes: Vec<AuditRow>,
}
