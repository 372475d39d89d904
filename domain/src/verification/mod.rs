//! Verification: checks a code, or starts a challenge and takes its answer. Every decision is one commit of counters, claimed step, log row,
//! usage row and timeline, and is told to nobody before.

pub mod call;
pub mod commit;
pub mod compare;
pub(crate) mod engine;
pub mod error;
pub mod facts;
pub mod fraud;
pub(crate) mod passkey;
pub mod requirements;
pub mod rules;
pub(crate) mod sending;
pub(crate) mod stand_in;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use crate::{
    Domain,
    actor::{Client, Integration, Scope, Who},
    bytea::Bytea,
    db::DbError,
    delivery::rules::NotSent,
    directory::api_key::Credential,
    journal::{
        Event,
        entry::{self, AuditEntry, Audited, AuthEntry, Change, Personal, PolicyRecord},
    },
    policy::rules::Evaluation,
    vault::{KeyPurpose, SealBroken, SealKey, SealedColumn},
};
pub use call::{CallEnd, CallState, Spoken, Turn};
use commit::*;
use engine::{Decided, Scene};
pub use error::VerificationError;
use facts::{AttemptFacts, Facts, Stage};
use jiff::{SignedDuration, Timestamp};
use model::*;
use rules::{Counter, Verdict};
pub use sending::{Fate, OnItsWay};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{net::IpAddr, sync::Arc};
use store::Wanted;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// A request to verify somebody.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who.
    pub user: Upn,
    /// The code, if one is at hand.
    pub code: Option<OfferedCode>,
    /// The method meant, if one is.
    pub method: Option<MethodKind>,
    /// For which application.
    pub application: Option<CleanText<APPLICATION_CHARACTERS_MAX>>,
    /// Where the member sits, as the calling system says.
    pub client: Client,
    /// Groups attempts on the caller's side.
    pub correlation_id: Option<Uuid>,
    /// The caller's idempotency key and a hash of the whole request.
    pub idempotency: Option<Idempotency>,
}

/// An idempotency key and the request it stands for.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// SHA-256 of the key.
    pub key: [u8; 32],
    /// SHA-256 of the request.
    pub request: [u8; 32],
}

impl Idempotency {
    /// Of a header's value and the request's bytes.
    pub fn of(header: &str, request: &[u8]) -> Self {
        Self {
            key: Sha256::digest(header.as_bytes()).into(),
            request: Sha256::digest(request).into(),
        }
    }
}

/// What a caller is told. `reason` is the outward one: a name that does not exist answers like a wrong code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Public id of the attempt.
    pub session_id: SessionId,
    /// Allowed, denied, or `None` while it is pending.
    pub decision: Option<Decision>,
    /// Why.
    pub reason: Option<Reason>,
    /// The method that was right or asked.
    pub method: Option<MethodKind>,
    /// Until when nothing is compared.
    pub wait_until: Option<Timestamp>,
    /// The open challenge.
    pub challenge: Option<OpenChallenge>,
}

/// A challenge that waits for its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenChallenge {
    /// By which it is answered.
    pub id: AttemptId,
    /// The kind of method asked.
    pub kind: MethodKind,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Wrong answers left.
    pub tries_left: i32,
    /// Where the code was sent, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<String>,
}

/// The outcome of an answer given in the pages.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// Right; the attempt is allowed.
    Right(RightAnswer),
    /// Right, but a method has to be registered before anything opens.
    Register,
    /// Wrong; there are tries left.
    Wrong {
        /// Why.
        reason: Reason,
        /// Wrong answers left.
        tries_left: i32,
    },
    /// Not compared; the attempt goes on.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// The attempt is over.
    Ended {
        /// Why.
        reason: Reason,
        /// Until when the member is locked, if that is why.
        until: Option<Timestamp>,
    },
}

/// What a right answer opens.
#[derive(Clone, Debug, PartialEq)]
pub struct RightAnswer {
    /// The member.
    pub member: MemberId,
    /// The member's epoch, which the session must share.
    pub epoch: i32,
    /// The member has a role above member: shorter sessions.
    pub admin: bool,
    /// The kind that was right.
    pub method: MethodKind,
    /// It is a second factor; else it proves who somebody is that has none, before a change of his own security info.
    pub second_factor: bool,
    /// Recovery codes left, when one was used.
    pub recovery_left: Option<usize>,
    /// Wrong answers have switched off something weaker, which is on again after this (product rule 6).
    pub weaker_off: bool,
    /// The moment.
    pub at: Timestamp,
}

/// The name, address and browser of an attempt, sealed in its row until it is decided.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AttemptSecrets {
    pub(crate) upn: String,
    pub(crate) client_ip: Option<IpAddr>,
    pub(crate) agent: Option<String>,
}

/// The verbs of verification.
#[derive(Clone, Copy)]
pub struct Verification<'a>(pub(crate) &'a Domain);

impl Verification<'_> {
    /// Verifies a code, or starts a challenge when there is none. One load and one commit.
    pub async fn verify(self, credential: &Credential, from: Option<IpAddr>, request: Request) -> Result<Answer, VerificationError> {
        let domain = self.0;
        let tenant = domain
            .directory()
            .tenant_of_slug(&credential.slug)
            .await?
            .ok_or(VerificationError::KeyRefused)?;
        let keys = domain.keys(tenant).await?;
        let unknown = unknown_subject(&keys, &request.user);
        let wanted = Wanted {
            key: Some(credential.key),
            idem: request.idempotency.as_ref().map(|i| &i.key[..]),
            sends: request.code.is_none(),
            ..Wanted::of_name(tenant, request.user.folded(), unknown)
        };
        let mut open = None;
        let decided = domain
            .decide(wanted, |scene| {
                let integration = authenticate(scene.facts, tenant, credential, from, Scope::Verify)?;
                if let (Some(stored), Some(idempotency)) = (&scene.facts.answered, &request.idempotency) {
                    return stored_answer(stored, idempotency).map(|answer| Decided::Answer(Some(answer)));
                }
                // A code that was sent and waits: this one answers that attempt, and is compared with everything else besides.
                open = scene.facts.open_attempt.filter(|_| request.code.is_some());
                if open.is_some() {
                    return Ok(Decided::Answer(None));
                }
                let begun = Begun::now(domain, scene, &request.user, request.client.clone(), request.correlation_id);
                let (mut commit, answer) = match &request.code {
                    Some(code) => one_shot(domain, tenant, scene, &begun, &integration, &request, code)?,
                    None => begin_challenge(domain, tenant, scene, &begun, &integration, &request)?,
                };
                commit.reserve(begun.session);
                commit.idempotency = request.idempotency.as_ref().map(|idempotency| IdempotencyRow {
                    tenant_id: tenant,
                    key_id: integration.key.0,
                    idem_hash: Bytea(idempotency.key.to_vec()),
                    request_hash: Bytea(idempotency.request.to_vec()),
                    answer: serde_json::to_value(&answer).unwrap_or_default(),
                    created_at: scene.now,
                });
                Ok(Decided::Commit(Box::new(commit), Some(answer)))
            })
            .await?;
        match (decided, open, &request.code) {
            (Some(answer), ..) => Ok(answer),
            (None, Some(attempt), Some(code)) => self.answer_as(credential, from, attempt, code, request.method).await,
            (None, ..) => Err(VerificationError::Busy),
        }
    }

    /// Takes the answer to a challenge that was started by REST.
    pub async fn answer(self, credential: &Credential, from: Option<IpAddr>, challenge: AttemptId, code: &OfferedCode) -> Result<Answer, VerificationError> {
        self.answer_as(credential, from, challenge, code, None).await
    }

    async fn answer_as(
        self,
        credential: &Credential,
        from: Option<IpAddr>,
        challenge: AttemptId,
        code: &OfferedCode,
        kind: Option<MethodKind>,
    ) -> Result<Answer, VerificationError> {
        let domain = self.0;
        self.of_challenge(credential, from, challenge, false, |tenant, scene| {
            let (commit, answered, session) = answer_attempt(domain, tenant, scene, Purpose::Verification, code, kind)?;
            let attempt = scene.facts.attempt.as_ref().ok_or(VerificationError::ChallengeGone)?;
            let pending = |tries_left| OpenChallenge {
                tries_left,
                ..open_challenge(scene, attempt)
            };
            let plain = Answer {
                session_id: session,
                decision: None,
                reason: None,
                method: None,
                wait_until: None,
                challenge: None,
            };
            let answer = match answered {
                Answered::Right(right) => Answer {
                    decision: Some(Decision::Allowed),
                    reason: Some(right_reason(right.method)),
                    method: Some(right.method),
                    ..plain
                },
                Answered::Register => plain,
                Answered::Wrong { reason, tries_left } => Answer {
                    reason: Some(reason.outward()),
                    challenge: Some(pending(tries_left)),
                    ..plain
                },
                Answered::Wait { until } => Answer {
                    reason: Some(Reason::Throttled),
                    wait_until: Some(until),
                    challenge: Some(pending(0)),
                    ..plain
                },
                Answered::Ended { reason, until } => Answer {
                    decision: Some(Decision::Denied),
                    reason: Some(reason.outward()),
                    wait_until: until,
                    ..plain
                },
            };
            Ok(Decided::Commit(Box::new(commit), answer))
        })
        .await
    }

    /// Decides about a challenge that was started by REST, after the key was compared.
    async fn of_challenge(
        self,
        credential: &Credential,
        from: Option<IpAddr>,
        challenge: AttemptId,
        sends: bool,
        mut judge: impl FnMut(TenantId, &Scene<'_>) -> Result<Decided<Answer>, VerificationError>,
    ) -> Result<Answer, VerificationError> {
        let domain = self.0;
        let tenant = domain
            .directory()
            .tenant_of_slug(&credential.slug)
            .await?
            .ok_or(VerificationError::KeyRefused)?;
        let wanted = Wanted {
            key: Some(credential.key),
            sends,
            ..Wanted::of_attempt(tenant, challenge)
        };
        domain
            .decide(wanted, |scene| {
                authenticate(scene.facts, tenant, credential, from, Scope::Verify)?;
                judge(tenant, scene)
            })
            .await
    }

    /// Sends the code of an open challenge once more, through the next provider and for not a second longer.
    pub async fn resend(self, credential: &Credential, from: Option<IpAddr>, challenge: AttemptId) -> Result<Answer, VerificationError> {
        let domain = self.0;
        self.of_challenge(credential, from, challenge, true, |tenant, scene| {
            let (commit, sent) = send_again(domain, tenant, scene, Purpose::Verification)?;
            let attempt = scene.facts.attempt.as_ref().ok_or(VerificationError::ChallengeGone)?;
            let mut answer = pending_answer(scene, attempt);
            if let Err(why) = sent {
                answer.reason = Some(Reason::Throttled);
                answer.wait_until = why.until();
            }
            Ok(Decided::Commit(Box::new(commit), answer))
        })
        .await
    }

    /// Where a verification stands that was started by REST.
    pub async fn status(self, credential: &Credential, from: Option<IpAddr>, challenge: AttemptId) -> Result<Answer, VerificationError> {
        self.of_challenge(credential, from, challenge, false, |_, scene| {
            let attempt = scene.facts.attempt.as_ref().filter(|a| a.purpose == Purpose::Verification);
            let attempt = attempt.ok_or(VerificationError::ChallengeGone)?;
            Ok(Decided::Answer(pending_answer(scene, attempt)))
        })
        .await
    }

    /// Gives up a verification that was started by REST: whatever code is on its way is worth nothing any more.
    pub async fn give_up(self, credential: &Credential, from: Option<IpAddr>, challenge: AttemptId) -> Result<Answer, VerificationError> {
        let domain = self.0;
        self.of_challenge(credential, from, challenge, false, |tenant, scene| {
            let attempt = scene
                .facts
                .attempt
                .as_ref()
                .filter(|a| a.purpose == Purpose::Verification && a.stage == Stage::Second);
            let attempt = attempt.ok_or(VerificationError::ChallengeGone)?;
            let mut commit = crate::verification::ended(domain, tenant, scene, attempt, Reason::Declined)?;
            if let Some(open) = scene.facts.challenge.as_ref().filter(|c| c.spent_at.is_none() && c.expires_at > scene.now) {
                commit.challenge = Some(ChallengeChange {
                    challenge_id: open.challenge_id,
                    wrong_count: open.wrong_count,
                    spent_at: Some(scene.now),
                    right_at: None,
                });
            }
            let mut answer = pending_answer(scene, attempt);
            answer.decision = Some(Decision::Denied);
            answer.reason = Some(Reason::Declined);
            answer.challenge = None;
            Ok(Decided::Commit(Box::new(commit), answer))
        })
        .await
    }

    /// Sends a code for the second step of the pages, by a kind that the member has chosen.
    pub async fn send(self, tenant: TenantId, attempt: AttemptId, purpose: Purpose, kind: MethodKind) -> Result<Result<OnItsWay, NotSent>, VerificationError> {
        let domain = self.0;
        let wanted = Wanted {
            sends: true,
            ..Wanted::of_attempt(tenant, attempt)
        };
        domain
            .decide(wanted, |scene| {
                let attempt = waiting(scene, purpose)?;
                let (_, document, evaluation) = scene.evaluate(attempt.application.as_deref()).ok_or(VerificationError::PolicyMissing)?;
                // Locks and blocks hold before anything is sent, and tell nothing of a code.
                if rules::admits(scene.facts, &evaluation, scene.now).is_err() {
                    return Err(VerificationError::ChallengeGone);
                }
                // The one that is on its way already is not sent twice by a second click or tab.
                let open = scene
                    .facts
                    .challenge
                    .as_ref()
                    .filter(|c| c.kind == Some(kind) && c.code_sealed.is_some() && c.spent_at.is_none() && c.expires_at > scene.now);
                match open.and_then(|open| on_its_way(scene, open)) {
                    // A call that nobody took is placed again.
                    Some(sent) if matches!(sent.call, Some(CallState::Over(_))) => {
                        let (commit, sent) = send_again(domain, tenant, scene, purpose)?;
                        return Ok(Decided::Commit(Box::new(commit), sent));
                    }
                    Some(sent) => return Ok(Decided::Answer(Ok(sent))),
                    None => {}
                }
                let place = sending::method_for(scene, &document, kind).ok_or(VerificationError::ChallengeGone)?;
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                let what = sending::For {
                    attempt: attempt.attempt_id,
                    purpose,
                    path: attempt.path,
                    wrong_count: scene.facts.challenge.as_ref().map_or(0, |c| c.wrong_count),
                };
                let sent = sending::send_code(domain, tenant, scene, &mut commit, what, place)?;
                commit.attempt = Some(goes_on(attempt));
                Ok(Decided::Commit(Box::new(commit), sent))
            })
            .await
    }

    /// Sends the code of the pages' open challenge once more, through the next provider.
    pub async fn send_again(self, tenant: TenantId, attempt: AttemptId, purpose: Purpose) -> Result<Result<OnItsWay, NotSent>, VerificationError> {
        let domain = self.0;
        let wanted = Wanted {
            sends: true,
            ..Wanted::of_attempt(tenant, attempt)
        };
        domain
            .decide(wanted, |scene| {
                let (commit, sent) = send_again(domain, tenant, scene, purpose)?;
                Ok(Decided::Commit(Box::new(commit), sent))
            })
            .await
    }

    /// Takes the answer to the second step of the pages: signing in, or a fresh second factor before a change.
    pub async fn second(
        self,
        tenant: TenantId,
        attempt: AttemptId,
        purpose: Purpose,
        code: &OfferedCode,
        kind: Option<MethodKind>,
    ) -> Result<(Answered, SessionId), VerificationError> {
        let domain = self.0;
        let wanted = Wanted::of_attempt(tenant, attempt);
        domain
            .decide(wanted, |scene| {
                let (commit, answered, session) = answer_attempt(domain, tenant, scene, purpose, code, kind)?;
                Ok(Decided::Commit(Box::new(commit), (answered, session)))
            })
            .await
    }
}

/// The id under which a name that does not exist is counted: made of a MAC of the name, so that it can be neither guessed nor read back.
pub(crate) fn unknown_subject(keys: &crate::vault::TenantKeys, upn: &Upn) -> Uuid {
    let mac = keys.key(KeyPurpose::UnknownName).mac(&[upn.folded().as_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&mac[..16]);
    uuid::Builder::from_custom_bytes(id).into_uuid()
}

/// Checks a REST key against what is stored: its secret, its scope, the network it is used from.
pub(crate) fn authenticate(
    facts: &Facts,
    tenant: TenantId,
    credential: &Credential,
    from: Option<IpAddr>,
    scope: Scope,
) -> Result<Integration, VerificationError> {
    let key = facts.key.as_ref().ok_or(VerificationError::KeyRefused)?;
    let right_secret = bool::from(key.hash.0.ct_eq(&credential.hash()));
    let right_network = key.networks.is_empty() || from.is_some_and(|ip| key.networks.iter().any(|n| n.contains(&ip)));
    if !right_secret || !right_network || facts.tenant.as_ref().is_none_or(|t| t.suspended) {
        return Err(VerificationError::KeyRefused);
    }
    let integration = Integration {
        tenant,
        key: key.key_id,
        scopes: key.scopes.iter().filter_map(|s| Scope::parse(s)).collect(),
        path: key.path,
    };
    if integration.has(scope) {
        Ok(integration)
    } else {
        Err(VerificationError::ScopeMissing(scope.as_str()))
    }
}

fn stored_answer(stored: &facts::AnsweredFacts, idempotency: &Idempotency) -> Result<Answer, VerificationError> {
    if stored.request_hash.0 != idempotency.request {
        return Err(VerificationError::IdempotencyMismatch);
    }
    serde_json::from_value(stored.answer.clone()).map_err(|error| DbError::unreadable(error).into())
}

/// Ids and origin of an attempt that begins.
pub(crate) struct Begun {
    pub(crate) attempt: AttemptId,
    pub(crate) session: SessionId,
    pub(crate) correlation: Uuid,
    pub(crate) secrets: AttemptSecrets,
}

impl Begun {
    pub(crate) fn now(domain: &Domain, scene: &Scene<'_>, upn: &Upn, client: Client, correlation: Option<Uuid>) -> Self {
        let attempt = AttemptId(domain.rng().id(scene.now));
        Self {
            attempt,
            session: SessionId::from_bits(u64::from_be_bytes(domain.rng().bytes())),
            correlation: correlation.unwrap_or(attempt.0),
            secrets: AttemptSecrets {
                upn: upn.as_str().to_owned(),
                client_ip: client.address,
                agent: client.agent,
            },
        }
    }
}

/// A code in the same request: decided at once, without a row that waits.
pub(crate) fn one_shot(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    begun: &Begun,
    integration: &Integration,
    request: &Request,
    code: &OfferedCode,
) -> Result<(Commit, Answer), VerificationError> {
    let application = request.application.as_ref().map(|a| a.as_str());
    let judged = judge_code(scene, application, code, request.method)?;
    let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
    commit
        .steps
        .push(Step::with(StepKind::RequestReceived, json!({ "door": Door::Rest, "application": application })));
    let told = judged.write(domain, tenant, scene, &mut commit, Some(begun.session))?;
    let outcome = Outcome {
        decision: told.decision,
        reason: told.reason,
        transport: told.transport,
        second_factor: told.compared,
        method: told.method,
        policy: judged.record(scene.facts),
    };
    log_at_once(
        domain,
        tenant,
        scene,
        &mut commit,
        begun,
        Entered::by_rest(integration.path, application),
        outcome,
    )?;
    let answer = Answer {
        session_id: begun.session,
        decision: Some(told.decision),
        reason: Some(told.reason.outward()),
        method: told.method.filter(|_| told.decision == Decision::Allowed).map(|(_, kind)| kind),
        wait_until: told.until,
        challenge: None,
    };
    Ok((commit, answer))
}

/// Where an attempt came in that is decided in the call that began it.
pub(crate) struct Entered<'a> {
    pub(crate) door: Door,
    pub(crate) purpose: Purpose,
    pub(crate) path: Path,
    pub(crate) application: Option<&'a str>,
}

impl<'a> Entered<'a> {
    pub(crate) const fn by_rest(path: Path, application: Option<&'a str>) -> Self {
        Self {
            door: Door::Rest,
            purpose: Purpose::Verification,
            path,
            application,
        }
    }
}

/// The row of the authentication log for an attempt that is decided in the call that began it, and its last step.
pub(crate) fn log_at_once(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    commit: &mut Commit,
    begun: &Begun,
    entered: Entered<'_>,
    outcome: Outcome,
) -> Result<(), VerificationError> {
    commit
        .steps
        .push(Step::with(StepKind::Decided, json!({ "decision": outcome.decision, "reason": outcome.reason })));
    let entry = entry::Decided {
        tenant_id: tenant,
        occurred_at: scene.now,
        attempt_id: begun.attempt,
        session_id: begun.session,
        correlation_id: begun.correlation,
        started_at: scene.now,
        subject_id: scene.facts.subject,
        member_id: scene.facts.member.as_ref().map(|m| m.member_id.0),
        door: entered.door,
        purpose: entered.purpose,
        path: entered.path,
        decision: outcome.decision,
        reason: outcome.reason,
        transport_result: outcome.transport,
        second_factor: outcome.second_factor,
        application: entered.application.map(str::to_owned),
        method: outcome.method,
        registration_reasons: Vec::new(),
        policy: outcome.policy,
        delivery: None,
        node: domain.node().name.clone(),
        server_ip: domain.node().address.clone(),
        personal: personal(scene.facts, &begun.secrets),
    };
    commit.log = Some(AuthEntry::seal(entry, &subject_key(scene)?, scene.keys, domain.rng()));
    Ok(())
}

/// No code yet: the attempt's row and a challenge that waits. A name that does not exist gets one too.
pub(crate) fn begin_challenge(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    begun: &Begun,
    integration: &Integration,
    request: &Request,
) -> Result<(Commit, Answer), VerificationError> {
    let (version, document, evaluation) = {
        let application = request.application.as_ref().map(|a| a.as_str());
        scene.evaluate(application).ok_or(VerificationError::PolicyMissing)?
    };
    let bypass = stand_in::open_bypass(scene.facts, evaluation.then);
    if let (Some(bypass), Ok(())) = (bypass, rules::admits(scene.facts, &evaluation, scene.now)) {
        let policy = policy_record(scene.facts, version, &evaluation);
        return let_through(domain, tenant, scene, begun, integration, request, bypass, policy);
    }
    let kind = request.method.unwrap_or_else(|| first_choice(scene, &document));
    let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
    let mut row = attempt_row(domain, tenant, scene, begun, Purpose::Verification, Door::Rest, integration.path);
    row.application = request.application.as_ref().map(|a| a.to_string());
    row.stage = Stage::Second;
    row.second_asked = true;
    row.policy_version = Some(version);
    row.key_id = Some(integration.key.0);
    commit.steps.push(Step::with(
        StepKind::RequestReceived,
        json!({ "door": Door::Rest, "application": row.application }),
    ));
    let mut open = OpenChallenge {
        id: begun.attempt,
        kind,
        expires_at: scene.now + SignedDuration::from_secs(ATTEMPT_SECONDS),
        tries_left: document.limits.challenge_wrong_max,
        sent_to: None,
    };
    let place = kind.channel().and_then(|_| sending::method_for(scene, &document, kind));
    match place {
        Some(place) => {
            let what = sending::For {
                attempt: begun.attempt,
                purpose: Purpose::Verification,
                path: integration.path,
                wrong_count: 0,
            };
            let refused = match rules::admits(scene.facts, &evaluation, scene.now) {
                Err(Verdict::NotCompared { reason, until }) => Some((reason, until)),
                _ => match sending::send_code(domain, tenant, scene, &mut commit, what, place)? {
                    Ok(sent) => {
                        open.expires_at = sent.expires_at;
                        open.sent_to = Some(tail(&sent.sent_to));
                        None
                    }
                    Err(why) => Some((not_sent_reason(&why), why.until())),
                },
            };
            if let Some((reason, until)) = refused {
                let outcome = Outcome {
                    decision: Decision::Denied,
                    reason,
                    transport: Some(match kind {
                        MethodKind::Voice => TransportResult::ServerError,
                        _ => TransportResult::SmsNotSent,
                    }),
                    second_factor: false,
                    method: Some((Some(scene.facts.methods[place].method_id), kind)),
                    policy: Some(policy_record(scene.facts, version, &evaluation)),
                };
                let entered = Entered::by_rest(integration.path, row.application.as_deref());
                log_at_once(domain, tenant, scene, &mut commit, begun, entered, outcome)?;
                let answer = Answer {
                    session_id: begun.session,
                    decision: Some(Decision::Denied),
                    reason: Some(reason.outward()),
                    method: None,
                    wait_until: until,
                    challenge: None,
                };
                return Ok((commit, answer));
            }
        }
        None => {
            commit.steps.push(Step::with(StepKind::CodeAsked, json!({ "method": kind })));
            if let Some(channel) = kind.channel() {
                // Nobody to send to: it must look as if there were.
                open.expires_at = scene.now + SignedDuration::from_secs(crate::delivery::rules::code_seconds(&document.delivery, integration.path, channel));
                let mac = scene.keys.key(KeyPurpose::UnknownName).mac(&[b"tail", request.user.folded().as_bytes()]);
                open.sent_to = Some(format!("•••{:02}", u16::from(mac[0]) * 100 / 256));
            }
            commit.new_challenge = Some(ChallengeRow {
                tenant_id: tenant,
                challenge_id: ChallengeId(domain.rng().id(scene.now)),
                attempt_id: begun.attempt,
                purpose: Purpose::Verification,
                kind: None,
                method_id: None,
                subject_id: None,
                code_sealed: None,
                wrong_count: 0,
                created_at: scene.now,
                expires_at: open.expires_at,
            });
        }
    }
    commit.new_attempt = Some(row);
    let answer = Answer {
        session_id: begun.session,
        decision: None,
        reason: None,
        method: Some(kind),
        wait_until: None,
        challenge: Some(open),
    };
    Ok((commit, answer))
}

/// A one-time bypass in place of a challenge: allowed at once, and used up.
#[allow(clippy::too_many_arguments, reason = "an attempt has this many sides")]
fn let_through(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    begun: &Begun,
    integration: &Integration,
    request: &Request,
    bypass: Uuid,
    policy: PolicyRecord,
) -> Result<(Commit, Answer), VerificationError> {
    let application = request.application.as_ref().map(|a| a.as_str());
    let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
    commit
        .steps
        .push(Step::with(StepKind::RequestReceived, json!({ "door": Door::Rest, "application": application })));
    stand_in::StandIn::Bypass(bypass).write(&mut commit);
    let outcome = Outcome {
        decision: Decision::Allowed,
        reason: Reason::Bypassed,
        transport: None,
        second_factor: false,
        method: None,
        policy: Some(policy),
    };
    log_at_once(
        domain,
        tenant,
        scene,
        &mut commit,
        begun,
        Entered::by_rest(integration.path, application),
        outcome,
    )?;
    let answer = Answer {
        session_id: begun.session,
        decision: Some(Decision::Allowed),
        reason: Some(Reason::Bypassed),
        method: None,
        wait_until: None,
        challenge: None,
    };
    Ok((commit, answer))
}

/// The kind that a member is asked for when none is named: the first choice, else a code of an app. A program cannot show a passkey.
fn first_choice(scene: &Scene<'_>, document: &PolicyDocument) -> MethodKind {
    let facts = scene.facts;
    let first = facts.member.as_ref().and_then(|m| m.default_method);
    let mut usable = facts
        .methods
        .iter()
        .filter(|m| m.is_usable(document, scene.now) && m.kind != MethodKind::Passkey);
    let chosen = usable.find(|m| Some(m.method_id) == first);
    chosen.map_or(MethodKind::Totp, |m| m.kind)
}

/// What is told of an address outside: its end.
fn tail(masked: &str) -> String {
    match masked.split_once('@') {
        Some((_, host)) => format!("•••@{host}"),
        None => format!("•••{}", masked.chars().skip(masked.chars().count().saturating_sub(2)).collect::<String>()),
    }
}

/// The reason under which a code that was not sent stands in the journal.
fn not_sent_reason(why: &NotSent) -> Reason {
    match why {
        NotSent::MemberBudget { .. }
        | NotSent::AddressBudget { .. }
        | NotSent::TenantBudget
        | NotSent::CountryBudget
        | NotSent::PrefixPaused
        | NotSent::CountryPaused(_) => Reason::Throttled,
        NotSent::CountryOff(_) => Reason::BlockedByPolicy,
        NotSent::NoProvider => Reason::Misconfiguration,
    }
}

/// An attempt of the pages that waits for its second factor, for this purpose. A reset goes on in its own verbs and opens nothing here (bar 11).
fn waiting<'a>(scene: &'a Scene<'_>, purpose: Purpose) -> Result<&'a AttemptFacts, VerificationError> {
    if purpose == Purpose::Reset {
        return Err(VerificationError::ChallengeGone);
    }
    let attempt = scene
        .facts
        .attempt
        .as_ref()
        .filter(|a| a.purpose == purpose && a.stage == Stage::Second && !expired(a, scene.now));
    attempt.ok_or(VerificationError::ChallengeGone)
}

/// An attempt that stays where it is, with one more step.
pub(crate) fn goes_on(attempt: &AttemptFacts) -> AttemptChange {
    AttemptChange {
        was_stage: attempt.stage,
        stage: attempt.stage,
        second_asked: true,
        last_refusal: attempt.last_refusal,
        reasons: attempt.reasons.clone(),
        policy_version: None,
        decided_at: None,
        decision: None,
    }
}

/// The code of the open challenge once more.
#[allow(clippy::type_complexity, reason = "a commit and what came of the sending")]
fn send_again(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, purpose: Purpose) -> Result<(Commit, Result<OnItsWay, NotSent>), VerificationError> {
    let attempt = waiting(scene, purpose)?;
    let open = scene
        .facts
        .challenge
        .as_ref()
        .filter(|c| c.purpose == purpose && c.code_sealed.is_some() && c.spent_at.is_none() && c.expires_at > scene.now);
    let open = open.ok_or(VerificationError::ChallengeGone)?;
    let (_, _, evaluation) = scene.evaluate(attempt.application.as_deref()).ok_or(VerificationError::PolicyMissing)?;
    if rules::admits(scene.facts, &evaluation, scene.now).is_err() {
        return Err(VerificationError::ChallengeGone);
    }
    let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    let what = sending::For {
        attempt: attempt.attempt_id,
        purpose,
        path: attempt.path,
        wrong_count: open.wrong_count,
    };
    let sent = sending::resend_code(domain, tenant, scene, &mut commit, what, open)?;
    commit.attempt = Some(goes_on(attempt));
    Ok((commit, sent))
}

/// What is on its way for an open challenge.
pub(crate) fn on_its_way(scene: &Scene<'_>, open: &facts::ChallengeFacts) -> Option<OnItsWay> {
    let method = scene.facts.methods.iter().find(|m| Some(m.method_id) == open.method_id)?;
    Some(OnItsWay {
        kind: method.kind,
        sent_to: method.masked()?.to_owned(),
        expires_at: open.expires_at,
        call: (method.kind == MethodKind::Voice).then(|| call::state(scene, open)),
        fate: sending::fate(scene, open),
    })
}

/// The open challenge of an attempt, as it is told outside.
fn open_challenge(scene: &Scene<'_>, attempt: &AttemptFacts) -> OpenChallenge {
    let challenge = scene.facts.challenge.as_ref();
    let limit = scene.policy.as_ref().map_or(1, |(_, document)| document.limits.challenge_wrong_max);
    OpenChallenge {
        id: attempt.attempt_id,
        kind: challenge.and_then(|c| c.kind).unwrap_or(MethodKind::Totp),
        expires_at: challenge.map_or(scene.now, |c| c.expires_at),
        tries_left: limit - challenge.map_or(0, |c| c.wrong_count),
        sent_to: challenge.and_then(|c| on_its_way(scene, c)).map(|sent| tail(&sent.sent_to)),
    }
}

/// Where an attempt stands, as it is told outside.
fn pending_answer(scene: &Scene<'_>, attempt: &AttemptFacts) -> Answer {
    let decided = attempt.decision.is_some() || attempt.stage == Stage::Decided;
    let open = open_challenge(scene, attempt);
    Answer {
        session_id: SessionId::from_bits(attempt.session_id as u64),
        decision: attempt.decision,
        reason: attempt
            .last_refusal
            .filter(|_| decided && attempt.decision != Some(Decision::Allowed))
            .map(Reason::outward),
        method: Some(open.kind),
        wait_until: None,
        challenge: (!decided).then_some(open),
    }
}

/// The row of an attempt that begins and goes on; the caller sets its stage.
pub(crate) fn attempt_row(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, begun: &Begun, purpose: Purpose, door: Door, path: Path) -> AttemptRow {
    let secrets = serde_json::to_vec(&begun.secrets).unwrap_or_default();
    AttemptRow {
        tenant_id: tenant,
        attempt_id: begun.attempt,
        session_id: begun.session.to_bits() as i64,
        correlation_id: begun.correlation,
        started_at: scene.now,
        last_step_at: scene.now,
        door,
        purpose,
        path,
        subject_id: scene.facts.subject,
        member_id: scene.facts.member.as_ref().map(|m| m.member_id.0),
        application: None,
        stage: Stage::Password,
        second_asked: false,
        last_refusal: None,
        reasons: Vec::new(),
        policy_version: None,
        sealed: Bytea(
            scene
                .keys
                .key(KeyPurpose::AttemptFacts)
                .seal(SealedColumn::Attempt, begun.attempt.0, &secrets, domain.rng()),
        ),
        key_id: None,
        decided_at: None,
        decision: None,
    }
}

/// An answer to an attempt that waits for its second factor. The attempt must be for this purpose, of this stage and young enough.
pub(crate) fn answer_attempt(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    purpose: Purpose,
    code: &OfferedCode,
    kind: Option<MethodKind>,
) -> Result<(Commit, Answered, SessionId), VerificationError> {
    // A reset is answered in its own verbs, which count what was shown: here an answer to it would open more than the right to set a password. What a caller
    // reads back opens nothing at all.
    if matches!(purpose, Purpose::Reset | Purpose::CallerCheck) {
        return Err(VerificationError::ChallengeGone);
    }
    let (attempt, challenge) = waiting_for_answer(scene, purpose)?;
    let judged = judge_code(scene, attempt.application.as_deref(), code, kind)?;
    conclude(domain, tenant, scene, (attempt, challenge), &judged)
}

/// An attempt that waits for its second factor and its open challenge, both for this purpose.
pub(crate) fn waiting_for_answer<'a>(scene: &'a Scene<'_>, purpose: Purpose) -> Result<(&'a AttemptFacts, &'a facts::ChallengeFacts), VerificationError> {
    let (attempt, challenge) = match (&scene.facts.attempt, &scene.facts.challenge) {
        (Some(attempt), Some(challenge)) if attempt.purpose == purpose && challenge.purpose == purpose => (attempt, challenge),
        _ => return Err(VerificationError::ChallengeGone),
    };
    if attempt.stage != Stage::Second || challenge.spent_at.is_some() || challenge.expires_at <= scene.now || expired(attempt, scene.now) {
        return Err(VerificationError::ChallengeGone);
    }
    Ok((attempt, challenge))
}

/// What a judged answer does to its attempt: it ends allowed or denied, goes on to registration, or takes another answer.
pub(crate) fn conclude(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    (attempt, challenge): (&AttemptFacts, &facts::ChallengeFacts),
    judged: &Judged,
) -> Result<(Commit, Answered, SessionId), VerificationError> {
    let purpose = attempt.purpose;
    let session = SessionId::from_bits(attempt.session_id as u64);
    let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    let told = judged.write(domain, tenant, scene, &mut commit, Some(session))?;
    let limit = judged.document.as_ref().map_or(1, |d| d.limits.challenge_wrong_max);
    let wrong_count = challenge.wrong_count + i32::from(told.compared && told.decision == Decision::Denied);
    let right = told.decision == Decision::Allowed;
    let locked_now = commit.guard.waits(scene.now).is_some();
    let waits = told.until.filter(|_| told.reason == Reason::Throttled);
    // A recovery code is a fallback: whoever has nothing else must register before anything opens.
    let registers = right && purpose == Purpose::SignIn && !attempt.reasons.is_empty() && !judged.satisfied(scene.facts, scene.now);
    let ends = !registers && (right || locked_now || wrong_count >= limit || (!told.counted && waits.is_none()));
    let reason = match told.reason {
        Reason::WrongCode | Reason::WrongPin | Reason::CodeReused if locked_now => Reason::Locked,
        Reason::WrongCode | Reason::CodeReused if ends && !right => Reason::TooManyCodes,
        other => other,
    };
    if told.counted || right {
        commit.challenge = Some(ChallengeChange {
            challenge_id: challenge.challenge_id,
            wrong_count,
            spent_at: (ends || right).then_some(scene.now),
            // A wrong code on the page takes nothing from what was confirmed in a call.
            right_at: if right { Some(scene.now) } else { challenge.right_at },
        });
    }
    let is_second = |kind: MethodKind| purpose != Purpose::StepUp || scene.takes(kind);
    let decision = if right { Decision::Allowed } else { Decision::Denied };
    commit.attempt = Some(AttemptChange {
        was_stage: Stage::Second,
        stage: match (ends, registers) {
            (true, _) => Stage::Decided,
            (_, true) => Stage::Register,
            _ => Stage::Second,
        },
        second_asked: true,
        last_refusal: if right { attempt.last_refusal } else { Some(told.reason) },
        reasons: attempt.reasons.clone(),
        policy_version: judged.version.or(None),
        decided_at: ends.then_some(scene.now),
        decision: ends.then_some(decision),
    });
    if ends {
        commit
            .steps
            .push(Step::with(StepKind::Decided, json!({ "decision": decision, "reason": reason })));
        let outcome = Outcome {
            decision,
            reason,
            transport: told.transport,
            second_factor: purpose.is_second_factor() && told.method.is_none_or(|(_, kind)| is_second(kind)),
            method: told.method,
            policy: judged.record(scene.facts),
        };
        commit.log = Some(log_entry(domain, tenant, scene, attempt, outcome)?);
    }
    if right && ends && purpose == Purpose::AddMethod {
        added(domain, tenant, scene, &mut commit, session, told.method)?;
    } else if right && ends && purpose != Purpose::Verification {
        commit.member = Some(MemberChange {
            last_sign_in_at: (purpose == Purpose::SignIn).then_some(scene.now),
            ..MemberChange::default()
        });
    }
    let answered = match (&scene.facts.member, told.method, right) {
        _ if registers => Answered::Register,
        (Some(member), Some((_, method)), true) => Answered::Right(RightAnswer {
            member: member.member_id,
            epoch: member.epoch,
            admin: member.is_admin(),
            method,
            second_factor: is_second(method),
            recovery_left: (method == MethodKind::RecoveryCode).then(|| scene.facts.recovery.len() - 1),
            weaker_off: scene.facts.has_guessed_off_below(method),
            at: scene.now,
        }),
        _ if ends => Answered::Ended {
            reason,
            until: commit.guard.waits(scene.now).or(told.until),
        },
        _ => match waits {
            Some(until) => Answered::Wait { until },
            None => Answered::Wrong {
                reason: told.reason,
                tries_left: limit - wrong_count,
            },
        },
    };
    Ok((commit, answered, session))
}

/// What changes about a member whose new phone or mailbox has just been proven: with the proof, in the same commit.
fn added(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    commit: &mut Commit,
    session: SessionId,
    method: Option<(Option<MethodId>, MethodKind)>,
) -> Result<(), VerificationError> {
    let (Some(member), Some((Some(id), kind))) = (&scene.facts.member, method) else {
        return Ok(());
    };
    let proven = scene.facts.methods.iter().find(|held| held.method_id == id);
    if proven.is_some_and(|held| held.state == "active") {
        // It was there already, and still reaches its member.
        return Ok(());
    }
    let document = scene.evaluate(None).map(|(_, document, _)| document);
    let takes = document.as_ref().is_some_and(|document| document.allows(kind, MethodUse::Mfa));
    let counts = takes && kind.counts_as_registered();
    let has_first = document.is_some_and(|document| scene.facts.has_first_choice(&document, scene.now));
    commit.member = Some(MemberChange {
        mfa_state: (counts && member.mfa_state == MfaState::Enabled).then_some(MfaState::Enforced),
        default_method: (takes && !has_first).then_some(id),
        ends_devices: true,
        ..MemberChange::default()
    });
    let to = proven.and_then(|held| held.masked());
    let after = json!({ "kind": kind, "to": to });
    let event = Event::SecurityInfoRegistered;
    let audited = Audited {
        event,
        who: Who::Member(member.member_id),
        target: ("member", Some(member.member_id.0)),
        reason: None,
        session: Some(session),
        change: Change {
            before: json!(null),
            after: after.clone(),
        },
    };
    commit
        .audits
        .push(AuditEntry::seal(tenant, scene.now, audited, &subject_key(scene)?, domain.rng()));
    let about = json!({ "event": event.as_str(), "before": null, "after": after });
    commit.notices.push(notice(domain, scene, event.as_str(), about));
    commit.steps.push(Step::with(StepKind::MethodRegistered, json!({ "method": kind })));
    Ok(())
}

/// True when nothing happened in an attempt for ten minutes.
pub(crate) fn expired(attempt: &AttemptFacts, now: Timestamp) -> bool {
    now.duration_since(attempt.last_step_at) >= SignedDuration::from_secs(ATTEMPT_SECONDS)
}

/// How an attempt that has a row ended.
pub(crate) struct Outcome {
    pub(crate) decision: Decision,
    pub(crate) reason: Reason,
    pub(crate) transport: Option<TransportResult>,
    pub(crate) second_factor: bool,
    pub(crate) method: Option<(Option<MethodId>, MethodKind)>,
    pub(crate) policy: Option<PolicyRecord>,
}

/// The row of the authentication log for an attempt that has a row.
pub(crate) fn log_entry(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    outcome: Outcome,
) -> Result<AuthEntry, VerificationError> {
    let secrets = secrets_of(scene, attempt)?;
    let entry = entry::Decided {
        tenant_id: tenant,
        occurred_at: scene.now,
        attempt_id: attempt.attempt_id,
        session_id: SessionId::from_bits(attempt.session_id as u64),
        correlation_id: attempt.correlation_id,
        started_at: attempt.started_at,
        subject_id: scene.facts.subject,
        member_id: scene.facts.member.as_ref().map(|m| m.member_id.0),
        door: attempt.door,
        purpose: attempt.purpose,
        path: attempt.path,
        decision: outcome.decision,
        reason: outcome.reason,
        transport_result: outcome.transport,
        second_factor: outcome.second_factor,
        application: attempt.application.clone(),
        method: outcome.method,
        registration_reasons: attempt.reasons.clone(),
        policy: outcome.policy,
        delivery: delivery_line(scene.facts),
        node: domain.node().name.clone(),
        server_ip: domain.node().address.clone(),
        personal: Personal {
            phone: phone_of(scene)?,
            ..personal(scene.facts, &secrets)
        },
    };
    Ok(AuthEntry::seal(entry, &subject_key(scene)?, scene.keys, domain.rng()))
}

/// What was sent in an attempt, in a line.
fn delivery_line(facts: &Facts) -> Option<String> {
    let parts: Vec<String> = facts
        .deliveries
        .iter()
        .map(|d| format!("{} {} {}", d.channel, d.provider.as_deref().unwrap_or("-"), d.status))
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The number that was texted or called in an attempt (S08: the phone, for SMS and calls alone).
fn phone_of(scene: &Scene<'_>) -> Result<Option<String>, SealBroken> {
    let asked = scene.facts.challenge.as_ref().and_then(|c| c.method_id);
    let method = scene
        .facts
        .methods
        .iter()
        .find(|m| Some(m.method_id) == asked && matches!(m.kind, MethodKind::Sms | MethodKind::Voice));
    let Some((method, sealed)) = method.and_then(|m| Some((m, m.sealed.as_ref()?))) else {
        return Ok(None);
    };
    let address = crate::delivery::open_address(scene.keys.key(KeyPurpose::Address), method.method_id.0, &sealed.0)?;
    Ok(Some(address.whole().to_owned()))
}

/// An attempt that ends without an answer, and why.
pub(crate) fn ended(domain: &Domain, tenant: TenantId, scene: &Scene<'_>, attempt: &AttemptFacts, reason: Reason) -> Result<Commit, VerificationError> {
    ended_by(domain, tenant, scene, attempt, reason, (None, None))
}

/// The same, with what the transport did and the method that was asked.
#[allow(clippy::type_complexity, reason = "two columns of the log that are absent together or not")]
pub(crate) fn ended_by(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    reason: Reason,
    (transport, method): (Option<TransportResult>, Option<(Option<MethodId>, MethodKind)>),
) -> Result<Commit, VerificationError> {
    let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    let evaluated = scene.evaluate(attempt.application.as_deref());
    commit.attempt = Some(AttemptChange {
        stage: Stage::Decided,
        last_refusal: Some(reason),
        policy_version: evaluated.as_ref().map(|(version, ..)| *version),
        decided_at: Some(scene.now),
        decision: Some(Decision::Denied),
        ..goes_on(attempt)
    });
    commit
        .steps
        .push(Step::with(StepKind::Decided, json!({ "decision": Decision::Denied, "reason": reason })));
    let outcome = Outcome {
        decision: Decision::Denied,
        reason,
        transport,
        second_factor: attempt.purpose.is_second_factor(),
        method,
        policy: evaluated.map(|(version, _, evaluation)| policy_record(scene.facts, version, &evaluation)),
    };
    commit.log = Some(log_entry(domain, tenant, scene, attempt, outcome)?);
    Ok(commit)
}

/// The personal fields of a log row, as the tenant wants them.
fn personal(facts: &Facts, secrets: &AttemptSecrets) -> Personal {
    let tenant = facts.tenant.as_ref();
    let (names, mail) = tenant.map_or((false, false), |t| (t.log_names, t.log_mail));
    let member = facts.member.as_ref();
    Personal {
        upn: member.map_or_else(|| secrets.upn.clone(), |m| m.upn.clone()),
        given_name: member.filter(|_| names).and_then(|m| m.given_name.clone()),
        family_name: member.filter(|_| names).and_then(|m| m.family_name.clone()),
        mail: member.filter(|_| mail).and_then(|m| m.mail.clone()),
        phone: None,
        device_token: None,
        client_ip: secrets.client_ip.map(|ip| ip.to_string()),
        user_agent: secrets.agent.clone(),
    }
}

/// The key under which the journal seals what is said about this subject.
pub(crate) fn subject_key(scene: &Scene<'_>) -> Result<SealKey, VerificationError> {
    match (&scene.facts.subject_key, &scene.facts.member) {
        (Some(wrapped), _) => Ok(scene.keys.subject_key(scene.facts.subject, &wrapped.0)?),
        (None, None) => Ok(scene.keys.unknown_subject_key()),
        (None, Some(_)) => Err(SealBroken.into()),
    }
}

/// A verdict with the policy it was given under.
pub(crate) struct Judged {
    verdict: Verdict,
    pub(crate) version: Option<i32>,
    pub(crate) document: Option<Arc<PolicyDocument>>,
    evaluation: Option<Evaluation>,
    compared_any: bool,
    /// The method's parameters as they shall be, where they change with use.
    params: Option<serde_json::Value>,
    /// The passkey, by its place in the facts, that there may be a copy of: its counter has not grown.
    suspect: Option<usize>,
}

/// What a verdict comes to, for log and answer.
pub(crate) struct Told {
    pub(crate) decision: Decision,
    pub(crate) reason: Reason,
    pub(crate) transport: Option<TransportResult>,
    pub(crate) method: Option<(Option<MethodId>, MethodKind)>,
    until: Option<Timestamp>,
    pub(crate) compared: bool,
    counted: bool,
}

/// Judges a code: what the policy says, what may be compared, how it compares.
pub(crate) fn judge_code(scene: &Scene<'_>, application: Option<&str>, code: &OfferedCode, kind: Option<MethodKind>) -> Result<Judged, VerificationError> {
    let Some((version, document, evaluation)) = scene.evaluate(application) else {
        let verdict = Verdict::NotCompared {
            reason: Reason::Misconfiguration,
            until: None,
        };
        return Ok(Judged {
            verdict,
            version: None,
            document: None,
            evaluation: None,
            compared_any: false,
            params: None,
            suspect: None,
        });
    };
    let mut compared_any = false;
    let verdict = match rules::admits(scene.facts, &evaluation, scene.now).and_then(|()| rules::comparable(scene.facts, &document, code, kind, scene.now)) {
        Err(refused) => refused,
        Ok(comparable) => {
            let comparison = compare::compare(scene.facts, &comparable, code, scene.keys, scene.now)?;
            compared_any = !comparison.methods.is_empty() || comparable.recovery || comparison.sent.is_some() || comparable.pass;
            rules::judge(scene.facts, &comparable, &comparison)
        }
    };
    Ok(Judged {
        verdict,
        version: Some(version),
        document: Some(document),
        evaluation: Some(evaluation),
        compared_any,
        params: None,
        suspect: None,
    })
}

impl Judged {
    /// True when the member's methods satisfy the policy by themselves.
    fn satisfied(&self, facts: &Facts, now: Timestamp) -> bool {
        self.document
            .as_ref()
            .is_some_and(|document| crate::policy::rules::can_satisfy(document, &facts.held(now)))
    }

    /// What the policy was asked and said, for the log.
    pub(crate) fn record(&self, facts: &Facts) -> Option<PolicyRecord> {
        Some(policy_record(facts, self.version?, self.evaluation.as_ref()?))
    }

    /// Writes the verdict's effects into a commit: counters, claimed step, used code, switched-off methods, notices.
    pub(crate) fn write(
        &self,
        domain: &Domain,
        tenant: TenantId,
        scene: &Scene<'_>,
        commit: &mut Commit,
        session: Option<SessionId>,
    ) -> Result<Told, VerificationError> {
        let facts = scene.facts;
        let limits = self.document.as_ref().map(|d| d.limits.clone()).unwrap_or_default();
        if let Some(place) = self.suspect {
            let method = &facts.methods[place];
            let copy = json!({ "method": MethodKind::Passkey, "counter_regressed": true });
            commit.steps.push(Step::with(StepKind::PasskeySuspect, copy));
            commit.notices.push(notice(domain, scene, "passkey_suspect", json!({ "label": method.label })));
        }
        let mut told = Told {
            decision: Decision::Denied,
            reason: Reason::ServiceError,
            transport: Some(TransportResult::OathCodeIncorrect),
            method: None,
            until: None,
            compared: self.compared_any,
            counted: false,
        };
        match &self.verdict {
            Verdict::Right {
                method,
                claim,
                recovery,
                families,
            } => {
                let passkey = method.is_some_and(|place| facts.methods[place].kind == MethodKind::Passkey);
                // A passkey is let in whatever was guessed elsewhere, and so it forgives nothing that was guessed.
                if !passkey {
                    commit.guard = Counter::default();
                }
                for family in families.iter().filter(|family| !facts.counter(family.as_str()).is_clear()) {
                    commit.counters.push(ScopedCounter {
                        scope: family.to_string(),
                        counter: Counter::default(),
                        same: Vec::new(),
                    });
                }
                told.decision = Decision::Allowed;
                let sent = method.is_some_and(|place| facts.methods[place].kind.family() == Family::Delivered);
                told.transport = Some(if sent {
                    TransportResult::SmsAuthenticated
                } else {
                    TransportResult::OathCodeVerified
                });
                if let (Some(place), Some((step, drift))) = (method, claim) {
                    let method = &facts.methods[*place];
                    commit.method_used = Some(MethodUsed {
                        method_id: method.method_id,
                        step: *step,
                        drift: *drift,
                        label: None,
                        params: self.params.clone(),
                    });
                    told.method = Some((Some(method.method_id), method.kind));
                    told.reason = match method.kind {
                        MethodKind::Passkey => Reason::Passkey,
                        MethodKind::Voice => Reason::Approved,
                        _ => Reason::RightCode,
                    };
                    match method.kind {
                        MethodKind::Passkey => told.transport = None,
                        MethodKind::Voice => {
                            // A phone that is only being added is not asked for a PIN.
                            let adding = facts.attempt.as_ref().is_some_and(|attempt| attempt.purpose == Purpose::AddMethod);
                            let pin = !adding && self.document.as_ref().is_some_and(|document| document.calls.pin);
                            told.transport = Some(if pin { TransportResult::WithPin } else { TransportResult::NoPin });
                        }
                        _ => {}
                    }
                }
                if let Some(place) = recovery {
                    commit.recovery_used = Some(facts.recovery[*place].clone());
                    told.method = Some((None, MethodKind::RecoveryCode));
                    told.reason = Reason::RecoveryCodeUsed;
                    commit
                        .notices
                        .push(notice(domain, scene, "recovery_code_used", json!({ "left": facts.recovery.len() - 1 })));
                }
                let kind = if passkey { StepKind::PasskeyAccepted } else { StepKind::CodeRight };
                commit.steps.push(Step::with(kind, json!({ "method": told.method.map(|(_, kind)| kind) })));
                if let Some((_, kind)) = told.method {
                    tell_weaker(domain, scene, commit, kind);
                }
            }
            Verdict::RightPass { pass } => {
                commit.guard = Counter::default();
                use_pass(domain, scene, commit, *pass);
                told.decision = Decision::Allowed;
                told.reason = Reason::RightCode;
                told.transport = Some(TransportResult::OathCodeVerified);
                told.method = Some((None, MethodKind::Pass));
            }
            Verdict::NotCompared { reason, until } => {
                told.reason = *reason;
                told.until = *until;
                told.transport = Some(match reason {
                    Reason::Throttled => TransportResult::AuthenticationThrottled,
                    Reason::Locked | Reason::Blocked | Reason::Disabled | Reason::BlockedByPolicy => TransportResult::UserBlocked,
                    _ => TransportResult::ServerError,
                });
                let kind = if *reason == Reason::Throttled {
                    StepKind::Throttled
                } else {
                    StepKind::Locked
                };
                commit.steps.push(Step::with(kind, json!({ "reason": reason, "until": until })));
            }
            // Nobody guesses a signature: it spends the challenge and locks nobody out.
            Verdict::Wrong {
                reason: reason @ Reason::PasskeyRefused,
                method,
                ..
            } => {
                told.reason = *reason;
                told.counted = true;
                told.transport = None;
                told.method = method.map(|place| (Some(facts.methods[place].method_id), MethodKind::Passkey));
                commit.steps.push(Step::new(StepKind::PasskeyRefused));
            }
            Verdict::Wrong {
                reason,
                method,
                families,
                near,
            } => {
                told.reason = *reason;
                told.counted = true;
                told.method = method.map(|place| (Some(facts.methods[place].method_id), facts.methods[place].kind));
                // What was right about it was the pass.
                if method.is_none() && matches!(reason, Reason::PassExpired | Reason::CodeReused) {
                    told.method = Some((None, MethodKind::Pass));
                }
                if *reason == Reason::CodeReused {
                    told.transport = Some(TransportResult::OathCodeDuplicate);
                } else if told.method.is_some_and(|(_, kind)| kind == MethodKind::Voice) {
                    told.transport = Some(TransportResult::WithPin);
                } else if told.method.is_some_and(|(_, kind)| kind.family() == Family::Delivered) {
                    told.transport = Some(TransportResult::SmsOtpIncorrect);
                }
                count_wrong(scene, commit, &limits, families);
                let kind = if *reason == Reason::CodeReused {
                    StepKind::CodeReused
                } else {
                    StepKind::CodeWrong
                };
                let early = facts.pass.as_ref().filter(|pass| *reason == Reason::PassExpired && pass.valid_from > scene.now);
                commit.steps.push(Step::with(
                    kind,
                    json!({ "method": told.method.map(|(_, kind)| kind), "steps_off": near, "in_row": commit.guard.in_row, "from": early.map(|pass| pass.valid_from) }),
                ));
                write_alarms(domain, tenant, scene, commit, session)?;
            }
        }
        Ok(told)
    }
}

/// A weaker way than the last time may be somebody who could not get at the stronger one: it stands in the timeline, and the member is told. The use of a
/// recovery code is told in any case.
fn tell_weaker(domain: &Domain, scene: &Scene<'_>, commit: &mut Commit, used: MethodKind) {
    // In a reset the kinds are prescribed, and what comes of it is told anyway. What proves a phone or a caller opens nothing.
    let opens_nothing = |purpose: Purpose| purpose == Purpose::Reset || !purpose.is_second_factor();
    if scene.facts.attempt.as_ref().is_some_and(|attempt| opens_nothing(attempt.purpose)) {
        return;
    }
    let Some(last) = rules::last_used(scene.facts).filter(|last| used.strength() < last.strength()) else {
        return;
    };
    let about = json!({ "used": used, "last": last });
    commit.steps.push(Step::with(StepKind::WeakerMethod, about.clone()));
    if used != MethodKind::RecoveryCode {
        commit.notices.push(notice(domain, scene, "weaker_method", about));
    }
}

/// The use of a pass: claimed, told to its member, and the row of wrong ones forgotten.
pub(crate) fn use_pass(domain: &Domain, scene: &Scene<'_>, commit: &mut Commit, pass: Uuid) {
    if !scene.facts.counter(Family::Pass.as_str()).is_clear() {
        commit.counters.push(ScopedCounter {
            scope: Family::Pass.to_string(),
            counter: Counter::default(),
            same: Vec::new(),
        });
    }
    commit.pass_used = Some(pass);
    commit.notices.push(notice(domain, scene, "pass_used", json!({})));
    commit.steps.push(Step::with(StepKind::CodeRight, json!({ "method": MethodKind::Pass })));
}

/// A wrong answer, in every counter that it concerns: the member's lock, the families' waits, the thirty days, the methods that go off.
pub(crate) fn count_wrong(scene: &Scene<'_>, commit: &mut Commit, limits: &Limits, families: &[Family]) {
    let facts = scene.facts;
    commit.guard = facts.counter("guard").after_wrong_second(limits, scene.now);
    for family in families {
        count_family(scene, commit, *family);
    }
    commit.methods_off = rules::switched_off(facts, families);
}

/// A wrong answer in one family: its waits and its thirty days.
pub(crate) fn count_family(scene: &Scene<'_>, commit: &mut Commit, family: Family) {
    let facts = scene.facts;
    commit.counters.push(ScopedCounter {
        scope: family.to_string(),
        counter: facts.counter(family.as_str()).after_wrong_answer(facts.profile(), scene.now),
        same: Vec::new(),
    });
    commit.failed_families.push(family);
}

/// A lock or a switched-off method is an event of its own: told to the member and written into the audit log.
pub(crate) fn write_alarms(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    commit: &mut Commit,
    session: Option<SessionId>,
) -> Result<(), VerificationError> {
    let Some(member) = &scene.facts.member else {
        return Ok(());
    };
    let key = subject_key(scene)?;
    let mut tell = |event: Event, kind: &'static str, after: serde_json::Value| {
        let target = ("member", Some(member.member_id.0));
        let audited = Audited {
            event,
            who: Who::Service,
            target,
            reason: None,
            session,
            change: Change {
                before: json!(null),
                after: after.clone(),
            },
        };
        commit.audits.push(AuditEntry::seal(tenant, scene.now, audited, &key, domain.rng()));
        commit.notices.push(notice(domain, scene, kind, after));
    };
    if let Some(until) = commit.guard.wait_until {
        tell(Event::MemberLocked, "locked", json!({ "until": until }));
    }
    if !commit.methods_off.is_empty() {
        tell(Event::MethodSwitchedOff, "method_switched_off", json!({ "methods": commit.methods_off }));
        commit.steps.push(Step::new(StepKind::MethodSwitchedOff));
    }
    Ok(())
}

/// A notice to the subject, sealed under the tenant's key.
pub(crate) fn notice(domain: &Domain, scene: &Scene<'_>, kind: &'static str, about: serde_json::Value) -> NoticeRow {
    let outbox_id = domain.rng().id(scene.now);
    let mut about = about;
    if let (Some(from), Some(fields)) = (scene.facts.attempt.as_ref().and_then(|attempt| place_of(scene, attempt)), about.as_object_mut()) {
        fields.insert(String::from("from"), from);
    }
    let sealed = scene
        .keys
        .key(KeyPurpose::Outbox)
        .seal(SealedColumn::Outbox, outbox_id, about.to_string().as_bytes(), domain.rng());
    NoticeRow {
        outbox_id,
        kind,
        sealed: Bytea(sealed),
    }
}

/// Name, address and browser of an attempt.
pub(crate) fn secrets_of(scene: &Scene<'_>, attempt: &AttemptFacts) -> Result<AttemptSecrets, SealBroken> {
    let key = scene.keys.key(KeyPurpose::AttemptFacts);
    let opened = key.open(SealedColumn::Attempt, attempt.attempt_id.0, &attempt.sealed.0)?;
    serde_json::from_slice(&opened).map_err(|_| SealBroken)
}

/// Address and browser of an attempt, for the notice about what happened in it.
fn place_of(scene: &Scene<'_>, attempt: &AttemptFacts) -> Option<serde_json::Value> {
    let secrets = secrets_of(scene, attempt).ok()?;
    Some(json!({ "address": secrets.client_ip, "agent": secrets.agent }))
}

/// What the policy was asked and said, for the log.
pub(crate) fn policy_record(facts: &Facts, version: i32, evaluation: &Evaluation) -> PolicyRecord {
    let (mfa_state, roles, groups) = facts
        .member
        .as_ref()
        .map_or((MfaState::Disabled, vec![], vec![]), |m| (m.mfa_state, m.roles.clone(), m.groups.clone()));
    let rules = json!({ "because": evaluation.because, "rules": evaluation.rules });
    PolicyRecord {
        version,
        mfa_state,
        roles,
        groups,
        then: evaluation.then,
        rules,
    }
}

fn right_reason(method: MethodKind) -> Reason {
    if method == MethodKind::RecoveryCode {
        Reason::RecoveryCodeUsed
    } else {
        Reason::RightCode
    }
}
