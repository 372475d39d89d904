//! Passkeys and security keys: registered by their member, shown to sign in without a password, as a second factor, and before a change. What an
//! authenticator's answer proves is checked in [`crate::webauthn`]; each question is of one browser session and one purpose and good for one answer.

pub mod error;
pub mod models;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::{
    Domain,
    actor::{Client, Member},
    directory::MemberView,
    journal::Event,
    methods::{MethodError, SecurityInfo, recovery::RecoveryCodes},
    sign_in::registration::first_passkey,
    verification::{
        Answered, Begun, Entered, Outcome, RightAnswer, VerificationError,
        commit::*,
        conclude,
        engine::{Decided, Scene},
        log_at_once,
        passkey::{self, Shown},
        store::Wanted,
        waiting_for_answer,
    },
    webauthn::{
        Allowed, Ceremony, CounterRule, CredentialId, Discoverable, OptionsJson, PASSKEYS_MAX, PasskeyError, Prompt, Purpose as Asked, Registered, Registrant,
        RegistrationDemand, RelyingParty,
    },
};
pub use error::PasskeysError;
use jiff::Timestamp;
use model::*;
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, PasskeysError>;

/// A hash of the browser session that a question was asked in.
pub type BrowserHash = [u8; 32];

/// What a browser sends back: which question it answers, and the answer as `toJSON()` wrote it (WebAuthn L3 section 5.1).
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The browser that was asked.
    pub browser: &'a BrowserHash,
    /// The id of the question.
    pub ceremony: &'a str,
    /// The answer.
    pub answer: &'a str,
}

/// What a new passkey of the wizard came to: what it opens, and the recovery codes, which are shown once.
pub type FirstPasskey = (RightAnswer, Option<RecoveryCodes>);

/// What signing in with a passkey came to.
#[derive(Clone, Debug, PartialEq)]
pub enum SignedIn {
    /// Right: a full session.
    Right {
        /// Tenant.
        tenant: TenantId,
        /// Attempt.
        attempt: AttemptId,
        /// What it opens.
        right: RightAnswer,
    },
    /// Refused, with a row in the log.
    Refused {
        /// Why.
        reason: Reason,
        /// Public id of the attempt.
        session_id: SessionId,
    },
}

/// The verbs of passkeys.
#[derive(Clone, Copy)]
pub struct Passkeys<'a>(pub(crate) &'a Domain);

impl Passkeys<'_> {
    /// Whether the member may add one now: the organisation offers it, there is room, and the second factor is fresh.
    pub async fn may_add(self, me: &Member) -> Result<()> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (_, info) = self.0.methods().info(&mut tx, me.id()).await?;
        check_offer(&info)?;
        Ok(self.0.methods().fresh(me, &info)?)
    }

    /// Asks for a new passkey. Needs a fresh second factor if there is one to give.
    pub async fn begin_registration(self, me: &Member, browser: &BrowserHash) -> Result<OptionsJson> {
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let (view, info) = self.0.methods().info(&mut tx, me.id()).await?;
        self.0.methods().fresh(me, &info)?;
        check_offer(&info)?;
        let known = store::list_params(&mut tx, me.id()).await?;
        let allowed = self.allowed(&mut tx).await?;
        tx.commit().await?;
        self.ask_for_new(me.tenant(), &view, &known, &allowed, browser).await
    }

    /// Asks for the first method during sign-in: only for an attempt that is at registration.
    pub async fn begin_first(self, tenant: TenantId, attempt: AttemptId, browser: &BrowserHash) -> Result<OptionsJson> {
        let member = self
            .0
            .sign_in()
            .registering(tenant, attempt, |document| self.0.offers_passkeys(document))
            .await?;
        let mut tx = self.0.db().tenant(tenant).await?;
        let (view, info) = self.0.methods().info(&mut tx, member).await?;
        check_offer(&info)?;
        let known = store::list_params(&mut tx, member).await?;
        let allowed = self.allowed(&mut tx).await?;
        tx.commit().await?;
        self.ask_for_new(tenant, &view, &known, &allowed, browser).await
    }

    async fn ask_for_new(self, tenant: TenantId, view: &MemberView, known: &[Value], allowed: &Allowed, browser: &BrowserHash) -> Result<OptionsJson> {
        let now = self.0.clock().now();
        let exclude: Vec<CredentialId> = known.iter().filter_map(credential_of).collect();
        let user_handle = store::handle_of(self.0.db(), tenant, view.id, self.0.rng().handle(), now).await?;
        let name = view.name();
        let who = Registrant {
            user_handle,
            name: &view.upn,
            display_name: &name,
        };
        let demand = RegistrationDemand {
            models: Some(allowed),
            discoverable: Discoverable::Preferred,
        };
        let (options, ceremony) = self.party()?.begin_registration(&who, &exclude, demand, now)?;
        self.ask(browser, options, &ceremony, now).await
    }

    /// Takes the first passkey of somebody who is signing in: the method counts, the state becomes enforced, the attempt is allowed, in one commit.
    pub async fn finish_first(self, tenant: TenantId, attempt: AttemptId, reply: Reply<'_>) -> Result<FirstPasskey> {
        let domain = self.0;
        let new = self.created(reply, domain.clock().now()).await?;
        let method = NewMethod {
            method_id: MethodId(domain.rng().id(domain.clock().now())),
            kind: MethodKind::Passkey,
            label: name_of(&new),
            params: params_of(&new),
        };
        let first = domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                let handle = scene.facts.member.as_ref().and_then(|m| m.user_handle);
                if handle != Some(new.user_handle) {
                    return Ok(Decided::Answer(Err(PasskeyError::ForeignUser)));
                }
                let (commit, right, codes) = first_passkey(domain, tenant, scene, &method)?;
                Ok(Decided::Commit(Box::new(commit), Ok((right, codes))))
            })
            .await
            .map_err(|error| match &error {
                VerificationError::Db(db) if db.constraint() == Some("method_credential") => PasskeysError::Refused(PasskeyError::AlreadyRegistered),
                _ => error.into(),
            })?;
        Ok(first?)
    }

    /// The passkey of an answer to a question for a new one.
    async fn created(self, reply: Reply<'_>, now: Timestamp) -> Result<Registered> {
        let state = self.state(reply, Asked::Register, now).await?;
        let metadata = self.metadata().await?;
        Ok(self.party()?.finish_registration(ceremony_of(&state)?, reply.answer, metadata.as_ref(), now)?)
    }

    /// Takes the new passkey and tells its name; it counts at once, for its answer was the proof. The first method makes recovery codes, which are shown once.
    pub async fn finish_registration(
        self,
        me: &Member,
        reply: Reply<'_>,
        label: Option<&CleanText<NAME_CHARACTERS_MAX>>,
    ) -> Result<(String, Option<RecoveryCodes>)> {
        let now = self.0.clock().now();
        let new = self.created(reply, now).await?;
        let methods = self.0.methods();
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        crate::methods::store::lock_member(&mut tx, me.id()).await?;
        let (view, info) = methods.info(&mut tx, me.id()).await?;
        methods.fresh(me, &info)?;
        check_offer(&info)?;
        // The handle of the question must be the member's of now.
        if store::find_owner(self.0.db(), new.user_handle).await? != Some((me.tenant(), me.id())) {
            return Err(PasskeyError::ForeignUser.into());
        }
        let method = MethodId(self.0.rng().id(now));
        let label = label.map_or_else(|| name_of(&new), ToString::to_string);
        let row = crate::methods::store::NewMethodRow {
            method,
            member: me.id(),
            kind: MethodKind::Passkey.as_str(),
            label: &label,
            state: "active",
            sealed: &[],
            params: &params_of(&new),
            expires_at: None,
            confirmed_at: Some(now),
            last_step: 0,
            drift: 0,
            address_mac: None,
            waits_for: None,
        };
        crate::methods::store::insert_method(&mut tx, &row, now)
            .await
            .map_err(|error| match error.constraint() {
                Some("method_credential") => PasskeysError::Refused(PasskeyError::AlreadyRegistered),
                _ => error.into(),
            })?;
        crate::methods::settle_new(&mut tx, &view, &info, (method, MethodKind::Passkey)).await?;
        let codes = match info.recovery_all {
            0 => Some(methods.new_recovery(&mut tx, me.id(), now).await?),
            _ => None,
        };
        let after = json!({ "kind": MethodKind::Passkey, "label": label, "model": new.name_by_aaguid });
        methods.record_of(&mut tx, me, Event::SecurityInfoRegistered, Value::Null, after).await?;
        tx.commit().await?;
        Ok((label, codes))
    }

    /// Asks for any passkey of the service: it tells nothing about who has one.
    pub async fn begin_sign_in(self, browser: &BrowserHash, prompt: Prompt) -> Result<OptionsJson> {
        let now = self.0.clock().now();
        let (options, ceremony) = self.party()?.begin_sign_in(prompt, now)?;
        self.ask(browser, options, &ceremony, now).await
    }

    /// Signs in by a passkey alone: found by its user handle, decided and logged in one commit.
    pub async fn sign_in(self, reply: Reply<'_>, client: &Client) -> Result<SignedIn> {
        let domain = self.0;
        let party = self.party()?;
        let state = self.state(reply, Asked::SignIn, domain.clock().now()).await?;
        let answer = reply.answer;
        let claim = RelyingParty::claim(answer)?;
        let handle = claim.user_handle.ok_or(PasskeyError::UserHandleMissing)?;
        let owner = store::find_owner(domain.db(), handle).await?;
        let (tenant, member) = owner.ok_or(PasskeyError::UnknownCredential)?;
        let wanted = Wanted {
            ip: client.address,
            ..Wanted::of_member(tenant, member)
        };
        let signed_in = domain
            .decide(wanted, |scene| {
                let Some(found) = &scene.facts.member else {
                    return Ok(Decided::Answer(Err(PasskeyError::UnknownCredential)));
                };
                let upn = Upn::parse(&found.upn).map_err(|_| VerificationError::ChallengeGone)?;
                let begun = Begun::now(domain, scene, &upn, client.clone(), None);
                let known = passkey::held(scene).into_iter().find(|known| *known.credential_id() == claim.credential_id);
                let shown = match ceremony_of(&state).and_then(|ceremony| party.finish_sign_in(ceremony, answer, known.as_ref(), scene.now)) {
                    Ok(asserted) => passkey::shown(scene, asserted, counter_rule(scene)),
                    // What was not a proper answer at all is no attempt of this member.
                    Err(error) if begins_again(&error) => return Ok(Decided::Answer(Err(error))),
                    Err(_) => Shown::refused(passkey::place_of(scene, &claim.credential_id)),
                };
                let (commit, signed_in) = signed_in(domain, tenant, scene, &begun, shown)?;
                Ok(Decided::Commit(Box::new(commit), Ok(signed_in)))
            })
            .await?;
        Ok(signed_in?)
    }

    /// Asks the member of an attempt for one of his passkeys: the second step of signing in, or a fresh one before a change.
    pub async fn begin_second(self, tenant: TenantId, attempt: AttemptId, purpose: Purpose, browser: &BrowserHash) -> Result<OptionsJson> {
        let domain = self.0;
        let party = self.party()?;
        let now = domain.clock().now();
        let begun = domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                check_purpose(purpose)?;
                waiting_for_answer(scene, purpose)?;
                let handle = scene.facts.member.as_ref().and_then(|m| m.user_handle).unwrap_or_default();
                let held = passkey::held(scene);
                Ok(Decided::Answer(match asked_for(purpose) {
                    Asked::StepUp => party.begin_step_up(handle, &held, now),
                    _ => party.begin_second_factor(handle, &held, now),
                }))
            })
            .await?;
        let (options, ceremony) = begun?;
        self.ask(browser, options, &ceremony, now).await
    }

    /// Takes a passkey's answer as the second step of an attempt.
    pub async fn second(self, tenant: TenantId, attempt: AttemptId, purpose: Purpose, reply: Reply<'_>) -> Result<(Answered, SessionId)> {
        let domain = self.0;
        let party = self.party()?;
        let state = self.state(reply, asked_for(purpose), domain.clock().now()).await?;
        let answer = reply.answer;
        let answered = domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                check_purpose(purpose)?;
                let waiting = waiting_for_answer(scene, purpose)?;
                let held = passkey::held(scene);
                let finished = ceremony_of(&state).and_then(|ceremony| match asked_for(purpose) {
                    Asked::StepUp => party.finish_step_up(ceremony, answer, &held, scene.now),
                    _ => party.finish_second_factor(ceremony, answer, &held, scene.now),
                });
                let shown = match finished {
                    Ok(asserted) => passkey::shown(scene, asserted, counter_rule(scene)),
                    Err(error) if begins_again(&error) => return Ok(Decided::Answer(Err(error))),
                    Err(_) => Shown::refused(None),
                };
                let judged = passkey::judge(scene, waiting.0.application.as_deref(), MethodUse::Mfa, shown)?;
                let (commit, answered, session) = conclude(domain, tenant, scene, waiting, &judged)?;
                Ok(Decided::Commit(Box::new(commit), Ok((answered, session))))
            })
            .await?;
        Ok(answered?)
    }

    /// What a browser's passkey manager is told after a change: these passkeys of the member open something here, and no others (WebAuthn L3 5.1.10.3).
    pub async fn accepted(self, me: &Member) -> Result<Option<Value>> {
        let Some(party) = self.0.relying_party() else { return Ok(None) };
        let mut tx = self.0.db().tenant(me.tenant()).await?;
        let known = store::list_params(&mut tx, me.id()).await?;
        tx.commit().await?;
        let handle = store::handle_of(self.0.db(), me.tenant(), me.id(), self.0.rng().handle(), self.0.clock().now()).await?;
        let accepted: Vec<CredentialId> = known.iter().filter_map(credential_of).collect();
        Ok(Some(party.signal_all_accepted_credentials(handle, &accepted)))
    }

    /// Deletes questions that nobody answered.
    pub async fn sweep_ceremonies(self) -> Result<u64> {
        Ok(store::delete_ended(self.0.db(), self.0.clock().now()).await?)
    }

    fn party(self) -> Result<RelyingParty> {
        self.0.relying_party().cloned().ok_or(PasskeysError::NoHost)
    }

    /// Keeps the server's half of a question and gives the browser its own, with the id that it sends back.
    async fn ask(self, browser: &BrowserHash, mut options: OptionsJson, ceremony: &Ceremony, now: Timestamp) -> Result<OptionsJson> {
        let state = serde_json::to_value(ceremony).map_err(|_| PasskeyError::BrokenData)?;
        let id = self.0.rng().id(now);
        store::save_ceremony(self.0.db(), browser, name_of_purpose(ceremony.purpose()), id, &state, ceremony.expires_at()).await?;
        options["ceremony"] = json!(id);
        Ok(options)
    }

    async fn state(self, reply: Reply<'_>, purpose: Asked, now: Timestamp) -> Result<Value> {
        let id = reply.ceremony.parse().map_err(|_| PasskeysError::Gone)?;
        store::take_ceremony(self.0.db(), reply.browser, name_of_purpose(purpose), id, now)
            .await?
            .ok_or(PasskeysError::Gone)
    }
}

/// A passkey proves who somebody is, not that a phone or a mailbox is his.
const fn check_purpose(purpose: Purpose) -> std::result::Result<(), VerificationError> {
    match purpose {
        Purpose::SignIn | Purpose::StepUp | Purpose::SetUp => Ok(()),
        Purpose::Verification | Purpose::AddMethod | Purpose::Reset | Purpose::CallerCheck => Err(VerificationError::ChallengeGone),
    }
}

/// Refuses what the organisation does not offer, and more than fit.
fn check_offer(info: &SecurityInfo) -> Result<()> {
    if !info.may_add.contains(&MethodKind::Passkey) {
        return Err(MethodError::KindOff(MethodKind::Passkey).into());
    }
    if info.methods.iter().filter(|m| m.kind == MethodKind::Passkey).count() >= PASSKEYS_MAX {
        return Err(MethodError::Limit(PASSKEYS_MAX).into());
    }
    Ok(())
}

/// A sign-in by a passkey alone, decided at once: its log row, its usage and its timeline.
fn signed_in(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, begun: &Begun, shown: Shown) -> std::result::Result<(Commit, SignedIn), VerificationError> {
    let judged = passkey::judge(scene, None, MethodUse::SignIn, shown)?;
    let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
    let told = judged.write(domain, tenant, scene, &mut commit, Some(begun.session))?;
    commit.reserve(begun.session);
    let outcome = Outcome {
        decision: told.decision,
        reason: told.reason,
        transport: None,
        second_factor: told.compared,
        method: told.method,
        policy: judged.record(scene.facts),
    };
    let entered = Entered {
        door: Door::Web,
        purpose: Purpose::SignIn,
        path: Path::Cloud,
        application: None,
    };
    let reason = told.reason;
    log_at_once(domain, tenant, scene, &mut commit, begun, entered, outcome)?;
    let right = scene.facts.member.as_ref().filter(|_| told.decision == Decision::Allowed);
    let signed_in = match right {
        Some(member) => {
            commit.member = Some(MemberChange {
                last_sign_in_at: Some(scene.now),
                ..MemberChange::default()
            });
            SignedIn::Right {
                tenant,
                attempt: begun.attempt,
                right: RightAnswer {
                    member: member.member_id,
                    epoch: member.epoch,
                    admin: member.is_admin(),
                    method: MethodKind::Passkey,
                    second_factor: true,
                    recovery_left: None,
                    weaker_off: scene.facts.has_guessed_off_below(MethodKind::Passkey),
                    at: scene.now,
                },
            }
        }
        None => SignedIn::Refused {
            reason,
            session_id: begun.session,
        },
    };
    Ok((commit, signed_in))
}

/// A possible copy is let in and noted; where the organisation is strict it is refused.
fn counter_rule(scene: &Scene<'_>) -> CounterRule {
    match scene.facts.profile() {
        Profile::Strict => CounterRule::Refuse,
        Profile::Standard => CounterRule::Flag,
    }
}

/// The page was an old one: asked again, and nothing is counted.
fn begins_again(error: &PasskeyError) -> bool {
    matches!(error.outward(), crate::webauthn::Outward::BeginAgain | crate::webauthn::Outward::Fault)
}

const fn asked_for(purpose: Purpose) -> Asked {
    match purpose {
        Purpose::StepUp => Asked::StepUp,
        _ => Asked::SecondFactor,
    }
}

const fn name_of_purpose(purpose: Asked) -> &'static str {
    match purpose {
        Asked::Register => "register",
        Asked::SignIn => "sign_in",
        Asked::SecondFactor => "second_factor",
        Asked::StepUp => "step_up",
    }
}

fn ceremony_of(state: &Value) -> std::result::Result<Ceremony, PasskeyError> {
    serde_json::from_value(state.clone()).map_err(|_| PasskeyError::Expired)
}

fn credential_of(params: &Value) -> Option<CredentialId> {
    params.get("credential_id")?.as_str()?.parse().ok()
}

/// What a passkey is called that nobody has named: by its make and model.
fn name_of(new: &Registered) -> String {
    let name = new
        .name_by_aaguid
        .as_deref()
        .and_then(|name| CleanText::<NAME_CHARACTERS_MAX>::parse(name).ok());
    name.map_or_else(|| String::from("Passkey"), |name| name.to_string())
}

/// What a passkey's row holds: nothing secret, for its private key never leaves the authenticator.
fn params_of(new: &Registered) -> Value {
    json!({
        "credential_id": new.credential_id,
        "aaguid": new.aaguid,
        "model": new.name_by_aaguid,
        "transports": new.transports,
        "backup_eligible": new.backup_eligible,
        "backed_up": new.backed_up,
        "attested": new.attested,
        "discoverable": new.discoverable,
        "record": new.passkey_json,
    })
}
