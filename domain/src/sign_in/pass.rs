//! A Temporary Access Pass in place of the password. A name that does not exist, a member without a pass and a wrong pass look the same, cost the same
//! and are counted the same: in the family of passes of whoever the name stands for. The member's lock across methods is left alone, for anybody who knows
//! a name can come this far.

use super::*;
use crate::verification::{compare, count_family, rules::PassMatch, use_pass};

/// What a pass opened.
#[derive(Clone, Debug, PartialEq)]
pub enum PassOutcome {
    /// Wrong, or the name does not exist. The attempt is decided; another one has begun.
    Wrong(BegunAttempt),
    /// Right, but before its time, after it, or used already. The attempt is decided; another one has begun.
    Unusable(BegunAttempt),
    /// Not looked at; too many wrong ones.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Right, but a second factor is asked beyond it.
    Second,
    /// Right; a method has to be registered.
    Register,
    /// Right, and all that was asked for.
    Right(RightAnswer),
    /// Right, and nothing more is asked, but it counts as no second factor here.
    Done(RightPassword),
}

/// What one look at the pass came to, before another attempt begins.
enum Looked {
    Opens(PassOutcome),
    Refused { told: bool },
}

impl SignIn<'_> {
    /// Takes a pass in place of the password.
    pub async fn pass(self, at: &BegunAttempt, offered: &OfferedCode, client: &Client) -> Result<PassOutcome> {
        let domain = self.0;
        let Some((tenant, attempt)) = at.tenant.zip(at.attempt) else {
            domain
                .directory()
                .note("visitor", "unknown_domain_pass", json!({ "session_id": at.session_id }))
                .await?;
            let session_id = SessionId::from_bits(u64::from_be_bytes(domain.rng().bytes()));
            return Ok(PassOutcome::Wrong(BegunAttempt { session_id, ..*at }));
        };
        let wanted = Wanted::of_attempt(tenant, attempt);
        let (looked, secrets) = domain
            .decide(wanted, |scene| {
                let attempt = at_stage(scene, Stage::Password, Purpose::SignIn)?;
                let secrets = handed_on(scene, attempt)?;
                if let Some(until) = scene.facts.counter(Family::Pass.as_str()).waits(scene.now) {
                    return Ok(Decided::Answer((Looked::Opens(PassOutcome::Wait { until }), secrets)));
                }
                let (commit, looked) = look_at_pass(domain, tenant, scene, attempt, offered)?;
                Ok(Decided::Commit(Box::new(commit), (looked, secrets)))
            })
            .await?;
        match looked {
            Looked::Opens(outcome) => Ok(outcome),
            Looked::Refused { told } => {
                let upn = Upn::parse(&secrets.0.upn).map_err(|_| SignInError::Expired)?;
                let next = self.begin_linked(&upn, None, client, secrets.1).await?;
                Ok(if told { PassOutcome::Unusable(next) } else { PassOutcome::Wrong(next) })
            }
        }
    }
}

/// Compares, and goes on or refuses. The comparison is made whoever the name belongs to.
fn look_at_pass(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, attempt: &AttemptFacts, offered: &OfferedCode) -> Verdicts<(Commit, Looked)> {
    let facts = scene.facts;
    let matched = compare::pass(facts, offered, scene.keys, scene.now);
    let Some((version, document, evaluation)) = scene.evaluate(attempt.application.as_deref()) else {
        return refused(domain, tenant, scene, attempt, Reason::Misconfiguration, false);
    };
    let Some(member) = &facts.member else {
        return refused(domain, tenant, scene, attempt, Reason::NotFound, false);
    };
    // Whoever is locked or switched off learns it after the password, and nobody learns it here.
    if let Err(Verdict::NotCompared { reason, .. }) = rules::admits(facts, &evaluation, scene.now) {
        return refused(domain, tenant, scene, attempt, reason, false);
    }
    if !rules::pass_may_be_compared(facts, &document, MethodUse::SignIn) {
        let reason = if facts.pass.is_none() { Reason::NoMethods } else { Reason::MethodOff };
        return refused(domain, tenant, scene, attempt, reason, false);
    }
    let pass = match (matched, &facts.pass) {
        (PassMatch::Right, Some(pass)) => pass.pass_id,
        (PassMatch::Used, _) => return refused(domain, tenant, scene, attempt, Reason::CodeReused, true),
        (PassMatch::OutOfTime, _) => return refused(domain, tenant, scene, attempt, Reason::PassExpired, true),
        _ => return refused(domain, tenant, scene, attempt, Reason::WrongCode, false),
    };
    let mut commit = Commit::about(tenant, facts, attempt.attempt_id, attempt.started_at, scene.now);
    use_pass(domain, scene, &mut commit, pass);
    commit.steps.push(Step::with(
        StepKind::PolicyEvaluated,
        json!({ "version": version, "then": evaluation.then, "because": evaluation.because }),
    ));
    let held = facts.held(scene.now);
    let reasons = registration_reasons(&document, &evaluation, &held, false);
    let is_second_factor = document.allows(MethodKind::Pass, MethodUse::Mfa);
    let mut change = AttemptChange {
        was_stage: Stage::Password,
        stage: Stage::Second,
        second_asked: true,
        last_refusal: None,
        reasons: reasons.clone(),
        policy_version: Some(version),
        decided_at: None,
        decision: None,
    };
    // Where a pass stands for the password alone, whoever has anything to show shows it.
    if !is_second_factor && !usable_families(&document, &held).is_empty() && (evaluation.then.asks_second_factor() || can_satisfy(&document, &held)) {
        commit
            .steps
            .push(Step::with(StepKind::CodeAsked, json!({ "families": usable_families(&document, &held) })));
        commit.new_challenge = Some(challenge(domain, tenant, attempt.attempt_id, Purpose::SignIn, scene.now));
        commit.attempt = Some(change);
        return Ok((commit, Looked::Opens(PassOutcome::Second)));
    }
    // Registration that may still be skipped waits for another day.
    let at_registration = AttemptFacts {
        reasons: reasons.clone(),
        ..attempt.clone()
    };
    if !reasons.is_empty() && skip_days_left(scene, &at_registration).is_none() {
        change.stage = Stage::Register;
        change.second_asked = is_second_factor;
        commit.steps.push(Step::with(StepKind::RegistrationNeeded, json!({ "reasons": reasons })));
        commit.member = Some(MemberChange {
            grace_from: Some(scene.now),
            ..MemberChange::default()
        });
        commit.attempt = Some(change);
        return Ok((commit, Looked::Opens(PassOutcome::Register)));
    }
    commit.member = Some(MemberChange {
        last_sign_in_at: Some(scene.now),
        grace_from: (!reasons.is_empty()).then_some(scene.now),
        ..MemberChange::default()
    });
    decide_with(
        domain,
        tenant,
        scene,
        attempt,
        &mut commit,
        Decision::Allowed,
        Reason::RightCode,
        is_second_factor,
    )?;
    let outcome = match is_second_factor {
        true => PassOutcome::Right(RightAnswer {
            member: member.member_id,
            epoch: member.epoch,
            admin: member.is_admin(),
            method: MethodKind::Pass,
            second_factor: true,
            recovery_left: None,
            weaker_off: false,
            at: scene.now,
        }),
        false => PassOutcome::Done(RightPassword {
            member: member.member_id,
            epoch: member.epoch,
            at: scene.now,
        }),
    };
    Ok((commit, Looked::Opens(outcome)))
}

/// Refuses, and counts, whatever the reason: what is counted for one is counted for all, so that nothing shows from outside.
fn refused(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, attempt: &AttemptFacts, reason: Reason, told: bool) -> Verdicts<(Commit, Looked)> {
    let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    count_family(scene, &mut commit, Family::Pass);
    let kind = if reason == Reason::CodeReused {
        StepKind::CodeReused
    } else {
        StepKind::CodeWrong
    };
    let early = scene.facts.pass.as_ref().filter(|pass| told && pass.valid_from > scene.now);
    commit.steps.push(Step::with(
        kind,
        json!({ "method": MethodKind::Pass, "reason": reason, "from": early.map(|pass| pass.valid_from) }),
    ));
    let compared = matches!(reason, Reason::WrongCode | Reason::CodeReused | Reason::PassExpired);
    decide_with(domain, tenant, scene, attempt, &mut commit, Decision::Denied, reason, compared)?;
    Ok((commit, Looked::Refused { told }))
}

/// Decides an attempt by its pass.
#[allow(clippy::too_many_arguments, reason = "a decision has this many sides")]
fn decide_with(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    commit: &mut Commit,
    decision: Decision,
    reason: Reason,
    second_factor: bool,
) -> Verdicts<()> {
    let evaluated = scene.evaluate(attempt.application.as_deref());
    commit.attempt = Some(AttemptChange {
        was_stage: attempt.stage,
        stage: Stage::Decided,
        second_asked: second_factor,
        last_refusal: attempt.last_refusal,
        reasons: attempt.reasons.clone(),
        policy_version: evaluated.as_ref().map(|(version, ..)| *version),
        decided_at: Some(scene.now),
        decision: Some(decision),
    });
    commit
        .steps
        .push(Step::with(StepKind::Decided, json!({ "decision": decision, "reason": reason })));
    let outcome = Outcome {
        decision,
        reason,
        transport: None,
        second_factor,
        method: Some((None, MethodKind::Pass)),
        policy: evaluated.map(|(version, _, evaluation)| policy_record(scene.facts, version, &evaluation)),
    };
    commit.log = Some(log_entry(domain, tenant, scene, attempt, outcome)?);
    Ok(())
}
