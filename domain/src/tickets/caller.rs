//! The check of a caller: before the desk does something for a voice on the telephone, a code goes to a phone or mailbox of the account, and the voice reads
//! it back. The code was made for this and opens nothing; its message says to whom it may be read, and that is to nobody who called.

use super::{Result, TicketError, Tickets, store};
use crate::{
    actor::{Admin, Client, Permission},
    directory::MemberRef,
    journal::{
        Event,
        entry::{AuditEntry, Audited, Change},
    },
    verification::{
        Begun, Outcome, VerificationError, attempt_row,
        commit::{AttemptChange, ChallengeChange, Commit, Step},
        compare,
        engine::{Decided, Scene},
        facts::{AttemptFacts, Stage},
        log_entry, policy_record,
        sending::{self, Fate, OnItsWay},
        store::Wanted,
        subject_key, waiting_for_answer,
    },
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::{Value, json};

/// A phone or mailbox that a code can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerWay {
    /// Which.
    pub method: MethodId,
    /// Its kind: a text or a mail.
    pub kind: MethodKind,
    /// Its name.
    pub label: String,
}

/// A check that waits for the code to be read back.
#[derive(Clone, Debug)]
pub struct CallerCheck {
    /// By which it is answered.
    pub attempt: AttemptId,
    /// Public id.
    pub session_id: SessionId,
    /// Where the code went.
    pub sent: OnItsWay,
    /// Wrong answers that may still be given.
    pub tries_left: i32,
}

/// What came of a code that was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// It was the code.
    Right,
    /// It was not.
    Wrong {
        /// Wrong answers that may still be given.
        tries_left: i32,
    },
    /// It was not, for the last time.
    Failed,
}

/// A check that went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerChecked {
    /// When.
    pub at: Timestamp,
    /// By what.
    pub kind: MethodKind,
}

impl Tickets<'_> {
    /// Where a code can go for the check of a caller: what has been the member's for a day and is on, texts before mails.
    pub async fn caller_ways(self, by: &Admin, of: &MemberRef) -> Result<Vec<CallerWay>> {
        by.needs(Permission::WorkAtDesk)?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        let document = self.0.directory().policy_in(&mut tx).await?;
        let proven_before = self.0.clock().now() - SignedDuration::from_hours(RESET_COOL_HOURS);
        let mut ways = store::list_caller_ways(&mut tx, view.id, proven_before).await?;
        tx.commit().await?;
        ways.retain(|way| document.as_ref().is_some_and(|document| reaches(document, way.kind)));
        Ok(ways)
    }

    /// Sends a code to a phone or mailbox of a member, for a caller to read back. The limits of sending hold.
    pub async fn begin_caller_check(self, by: &Admin, client: &Client, of: &MemberRef, method: MethodId) -> Result<CallerCheck> {
        by.needs(Permission::WorkAtDesk)?;
        let (domain, tenant) = (self.0, by.tenant());
        let mut tx = domain.db().tenant(tenant).await?;
        let view = domain.directory().view(&mut tx, of).await?;
        tx.commit().await?;
        let upn = Upn::parse(&view.upn).map_err(|_| TicketError::Unknown)?;
        let wanted = Wanted {
            sends: true,
            ..Wanted::of_name(tenant, upn.folded(), view.id.0)
        };
        let begun = domain
            .decide(wanted, |scene| {
                let begun = Begun::now(domain, scene, &upn, client.clone(), None);
                let (_, document) = scene.policy.clone().ok_or(VerificationError::ChallengeGone)?;
                let proven_before = scene.now - SignedDuration::from_hours(RESET_COOL_HOURS);
                let place = scene.facts.methods.iter().position(|m| {
                    m.method_id == method && m.state == "active" && reaches(&document, m.kind) && m.confirmed_at.is_some_and(|at| at <= proven_before)
                });
                let place = place.ok_or(VerificationError::ChallengeGone)?;
                let mut commit = Commit::about(tenant, scene.facts, begun.attempt, scene.now, scene.now);
                let what = sending::For {
                    attempt: begun.attempt,
                    purpose: Purpose::CallerCheck,
                    path: Path::Cloud,
                    wrong_count: 0,
                };
                let sent = match sending::send_code(domain, tenant, scene, &mut commit, what, place)? {
                    Ok(sent) => sent,
                    Err(why) => return Ok(Decided::Answer(Err(why))),
                };
                let mut row = attempt_row(domain, tenant, scene, &begun, Purpose::CallerCheck, Door::Web, Path::Cloud);
                row.stage = Stage::Second;
                row.second_asked = true;
                commit.new_attempt = Some(row);
                commit.reserve(begun.session);
                let kind = scene.facts.methods[place].kind;
                let after = json!({ "method": kind, "to": sent.sent_to });
                commit.audits.push(self.told(by, scene, Event::CallerCodeSent, begun.session, after)?);
                let check = CallerCheck {
                    attempt: begun.attempt,
                    session_id: begun.session,
                    sent,
                    tries_left: CALLER_TRIES_MAX,
                };
                Ok(Decided::Commit(Box::new(commit), Ok(check)))
            })
            .await?;
        begun.map_err(TicketError::NotSent)
    }

    /// Where a check stands; `None` when it has been answered or has run out.
    pub async fn look_at_caller_check(self, by: &Admin, of: &MemberRef, attempt: AttemptId) -> Result<Option<CallerCheck>> {
        by.needs(Permission::WorkAtDesk)?;
        let member = self.member(by, of).await?;
        let look = self
            .0
            .decide(Wanted::of_attempt(by.tenant(), attempt), |scene| {
                let (attempt, challenge) = match waiting_for_answer(scene, Purpose::CallerCheck) {
                    Ok(waiting) if is_of(scene, member) => waiting,
                    Ok(_) | Err(VerificationError::ChallengeGone) => return Ok(Decided::Answer(None)),
                    Err(error) => return Err(error),
                };
                let method = scene.facts.methods.iter().find(|m| Some(m.method_id) == challenge.method_id);
                let sent = OnItsWay {
                    kind: challenge.kind.ok_or(VerificationError::ChallengeGone)?,
                    sent_to: method.and_then(|m| m.masked()).unwrap_or_default().to_owned(),
                    expires_at: challenge.expires_at,
                    call: None,
                    fate: Fate::OnItsWay,
                };
                Ok(Decided::Answer(Some(CallerCheck {
                    attempt: attempt.attempt_id,
                    session_id: SessionId::from_bits(attempt.session_id as u64),
                    sent,
                    tries_left: CALLER_TRIES_MAX - challenge.wrong_count,
                })))
            })
            .await;
        match look {
            Err(VerificationError::ChallengeGone) => Ok(None),
            other => Ok(other?),
        }
    }

    /// Takes what a caller has read back. A wrong answer counts here and nowhere else: whoever calls in somebody's name locks nobody out by it.
    pub async fn read_back(self, by: &Admin, of: &MemberRef, attempt: AttemptId, code: &OfferedCode) -> Result<ReadBack> {
        by.needs(Permission::WorkAtDesk)?;
        let member = self.member(by, of).await?;
        let (domain, tenant) = (self.0, by.tenant());
        let told = domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| {
                let (attempt, challenge) = waiting_for_answer(scene, Purpose::CallerCheck)?;
                if !is_of(scene, member) {
                    return Err(VerificationError::ChallengeGone);
                }
                let right = compare::sent(challenge, code.as_str(), scene.keys)?;
                let wrong_count = challenge.wrong_count + i32::from(!right);
                let ends = right || wrong_count >= CALLER_TRIES_MAX;
                let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                commit.challenge = Some(ChallengeChange {
                    challenge_id: challenge.challenge_id,
                    wrong_count,
                    spent_at: ends.then_some(scene.now),
                    right_at: right.then_some(scene.now),
                });
                let step = if right { StepKind::CodeRight } else { StepKind::CodeWrong };
                commit.steps.push(Step::with(step, json!({ "method": challenge.kind })));
                let decision = if right { Decision::Allowed } else { Decision::Denied };
                let reason = if right { Reason::RightCode } else { Reason::TooManyCodes };
                commit.attempt = Some(AttemptChange {
                    was_stage: Stage::Second,
                    stage: if ends { Stage::Decided } else { Stage::Second },
                    second_asked: true,
                    last_refusal: if right { attempt.last_refusal } else { Some(Reason::WrongCode) },
                    reasons: Vec::new(),
                    policy_version: None,
                    decided_at: ends.then_some(scene.now),
                    decision: ends.then_some(decision),
                });
                if ends {
                    commit
                        .steps
                        .push(Step::with(StepKind::Decided, json!({ "decision": decision, "reason": reason })));
                    let method = challenge.kind.map(|kind| (challenge.method_id, kind));
                    self.decided(by, scene, &mut commit, attempt, (decision, reason), method)?;
                }
                let told = match (right, ends) {
                    (true, _) => ReadBack::Right,
                    (false, true) => ReadBack::Failed,
                    (false, false) => ReadBack::Wrong {
                        tries_left: CALLER_TRIES_MAX - wrong_count,
                    },
                };
                Ok(Decided::Commit(Box::new(commit), told))
            })
            .await?;
        Ok(told)
    }

    /// The row of the sign-ins and the row of the changes: who checked, and how it came out.
    fn decided(
        self,
        by: &Admin,
        scene: &Scene<'_>,
        commit: &mut Commit,
        attempt: &AttemptFacts,
        (decision, reason): (Decision, Reason),
        method: Option<(Option<MethodId>, MethodKind)>,
    ) -> std::result::Result<(), VerificationError> {
        let evaluated = scene.evaluate(None);
        let outcome = Outcome {
            decision,
            reason,
            transport: None,
            // Nobody gets in by it, so it costs nothing.
            second_factor: Purpose::CallerCheck.is_second_factor(),
            method,
            policy: evaluated.map(|(version, _, evaluation)| policy_record(scene.facts, version, &evaluation)),
        };
        commit.log = Some(log_entry(self.0, by.tenant(), scene, attempt, outcome)?);
        let session = SessionId::from_bits(attempt.session_id as u64);
        let after = json!({ "passed": decision == Decision::Allowed, "method": method.map(|(_, kind)| kind) });
        commit.audits.push(self.told(by, scene, Event::CallerChecked, session, after)?);
        Ok(())
    }

    fn told(self, by: &Admin, scene: &Scene<'_>, event: Event, session: SessionId, after: Value) -> std::result::Result<AuditEntry, VerificationError> {
        let audited = Audited {
            event,
            who: by.who(),
            target: ("member", scene.facts.member.as_ref().map(|member| member.member_id.0)),
            reason: None,
            session: Some(session),
            change: Change { before: Value::Null, after },
        };
        Ok(AuditEntry::seal(by.tenant(), scene.now, audited, &subject_key(scene)?, self.0.rng()))
    }

    /// The last check of a member by this very caller of the verb, if it went well and was not long ago. Whoever speaks with somebody else checks him anew:
    /// what a colleague heard says nothing about who is on this line.
    pub async fn caller_checked(self, by: &Admin, of: &MemberRef) -> Result<Option<CallerChecked>> {
        by.needs(Permission::WorkAtDesk)?;
        let since = self.0.clock().now() - SignedDuration::from_mins(CALLER_CHECK_MINUTES);
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        let session = store::find_session_of_check(&mut tx, view.id, by.who().id().unwrap_or_default(), since).await?;
        let found = match session {
            Some(session) => store::find_caller_check(&mut tx, view.id, session, since).await?,
            None => None,
        };
        tx.commit().await?;
        Ok(found)
    }

    async fn member(self, by: &Admin, of: &MemberRef) -> Result<MemberId> {
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let view = self.0.directory().view(&mut tx, of).await?;
        tx.commit().await?;
        Ok(view.id)
    }
}

/// A text or a mail, where the policy knows that kind for anything: what it has banned says nothing about a caller either.
fn reaches(document: &PolicyDocument, kind: MethodKind) -> bool {
    matches!(kind, MethodKind::Sms | MethodKind::Email) && (document.allows(kind, MethodUse::Mfa) || document.allows(kind, MethodUse::Reset))
}

fn is_of(scene: &Scene<'_>, member: MemberId) -> bool {
    scene.facts.member.as_ref().is_some_and(|m| m.member_id == member)
}
