//! Asking a member's security questions, for a reset alone. A name that does not exist, a member without questions and a tenant that allows none are asked
//! the same number, chosen by a keyed MAC; every try is counted and committed before anything is compared, costs the same number of hashes, and is answered
//! by one and the same refusal.

use super::*;
use crate::{
    actor::{Client, Scope},
    directory::api_key::Credential,
    verification::{
        Begun, Idempotency, Outcome, VerificationError, attempt_row, authenticate,
        commit::{AttemptChange, ChallengeChange, ChallengeRow, Commit, IdempotencyRow, ScopedCounter, Step},
        engine::{Decided, Scene},
        facts::{AttemptFacts, ChallengeFacts, Stage},
        log_entry, policy_record,
        rules::{Verdict, admits},
        store::Wanted,
        unknown_subject, waiting_for_answer,
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

type Judged<T> = std::result::Result<T, VerificationError>;

/// Whose questions are asked for.
#[derive(Clone, Debug)]
pub struct QuestionsRequest {
    /// Who, by sign-in name.
    pub user: Upn,
    /// Where the member sits, as the calling system says.
    pub client: Client,
    /// Groups attempts on the caller's side.
    pub correlation_id: Option<Uuid>,
    /// The caller's idempotency key and a hash of the whole request.
    pub idempotency: Option<Idempotency>,
}

/// The questions to ask. Says nothing about whether anybody has answered them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskedQuestions {
    /// By which they are answered, once.
    pub id: AttemptId,
    /// Public id of the attempt.
    pub session_id: SessionId,
    /// The questions, in the order in which they are asked.
    pub questions: Vec<SecurityQuestion>,
    /// Until when they may be answered.
    pub expires_at: Timestamp,
}

/// What came of the answers. Whatever was not right is told as one: wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionsAnswer {
    /// Public id of the attempt.
    pub session_id: SessionId,
    /// Allowed when every answer was right.
    pub decision: Decision,
    /// Right, wrong, or not compared.
    pub reason: Reason,
    /// Until when nothing is compared, after the day's last try.
    pub wait_until: Option<Timestamp>,
}

/// How somebody stands before anything is asked or compared.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) member: Option<MemberId>,
    pub(crate) asked: usize,
    /// Why no answer of this name can be right.
    pub(crate) refused: Option<Reason>,
}

impl Standing {
    pub(crate) fn of(scene: &Scene<'_>) -> Self {
        let document = scene.policy.as_ref().map(|(_, document)| document);
        let allowed = document.is_some_and(|d| d.allows(MethodKind::SecurityQuestions, MethodUse::Reset)) && scene.facts.profile() != Profile::Strict;
        let refused = match &scene.facts.member {
            None => Some(Reason::NotFound),
            Some(_) if document.is_none() => Some(Reason::Misconfiguration),
            Some(member) if !allowed || member.is_admin() => Some(Reason::MethodOff),
            Some(_) => None,
        };
        Self {
            member: scene.facts.member.as_ref().map(|m| m.member_id),
            asked: usize::from(document.map_or(QuestionNumbers::default().answer, |d| d.questions.answer)),
            refused,
        }
    }
}

/// What the first half of an answer comes to.
enum Tried {
    Told(QuestionsAnswer),
    Counted(Standing),
}

impl Methods<'_> {
    /// The questions to ask of a name. Asking again asks the same.
    pub async fn questions_for(self, credential: &Credential, from: Option<IpAddr>, request: QuestionsRequest) -> Result<AskedQuestions> {
        let domain = self.0;
        let tenant = self.tenant_of(credential).await?;
        let keys = domain.keys(tenant).await?;
        let wanted = Wanted {
            key: Some(credential.key),
            idem: request.idempotency.as_ref().map(|i| &i.key[..]),
            ..Wanted::of_name(tenant, request.user.folded(), unknown_subject(&keys, &request.user))
        };
        let known = domain
            .decide(wanted, |scene| {
                authenticate(scene.facts, tenant, credential, from, Scope::Questions)?;
                let stored = stored_answer(scene, request.idempotency.as_ref())?;
                Ok(Decided::Answer((stored, Standing::of(scene))))
            })
            .await?;
        let standing = match known {
            (Some(stored), _) => return Ok(stored),
            (None, standing) => standing,
        };
        let questions = self.asked_of(tenant, &standing, request.user.folded()).await?;
        let asked = domain
            .decide(wanted, |scene| {
                let integration = authenticate(scene.facts, tenant, credential, from, Scope::Questions)?;
                let begun = Begun::now(domain, scene, &request.user, request.client.clone(), request.correlation_id);
                let asked = AskedQuestions {
                    id: begun.attempt,
                    session_id: begun.session,
                    questions: questions.clone(),
                    expires_at: scene.now + SignedDuration::from_secs(ATTEMPT_SECONDS),
                };
                let mut row = attempt_row(domain, tenant, scene, &begun, Purpose::Reset, Door::Rest, integration.path());
                row.stage = Stage::Second;
                row.key_id = Some(integration.key().0);
                let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
                commit.new_attempt = Some(row);
                commit.new_challenge = Some(ChallengeRow {
                    tenant_id: tenant,
                    challenge_id: ChallengeId(domain.rng().id(scene.now)),
                    attempt_id: begun.attempt,
                    purpose: Purpose::Reset,
                    kind: Some(MethodKind::SecurityQuestions),
                    method_id: None,
                    subject_id: None,
                    code_sealed: None,
                    wrong_count: 0,
                    created_at: scene.now,
                    expires_at: asked.expires_at,
                });
                commit.steps.push(Step::with(StepKind::RequestReceived, json!({ "door": Door::Rest })));
                commit.steps.push(Step::with(
                    StepKind::CodeAsked,
                    json!({ "method": MethodKind::SecurityQuestions, "questions": asked.questions.len() }),
                ));
                commit.reserve(begun.session);
                commit.idempotency = idempotency_row(scene, tenant, credential, request.idempotency.as_ref(), &asked);
                Ok(Decided::Commit(Box::new(commit), asked))
            })
            .await?;
        Ok(asked)
    }

    /// Takes the answers: all of them right, or one refusal whatever the reason. The try is counted before anything is compared.
    pub async fn answer_questions(
        self,
        credential: &Credential,
        from: Option<IpAddr>,
        asked: AttemptId,
        given: &[Given],
        idempotency: Option<Idempotency>,
    ) -> Result<QuestionsAnswer> {
        let domain = self.0;
        let tenant = self.tenant_of(credential).await?;
        let wanted = Wanted {
            key: Some(credential.key),
            idem: idempotency.as_ref().map(|i| &i.key[..]),
            ..Wanted::of_attempt(tenant, asked)
        };
        let tried = domain
            .decide(wanted, |scene| {
                authenticate(scene.facts, tenant, credential, from, Scope::Questions)?;
                if let Some(stored) = stored_answer(scene, idempotency.as_ref())? {
                    return Ok(Decided::Answer(Tried::Told(stored)));
                }
                let (attempt, challenge) = waiting_for_answer(scene, Purpose::Reset)?;
                // What the pages have asked is answered there.
                if attempt.door != Door::Rest {
                    return Err(VerificationError::ChallengeGone);
                }
                if challenge.kind != Some(MethodKind::SecurityQuestions) {
                    return Err(VerificationError::ChallengeGone);
                }
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                commit.challenge = Some(spent(challenge, scene.now));
                let counter = scene.facts.counter(Family::Questions.as_str());
                if let Some(until) = rules::closed(&counter, scene.facts.rolling(Family::Questions), scene.now) {
                    let answer = conclude(domain, tenant, scene, attempt, &mut commit, Reason::Throttled, until)?;
                    commit.idempotency = idempotency_row(scene, tenant, credential, idempotency.as_ref(), &answer);
                    return Ok(Decided::Commit(Box::new(commit), Tried::Told(answer)));
                }
                commit.counters.push(counted(rules::after_try(&counter, scene.now)));
                Ok(Decided::Commit(Box::new(commit), Tried::Counted(Standing::of(scene))))
            })
            .await?;
        let standing = match tried {
            Tried::Told(answer) => return Ok(answer),
            Tried::Counted(standing) => standing,
        };
        let (has_enough, all_right) = self.compare_answers(tenant, &standing, given).await?;
        let answer = domain
            .decide(wanted, |scene| {
                let attempt = taken(scene)?;
                let reason = match (Standing::of(scene).refused, stands(scene)) {
                    (Some(refused), _) | (None, Some(refused)) => refused,
                    (None, None) if !has_enough => Reason::NoMethods,
                    (None, None) if !all_right => Reason::WrongCode,
                    (None, None) => Reason::RightCode,
                };
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                match reason {
                    Reason::RightCode => commit
                        .counters
                        .push(counted(rules::after_right(&scene.facts.counter(Family::Questions.as_str())))),
                    _ => commit.failed_families.push(Family::Questions),
                }
                let answer = conclude(domain, tenant, scene, attempt, &mut commit, reason, None)?;
                commit.idempotency = idempotency_row(scene, tenant, credential, idempotency.as_ref(), &answer);
                Ok(Decided::Commit(Box::new(commit), answer))
            })
            .await?;
        Ok(answer)
    }

    /// The questions that a name is asked: always the same, and as many of a name that does not exist.
    pub(crate) async fn asked_of(self, tenant: TenantId, standing: &Standing, folded: &str) -> Result<Vec<SecurityQuestion>> {
        let keys = self.0.keys(tenant).await?;
        let key = keys.key(KeyPurpose::Questions);
        let registered = store::find_answers(self.0.db(), tenant, standing.member).await?;
        // By the name, so that a name that becomes somebody's is asked nothing else.
        let decoys = || rules::choose(key, folded.as_bytes(), SecurityQuestion::ALL, standing.asked);
        Ok(own(key, standing, &registered).unwrap_or_else(decoys))
    }

    /// As many hashes as questions are asked, whoever is asked and whatever was typed, the first wrong one no sooner than the last: whether there are
    /// answers to compare with, and whether all are right.
    pub(crate) async fn compare_answers(self, tenant: TenantId, standing: &Standing, given: &[Given]) -> Result<(bool, bool)> {
        let domain = self.0;
        let keys = domain.keys(tenant).await?;
        let registered = store::find_answers(domain.db(), tenant, standing.member).await?;
        let own = own(keys.key(KeyPurpose::Questions), standing, &registered);
        let mut all_right = own.is_some();
        for n in 0..standing.asked {
            let question = own.as_ref().and_then(|own| own.get(n));
            let stored = question.and_then(|question| registered.iter().find(|row| row.question == *question));
            let typed = match question {
                Some(question) => given.iter().find(|given| given.question == question.as_str()),
                None => given.get(n),
            };
            let typed = rules::offered(typed.map(|given| &given.answer));
            let right = domain.passwords().verify(domain.vault(), stored.map(|row| row.phc.clone()), typed).await?;
            all_right &= right;
        }
        Ok((own.is_some(), all_right))
    }

    async fn tenant_of(self, credential: &Credential) -> Result<TenantId> {
        let found = self.0.directory().tenant_of_slug(&credential.slug).await?;
        Ok(found.ok_or(VerificationError::KeyRefused)?)
    }
}

/// The member's own questions that are asked; none where there are too few, or where no answer could be right.
fn own(key: &crate::vault::SealKey, standing: &Standing, registered: &[store::AnswerRow]) -> Option<Vec<SecurityQuestion>> {
    let member = standing.member.filter(|_| standing.refused.is_none() && registered.len() >= standing.asked)?;
    let questions: Vec<SecurityQuestion> = registered.iter().map(|row| row.question).collect();
    Some(rules::choose(key, member.0.as_bytes(), &questions, standing.asked))
}

/// The attempt whose try was counted and has yet to be decided.
fn taken<'a>(scene: &'a Scene<'_>) -> Judged<&'a AttemptFacts> {
    let attempt = scene.facts.attempt.as_ref().filter(|a| a.purpose == Purpose::Reset && a.stage == Stage::Second);
    attempt.ok_or(VerificationError::ChallengeGone)
}

/// Why the account may not be used at all, whatever was answered.
fn stands(scene: &Scene<'_>) -> Option<Reason> {
    let Some((.., evaluation)) = scene.evaluate(None) else {
        return Some(Reason::Misconfiguration);
    };
    match admits(scene.facts, &evaluation, scene.now) {
        Err(Verdict::NotCompared { reason, .. }) => Some(reason),
        _ => None,
    }
}

/// Answered once: whatever comes of it, the next try begins anew.
fn spent(challenge: &ChallengeFacts, now: Timestamp) -> ChallengeChange {
    ChallengeChange {
        challenge_id: challenge.challenge_id,
        wrong_count: challenge.wrong_count + 1,
        spent_at: Some(now),
        right_at: None,
    }
}

fn counted(counter: crate::verification::rules::Counter) -> ScopedCounter {
    ScopedCounter {
        scope: Family::Questions.to_string(),
        counter,
        same: Vec::new(),
    }
}

/// Decides the attempt: its last steps, its row in the log, and what is told. Answers are no second factor: nothing is billed.
fn conclude(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    commit: &mut Commit,
    reason: Reason,
    until: Option<Timestamp>,
) -> Judged<QuestionsAnswer> {
    let right = reason == Reason::RightCode;
    let decision = if right { Decision::Allowed } else { Decision::Denied };
    let evaluated = scene.evaluate(None);
    commit.attempt = Some(AttemptChange {
        was_stage: attempt.stage,
        stage: Stage::Decided,
        second_asked: false,
        last_refusal: (!right).then_some(reason),
        reasons: Vec::new(),
        policy_version: evaluated.as_ref().map(|(version, ..)| *version),
        decided_at: Some(scene.now),
        decision: Some(decision),
    });
    let detail = json!({ "method": MethodKind::SecurityQuestions, "reason": reason, "until": until });
    let kind = match reason {
        Reason::RightCode => StepKind::CodeRight,
        Reason::Throttled => StepKind::Throttled,
        _ => StepKind::CodeWrong,
    };
    commit.steps.push(Step::with(kind, detail));
    commit
        .steps
        .push(Step::with(StepKind::Decided, json!({ "decision": decision, "reason": reason })));
    let outcome = Outcome {
        decision,
        reason,
        transport: None,
        second_factor: false,
        method: Some((None, MethodKind::SecurityQuestions)),
        policy: evaluated.map(|(version, _, evaluation)| policy_record(scene.facts, version, &evaluation)),
    };
    commit.log = Some(log_entry(domain, tenant, scene, attempt, outcome)?);
    Ok(QuestionsAnswer {
        session_id: SessionId::from_bits(attempt.session_id as u64),
        decision,
        reason: match reason {
            Reason::RightCode | Reason::Throttled => reason,
            _ => Reason::WrongCode,
        },
        wait_until: until,
    })
}

/// What is remembered of a request that may hold answers: no plain hash, by which they could be guessed.
fn request_mac(scene: &Scene<'_>, idempotency: &Idempotency) -> [u8; 32] {
    scene.keys.key(KeyPurpose::Questions).mac(&[b"request", &idempotency.request])
}

/// The answer that was given to the same request before.
fn stored_answer<T: DeserializeOwned>(scene: &Scene<'_>, idempotency: Option<&Idempotency>) -> Judged<Option<T>> {
    let Some((stored, idempotency)) = scene.facts.answered.as_ref().zip(idempotency) else {
        return Ok(None);
    };
    if !bool::from(stored.request_hash.0.ct_eq(&request_mac(scene, idempotency))) {
        return Err(VerificationError::IdempotencyMismatch);
    }
    let answer = serde_json::from_value(stored.answer.clone());
    answer.map(Some).map_err(|error| crate::db::DbError::unreadable(error).into())
}

fn idempotency_row(
    scene: &Scene<'_>,
    tenant: TenantId,
    credential: &Credential,
    idempotency: Option<&Idempotency>,
    answer: &impl Serialize,
) -> Option<IdempotencyRow> {
    idempotency.map(|idempotency| IdempotencyRow {
        tenant_id: tenant,
        key_id: credential.key.0,
        idem_hash: Bytea(idempotency.key.to_vec()),
        request_hash: Bytea(request_mac(scene, idempotency).to_vec()),
        answer: serde_json::to_value(answer).unwrap_or_default(),
        created_at: scene.now,
    })
}
