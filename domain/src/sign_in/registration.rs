//! Registration during sign-in: the wizard's first method is proven and the attempt allowed in one commit.

use super::*;
pub use crate::methods::PendingTotp;
use crate::{
    actor::Who,
    journal::{
        Event,
        entry::{AuditEntry, Audited, Change},
    },
    methods::{MethodError, recovery::RecoveryCodes},
    verification::{compare, rules::Match, subject_key},
};
use std::sync::Arc;

/// What proving the first method comes to.
#[derive(Clone, Debug)]
pub enum Confirmed {
    /// Proven: the attempt is allowed, and these codes are shown once; none when a set was there already.
    Right(RightAnswer, Option<RecoveryCodes>),
    /// The code was wrong; nothing has changed.
    Wrong,
}

impl From<MethodError> for SignInError {
    fn from(error: MethodError) -> Self {
        match error {
            MethodError::StepUp => Self::StepUp,
            MethodError::Limit(limit) => Self::MethodLimit(limit),
            MethodError::Directory(error) => Self::Directory(error),
            MethodError::Keys(error) => error.into(),
            MethodError::Db(error) => Self::Db(error),
            _ => Self::PendingGone,
        }
    }
}

impl SignIn<'_> {
    /// The authenticator app that waits for its first code, or a new one. Only for an attempt that is at registration, and only while the member has
    /// nothing that would have to be shown first.
    pub async fn begin_registration(self, tenant: TenantId, attempt: AttemptId) -> Result<PendingTotp> {
        let member = self
            .registering(tenant, attempt, |document| document.allows(MethodKind::Totp, MethodUse::Mfa))
            .await?;
        let mut tx = self.0.db().tenant(tenant).await?;
        crate::methods::store::lock_member(&mut tx, member).await?;
        let (view, info) = self.0.methods().info(&mut tx, member).await?;
        let pending = self.0.methods().pending_totp(&mut tx, &view, &info, attempt.0).await?;
        tx.commit().await?;
        Ok(pending)
    }

    /// Takes the first code of the waiting app. Right: the method counts, the state becomes enforced, the attempt is allowed.
    pub async fn confirm_registration(
        self,
        tenant: TenantId,
        attempt: AttemptId,
        label: &CleanText<NAME_CHARACTERS_MAX>,
        code: &OfferedCode,
    ) -> Result<Confirmed> {
        let domain = self.0;
        let wanted = Wanted::of_attempt(tenant, attempt);
        let confirmed = domain
            .decide(wanted, |scene| {
                Ok(match first_code(domain, tenant, scene, label, code)? {
                    Some((commit, right, codes)) => Decided::Commit(Box::new(commit), Confirmed::Right(right, codes)),
                    None => Decided::Answer(Confirmed::Wrong),
                })
            })
            .await?;
        Ok(confirmed)
    }

    /// Skips registration while the days of grace last and nothing stricter asks for it: allowed with the password alone.
    pub async fn skip_registration(self, tenant: TenantId, attempt: AttemptId) -> Result<RightPassword> {
        let domain = self.0;
        let wanted = Wanted::of_attempt(tenant, attempt);
        let skipped = domain
            .decide(wanted, |scene| {
                let (attempt, member, _) = open_registration(scene, Registrant::HasNothing)?;
                if skip_days_left(scene, attempt).is_none() {
                    return Ok(Decided::Answer(None));
                }
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                commit.member = Some(MemberChange {
                    last_sign_in_at: Some(scene.now),
                    ..MemberChange::default()
                });
                decide(domain, tenant, scene, attempt, &mut commit, Decision::Allowed, Reason::PasswordOnly)?;
                Ok(Decided::Commit(
                    Box::new(commit),
                    Some(RightPassword {
                        member: member.member_id,
                        epoch: member.epoch,
                        at: scene.now,
                    }),
                ))
            })
            .await?;
        skipped.ok_or(SignInError::NoSkip)
    }

    /// The member of an attempt that is at registration, where what is to be registered would do.
    pub(crate) async fn registering(self, tenant: TenantId, attempt: AttemptId, would_do: impl Fn(&PolicyDocument) -> bool) -> Result<MemberId> {
        let wanted = Wanted::of_attempt(tenant, attempt);
        let judge = |scene: &Scene<'_>| match open_registration(scene, Registrant::HasNothing)? {
            (_, member, document) if would_do(&document) => Ok(Decided::Answer(member.member_id)),
            _ => Err(crate::verification::VerificationError::ChallengeGone),
        };
        Ok(self.0.decide(wanted, judge).await?)
    }
}

/// The first code of the waiting app: `None` when it is wrong. Right: the method counts, the state becomes enforced, the attempt is allowed.
pub(crate) fn first_code(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    label: &CleanText<NAME_CHARACTERS_MAX>,
    code: &OfferedCode,
) -> Verdicts<Option<(Commit, RightAnswer, Option<RecoveryCodes>)>> {
    let (attempt, member, document) = open_registration(scene, Registrant::HasNothing)?;
    let gone = || crate::verification::VerificationError::ChallengeGone;
    // Switched off since the square was shown, or never enough: it opens nothing.
    if !document.allows(MethodKind::Totp, MethodUse::Mfa) {
        return Err(gone());
    }
    let waiting = scene
        .facts
        .methods
        .iter()
        .filter(|m| m.state == "pending" && m.kind == MethodKind::Totp && m.waits_for.is_none_or(|shown| shown == attempt.attempt_id.0))
        // The one this sign-in was shown, before one that an admin has given.
        .max_by_key(|m| (m.waits_for.is_some(), m.method_id))
        .ok_or_else(gone)?;
    let matched = compare::oath(waiting, code.as_str(), Profile::Standard, scene.keys, scene.now)?;
    let Match::Right { step, drift } = matched else {
        return Ok(None);
    };
    let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    commit.method_used = Some(MethodUsed {
        method_id: waiting.method_id,
        step,
        drift,
        label: Some(label.to_string()),
        params: None,
    });
    let first = (waiting.method_id, MethodKind::Totp, label.as_str());
    let (right, codes) = registered(domain, tenant, scene, (attempt, member), &mut commit, first)?;
    Ok(Some((commit, right, codes)))
}

/// A first passkey: its answer was the proof.
pub(crate) fn first_passkey(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    method: &NewMethod,
) -> Verdicts<(Commit, RightAnswer, Option<RecoveryCodes>)> {
    let (attempt, member, document) = open_registration(scene, Registrant::HasNothing)?;
    // Switched off since the question was put: it is not taken any more.
    if !domain.offers_passkeys(&document) {
        return Err(crate::verification::VerificationError::ChallengeGone);
    }
    let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    commit.new_method = Some(method.clone());
    let first = (method.method_id, method.kind, method.label.as_str());
    let (right, codes) = registered(domain, tenant, scene, (attempt, member), &mut commit, first)?;
    Ok((commit, right, codes))
}

/// What follows a first method that is proven: recovery codes, the enforced state, who is told, and an attempt that is allowed.
fn registered(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    (attempt, member): (&AttemptFacts, &crate::verification::facts::MemberFacts),
    commit: &mut Commit,
    (method, kind, label): (MethodId, MethodKind, &str),
) -> Verdicts<(RightAnswer, Option<RecoveryCodes>)> {
    let opened = opens(domain, tenant, scene, (attempt, member), commit, (method, kind))?;
    let after = json!({ "kind": kind, "label": label, "mfa_state": commit.member.as_ref().and_then(|m| m.mfa_state) });
    let audited = Audited {
        event: Event::SecurityInfoRegistered,
        who: Who::Member(member.member_id),
        target: ("member", Some(member.member_id.0)),
        reason: None,
        session: Some(SessionId::from_bits(attempt.session_id as u64)),
        change: Change {
            before: json!(null),
            after: after.clone(),
        },
    };
    commit
        .audits
        .push(AuditEntry::seal(tenant, scene.now, audited, &subject_key(scene)?, domain.rng()));
    commit
        .notices
        .push(crate::verification::notice(domain, scene, Event::SecurityInfoRegistered.as_str(), after));
    Ok(opened)
}

/// A method that is proven opens the sign-in: recovery codes where there are none, the enforced state, and an attempt that is allowed.
pub(super) fn opens(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    (attempt, member): (&AttemptFacts, &crate::verification::facts::MemberFacts),
    commit: &mut Commit,
    (method, kind): (MethodId, MethodKind),
) -> Verdicts<(RightAnswer, Option<RecoveryCodes>)> {
    let document = scene.evaluate(attempt.application.as_deref()).map(|(_, document, _)| document);
    let has_first = document.is_some_and(|document| scene.facts.has_first_choice(&document, scene.now));
    let codes = scene.facts.recovery.is_empty().then(|| RecoveryCodes::new(domain.rng()));
    commit.new_recovery = codes.iter().flat_map(|c| c.macs(scene.keys, member.member_id)).map(Bytea).collect();
    commit.member = Some(MemberChange {
        mfa_state: (member.mfa_state == MfaState::Enabled).then_some(MfaState::Enforced),
        last_sign_in_at: Some(scene.now),
        default_method: (!has_first).then_some(method),
        ends_devices: true,
        ..MemberChange::default()
    });
    commit.steps.push(Step::with(StepKind::MethodRegistered, json!({ "method": kind })));
    decide(domain, tenant, scene, attempt, commit, Decision::Allowed, Reason::Registered)?;
    proven(commit, method, kind);
    let right = RightAnswer {
        member: member.member_id,
        epoch: member.epoch,
        admin: member.is_admin(),
        method: kind,
        second_factor: true,
        recovery_left: None,
        weaker_off: false,
        at: scene.now,
    };
    Ok((right, codes))
}

/// What whoever is in the wizard has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Registrant {
    /// Nothing that would have to be shown first.
    HasNothing,
    /// Perhaps something, which was proven in this very wizard.
    HasProven,
}

/// The attempt, the member and the method table of an open registration. Whoever has gained a method meanwhile (another tab, another device) has to show
/// it first.
pub(super) fn open_registration<'a>(
    scene: &'a Scene<'_>,
    who: Registrant,
) -> Verdicts<(&'a AttemptFacts, &'a crate::verification::facts::MemberFacts, Arc<PolicyDocument>)> {
    let gone = || crate::verification::VerificationError::ChallengeGone;
    let attempt = scene.facts.attempt.as_ref().filter(|a| !expired(a, scene.now)).ok_or_else(gone)?;
    if attempt.stage != Stage::Register {
        return Err(crate::verification::VerificationError::OtherStep(attempt.stage));
    }
    let (_, document, evaluation) = scene
        .evaluate(attempt.application.as_deref())
        .ok_or(crate::verification::VerificationError::PolicyMissing)?;
    // Locked, blocked or switched off since the password: the wizard is closed like every other step (abuse case A7).
    if rules::admits(scene.facts, &evaluation, scene.now).is_err() {
        return Err(gone());
    }
    let proven_here = |m: &crate::verification::facts::MethodFacts| who == Registrant::HasProven && m.waits_for == Some(attempt.attempt_id.0);
    let proven = scene.facts.methods.iter().any(|m| m.state == "active" && proven_here(m));
    if !attempt.second_asked && !proven && has_any(scene, &scene.facts.held(scene.now)) {
        return Err(gone());
    }
    let member = scene.facts.member.as_ref().ok_or_else(gone)?;
    // What would refuse the wizard now closes it while it is open; a link of an admin's or a second factor that was given leads past all but a rule that blocks.
    let by_password = attempt.purpose == Purpose::SignIn && !attempt.second_asked;
    let past = evaluation.then.asks_second_factor() && scene.facts.has_one_past(scene.now);
    let switched_off = by_password && !proven && (past || scene.facts.has_one_switched_off());
    let closed = closed_to_a_password(&document, &scene.facts.inputs(None), &evaluation, scene.facts.profile());
    if switched_off || closed.is_some_and(|reason| by_password || reason == Reason::BlockedByPolicy) {
        return Err(gone());
    }
    Ok((attempt, member, document))
}

/// What the wizard proves is a second factor that was checked: it counts as one in log and usage.
fn proven(commit: &mut Commit, method: MethodId, kind: MethodKind) {
    if let Some(change) = &mut commit.attempt {
        change.second_asked = true;
    }
    if let Some(log) = &mut commit.log {
        log.prove(method, kind);
    }
}
