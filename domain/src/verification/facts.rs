//! All that a decision needs, loaded in one call: what `verification_load` answers.

use crate::{
    bytea::Bytea,
    delivery::rules::Sends,
    policy::{
        PolicyFacts,
        reset::{Prepared, ResetFacts, offered, prepared},
        rules::{Held, Inputs, STILL_IN_THE_WAY},
    },
    verification::rules::Counter,
};
use ipnet::IpNet;
use jiff::Timestamp;
use model::{
    Action, ApiKeyId, AttemptId, ChallengeId, Channel, Decision, DeliveryStatus, Family, MemberId, MethodId, MethodKind, MethodUse, MfaState, OathParams,
    PolicyDocument, Profile, ProviderId, Purpose, Reason, RegistrationReason, Role,
};
use serde::Deserialize;
use uuid::Uuid;

/// The facts about one subject at one moment.
#[derive(Debug, Deserialize)]
pub struct Facts {
    /// The database's time.
    pub database_now: Timestamp,
    /// The tenant; `None` when there is no such tenant.
    pub tenant: Option<TenantFacts>,
    /// The REST key, if one was named and is good at this moment.
    pub key: Option<KeyFacts>,
    /// The member, if the name is one's.
    pub member: Option<MemberFacts>,
    /// The stored password, for the password step only.
    pub password: Option<PasswordFacts>,
    /// Whose counters these are: the member's id, or one made of the unknown name.
    pub subject: Uuid,
    /// The subject's key, wrapped.
    pub subject_key: Option<Bytea>,
    /// Counters.
    pub throttles: Vec<ThrottleRow>,
    /// Wrong answers of thirty days.
    pub failures: Vec<FamilyFailures>,
    /// Methods that are active, off, or waiting for their first code.
    pub methods: Vec<MethodFacts>,
    /// MACs of the unused recovery codes.
    pub recovery: Vec<Bytea>,
    /// The Temporary Access Pass that has not been replaced or withdrawn, whether it is good at this moment or not.
    pub pass: Option<PassFacts>,
    /// The block that holds at this moment.
    pub block: Option<BlockFacts>,
    /// The one-time bypass that is open at this moment.
    pub bypass: Option<BypassFacts>,
    /// The address that was asked about lies in a trusted network.
    #[serde(default)]
    pub trusted: bool,
    /// The remembered device that was asked about, if it is this member's and good.
    pub device: Option<DeviceFacts>,
    /// The newest policy.
    pub policy: Option<PolicyFacts>,
    /// The attempt, when one was named.
    pub attempt: Option<AttemptFacts>,
    /// Its newest challenge.
    pub challenge: Option<ChallengeFacts>,
    /// An attempt whose sent code another call has left open.
    pub open_attempt: Option<AttemptId>,
    /// Messages of the attempt.
    #[serde(default)]
    pub deliveries: Vec<DeliveryFacts>,
    /// What has been sent lately and what there is to send with, when it was asked for.
    pub sends: Option<Sends>,
    /// The answer stored for the idempotency key.
    pub answered: Option<AnsweredFacts>,
    /// What a reset needs beside the methods; where the question may come up.
    pub for_reset: Option<ForReset>,
}

/// What a reset needs beside the methods.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ForReset {
    /// Answers to security questions.
    pub answers: i64,
    /// How many others have the same number or mailbox.
    pub shared: Vec<SharedFacts>,
    /// What messages can be carried by.
    pub channels: Vec<Channel>,
    /// Kinds that were shown in the attempt.
    pub shown: Vec<MethodKind>,
}

/// A number or mailbox that others have as well.
#[derive(Clone, Debug, Deserialize)]
pub struct SharedFacts {
    /// The method.
    pub method_id: MethodId,
    /// How many others.
    pub others: i64,
}

/// A message of the attempt.
#[derive(Clone, Debug, Deserialize)]
pub struct DeliveryFacts {
    /// Which of its challenge, from 1.
    pub n: i32,
    /// Its challenge.
    pub challenge_id: ChallengeId,
    /// What carries it.
    pub channel: Channel,
    /// Through whom.
    pub provider_id: Option<ProviderId>,
    /// Name of that provider.
    pub provider: Option<String>,
    /// From which number or name.
    pub sender: Option<String>,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// Where it goes, masked.
    pub masked: String,
}

/// The tenant.
#[derive(Debug, Clone, Deserialize)]
pub struct TenantFacts {
    /// Short name.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Standard or strict.
    pub profile: Profile,
    /// Suspended by the operator.
    pub suspended: bool,
    /// Names go into the journal.
    pub log_names: bool,
    /// Mail addresses go into the journal.
    pub log_mail: bool,
    /// `en` or `nl`.
    pub locale: String,
}

/// A REST key.
#[derive(Debug, Deserialize)]
pub struct KeyFacts {
    /// Its id.
    pub key_id: ApiKeyId,
    /// SHA-256 of its secret.
    pub hash: Bytea,
    /// Scopes as text.
    pub scopes: Vec<String>,
    /// Cloud or server.
    pub path: model::Path,
    /// Networks it may be used from; empty means any.
    pub networks: Vec<IpNet>,
}

/// A member.
#[derive(Debug, Clone, Deserialize)]
pub struct MemberFacts {
    /// Id.
    pub member_id: MemberId,
    /// Name as written.
    pub upn: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Mail address.
    pub mail: Option<String>,
    /// `en` or `nl`, if the member has chosen.
    pub locale: Option<String>,
    /// Stored MFA state.
    pub mfa_state: MfaState,
    /// Counts up whenever all sessions must end.
    pub epoch: i32,
    /// Switched off by an admin.
    pub disabled: bool,
    /// Since when the registration policy counts.
    pub grace_from: Option<Timestamp>,
    /// The default method.
    pub default_method: Option<MethodId>,
    /// What the member's passkeys know their owner by.
    pub user_handle: Option<Uuid>,
    /// Roles above member.
    pub roles: Vec<Role>,
    /// Operator of the installation.
    pub operator: bool,
    /// Names of groups.
    pub groups: Vec<String>,
}

impl MemberFacts {
    /// True for roles above member and for operators.
    pub fn is_admin(&self) -> bool {
        self.operator || !self.roles.is_empty()
    }
}

/// A Temporary Access Pass.
#[derive(Debug, Clone, Deserialize)]
pub struct PassFacts {
    /// Id.
    pub pass_id: Uuid,
    /// MAC of the pass, bound to its member.
    pub mac: Bytea,
    /// Not good before.
    pub valid_from: Timestamp,
    /// Not good from then on.
    pub valid_until: Timestamp,
    /// Good for one use alone.
    pub one_time: bool,
    /// When it was first used.
    pub used_at: Option<Timestamp>,
}

impl PassFacts {
    /// True within its time, and for a one-time pass before its use.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.is_in_time(now) && !self.is_spent()
    }

    /// True from its start to its end.
    pub fn is_in_time(&self, now: Timestamp) -> bool {
        (self.valid_from..self.valid_until).contains(&now)
    }

    /// True for a one-time pass after its use.
    pub const fn is_spent(&self) -> bool {
        self.one_time && self.used_at.is_some()
    }
}

/// A block.
#[derive(Debug, Clone, Deserialize)]
pub struct BlockFacts {
    /// Id.
    pub block_id: Uuid,
    /// `admin` or `fraud_report`.
    pub cause: String,
    /// Until when.
    pub until: Timestamp,
    /// Since when.
    pub blocked_at: Timestamp,
}

impl BlockFacts {
    /// Its end; `None` where it has none.
    pub fn ends(&self) -> Option<Timestamp> {
        (self.until.as_second() < model::BLOCK_WITHOUT_END).then_some(self.until)
    }
}

/// A one-time bypass.
#[derive(Debug, Clone, Deserialize)]
pub struct BypassFacts {
    /// Id.
    pub bypass_id: Uuid,
    /// Until when.
    pub until: Timestamp,
}

/// A remembered device.
#[derive(Debug, Clone, Deserialize)]
pub struct DeviceFacts {
    /// Id.
    pub device_id: Uuid,
    /// The member's epoch when it was remembered.
    pub epoch: i32,
    /// Until when.
    pub expires_at: Timestamp,
    /// The browser it was remembered in.
    pub agent: String,
}

/// A stored password.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PasswordFacts {
    /// The hash in PHC form.
    pub phc: String,
    /// Which pepper.
    pub pepper_version: i16,
}

/// A row of counters.
#[derive(Debug, Clone, Deserialize)]
pub struct ThrottleRow {
    /// `guard`, a family, `password`, or `password:` and a source.
    pub scope: String,
    /// Counts up with every change.
    pub version: i64,
    /// The counter.
    #[serde(flatten)]
    pub counter: Counter,
    /// MACs of the last wrong passwords.
    #[serde(default)]
    pub same: Vec<Bytea>,
}

/// Wrong answers of a family in thirty days.
#[derive(Debug, Deserialize)]
pub struct FamilyFailures {
    /// The family.
    pub family: Family,
    /// How many.
    pub failures: i32,
}

/// A method.
#[derive(Debug, Deserialize)]
pub struct MethodFacts {
    /// Id.
    pub method_id: MethodId,
    /// Kind.
    pub kind: MethodKind,
    /// The member's own name for it.
    pub label: String,
    /// `pending`, `active` or `off`.
    pub state: String,
    /// The sealed seed.
    pub sealed: Option<Bytea>,
    /// OATH parameters.
    pub params: serde_json::Value,
    /// The last accepted step or counter.
    pub last_step: i64,
    /// Steps by which the app's clock is off.
    pub drift: i64,
    /// Why it is off.
    pub disabled_reason: Option<String>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// When it was proven.
    pub confirmed_at: Option<Timestamp>,
    /// MAC of the number or mailbox.
    pub address_mac: Option<Bytea>,
    /// The sign-in or session that was shown the seed, for one that waits.
    pub waits_for: Option<Uuid>,
}

/// The same of a method's parameters alone.
pub(crate) fn is_past(params: &serde_json::Value, now: Timestamp) -> bool {
    let until = params.get("valid_until").and_then(|until| until.as_str()?.parse::<Timestamp>().ok());
    until.is_some_and(|until| until <= now)
}

impl MethodFacts {
    /// The number or mailbox as it may be shown.
    pub fn masked(&self) -> Option<&str> {
        self.params.get("masked")?.as_str()
    }

    /// A word of its parameters, such as the country of a number.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }

    /// True when what made it said that it may not be used any more (RFC 6030 5: ExpiryDate).
    pub fn is_past(&self, now: Timestamp) -> bool {
        is_past(&self.params, now)
    }

    /// On, not past its life, and of a kind that a policy takes for a second factor.
    pub fn is_usable(&self, document: &PolicyDocument, now: Timestamp) -> bool {
        self.state == "active" && !self.is_past(now) && document.allows(self.kind, MethodUse::Mfa)
    }

    /// The OATH parameters, for kinds that have them.
    pub fn oath(&self) -> Option<OathParams> {
        serde_json::from_value(self.params.clone()).ok()
    }
}

/// An attempt.
#[derive(Debug, Clone, Deserialize)]
pub struct AttemptFacts {
    /// Id.
    pub attempt_id: AttemptId,
    /// Public id, as stored.
    pub session_id: i64,
    /// Groups attempts of one run through the pages.
    pub correlation_id: Uuid,
    /// First step.
    pub started_at: Timestamp,
    /// Last step.
    pub last_step_at: Timestamp,
    /// Door.
    pub door: model::Door,
    /// Purpose.
    pub purpose: Purpose,
    /// Path.
    pub path: model::Path,
    /// Application.
    pub application: Option<String>,
    /// `password`, `second`, `register` or `decided`.
    pub stage: Stage,
    /// A second factor has been asked.
    pub second_asked: bool,
    /// The last refusal in it.
    pub last_refusal: Option<Reason>,
    /// Why registration is asked.
    pub reasons: Vec<RegistrationReason>,
    /// Name, address, browser.
    pub sealed: Bytea,
    /// Which REST key began it.
    pub key_id: Option<Uuid>,
    /// How it was decided.
    pub decision: Option<Decision>,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for the password.
    Password,
    /// Waits for a second factor.
    Second,
    /// Waits for a method to be registered and proven.
    Register,
    /// Ended.
    Decided,
}

/// A challenge.
#[derive(Debug, Clone, Deserialize)]
pub struct ChallengeFacts {
    /// Id.
    pub challenge_id: ChallengeId,
    /// What it is for.
    pub purpose: Purpose,
    /// The kind it was made for.
    pub kind: Option<MethodKind>,
    /// The method its code was sent to.
    pub method_id: Option<MethodId>,
    /// The code that was sent, sealed.
    pub code_sealed: Option<Bytea>,
    /// Since when.
    pub created_at: Timestamp,
    /// Wrong answers so far.
    pub wrong_count: i32,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was spent.
    pub spent_at: Option<Timestamp>,
    /// When it was answered right.
    #[serde(default)]
    pub right_at: Option<Timestamp>,
}

/// A stored answer.
#[derive(Debug, Deserialize)]
pub struct AnsweredFacts {
    /// SHA-256 of the request it belongs to.
    pub request_hash: Bytea,
    /// The answer.
    pub answer: serde_json::Value,
}

impl Facts {
    /// The version of the guard; -1 when there is none yet.
    pub fn guard_version(&self) -> i64 {
        self.row("guard").map_or(-1, |row| row.version)
    }

    /// The counter of a scope; a fresh one when there is none.
    pub fn counter(&self, scope: &str) -> Counter {
        self.row(scope).map(|row| row.counter.clone()).unwrap_or_default()
    }

    /// The row of a scope.
    pub fn row(&self, scope: &str) -> Option<&ThrottleRow> {
        self.throttles.iter().find(|row| row.scope == scope)
    }

    /// Wrong answers of a family in thirty days.
    pub fn rolling(&self, family: Family) -> i32 {
        self.failures.iter().find(|f| f.family == family).map_or(0, |f| f.failures)
    }

    /// What the policy needs to know about the member's methods, recovery codes included.
    pub fn held(&self, now: Timestamp) -> Vec<Held> {
        let methods = self.methods.iter().map(|m| Held::of(m.kind, &m.state, m.is_past(now)));
        let recovery = (!self.recovery.is_empty()).then_some(Held::open(MethodKind::RecoveryCode));
        methods.chain(recovery).collect()
    }

    /// Guessing must not clear the way: a factor that too many wrong codes switched off is still one (product rule 6), and so is one that a notice's link did,
    /// or that was reported as lost: a password alone puts nothing in its place.
    pub fn has_one_switched_off(&self) -> bool {
        self.methods
            .iter()
            .any(|m| m.state == "off" && m.disabled_reason.as_deref().is_some_and(|why| STILL_IN_THE_WAY.contains(&why)))
    }

    /// Whether what its member has chosen to be asked for first can be.
    pub fn has_first_choice(&self, document: &PolicyDocument, now: Timestamp) -> bool {
        let first = self.member.as_ref().and_then(|member| member.default_method);
        self.methods.iter().any(|m| Some(m.method_id) == first && m.is_usable(document, now))
    }

    /// One that is past its own life clears no way either where a second factor is asked: it was not ended by anybody who looked who asks. A pass does.
    pub fn has_one_past(&self, now: Timestamp) -> bool {
        self.methods.iter().any(|m| m.state == "active" && m.is_past(now))
    }

    /// The same with the pass, where it is good at this moment.
    pub fn held_with_pass(&self, now: Timestamp) -> Vec<Held> {
        let mut held = self.held(now);
        held.extend(self.pass.as_ref().filter(|pass| pass.is_good(now)).map(|_| Held::open(MethodKind::Pass)));
        held
    }

    /// The policy's inputs; a name that does not exist is asked about like a member without anything.
    pub fn inputs<'a>(&'a self, application: Option<&'a str>) -> Inputs<'a> {
        // What is asked for is an application or one of the actions, whose names no application has.
        let action = application.and_then(Action::from_text);
        let application = application.filter(|_| action.is_none());
        match &self.member {
            Some(m) => Inputs {
                mfa_state: m.mfa_state,
                roles: &m.roles,
                operator: m.operator,
                groups: &m.groups,
                application,
                action,
            },
            None => Inputs {
                mfa_state: MfaState::Disabled,
                roles: &[],
                operator: false,
                groups: &[],
                application,
                action,
            },
        }
    }

    /// The ways that a reset is offered by, whoever's the name is.
    pub fn ways_to_reset(&self, document: &PolicyDocument) -> Vec<MethodKind> {
        let carried = self.for_reset.as_ref().map(|beside| &beside.channels[..]);
        offered(document, self.profile(), carried.unwrap_or_default())
    }

    /// A method as a reset sees it.
    pub fn opens_reset(&self, document: &PolicyDocument, method: &MethodFacts, now: Timestamp) -> ResetFacts {
        let shared = self.for_reset.iter().flat_map(|beside| &beside.shared);
        let others = shared.filter(|shared| shared.method_id == method.method_id).map(|shared| shared.others).next();
        ResetFacts {
            kind: method.kind,
            active: method.state == "active" && method.sealed.is_some() && !method.is_past(now),
            confirmed_at: method.confirmed_at,
            last_used_at: method.last_used_at,
            members: others.unwrap_or(0) + 1,
            members_max: document.delivery.shared_number_members,
        }
    }

    /// How the member stands to a reset of the password; a name that does not exist is asked for nothing.
    pub fn prepared_for_reset(&self, document: &PolicyDocument, now: Timestamp) -> Prepared {
        let (Some(_), Some(beside)) = (&self.member, &self.for_reset) else {
            return Prepared::default();
        };
        let held: Vec<ResetFacts> = self.methods.iter().map(|method| self.opens_reset(document, method, now)).collect();
        prepared(document, &self.inputs(None), &self.ways_to_reset(document), &held, beside.answers, now)
    }

    /// Whether wrong answers have switched off a method that is weaker than this kind.
    pub fn has_guessed_off_below(&self, kind: MethodKind) -> bool {
        let guessed = |m: &&MethodFacts| m.state == "off" && m.disabled_reason.as_deref() == Some("too_many_wrong");
        self.methods.iter().filter(guessed).any(|m| m.kind.strength() < kind.strength())
    }

    /// Standard or strict; a missing tenant is strict.
    pub fn profile(&self) -> Profile {
        self.tenant.as_ref().map_or(Profile::Strict, |t| t.profile)
    }
}
