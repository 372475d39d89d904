//! Setting a new password without help: a name, one or two things that show who one is, a new password. The state is all here: a browser holds the handle of
//! an attempt, and what was shown in it stands in the attempt's challenges. Whatever a name is (nobody's, out of scope, of somebody who holds too little), the
//! steps, their answers and their cost are the same; who it concerns is told by mail.

pub mod error;
pub mod rules;
mod store;
#[cfg(test)]
mod tests;
mod token;

use crate::{
    Domain,
    actor::{Client, Who},
    db::TenantTx,
    directory::{DirectoryError, MemberRef, MemberView, TenantView},
    journal::{
        Event,
        entry::{Audited, Change},
    },
    methods::question::{Given, asking},
    policy::reset::{is_offered_at_all, left, proofs},
    sign_in::source_of,
    vault::KeyPurpose,
    verification::{
        Begun, Outcome, VerificationError, attempt_row,
        commit::{AttemptChange, ChallengeChange, ChallengeRow, Commit, ScopedCounter, Step},
        engine::{Decided, Scene},
        expired,
        facts::{AttemptFacts, ChallengeFacts, Stage},
        goes_on, judge_code, log_entry, notice, policy_record,
        rules::Counter,
        secrets_of, sending,
        store::Wanted,
        unknown_subject,
    },
};
pub use error::ResetError;
use jiff::{SignedDuration, Timestamp};
use model::*;
use rules::{Standing, standing};
use serde_json::{Value, json};
use std::sync::Arc;
pub use token::ResetToken;

type Result<T> = std::result::Result<T, ResetError>;
type Judged<T> = std::result::Result<T, VerificationError>;

/// Under which the resets of a subject are counted.
const RESETS: &str = "reset";
/// The same for wrong codes.
const WRONG: &str = "reset:wrong";
/// The same for phones that are asked.
const PHONES: &str = "reset:phone";
/// The same for rounds of questions.
const QUESTIONS: &str = "reset:questions";

/// What came of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Began {
    /// The organisation offers it to nobody, or is none that we know. Says nothing about the name.
    NotOffered,
    /// Too many for this name, or from this place.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Begun, whoever's the name is.
    Begun {
        /// Tenant.
        tenant: TenantId,
        /// Attempt.
        attempt: AttemptId,
    },
}

/// Where a reset stands. The same for every name of an organisation.
#[derive(Clone, Debug)]
pub struct ResetView {
    /// Public id of the attempt.
    pub session_id: SessionId,
    /// The name that was typed.
    pub upn: String,
    /// Which proof is asked for, from 1.
    pub gate: usize,
    /// How many there are, as far as one may know.
    pub gates: usize,
    /// The ways that can be chosen.
    pub ways: Vec<MethodKind>,
    /// The way that was chosen and waits for its answer.
    pub asked: Option<AskedWay>,
    /// Wrong answers left.
    pub tries_left: i32,
}

/// A way that waits for its answer.
#[derive(Clone, Debug)]
pub struct AskedWay {
    /// Which.
    pub kind: MethodKind,
    /// Until when.
    pub expires_at: Timestamp,
    /// The questions, where they are the way.
    pub questions: Vec<SecurityQuestion>,
}

/// What came of choosing a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// It waits for its answer. Whether anything was sent is not said.
    Asked,
    /// Asked too often.
    Wait {
        /// Until when.
        until: Timestamp,
    },
}

/// What came of an answer.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Right, and one more is asked.
    More,
    /// Right, and enough: the right to set a password.
    Enough(ResetToken),
    /// Not right, or not looked at: both are told as one.
    Wrong {
        /// Wrong answers left.
        tries_left: i32,
    },
    /// Not right, for the last time in this attempt.
    Ended,
    /// What was sent has run out: another has to be chosen.
    RanOut,
}

/// Whose password may be set, for the page that asks for it.
#[derive(Clone, Debug)]
pub struct ResetRight {
    /// Of which tenant.
    pub tenant: TenantView,
    /// Whose.
    pub member: MemberView,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What a decided answer comes to before the right is given.
enum Judgement {
    Shown(Shown),
    Enough { member: MemberId, epoch: i32, session: i64 },
}

/// The verbs of resets.
#[derive(Clone, Copy)]
pub struct Resets<'a>(pub(crate) &'a Domain);

impl Resets<'_> {
    /// Begins for a name.
    pub async fn begin(self, upn: &Upn, client: &Client) -> Result<Began> {
        let domain = self.0;
        let Some(tenant) = domain.directory().tenant_of_upn(upn).await? else {
            domain.directory().note("visitor", "unknown_domain_reset", json!({})).await?;
            return Ok(Began::NotOffered);
        };
        if let Some(until) = self.count_source(tenant, client).await? {
            return Ok(Began::Wait { until });
        }
        let keys = domain.keys(tenant).await?;
        let wanted = Wanted::of_name(tenant, upn.folded(), unknown_subject(&keys, upn));
        let began = domain
            .decide(wanted, |scene| {
                let document = document_of(scene)?;
                if !is_offered_at_all(&document) {
                    return Ok(Decided::Answer(Began::NotOffered));
                }
                let counter = scene.facts.counter(RESETS);
                if let Some(until) = counter.waits(scene.now).max(scene.facts.counter(WRONG).waits(scene.now)) {
                    return Ok(Decided::Answer(Began::Wait { until }));
                }
                let begun = Begun::now(domain, scene, upn, client.clone(), None);
                let stands = standing(scene.facts, &document, scene.now);
                let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
                let mut row = attempt_row(domain, tenant, scene, &begun, Purpose::Reset, Door::Web, Path::Cloud);
                row.stage = Stage::Second;
                row.policy_version = scene.policy.as_ref().map(|(version, _)| *version);
                commit.new_attempt = Some(row);
                commit.counters.push(counted(RESETS, rules::after_one(&counter, scene.now)));
                commit.steps.push(Step::new(StepKind::NameEntered));
                commit.steps.push(Step::with(
                    StepKind::ResetAsked,
                    json!({ "gates": stands.gates, "refused": stands.closed.map(|closed| closed.reason()) }),
                ));
                if let (Some(closed), Some(_)) = (stands.closed, &scene.facts.member) {
                    let from = json!({ "address": begun.secrets.client_ip, "agent": begun.secrets.agent });
                    let told = json!({ "after": { "why": closed.reason() }, "from": from });
                    commit.notices.push(notice(domain, scene, "password.reset_refused", told));
                }
                commit.reserve(begun.session);
                let began = Began::Begun {
                    tenant,
                    attempt: begun.attempt,
                };
                Ok(Decided::Commit(Box::new(commit), began))
            })
            .await?;
        Ok(began)
    }

    /// Where a reset stands. Looking changes nothing.
    pub async fn look(self, tenant: TenantId, attempt: AttemptId) -> Result<ResetView> {
        let wanted = Wanted::of_attempt(tenant, attempt);
        let (mut view, questions) = self
            .0
            .decide(wanted, |scene| {
                let attempt = waiting(scene)?;
                let document = document_of(scene)?;
                let shown = shown(scene);
                let ways = left(&scene.facts.ways_to_reset(&document), shown);
                let gate = proofs(shown) + 1;
                let open = open_challenge(scene).filter(|challenge| challenge.expires_at > scene.now);
                let asked = open.and_then(|open| {
                    Some(AskedWay {
                        kind: open.kind?,
                        expires_at: open.expires_at,
                        questions: Vec::new(),
                    })
                });
                let view = ResetView {
                    session_id: SessionId::from_bits(attempt.session_id as u64),
                    upn: secrets_of(scene, attempt)?.upn,
                    gate,
                    gates: usize::from(document.reset.gates).max(gate),
                    ways,
                    asked,
                    tries_left: tries_left(scene, &document),
                };
                Ok(Decided::Answer((view, questions_of(scene, &document))))
            })
            .await?;
        if let Some(asked) = view.asked.as_mut().filter(|asked| asked.kind == MethodKind::SecurityQuestions) {
            let upn = Upn::parse(&view.upn).map_err(|_| ResetError::Expired)?;
            asked.questions = self.0.methods().asked_of(tenant, &questions, upn.folded()).await?;
        }
        Ok(view)
    }

    /// Chooses a way: a message is on its way, or a code or answers are waited for. What cannot be sent looks like what was.
    pub async fn choose(self, tenant: TenantId, attempt: AttemptId, kind: MethodKind) -> Result<Chosen> {
        let domain = self.0;
        let wanted = Wanted {
            sends: true,
            ..Wanted::of_attempt(tenant, attempt)
        };
        let chosen = domain
            .decide(wanted, |scene| {
                let attempt = waiting(scene)?;
                let document = document_of(scene)?;
                let ways = left(&scene.facts.ways_to_reset(&document), shown(scene));
                if !ways.contains(&kind) {
                    return Err(VerificationError::ChallengeGone);
                }
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                if let Some(scope) = counter_of(kind) {
                    let counter = scene.facts.counter(scope);
                    if let Some(until) = counter.waits(scene.now) {
                        return Ok(Decided::Answer(Chosen::Wait { until }));
                    }
                    commit.counters.push(counted(scope, rules::after_one(&counter, scene.now)));
                }
                let stands = standing(scene.facts, &document, scene.now);
                let place = rules::place(scene.facts, &document, kind, scene.now).filter(|_| stands.closed.is_none() && may_compare(scene));
                let wrong_count = wrong_so_far(scene);
                if let Some(place) = place.filter(|_| kind.channel().is_some()) {
                    let what = sending::For {
                        attempt: attempt.attempt_id,
                        purpose: Purpose::Reset,
                        path: attempt.path,
                        wrong_count,
                    };
                    // A budget that is used up stands in the timeline, and shows nowhere else.
                    let _ = sending::send_code(domain, tenant, scene, &mut commit, what, place)?;
                }
                if commit.new_challenge.is_none() {
                    let seconds = kind
                        .channel()
                        .map(|channel| crate::delivery::rules::code_seconds(&document.delivery, attempt.path, channel));
                    let life = SignedDuration::from_secs(seconds.unwrap_or(ATTEMPT_SECONDS));
                    commit.new_challenge = Some(ChallengeRow {
                        tenant_id: tenant,
                        challenge_id: ChallengeId(domain.rng().id(scene.now)),
                        attempt_id: attempt.attempt_id,
                        purpose: Purpose::Reset,
                        kind: Some(kind),
                        method_id: None,
                        subject_id: None,
                        code_sealed: None,
                        wrong_count,
                        created_at: scene.now,
                        expires_at: scene.now + life,
                    });
                    commit.steps.push(Step::with(StepKind::CodeAsked, json!({ "method": kind })));
                }
                commit.attempt = Some(goes_on(attempt));
                Ok(Decided::Commit(Box::new(commit), Chosen::Asked))
            })
            .await?;
        Ok(chosen)
    }

    /// Takes a code.
    pub async fn answer(self, tenant: TenantId, attempt: AttemptId, code: &OfferedCode) -> Result<Shown> {
        let domain = self.0;
        let wanted = Wanted::of_attempt(tenant, attempt);
        let judgement = domain
            .decide(wanted, |scene| {
                let attempt = waiting(scene)?;
                let challenge = open_challenge(scene).ok_or(VerificationError::ChallengeGone)?;
                let kind = challenge.kind.filter(|kind| *kind != MethodKind::SecurityQuestions);
                let kind = kind.ok_or(VerificationError::ChallengeGone)?;
                if challenge.expires_at <= scene.now {
                    return Ok(Decided::Answer(Judgement::Shown(Shown::RanOut)));
                }
                let document = document_of(scene)?;
                let ways = left(&scene.facts.ways_to_reset(&document), shown(scene));
                let stands = standing(scene.facts, &document, scene.now);
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                let session = SessionId::from_bits(attempt.session_id as u64);
                let guessed = scene.facts.counter(WRONG).waits(scene.now).is_some();
                let compares = !guessed && stands.closed.is_none() && stands.held.contains(&kind) && ways.contains(&kind);
                let verdict = match compares || (scene.facts.member.is_none() && !guessed) {
                    true => {
                        let judged = judge_code(scene, None, code, Some(kind))?;
                        let mut written = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                        let told = judged.write(domain, tenant, scene, &mut written, Some(session))?;
                        match told.decision {
                            Decision::Allowed => commit = written,
                            _ => commit.steps.append(&mut written.steps),
                        }
                        Verdict {
                            reason: told.reason,
                            right: told.decision == Decision::Allowed,
                            transport: told.transport,
                            method: told.method.or(Some((None, kind))),
                        }
                    }
                    // Nothing that this member types can be right here: it is counted as if it had been looked at.
                    false => {
                        let reason = stands.closed.map_or(Reason::NoMethods, rules::Closed::reason);
                        commit.steps.push(Step::with(StepKind::CodeWrong, json!({ "method": kind, "reason": reason })));
                        Verdict {
                            reason,
                            right: false,
                            transport: None,
                            method: Some((None, kind)),
                        }
                    }
                };
                // Anybody who knows a name comes this far: his guesses close resets, and neither lock the member out nor switch a method off.
                let counter = scene.facts.counter(WRONG);
                if verdict.right {
                    commit.counters.push(counted(WRONG, Counter::default()));
                } else if !guessed {
                    commit.counters.push(counted(WRONG, rules::after_wrong(&counter, scene.now)));
                }
                let gate = Gate {
                    attempt,
                    challenge,
                    kind,
                    stands: &stands,
                    document: &document,
                };
                let judgement = conclude(domain, tenant, scene, &mut commit, &gate, verdict, challenge.wrong_count + 1)?;
                Ok(Decided::Commit(Box::new(commit), judgement))
            })
            .await?;
        self.shown(tenant, judgement).await
    }

    /// Takes the answers to security questions: counted before anything is compared, all of them right or none.
    pub async fn answer_questions(self, tenant: TenantId, attempt: AttemptId, given: &[Given]) -> Result<Shown> {
        let domain = self.0;
        let wanted = Wanted::of_attempt(tenant, attempt);
        let asked = domain
            .decide(wanted, |scene| {
                let attempt = waiting(scene)?;
                let challenge = open_questions(scene)?;
                let document = document_of(scene)?;
                let asked = questions_of(scene, &document);
                let family = Family::Questions.as_str();
                let counter = scene.facts.counter(family);
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                commit
                    .counters
                    .push(counted(family, crate::methods::question::rules::after_try(&counter, scene.now)));
                commit.challenge = Some(ChallengeChange {
                    challenge_id: challenge.challenge_id,
                    wrong_count: challenge.wrong_count + 1,
                    spent_at: None,
                    right_at: None,
                });
                let shut = crate::methods::question::rules::closed(&counter, scene.facts.rolling(Family::Questions), scene.now).is_some();
                // A day that is closed is not made longer by whoever goes on trying.
                if shut {
                    commit.counters.clear();
                }
                Ok(Decided::Commit(Box::new(commit), (asked, shut)))
            })
            .await?;
        let (mut asked, shut) = asked;
        // The day's tries are used up: the same work, and no.
        if shut {
            asked.refused = Some(Reason::Throttled);
        }
        let (_, all_right) = domain.methods().compare_answers(tenant, &asked, given).await?;
        let judgement = domain
            .decide(wanted, |scene| {
                let attempt = waiting(scene)?;
                let challenge = open_questions(scene)?;
                let document = document_of(scene)?;
                let stands = standing(scene.facts, &document, scene.now);
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                let right = all_right && stands.closed.is_none() && asked.refused.is_none() && may_compare(scene);
                let kind = MethodKind::SecurityQuestions;
                let reason = match right {
                    true => Reason::RightCode,
                    false => asked.refused.unwrap_or(Reason::WrongCode),
                };
                match right {
                    true => {
                        let family = Family::Questions.as_str();
                        let right = crate::methods::question::rules::after_right(&scene.facts.counter(family));
                        commit.counters.push(counted(family, right));
                        commit.steps.push(Step::with(StepKind::CodeRight, json!({ "method": kind })));
                    }
                    false => {
                        if !shut {
                            commit.failed_families.push(Family::Questions);
                        }
                        commit.steps.push(Step::with(StepKind::CodeWrong, json!({ "method": kind, "reason": reason })));
                    }
                }
                let gate = Gate {
                    attempt,
                    challenge,
                    kind,
                    stands: &stands,
                    document: &document,
                };
                let verdict = Verdict {
                    reason,
                    right,
                    transport: None,
                    method: Some((None, kind)),
                };
                let judgement = conclude(domain, tenant, scene, &mut commit, &gate, verdict, challenge.wrong_count)?;
                Ok(Decided::Commit(Box::new(commit), judgement))
            })
            .await?;
        self.shown(tenant, judgement).await
    }

    /// Whose right it is, if it is still good. Looking does not use it up.
    pub async fn right(self, token: &ResetToken) -> Result<ResetRight> {
        let tenant = self.0.directory().tenant(token.tenant).await.map_err(gone)?;
        let mut tx = self.0.db().tenant(token.tenant).await?;
        let row = store::find_right(&mut tx, token.reset, &token.hash(), self.0.clock().now()).await?;
        let row = row.ok_or(ResetError::LinkGone)?;
        let member = self.standing_member(&mut tx, &tenant, row.member).await?;
        tx.commit().await?;
        Ok(ResetRight {
            tenant,
            member,
            expires_at: row.expires_at,
        })
    }

    /// Sets the password, once, even for two browsers at the same moment. Whatever was open ends; the second step stays as it was; nobody is signed in by it.
    pub async fn set(self, token: &ResetToken, password: &str) -> Result<ResetRight> {
        let right = self.right(token).await?;
        let phc = self.0.directory().hash_for(token.tenant, &right.member, password).await?;
        let (now, keys, hash) = (self.0.clock().now(), self.0.keys(token.tenant).await?, token.hash());
        let mut tx = self.0.db().tenant(token.tenant).await?;
        // Whatever else changes this password, or ends what is open, comes before or after.
        crate::directory::block::store::lock_member(&mut tx, right.member.id).await?;
        let row = store::find_right(&mut tx, token.reset, &hash, now).await?.ok_or(ResetError::LinkGone)?;
        if !store::set_right_used(&mut tx, token.reset, &hash, now).await? {
            return Err(ResetError::LinkGone);
        }
        let member = self.standing_member(&mut tx, &right.tenant, row.member).await?;
        let directory = self.0.directory();
        directory.store_password(&mut tx, member.id, &phc, now).await?;
        let ended = crate::directory::store::delete_sessions(&mut tx, member.id).await?;
        crate::directory::store::end_devices(&mut tx, member.id, now).await?;
        store::delete_password_counters(&mut tx, member.id).await?;
        let audited = Audited {
            event: Event::PasswordReset,
            who: Who::Member(member.id),
            target: ("member", Some(member.id.0)),
            reason: None,
            session: Some(SessionId::from_bits(row.session as u64)),
            change: Change {
                before: Value::Null,
                after: json!({ "sessions_ended": ended }),
            },
        };
        directory.audit(&mut tx, &keys, audited, now).await?;
        // Of whoever has a role, the other admins hear too.
        let kind = match member.rank() {
            0 => Event::PasswordReset.as_str(),
            _ => "password.reset_of_admin",
        };
        let told = json!({ "after": { "session": SessionId::from_bits(row.session as u64) } });
        directory.tell(&mut tx, &keys, member.id, kind, &told, now).await?;
        tx.commit().await?;
        Ok(right)
    }

    /// The member, if the account may be used at all: what is switched off or blocked gets in by no door (bar 23).
    async fn standing_member(self, tx: &mut TenantTx, tenant: &TenantView, member: MemberId) -> Result<MemberView> {
        let member = self.0.directory().view(tx, &MemberRef::Id(member)).await.map_err(gone)?;
        match tenant.suspended || member.disabled || member.blocked {
            true => Err(ResetError::LinkGone),
            false => Ok(member),
        }
    }

    /// Gives the right where enough was shown.
    async fn shown(self, tenant: TenantId, judgement: Judgement) -> Result<Shown> {
        let (member, epoch, session) = match judgement {
            Judgement::Shown(shown) => return Ok(shown),
            Judgement::Enough { member, epoch, session } => (member, epoch, session),
        };
        let now = self.0.clock().now();
        let token = ResetToken::new(tenant, self.0.rng().id(now), self.0.rng().bytes());
        let mut tx = self.0.db().tenant(tenant).await?;
        let new = store::NewRight {
            reset: token.reset,
            member,
            session,
            hash: &token.hash(),
            epoch,
            now,
            expires: now + SignedDuration::from_mins(RESET_RIGHT_MINUTES),
        };
        crate::directory::block::store::lock_member(&mut tx, member).await?;
        store::insert_right(&mut tx, &new).await?;
        tx.commit().await?;
        Ok(Shown::Enough(token))
    }

    /// Counts one more from a place; until when nothing is taken from there. Places are counted beside members, under a MAC.
    async fn count_source(self, tenant: TenantId, client: &Client) -> Result<Option<Timestamp>> {
        let domain = self.0;
        let keys = domain.keys(tenant).await?;
        let mac = keys.key(KeyPurpose::Source).mac(&[b"reset", source_of(&keys, client).as_bytes()]);
        let mut id = [0; 16];
        id.copy_from_slice(&mac[..16]);
        // No name is empty: this is nobody's counter but the place's.
        let wanted = Wanted::of_name(tenant, "", uuid::Builder::from_custom_bytes(id).into_uuid());
        let waits = domain
            .decide(wanted, |scene| {
                let counter = scene.facts.counter(RESETS);
                if let Some(until) = counter.waits(scene.now) {
                    return Ok(Decided::Answer(Some(until)));
                }
                let mut commit = Commit::about(tenant, scene.facts, AttemptId(domain.rng().id(scene.now)), scene.now, scene.now);
                commit.counters.push(counted(RESETS, rules::after_one_from(&counter, scene.now)));
                Ok(Decided::Commit(Box::new(commit), None))
            })
            .await?;
        Ok(waits)
    }
}

/// The kinds that were shown in the attempt.
fn shown<'a>(scene: &'a Scene<'_>) -> &'a [MethodKind] {
    scene.facts.for_reset.as_ref().map_or(&[], |beside| &beside.shown[..])
}

/// What was made of an answer.
struct Verdict {
    reason: Reason,
    right: bool,
    transport: Option<TransportResult>,
    method: Option<(Option<MethodId>, MethodKind)>,
}

/// Where an answer was given.
struct Gate<'a> {
    attempt: &'a AttemptFacts,
    challenge: &'a ChallengeFacts,
    kind: MethodKind,
    stands: &'a Standing,
    document: &'a PolicyDocument,
}

/// What a judged answer does to its attempt: one more is asked, it is enough, it was wrong, or it was wrong for the last time.
fn conclude(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    commit: &mut Commit,
    gate: &Gate<'_>,
    verdict: Verdict,
    wrong_count: i32,
) -> Judged<Judgement> {
    let attempt = gate.attempt;
    let limit = gate.document.limits.challenge_wrong_max;
    let mut shown = shown(scene).to_vec();
    shown.push(gate.kind);
    let enough = verdict.right && proofs(&shown) >= gate.stands.gates;
    let ended = !verdict.right && wrong_count >= limit;
    commit.challenge = Some(ChallengeChange {
        challenge_id: gate.challenge.challenge_id,
        wrong_count,
        spent_at: (verdict.right || ended).then_some(scene.now),
        right_at: verdict.right.then_some(scene.now),
    });
    let mut change = AttemptChange {
        last_refusal: if verdict.right { attempt.last_refusal } else { Some(verdict.reason) },
        policy_version: scene.policy.as_ref().map(|(version, _)| *version),
        ..goes_on(attempt)
    };
    if enough || ended {
        let decision = if enough { Decision::Allowed } else { Decision::Denied };
        let reason = match verdict.reason {
            Reason::WrongCode | Reason::CodeReused => Reason::TooManyCodes,
            other => other,
        };
        change.stage = Stage::Decided;
        change.decided_at = Some(scene.now);
        change.decision = Some(decision);
        commit
            .steps
            .push(Step::with(StepKind::Decided, json!({ "decision": decision, "reason": reason })));
        let evaluated = scene.evaluate(None);
        let outcome = Outcome {
            decision,
            reason,
            transport: verdict.transport,
            // Questions are no second factor, and cost nothing.
            second_factor: shown.iter().any(|kind| *kind != MethodKind::SecurityQuestions),
            method: verdict.method,
            policy: evaluated.map(|(version, _, evaluation)| policy_record(scene.facts, version, &evaluation)),
        };
        commit.log = Some(log_entry(domain, tenant, scene, attempt, outcome)?);
    }
    commit.attempt = Some(change);
    Ok(match (verdict.right, &scene.facts.member) {
        (true, Some(member)) if enough => Judgement::Enough {
            member: member.member_id,
            epoch: member.epoch,
            session: attempt.session_id,
        },
        (true, _) => Judgement::Shown(Shown::More),
        (false, _) if ended => Judgement::Shown(Shown::Ended),
        (false, _) => Judgement::Shown(Shown::Wrong {
            tries_left: limit - wrong_count,
        }),
    })
}

fn gone(error: DirectoryError) -> ResetError {
    match error {
        DirectoryError::Unknown(_) => ResetError::LinkGone,
        other => other.into(),
    }
}

fn counted(scope: &str, counter: crate::verification::rules::Counter) -> ScopedCounter {
    ScopedCounter {
        scope: scope.to_owned(),
        counter,
        same: Vec::new(),
    }
}

const fn counter_of(kind: MethodKind) -> Option<&'static str> {
    match kind {
        MethodKind::Sms | MethodKind::Voice => Some(PHONES),
        MethodKind::SecurityQuestions => Some(QUESTIONS),
        _ => None,
    }
}

/// The policy as it stands: its own table, not what a rule leaves of it.
fn document_of(scene: &Scene<'_>) -> Judged<Arc<PolicyDocument>> {
    let policy = scene.policy.as_ref().map(|(_, document)| document.clone());
    policy.ok_or(VerificationError::PolicyMissing)
}

/// An attempt of the pages that is a reset and goes on.
fn waiting<'a>(scene: &'a Scene<'_>) -> Judged<&'a AttemptFacts> {
    let goes_on = |a: &&AttemptFacts| a.purpose == Purpose::Reset && a.door == Door::Web && a.stage == Stage::Second && !expired(a, scene.now);
    scene.facts.attempt.as_ref().filter(goes_on).ok_or(VerificationError::ChallengeGone)
}

/// The challenge that waits for its answer, whether its time is over or not.
fn open_challenge<'a>(scene: &'a Scene<'_>) -> Option<&'a ChallengeFacts> {
    let waits = |c: &&ChallengeFacts| c.purpose == Purpose::Reset && c.spent_at.is_none() && c.right_at.is_none();
    scene.facts.challenge.as_ref().filter(waits)
}

fn open_questions<'a>(scene: &'a Scene<'_>) -> Judged<&'a ChallengeFacts> {
    let open = open_challenge(scene).filter(|c| c.kind == Some(MethodKind::SecurityQuestions) && c.expires_at > scene.now);
    open.ok_or(VerificationError::ChallengeGone)
}

/// Wrong answers since the last right one: another way starts no new row of tries (abuse case B3).
fn wrong_so_far(scene: &Scene<'_>) -> i32 {
    let newest = scene.facts.challenge.as_ref().filter(|challenge| challenge.right_at.is_none());
    newest.map_or(0, |challenge| challenge.wrong_count)
}

fn tries_left(scene: &Scene<'_>, document: &PolicyDocument) -> i32 {
    document.limits.challenge_wrong_max - wrong_so_far(scene)
}

/// Whether anything is looked at: no lock, no block, no rule that refuses.
fn may_compare(scene: &Scene<'_>) -> bool {
    let evaluated = scene.evaluate(None);
    evaluated.is_some_and(|(.., evaluation)| crate::verification::rules::admits(scene.facts, &evaluation, scene.now).is_ok())
}

/// Whose questions are asked, and whether any answer can be right.
fn questions_of(scene: &Scene<'_>, document: &PolicyDocument) -> asking::Standing {
    let stands = standing(scene.facts, document, scene.now);
    let plain = asking::Standing::of(scene);
    asking::Standing {
        refused: plain.refused.or(stands.closed.map(rules::Closed::reason)),
        ..plain
    }
}
