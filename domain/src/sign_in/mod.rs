//! Signing in: name, password, second step or registration; and the sessions that come of it.
//!
//! The steps of one attempt are `password`, then `second` or `register`, then decided. Each step takes an attempt at exactly that step; anything else
//! is refused, so that no step can be skipped, repeated or taken out of order.

pub mod device;
pub mod emergency;
pub mod error;
mod legacy;
pub mod lost;
mod pass;
pub(crate) mod registration;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub mod wizard;

use crate::{
    Domain,
    actor::{Client, Member, Who},
    bytea::Bytea,
    db::TenantTx,
    directory::password,
    journal::{
        Event,
        entry::{Audited, Change},
    },
    methods::MethodError,
    policy::rules::{Held, can_satisfy, closed_to_a_password, registration_reasons, usable_families},
    vault::{KeyPurpose, Secret},
    verification::{
        AttemptSecrets, Begun, OnItsWay, Outcome, RightAnswer, attempt_row,
        commit::*,
        engine::{Decided, Scene},
        expired,
        facts::{AttemptFacts, MethodFacts, Stage},
        log_entry, policy_record,
        rules::{self, Verdict},
        stand_in::StandIn,
        store::Wanted,
        unknown_subject,
    },
};
pub use error::SignInError;
use jiff::{SignedDuration, Timestamp};
pub use legacy::{LegacyAnswer, LegacyRequest};
use model::*;
pub use pass::PassOutcome;
pub use registration::{Confirmed, PendingTotp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
pub use store::{SessionMember, SessionTenant};
use uuid::Uuid;

type Result<T> = std::result::Result<T, SignInError>;

/// Where a browser session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStage {
    /// Nothing is known yet.
    Anonymous,
    /// Signing in: opens nothing but the next step.
    SignIn,
    /// Registering during sign-in: opens nothing but the wizard.
    Register,
    /// Signed in.
    Full,
}

impl SessionStage {
    /// The text, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::SignIn => "sign_in",
            Self::Register => "register",
            Self::Full => "full",
        }
    }
}

/// What a session remembers besides who and where: nothing that gives a right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionNote {
    /// The page to go back to after signing in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<String>,
    /// The name that was typed, while nothing else knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upn: Option<String>,
    /// The public id that was shown, while nothing else knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Asked after the sign-in for what a reset of the password takes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_reset: bool,
    /// "Keep me signed in": half an hour without a request does not end it, and closing the browser neither.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

/// Seconds without a request after which a member's session ends.
pub(crate) const IDLE_SECONDS: i32 = 30 * 60;

/// What a new session row holds. Written once: a change of privilege is a new session with a new id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewSession {
    /// Tenant.
    pub tenant: Option<TenantId>,
    /// Member, once signed in.
    pub member: Option<MemberId>,
    /// The attempt under way, or the one that opened the session.
    pub attempt: Option<AttemptId>,
    /// Stage.
    pub stage: SessionStage,
    /// 0 nothing, 1 password, 2 second factor.
    pub level: u8,
    /// The member's epoch; a higher one ends the session.
    pub epoch: i32,
    /// When the password was right.
    pub auth_at: Option<Timestamp>,
    /// When the second factor was right.
    pub factor_at: Option<Timestamp>,
    /// What it was.
    #[serde(default)]
    pub factor: Option<MethodKind>,
    /// The member has a role above member: shorter times.
    pub admin: bool,
    /// From where.
    pub client: Client,
    /// What it remembers.
    pub note: SessionNote,
}

impl NewSession {
    /// A session that only carries an attempt from step to step.
    pub fn of_attempt(tenant: Option<TenantId>, attempt: Option<AttemptId>, stage: SessionStage, level: u8, client: Client) -> Self {
        Self {
            tenant,
            member: None,
            attempt,
            stage,
            level,
            epoch: 0,
            auth_at: None,
            factor_at: None,
            factor: None,
            admin: false,
            client,
            note: SessionNote::default(),
        }
    }

    /// Whether it outlives the closing of the browser: only a member's, and only where he asked for it.
    pub const fn is_kept(&self) -> bool {
        self.note.keep && !self.admin && matches!(self.stage, SessionStage::Full)
    }

    /// Seconds without a request after which it ends; never more than the usual half hour in the strict profile, which the store sees to.
    pub fn idle_seconds(&self) -> i32 {
        match (self.stage, self.admin) {
            (SessionStage::Full, true) => 15 * 60,
            (SessionStage::Full, false) if self.is_kept() => self.lifetime().as_secs() as i32,
            (SessionStage::Full, false) => IDLE_SECONDS,
            _ => ATTEMPT_SECONDS as i32,
        }
    }

    /// How long it lives at most.
    pub fn lifetime(&self) -> SignedDuration {
        match (self.stage, self.admin) {
            (SessionStage::Full, true) => SignedDuration::from_hours(8),
            (SessionStage::Full, false) => SignedDuration::from_hours(12),
            _ => SignedDuration::from_mins(60),
        }
    }
}

/// Who is behind a browser session at this moment.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody that is known.
    Visitor,
    /// Somebody in the middle of signing in; `attempt` is absent for a name of no tenant, which looks the same from outside.
    SigningIn {
        /// Tenant, by the name's domain.
        tenant: Option<TenantId>,
        /// The attempt.
        attempt: Option<AttemptId>,
        /// Stage.
        stage: SessionStage,
        /// What the session remembers.
        note: SessionNote,
    },
    /// A signed-in member.
    Member(Box<SignedIn>),
}

/// A signed-in member with what every page shows.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The proof.
    pub me: Member,
    /// Tenant.
    pub tenant: SessionTenant,
    /// Names and roles.
    pub member: SessionMember,
    /// Handle of this session, for the list of sessions.
    pub handle: Uuid,
    /// The attempt that opened it, or a step-up under way.
    pub attempt: Option<AttemptId>,
    /// What the session remembers.
    pub note: SessionNote,
}

/// A session in the member's own list.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// By which it is revoked.
    pub handle: Uuid,
    /// Since when.
    pub created_at: Timestamp,
    /// Last request, to the minute.
    pub seen_at: Timestamp,
    /// Address.
    pub client_ip: Option<String>,
    /// Browser.
    pub user_agent: Option<String>,
    /// The one that asks.
    pub this: bool,
}

/// An attempt that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BegunAttempt {
    /// Tenant; absent for a name of no tenant.
    pub tenant: Option<TenantId>,
    /// Attempt; absent for a name of no tenant.
    pub attempt: Option<AttemptId>,
    /// Public id.
    pub session_id: SessionId,
}

/// What the password opened.
#[derive(Clone, Debug, PartialEq)]
pub enum PasswordOutcome {
    /// Wrong; the same for a name that does not exist. The attempt is decided; another one has begun.
    Wrong(BegunAttempt),
    /// Not looked at; too many wrong ones.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Right; a second factor is asked.
    Second,
    /// Right; a method has to be registered.
    Register,
    /// Right, and nothing more is asked.
    Done(RightPassword),
    /// Right, but refused.
    Refused {
        /// Why.
        reason: Reason,
        /// Until when, if it is a matter of time.
        until: Option<Timestamp>,
    },
}

/// What a password alone opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightPassword {
    /// Member.
    pub member: MemberId,
    /// Epoch.
    pub epoch: i32,
    /// Moment.
    pub at: Timestamp,
}

/// Where an attempt stands, for the page that shows it.
#[derive(Clone, Debug)]
pub struct AttemptView {
    /// Id.
    pub attempt: AttemptId,
    /// Stage.
    pub stage: Stage,
    /// Purpose.
    pub purpose: Purpose,
    /// Public id.
    pub session_id: SessionId,
    /// The name that was typed.
    pub upn: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// The tenant's short name.
    pub tenant_slug: String,
    /// How the tenant's pages look.
    pub appearance: Appearance,
    /// Application.
    pub application: Option<String>,
    /// Families that could be used now.
    pub families: Vec<Family>,
    /// A passkey may be registered here.
    pub offers_passkey: bool,
    /// An authenticator app may be registered here.
    pub offers_app: bool,
    /// Labels of the passkeys.
    pub passkeys: Vec<String>,
    /// Labels of the authenticator apps.
    pub apps: Vec<String>,
    /// Labels of the hardware tokens.
    pub tokens: Vec<String>,
    /// How many digits the codes of apps and tokens have.
    pub oath_digits: Vec<(MethodKind, u8)>,
    /// Phones and mailboxes that a code can be sent to: kind and masked address, strongest first.
    pub addresses: Vec<(MethodKind, String)>,
    /// The kind of the member's first choice.
    pub first_choice: Option<MethodKind>,
    /// A code that is on its way.
    pub sent: Option<OnItsWay>,
    /// What is asked in a call.
    pub calls: CallRules,
    /// Unused recovery codes.
    pub recovery_left: usize,
    /// Wrong answers left in this challenge.
    pub tries_left: i32,
    /// Nothing is compared before.
    pub wait_until: Option<Timestamp>,
    /// Why registration is asked.
    pub reasons: Vec<RegistrationReason>,
    /// Days left in which registration may be skipped; `None` when it may not.
    pub skip_days_left: Option<i64>,
    /// The given name, once the password was right.
    pub given_name: Option<String>,
    /// A second factor was given in this attempt.
    pub second_asked: bool,
    /// Days for which the browser may be remembered at this step.
    pub remember_days: Option<i64>,
}

/// The verbs of signing in.
#[derive(Clone, Copy)]
pub struct SignIn<'a>(pub(crate) &'a Domain);

impl SignIn<'_> {
    /// Begins an attempt for a name. `wanted` is the public id that the page has shown already; it is used if it is free. Names of no tenant begin
    /// nothing, but go through the same steps.
    pub async fn begin(self, upn: &Upn, wanted: Option<SessionId>, client: &Client) -> Result<BegunAttempt> {
        self.begin_linked(upn, wanted, client, Before::default()).await
    }

    /// The same for an application or an action that somebody has been sent here for. It counts where the policy speaks of it; anything else is forgotten, so
    /// that no visitor writes into the journal.
    pub async fn begin_for(self, upn: &Upn, client: &Client, asked_for: Option<&str>) -> Result<BegunAttempt> {
        let before = Before {
            correlation: None,
            application: asked_for.map(str::to_owned),
        };
        self.begin_linked(upn, None, client, before).await
    }

    async fn begin_linked(self, upn: &Upn, mut wanted: Option<SessionId>, client: &Client, before: Before) -> Result<BegunAttempt> {
        let domain = self.0;
        let Some(tenant) = domain.directory().tenant_of_upn(upn).await? else {
            let session_id = wanted.unwrap_or_else(|| SessionId::from_bits(u64::from_be_bytes(domain.rng().bytes())));
            domain
                .directory()
                .note("visitor", "unknown_domain", json!({ "session_id": session_id }))
                .await?;
            return Ok(BegunAttempt {
                tenant: None,
                attempt: None,
                session_id,
            });
        };
        let keys = domain.keys(tenant).await?;
        let unknown = unknown_subject(&keys, upn);
        let asked = Wanted::of_name(tenant, upn.folded(), unknown);
        let begun = domain
            .decide(asked, |scene| {
                let mut begun = Begun::now(domain, scene, upn, client.clone(), before.correlation);
                // Used once: when it is taken, the next try makes its own.
                begun.session = wanted.take().unwrap_or(begun.session);
                let mut commit = name_entered(domain, tenant, scene, &begun);
                if let Some(row) = &mut commit.new_attempt {
                    row.application = before.application.clone().filter(|asked| is_spoken_of(scene, asked));
                }
                Ok(Decided::Commit(Box::new(commit), (begun.attempt, begun.session)))
            })
            .await?;
        Ok(BegunAttempt {
            tenant: Some(tenant),
            attempt: Some(begun.0),
            session_id: begun.1,
        })
    }

    /// Takes the password. One hash is computed whether the name exists or not.
    pub async fn password(self, at: &BegunAttempt, password: &str, client: &Client) -> Result<PasswordOutcome> {
        self.password_from(at, password, client, None).await
    }

    /// The same from a browser that may be remembered.
    pub async fn password_from(self, at: &BegunAttempt, password: &str, client: &Client, device: Option<&device::DeviceSecret>) -> Result<PasswordOutcome> {
        let device = device.map(device::DeviceSecret::hash);
        let domain = self.0;
        let Some((tenant, attempt)) = at.tenant.zip(at.attempt) else {
            return self.password_of_nobody(at, password).await;
        };
        let typed = password::normalised(password).unwrap_or_else(|_| Secret::new(String::from("\u{1}")));
        let keys = domain.keys(tenant).await?;
        let source = format!("password:{}", source_of(&keys, client));
        let mac = Bytea(keys.key(KeyPurpose::WrongPassword).mac(&[typed.expose().as_bytes()])[..16].to_vec());
        let wanted = Wanted {
            ip: client.address,
            device: device.as_ref().map(|hash| &hash[..]),
            ..Wanted::of_attempt(tenant, attempt)
        };
        // First without effects: is anything to be compared at all, and with what?
        let stored = domain
            .decide(wanted, |scene| {
                let attempt = at_stage(scene, Stage::Password, Purpose::SignIn)?;
                let waits = password_waits(scene, &source);
                Ok(Decided::Answer((
                    scene.facts.password.as_ref().map(|p| p.phc.clone()),
                    waits,
                    handed_on(scene, attempt)?,
                )))
            })
            .await?;
        let (stored, waits, secrets) = stored;
        if let Some(until) = waits {
            return Ok(PasswordOutcome::Wait { until });
        }
        let right = domain.passwords().verify(domain.vault(), stored.clone(), typed).await?;
        let outcome = domain
            .decide(wanted, |scene| {
                let attempt = at_stage(scene, Stage::Password, Purpose::SignIn)?;
                // Others may have used up the tries meanwhile, or the password may be another one now: then nothing is revealed.
                if let Some(until) = password_waits(scene, &source) {
                    return Ok(Decided::Answer(Some(PasswordOutcome::Wait { until })));
                }
                if scene.facts.password.as_ref().map(|p| &p.phc) != stored.as_ref() {
                    return Err(crate::verification::VerificationError::Busy);
                }
                let (commit, outcome) = match right {
                    true => right_password(domain, tenant, scene, attempt, &source)?,
                    false => (wrong_password(domain, tenant, scene, attempt, &source, &mac)?, None),
                };
                Ok(Decided::Commit(Box::new(commit), outcome))
            })
            .await?;
        match outcome {
            Some(outcome) => Ok(outcome),
            None => {
                let upn = Upn::parse(&secrets.0.upn).map_err(|_| SignInError::Expired)?;
                Ok(PasswordOutcome::Wrong(self.begin_linked(&upn, None, client, secrets.1).await?))
            }
        }
    }

    /// A name of no tenant: one hash, and no.
    async fn password_of_nobody(self, at: &BegunAttempt, password: &str) -> Result<PasswordOutcome> {
        let typed = password::normalised(password).unwrap_or_else(|_| Secret::new(String::new()));
        self.0.passwords().verify(self.0.vault(), None, typed).await?;
        self.0
            .directory()
            .note("visitor", "unknown_domain_password", json!({ "session_id": at.session_id }))
            .await?;
        let session_id = SessionId::from_bits(u64::from_be_bytes(self.0.rng().bytes()));
        Ok(PasswordOutcome::Wrong(BegunAttempt { session_id, ..*at }))
    }

    /// Begins a fresh second factor for a signed-in member before a change.
    pub async fn begin_step_up(self, me: &Member) -> Result<BegunAttempt> {
        let domain = self.0;
        let tenant = me.tenant();
        let upn = self.upn_of(me).await?;
        let wanted = Wanted::of_name(tenant, upn.folded(), me.id().0);
        let (attempt, session_id) = domain
            .decide(wanted, |scene| {
                let begun = Begun::now(domain, scene, &upn, me.client().clone(), None);
                let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
                let mut row = attempt_row(domain, tenant, scene, &begun, Purpose::StepUp, Door::Web, Path::Cloud);
                row.stage = Stage::Second;
                row.second_asked = true;
                // Rules about changing security info are asked with it: what would not do for the change is not taken here.
                row.application = Some(Action::RegisterSecurityInfo.as_str().to_owned());
                commit.new_attempt = Some(row);
                commit.new_challenge = Some(challenge(domain, tenant, begun.attempt, Purpose::StepUp, scene.now));
                commit.steps.push(Step::new(StepKind::CodeAsked));
                commit.reserve(begun.session);
                Ok(Decided::Commit(Box::new(commit), (begun.attempt, begun.session)))
            })
            .await?;
        Ok(BegunAttempt {
            tenant: Some(tenant),
            attempt: Some(attempt),
            session_id,
        })
    }

    /// Begins what follows a set-up link: the wizard, or the second factor for somebody who has one.
    pub async fn begin_set_up(self, tenant: TenantId, upn: &Upn, client: &Client) -> Result<BegunAttempt> {
        let domain = self.0;
        let wanted = Wanted::of_name(tenant, upn.folded(), Uuid::nil());
        let (attempt, session_id) = domain
            .decide(wanted, |scene| {
                let begun = Begun::now(domain, scene, upn, client.clone(), None);
                let commit = set_up_opened(domain, tenant, scene, &begun)?;
                Ok(Decided::Commit(Box::new(commit), (begun.attempt, begun.session)))
            })
            .await?;
        Ok(BegunAttempt {
            tenant: Some(tenant),
            attempt: Some(attempt),
            session_id,
        })
    }

    /// Where an attempt stands. Expired and decided ones are refused.
    pub async fn look(self, tenant: TenantId, attempt: AttemptId) -> Result<AttemptView> {
        let wanted = Wanted::of_attempt(tenant, attempt);
        let view = self
            .0
            .decide(wanted, |scene| {
                // A reset is no sign-in: it has pages of its own and opens no session.
                let goes_on = |a: &&AttemptFacts| a.stage != Stage::Decided && a.purpose != Purpose::Reset && !expired(a, scene.now);
                let attempt = scene.facts.attempt.as_ref().filter(goes_on);
                let attempt = attempt.ok_or(crate::verification::VerificationError::ChallengeGone)?;
                Ok(Decided::Answer(view_of(self.0, scene, attempt)?))
            })
            .await?;
        Ok(view)
    }

    /// Ends attempts that nobody goes on with: denied if a second factor was asked, interrupted if registration was, else abandoned. Tells how many.
    pub async fn sweep(self, tenant: TenantId) -> Result<usize> {
        let domain = self.0;
        let before = domain.clock().now() - SignedDuration::from_secs(ATTEMPT_SECONDS);
        let open = crate::verification::store::list_expired(domain.db(), tenant, before, domain.clock().now()).await?;
        let mut swept = 0;
        for attempt in open {
            let wanted = Wanted::of_attempt(tenant, attempt);
            let ended = domain
                .decide(wanted, |scene| {
                    match scene
                        .facts
                        .attempt
                        .as_ref()
                        .filter(|a| a.stage != Stage::Decided && (expired(a, scene.now) || code_ran_out(scene)))
                    {
                        Some(attempt) => Ok(Decided::Commit(Box::new(ended_by_time(domain, tenant, scene, attempt)?), true)),
                        None => Ok(Decided::Answer(false)),
                    }
                })
                .await?;
            swept += usize::from(ended);
        }
        Ok(swept)
    }

    /// Who is behind a session id. One call of the database.
    pub async fn caller(self, id: &[u8], client: &Client) -> Result<Caller> {
        let Some(facts) = store::open(self.0.db(), &hash(id), self.0.clock().now()).await? else {
            return Ok(Caller::Visitor);
        };
        Ok(match (facts.stage, facts.tenant_id, facts.member_id, facts.tenant, facts.member) {
            (SessionStage::Full, Some(tenant_id), Some(member_id), Some(tenant), Some(member)) => {
                let me = Member {
                    tenant: tenant_id,
                    member: member_id,
                    roles: member.roles.clone(),
                    operator: member.operator,
                    level: facts.level,
                    factor_at: facts.factor_at,
                    factor: facts.factor_kind,
                    strict: tenant.profile == Profile::Strict,
                    client: client.clone(),
                    session: facts.handle,
                };
                Caller::Member(Box::new(SignedIn {
                    me,
                    tenant,
                    member,
                    handle: facts.handle,
                    attempt: facts.attempt_id.map(AttemptId),
                    note: facts.note,
                }))
            }
            (SessionStage::SignIn | SessionStage::Register, tenant, ..) => Caller::SigningIn {
                tenant,
                attempt: facts.attempt_id.map(AttemptId),
                stage: facts.stage,
                note: facts.note,
            },
            _ => Caller::Visitor,
        })
    }

    /// Stores a new session under the hash of its id.
    pub async fn create_session(self, id: &[u8], new: &NewSession) -> Result<()> {
        let now = self.0.clock().now();
        Ok(store::insert(self.0.db(), &hash(id), new, self.0.rng().handle(), now, now + new.lifetime()).await?)
    }

    /// True while a session is alive.
    pub async fn session_exists(self, id: &[u8]) -> Result<bool> {
        Ok(store::exists(self.0.db(), &hash(id), self.0.clock().now()).await?)
    }

    /// Ends a session. It cannot come back.
    pub async fn end_session(self, id: &[u8]) -> Result<()> {
        Ok(store::delete(self.0.db(), &hash(id)).await?)
    }

    /// The member's own sessions.
    pub async fn sessions(self, me: &SignedIn) -> Result<Vec<SessionView>> {
        let rows = store::list(self.0.db(), me.me.tenant(), me.me.id(), self.0.clock().now()).await?;
        Ok(rows
            .into_iter()
            .map(|r| SessionView {
                this: r.handle == me.handle,
                handle: r.handle,
                created_at: r.created_at,
                seen_at: r.seen_at,
                client_ip: r.client_ip,
                user_agent: r.user_agent,
            })
            .collect())
    }

    /// Ends one of the member's own sessions; false where it has ended already.
    pub async fn revoke(self, me: &SignedIn, handle: Uuid) -> std::result::Result<bool, MethodError> {
        let mut tx = self.0.db().tenant(me.me.tenant()).await?;
        let ended = store::delete_by_handle(&mut tx, me.me.id(), handle).await?;
        if ended {
            self.record_revoked(&mut tx, &me.me, json!({ "sessions_ended": 1 })).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends all of the member's other sessions, and has every browser ask for the second step again, this one included.
    pub async fn revoke_others(self, me: &SignedIn) -> std::result::Result<(), MethodError> {
        let mut tx = self.0.db().tenant(me.me.tenant()).await?;
        let browsers = crate::directory::store::end_devices(&mut tx, me.me.id(), self.0.clock().now()).await?;
        let sessions = store::delete_others_in(&mut tx, me.me.id(), Some(me.handle)).await?;
        if sessions + browsers > 0 {
            let after = json!({ "sessions_ended": sessions, "browsers_forgotten": browsers });
            self.record_revoked(&mut tx, &me.me, after).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn record_revoked(self, tx: &mut TenantTx, me: &Member, after: Value) -> std::result::Result<(), MethodError> {
        let keys = self.0.keys(tx.tenant()).await?;
        let audited = Audited {
            event: Event::SessionsRevoked,
            who: Who::Member(me.id()),
            target: ("member", Some(me.id().0)),
            reason: None,
            session: None,
            change: Change { before: Value::Null, after },
        };
        Ok(self.0.directory().audit(tx, &keys, audited, self.0.clock().now()).await?)
    }

    /// Ends the browser sessions of an attempt that was refused, so that nobody goes on in them (abuse case A11).
    pub async fn end_attempt_sessions(self, tenant: TenantId, attempt: AttemptId) -> Result<()> {
        Ok(store::delete_of_attempt(self.0.db(), tenant, attempt.0).await?)
    }

    /// Deletes sessions that have ended.
    pub async fn sweep_sessions(self) -> Result<u64> {
        Ok(store::delete_ended(self.0.db(), self.0.clock().now()).await?)
    }

    pub(crate) async fn upn_of(self, me: &Member) -> Result<Upn> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let view = self
            .0
            .directory()
            .view(&mut tx, &crate::directory::MemberRef::Id(me.id()))
            .await
            .map_err(|_| SignInError::Expired)?;
        tx.commit().await?;
        Upn::parse(&view.upn).map_err(|_| SignInError::Expired)
    }
}

type Verdicts<T> = std::result::Result<T, crate::verification::VerificationError>;

/// An attempt that begins with a name.
pub(crate) fn name_entered(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, begun: &Begun) -> Commit {
    let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
    commit.new_attempt = Some(attempt_row(domain, tenant, scene, begun, Purpose::SignIn, Door::Web, Path::Cloud));
    commit.steps.push(Step::new(StepKind::NameEntered));
    commit.reserve(begun.session);
    commit
}

/// An attempt that begins with a set-up link: at registration, or at the second factor for somebody who has one.
pub(crate) fn set_up_opened(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, begun: &Begun) -> Verdicts<Commit> {
    let (version, document, evaluation) = scene.evaluate(None).ok_or(crate::verification::VerificationError::PolicyMissing)?;
    let held = scene.facts.held(scene.now);
    let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
    let mut row = attempt_row(domain, tenant, scene, begun, Purpose::SetUp, Door::Web, Path::Cloud);
    row.policy_version = Some(version);
    if !has_any(scene, &held) {
        row.stage = Stage::Register;
        row.reasons = registration_reasons(&document, &evaluation, &held, false);
        if row.reasons.is_empty() {
            row.reasons.push(RegistrationReason::MfaEnabledNoInfo);
        }
        commit.steps.push(Step::with(StepKind::RegistrationNeeded, json!({ "reasons": row.reasons })));
    } else {
        row.stage = Stage::Second;
        row.second_asked = true;
        commit.new_challenge = Some(challenge(domain, tenant, begun.attempt, Purpose::SetUp, scene.now));
        commit.steps.push(Step::new(StepKind::CodeAsked));
    }
    commit.new_attempt = Some(row);
    commit.reserve(begun.session);
    Ok(commit)
}

/// The attempt, if it is at this stage, for this purpose and young enough.
fn at_stage<'a>(scene: &'a Scene<'_>, stage: Stage, purpose: Purpose) -> Verdicts<&'a AttemptFacts> {
    let attempt = scene.facts.attempt.as_ref().filter(|a| a.purpose == purpose && !expired(a, scene.now));
    let attempt = attempt.ok_or(crate::verification::VerificationError::ChallengeGone)?;
    if attempt.stage == stage {
        Ok(attempt)
    } else {
        Err(crate::verification::VerificationError::OtherStep(attempt.stage))
    }
}

/// True when the member has anything to show under the tenant's method table as it stands, whether or not it will do for what is asked now.
fn has_any(scene: &Scene<'_>, held: &[Held]) -> bool {
    scene.policy.as_ref().is_some_and(|(_, whole)| !usable_families(whole, held).is_empty())
}

/// What an attempt hands on to the one that follows a wrong answer.
#[derive(Default)]
struct Before {
    correlation: Option<Uuid>,
    application: Option<String>,
}

/// True for an action, and for an application that a rule of the tenant names.
fn is_spoken_of(scene: &Scene<'_>, asked: &str) -> bool {
    let named = |document: &PolicyDocument| document.rules.iter().any(|rule| rule.applications.iter().any(|name| name == asked));
    Action::from_text(asked).is_some() || scene.policy.as_ref().is_some_and(|(_, document)| named(document))
}

/// What the next attempt of a run takes over from one.
fn handed_on(scene: &Scene<'_>, attempt: &AttemptFacts) -> Verdicts<(AttemptSecrets, Before)> {
    let secrets = crate::verification::secrets_of(scene, attempt)?;
    let before = Before {
        correlation: Some(attempt.correlation_id),
        application: attempt.application.clone(),
    };
    Ok((secrets, before))
}

/// The source of a password: the address, IPv6 by its /64, as a MAC, so that no address stands in the counters.
pub(crate) fn source_of(keys: &crate::vault::TenantKeys, client: &Client) -> String {
    let place = match client.address {
        Some(std::net::IpAddr::V6(v6)) => v6.segments()[..4].iter().map(|s| format!("{s:x}")).collect::<Vec<_>>().join(":"),
        Some(v4) => v4.to_string(),
        None => String::from("nowhere"),
    };
    data_encoding::HEXLOWER.encode(&keys.key(KeyPurpose::Source).mac(&[place.as_bytes()])[..8])
}

/// Until when no password is looked at: this source has tried too often, or everybody together has.
fn password_waits(scene: &Scene<'_>, source: &str) -> Option<Timestamp> {
    scene
        .facts
        .counter(source)
        .waits(scene.now)
        .or(scene.facts.counter("password").waits(scene.now))
}

/// Counts a wrong password, unless it is one of the last three again, and decides the attempt.
pub(crate) fn wrong_password(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, attempt: &AttemptFacts, source: &str, mac: &Bytea) -> Verdicts<Commit> {
    let facts = scene.facts;
    let mut commit = Commit::about(tenant, facts, attempt.attempt_id, attempt.started_at, scene.now);
    count_password(scene, &mut commit, source, mac);
    let reason = if facts.member.is_some() { Reason::WrongPassword } else { Reason::NotFound };
    commit.steps.push(Step::new(StepKind::PasswordWrong));
    decide(domain, tenant, scene, attempt, &mut commit, Decision::Denied, reason)?;
    Ok(commit)
}

/// A wrong password in its counters, unless it is one of the last three again.
fn count_password(scene: &Scene<'_>, commit: &mut Commit, source: &str, mac: &Bytea) {
    let facts = scene.facts;
    let mut same = facts.row("password").map(|row| row.same.clone()).unwrap_or_default();
    if !same.contains(mac) {
        same.push(mac.clone());
        same.drain(..same.len().saturating_sub(3));
        let mut total = facts.counter("password");
        total.in_row = total.in_row.saturating_add(1);
        total.last_at = Some(scene.now);
        if total.in_row >= PASSWORD_WRONG_HARD_MAX {
            total.wait_until = Some(scene.now + SignedDuration::from_hours(24 * 365));
        }
        commit.counters.push(ScopedCounter {
            scope: String::from("password"),
            counter: total,
            same,
        });
        commit.counters.push(ScopedCounter {
            scope: source.to_owned(),
            counter: facts.counter(source).after_wrong_password(scene.now),
            same: Vec::new(),
        });
    }
}

/// Goes on after a right password: refused, second factor, registration, or done.
pub(crate) fn right_password(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    source: &str,
) -> Verdicts<(Commit, Option<PasswordOutcome>)> {
    let facts = scene.facts;
    let member = facts.member.as_ref().ok_or(crate::verification::VerificationError::ChallengeGone)?;
    let mut commit = Commit::about(tenant, facts, attempt.attempt_id, attempt.started_at, scene.now);
    for scope in ["password", source] {
        if !facts.counter(scope).is_clear() {
            commit.counters.push(ScopedCounter {
                scope: scope.to_owned(),
                counter: Default::default(),
                same: Vec::new(),
            });
        }
    }
    commit.steps.push(Step::new(StepKind::PasswordRight));
    let Some((version, document, evaluation)) = scene.evaluate(attempt.application.as_deref()) else {
        decide(domain, tenant, scene, attempt, &mut commit, Decision::Denied, Reason::Misconfiguration)?;
        return Ok((
            commit,
            Some(PasswordOutcome::Refused {
                reason: Reason::Misconfiguration,
                until: None,
            }),
        ));
    };
    commit.steps.push(Step::with(
        StepKind::PolicyEvaluated,
        json!({ "version": version, "then": evaluation.then, "because": evaluation.because }),
    ));
    if let Err(Verdict::NotCompared { reason, until }) = rules::admits(facts, &evaluation, scene.now) {
        commit.steps.push(Step::with(StepKind::Locked, json!({ "reason": reason, "until": until })));
        decide(domain, tenant, scene, attempt, &mut commit, Decision::Denied, reason)?;
        return Ok((commit, Some(PasswordOutcome::Refused { reason, until })));
    }
    let held = facts.held_with_pass(scene.now);
    let mut reasons = registration_reasons(&document, &evaluation, &held, facts.prepared_for_reset(&document, scene.now).lacks());
    let mut change = AttemptChange {
        was_stage: Stage::Password,
        stage: Stage::Second,
        second_asked: false,
        last_refusal: None,
        reasons: reasons.clone(),
        policy_version: Some(version),
        decided_at: None,
        decision: None,
    };
    let guessed_off = facts.has_one_switched_off();
    // Whoever has anything to show shows it first, even if it was registered freely and nothing asks for it.
    let asks = !usable_families(&document, &held).is_empty() && (evaluation.then.asks_second_factor() || can_satisfy(&document, &held) || guessed_off);
    if let Some(by) = StandIn::at_sign_in(facts, &document, attempt.application.as_deref(), guessed_off, scene.now).filter(|_| asks || guessed_off) {
        by.write(&mut commit);
        commit.member = Some(MemberChange {
            last_sign_in_at: Some(scene.now),
            ..MemberChange::default()
        });
        decide(domain, tenant, scene, attempt, &mut commit, Decision::Allowed, by.reason())?;
        // No second factor was given: the session is one of the password, and opens neither the console nor a change.
        let right = RightPassword {
            member: member.member_id,
            epoch: member.epoch,
            at: scene.now,
        };
        return Ok((commit, Some(PasswordOutcome::Done(right))));
    }
    if asks {
        change.second_asked = true;
        commit
            .steps
            .push(Step::with(StepKind::CodeAsked, json!({ "families": usable_families(&document, &held) })));
        commit.new_challenge = Some(challenge(domain, tenant, attempt.attempt_id, Purpose::SignIn, scene.now));
        commit.attempt = Some(change);
        return Ok((commit, Some(PasswordOutcome::Second)));
    }
    if guessed_off || (evaluation.then.asks_second_factor() && facts.has_one_past(scene.now)) {
        decide(domain, tenant, scene, attempt, &mut commit, Decision::Denied, Reason::MethodOff)?;
        return Ok((
            commit,
            Some(PasswordOutcome::Refused {
                reason: Reason::MethodOff,
                until: None,
            }),
        ));
    }
    // With a password alone no way leads around these.
    let closed = closed_to_a_password(&document, &facts.inputs(None), &evaluation, facts.profile());
    if closed.is_some() && !evaluation.then.asks_second_factor() {
        // Nothing needs it now, and it cannot be done now.
        reasons.clear();
    }
    if !reasons.is_empty() {
        // Whoever has a second factor that will not do here proves nothing by a password: no stronger one is made with it. A pass is.
        let too_weak = evaluation.then == Then::RequirePhishingResistant && has_any(scene, &held);
        if let Some(reason) = too_weak.then_some(Reason::MethodTooWeak).or(closed) {
            decide(domain, tenant, scene, attempt, &mut commit, Decision::Denied, reason)?;
            return Ok((commit, Some(PasswordOutcome::Refused { reason, until: None })));
        }
        change.stage = Stage::Register;
        commit.steps.push(Step::with(StepKind::RegistrationNeeded, json!({ "reasons": reasons })));
        commit.member = Some(MemberChange {
            grace_from: Some(scene.now),
            ..MemberChange::default()
        });
        commit.attempt = Some(change);
        return Ok((commit, Some(PasswordOutcome::Register)));
    }
    commit.member = Some(MemberChange {
        last_sign_in_at: Some(scene.now),
        ..MemberChange::default()
    });
    decide(domain, tenant, scene, attempt, &mut commit, Decision::Allowed, Reason::PasswordOnly)?;
    Ok((
        commit,
        Some(PasswordOutcome::Done(RightPassword {
            member: member.member_id,
            epoch: member.epoch,
            at: scene.now,
        })),
    ))
}

/// Decides an attempt without a second factor: its row, its log entry, its last step.
fn decide(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    commit: &mut Commit,
    decision: Decision,
    reason: Reason,
) -> Verdicts<()> {
    let evaluated = scene.evaluate(attempt.application.as_deref());
    commit.attempt = Some(AttemptChange {
        was_stage: attempt.stage,
        stage: Stage::Decided,
        second_asked: attempt.second_asked,
        last_refusal: attempt.last_refusal,
        reasons: attempt.reasons.clone(),
        policy_version: evaluated.as_ref().map(|(version, ..)| *version),
        decided_at: Some(scene.now),
        decision: Some(decision),
    });
    commit
        .steps
        .push(Step::with(StepKind::Decided, json!({ "decision": decision, "reason": reason })));
    let policy = evaluated.map(|(version, _, evaluation)| policy_record(scene.facts, version, &evaluation));
    let outcome = Outcome {
        decision,
        reason,
        transport: None,
        second_factor: attempt.second_asked && attempt.purpose.is_second_factor(),
        method: None,
        policy,
    };
    commit.log = Some(log_entry(domain, tenant, scene, attempt, outcome)?);
    Ok(())
}

/// True when the code that was sent last has run out unanswered.
fn code_ran_out(scene: &Scene<'_>) -> bool {
    // In a reset nothing shows by its end whether there was a code.
    let newest = scene.facts.challenge.as_ref().filter(|c| c.purpose != Purpose::Reset);
    newest.is_some_and(|c| c.code_sealed.is_some() && c.spent_at.is_none() && c.expires_at <= scene.now)
}

/// How an attempt ends that nobody went on with.
pub(crate) fn ended_by_time(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, attempt: &AttemptFacts) -> Verdicts<Commit> {
    let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    let answered = scene.facts.challenge.as_ref().is_some_and(|c| c.right_at.is_some());
    let (decision, reason) = match attempt.stage {
        // Confirmed in a call, and nobody came back for it.
        Stage::Second if answered => (Decision::Denied, Reason::SignInExpired),
        Stage::Register => (Decision::Interrupted, Reason::RegistrationRequired),
        Stage::Second => (Decision::Denied, attempt.last_refusal.unwrap_or(Reason::CodeNeverEntered)),
        Stage::Password | Stage::Decided => (Decision::Abandoned, Reason::PageClosed),
    };
    commit.steps.push(Step::new(StepKind::Expired));
    decide(domain, tenant, scene, attempt, &mut commit, decision, reason)?;
    Ok(commit)
}

fn challenge(domain: &Domain, tenant: TenantId, attempt: AttemptId, purpose: Purpose, now: Timestamp) -> ChallengeRow {
    ChallengeRow {
        tenant_id: tenant,
        challenge_id: ChallengeId(domain.rng().id(now)),
        attempt_id: attempt,
        purpose,
        kind: None,
        method_id: None,
        subject_id: None,
        code_sealed: None,
        wrong_count: 0,
        created_at: now,
        expires_at: now + SignedDuration::from_secs(ATTEMPT_SECONDS),
    }
}

fn view_of(domain: &Domain, scene: &Scene<'_>, attempt: &AttemptFacts) -> Verdicts<AttemptView> {
    let facts = scene.facts;
    let (secrets, _) = handed_on(scene, attempt)?;
    let known = attempt.stage != Stage::Password;
    let document = scene.evaluate(attempt.application.as_deref()).map(|(_, document, _)| document);
    let families = document
        .as_ref()
        .filter(|_| known)
        .map(|d| usable_families(d, &facts.held_with_pass(scene.now)))
        .unwrap_or_default();
    let usable = |m: &&MethodFacts| {
        let allowed = document.as_ref().is_some_and(|d| d.allows(m.kind, MethodUse::Mfa));
        known && allowed && m.state == "active" && !m.is_past(scene.now)
    };
    let labels = |kind: MethodKind| -> Vec<String> {
        let held = facts.methods.iter().filter(usable).filter(|m| m.kind == kind);
        held.map(|m| m.label.clone()).collect()
    };
    let oath = facts.methods.iter().filter(usable).filter(|m| m.kind.family() == Family::Oath);
    let app_fits = facts.methods.iter().filter(|m| m.kind.family() == Family::Oath && m.state != "pending").count() < OATH_METHODS_MAX;
    let digits_of = |m: &MethodFacts| serde_json::from_value::<OathParams>(m.params.clone()).unwrap_or_default().digits;
    let mut addresses: Vec<(MethodKind, String)> = facts
        .methods
        .iter()
        .filter(|m| known && m.state == "active" && document.as_ref().is_some_and(|d| d.allows(m.kind, MethodUse::Mfa)))
        .filter_map(|m| m.kind.channel().and(m.masked()).map(|masked| (m.kind, masked.to_owned())))
        .collect();
    addresses.sort();
    let limit = document.as_ref().map_or(1, |d| d.limits.challenge_wrong_max);
    let waits = |scope: &str| facts.counter(scope).waits(scene.now);
    Ok(AttemptView {
        attempt: attempt.attempt_id,
        stage: attempt.stage,
        purpose: attempt.purpose,
        session_id: SessionId::from_bits(attempt.session_id as u64),
        upn: secrets.upn,
        tenant_name: facts.tenant.as_ref().map(|t| t.name.clone()).unwrap_or_default(),
        tenant_slug: facts.tenant.as_ref().map(|t| t.slug.clone()).unwrap_or_default(),
        appearance: document.as_ref().map(|document| document.appearance).unwrap_or_default(),
        application: attempt.application.clone().filter(|asked| Action::from_text(asked).is_none()),
        wait_until: waits("guard").or(if known {
            families.iter().filter_map(|f| waits(f.as_str())).min()
        } else {
            None
        }),
        offers_passkey: document.as_ref().is_some_and(|d| domain.offers_passkeys(d)),
        offers_app: app_fits && document.as_ref().is_some_and(|d| d.allows(MethodKind::Totp, MethodUse::Mfa)),
        passkeys: labels(MethodKind::Passkey),
        apps: labels(MethodKind::Totp),
        tokens: labels(MethodKind::HardwareToken),
        oath_digits: oath.map(|m| (m.kind, digits_of(m))).collect(),
        addresses,
        first_choice: document.as_ref().filter(|_| known).and_then(|document| first_choice(scene, document)),
        sent: facts
            .challenge
            .as_ref()
            .filter(|c| known && c.code_sealed.is_some() && c.spent_at.is_none() && c.expires_at > scene.now)
            .and_then(|open| crate::verification::on_its_way(scene, open)),
        calls: crate::verification::call::asked_in_call(scene, attempt),
        families,
        recovery_left: if known { facts.recovery.len() } else { 0 },
        tries_left: limit - facts.challenge.as_ref().map_or(0, |c| c.wrong_count),
        reasons: attempt.reasons.clone(),
        skip_days_left: skip_days_left(scene, attempt),
        given_name: facts.member.as_ref().filter(|_| known).and_then(|m| m.given_name.clone()),
        second_asked: attempt.second_asked,
        remember_days: device::days_for(scene, attempt).filter(|_| known),
    })
}

/// The kind that a page asks for first: the member's default, or the strongest that would do, as the tenant has it.
fn first_choice(scene: &Scene<'_>, document: &PolicyDocument) -> Option<MethodKind> {
    let facts = scene.facts;
    let default = facts.member.as_ref().and_then(|member| member.default_method);
    let mut active = facts.methods.iter().filter(|method| method.is_usable(document, scene.now));
    match document.first_choice {
        FirstChoice::Member => active.find(|method| Some(method.method_id) == default).map(|method| method.kind),
        FirstChoice::Strongest => {
            let held = facts.held_with_pass(scene.now).into_iter().filter(|held| held.active).map(|held| held.kind);
            held.filter(|kind| document.allows(*kind, MethodUse::Mfa)).min()
        }
    }
}

/// Days left in which registration may be skipped: only when nothing stricter asks for it, and only within the grace of the policy.
fn skip_days_left(scene: &Scene<'_>, attempt: &AttemptFacts) -> Option<i64> {
    let (_, document, evaluation) = scene.evaluate(attempt.application.as_deref())?;
    if attempt.purpose != Purpose::SignIn || attempt.reasons.is_empty() || evaluation.then != Then::Allow || !attempt.reasons.iter().all(|r| r.skippable()) {
        return None;
    }
    let from = scene.facts.member.as_ref()?.grace_from.unwrap_or(scene.now);
    let ends = from + SignedDuration::from_hours(24 * i64::from(document.registration.grace_days));
    let left = ends.duration_since(scene.now);
    (left > SignedDuration::ZERO).then(|| (left.as_hours() + 23) / 24)
}

/// What a question to a browser is bound to: its session, unreadable.
pub fn browser_hash(id: &[u8]) -> [u8; 32] {
    hash(id)
}

fn hash(id: &[u8]) -> [u8; 32] {
    Sha256::digest(id).into()
}

/// What a right password opens where nothing more is asked: a full session of the first level.
pub fn password_session(tenant: TenantId, attempt: AttemptId, right: &RightPassword, client: Client) -> NewSession {
    NewSession {
        member: Some(right.member),
        stage: SessionStage::Full,
        level: 1,
        epoch: right.epoch,
        auth_at: Some(right.at),
        ..NewSession::of_attempt(Some(tenant), Some(attempt), SessionStage::Full, 1, client)
    }
}

/// What a right answer opens: a full session, of the second level where the answer was a second factor.
pub fn full_session(tenant: TenantId, attempt: AttemptId, right: &RightAnswer, client: Client) -> NewSession {
    NewSession {
        tenant: Some(tenant),
        member: Some(right.member),
        attempt: Some(attempt),
        stage: SessionStage::Full,
        level: if right.second_factor { 2 } else { 1 },
        epoch: right.epoch,
        auth_at: Some(right.at),
        factor_at: Some(right.at),
        factor: Some(right.method),
        admin: right.admin,
        client,
        note: SessionNote::default(),
    }
}
