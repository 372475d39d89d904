//! Verification by a call: what the gateway is to say, what the keys that come back mean for the attempt, and what a call leaves that is over.
//!
//! Nothing of a call is kept in memory. Its message names attempt and challenge, and the turn travels in the address that the gateway signs: any node can take
//! the next request, and one that comes twice changes nothing.
//!
//! The right keys decide at once where a program waits. Pages are another matter, for a gateway has no browser: there the keys only mark the challenge as
//! answered, and the browser that holds the attempt (its session names it, and nobody else's does) finishes it by a commit of its own: decision, log row and
//! usage row together, by the same function that takes a typed code. So no other browser can use the answer; it is used once, because the attempt leaves its
//! stage in that commit; it is worth no longer than its challenge; and a lock or a rule that came in between still holds.

use super::{
    Answered, Judged, Verification, VerificationError,
    commit::{AttemptChange, ChallengeChange, Commit, Step},
    conclude, ended_by,
    engine::{Decided, Scene},
    facts::{AttemptFacts, ChallengeFacts, Stage},
    fraud, goes_on,
    rules::{self, Verdict},
    sending,
    store::{Wanted, find_call_pin},
    waiting,
};
use crate::{
    Domain,
    delivery::{
        call::{CallScript, Heard, Line, Occasion, Verdict as Keys},
        call_script,
        channel::{Extension, Language},
        open_address,
        store::{CallRow, find_call},
    },
    vault::{KeyPurpose, SealedColumn, Secret},
};
use data_encoding::HEXLOWER;
use model::*;
use serde_json::json;
use std::{fmt, str::FromStr};
use subtle::ConstantTimeEq;

/// Turns without an answer after which a call is over: nobody is there, or a mailbox.
const SILENT_TURNS_MAX: u8 = 3;

/// Octets of what shows that the PIN was right.
const PROOF_BYTES: usize = 16;

/// Where a call is: in the address of each request but the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Turns without an answer so far.
    silent: u8,
    /// Wrong answers of the challenge when this turn was asked. Keys that come when it has more have been counted, or are too late to be.
    wrong: i32,
    /// What we gave when the PIN was right: a MAC of this challenge and this PIN, so that nobody makes one, and none outlives either.
    pin: Option<[u8; PROOF_BYTES]>,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.silent, self.wrong)?;
        match &self.pin {
            Some(proof) => write!(f, "-{}", HEXLOWER.encode(proof)),
            None => Ok(()),
        }
    }
}

impl FromStr for Turn {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next();
        let (silent, wrong, pin) = (next().ok_or(())?, next().ok_or(())?, next());
        let proof = |hex: &str| HEXLOWER.decode(hex.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(());
        Ok(Self {
            silent: silent.parse().map_err(drop)?,
            wrong: wrong.parse().map_err(drop)?,
            pin: pin.map(proof).transpose()?,
        })
    }
}

/// What is said next in a call.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// The words.
    pub script: CallScript,
    /// Which of them.
    pub line: Line,
    /// In which language.
    pub language: Language,
    /// Who has to be asked for first, at the beginning of a call.
    pub extension: Option<Extension>,
    /// Where the call is when the keys come.
    pub next: Turn,
}

/// How far a call is, for the page that waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// It is being placed, rings, or somebody listens to it.
    Calling,
    /// The right keys were pressed.
    Right,
    /// It is over, and was not confirmed.
    Over(Reason),
}

/// What a gateway reports of a call's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// Somebody was speaking on that line.
    Busy,
    /// It rang, and nobody took it.
    NoAnswer,
    /// The network could not reach the phone.
    NotReached,
    /// It was taken, and is over.
    HungUp,
    /// A machine has taken it. It goes on; what it will not be is confirmed.
    Machine,
}

impl Verification<'_> {
    /// What is to be said next in a call: its first words without a turn, else what follows on the keys. `None`: this gateway has no such call.
    /// `reference` is the gateway's own name of the call.
    pub async fn call(
        self,
        provider: ProviderId,
        (message, reference): (DeliveryId, &str),
        turn: Option<Turn>,
        keys: Option<&str>,
    ) -> Result<Option<Spoken>, VerificationError> {
        let domain = self.0;
        let call = find_call(domain.db(), provider, message).await?;
        let Some(call) = call.filter(|call| call.is_named(reference)) else {
            return Ok(None);
        };
        let phc = find_call_pin(domain.db(), call.tenant, call.attempt).await?;
        let mut pin = KnownPin {
            phc: phc.as_deref(),
            right: None,
        };
        loop {
            let wanted = Wanted::of_attempt(call.tenant, call.attempt);
            let next = domain.decide(wanted, |scene| next_words(domain, &call, scene, turn, keys, pin)).await;
            let typed = match next {
                Ok(Next::Words(spoken)) => return Ok(Some(spoken)),
                Ok(Next::Compare(typed)) if pin.right.is_none() => typed,
                // The attempt is gone for good.
                Err(VerificationError::ChallengeGone) => return Ok(None),
                Ok(Next::Compare(_)) => return Err(VerificationError::Busy),
                Err(error) => return Err(error),
            };
            // What comes of it is told only after it was counted: the second time round.
            let compared = domain.passwords().verify(domain.vault(), phc.clone(), typed).await;
            pin.right = Some(compared.map_err(|_| VerificationError::Busy)?);
        }
    }

    /// Whether a message of this gateway is a call that goes by that name.
    pub async fn is_call(self, provider: ProviderId, message: DeliveryId, reference: &str) -> Result<bool, VerificationError> {
        let call = find_call(self.0.db(), provider, message).await?;
        Ok(call.is_some_and(|call| call.is_named(reference)))
    }

    /// What a gateway reports of a call's end. It says nothing about a call that was confirmed, or that another one has followed.
    pub async fn call_over(self, provider: ProviderId, message: DeliveryId, reference: &str, end: CallEnd) -> Result<(), VerificationError> {
        let domain = self.0;
        let call = find_call(domain.db(), provider, message).await?;
        let Some(call) = call.filter(|call| call.is_named(reference)) else {
            return Ok(());
        };
        let wanted = Wanted::of_attempt(call.tenant, call.attempt);
        let over = domain
            .decide(wanted, |scene| {
                let Some((attempt, challenge)) = of_call(&call, scene) else {
                    return Ok(Decided::Answer(()));
                };
                let newest = newest_message(scene, challenge).is_some_and(|n| n == call.n);
                if challenge.right_at.is_some() || !newest {
                    return Ok(Decided::Answer(()));
                }
                let reason = match end {
                    CallEnd::Busy => Reason::Busy,
                    CallEnd::NoAnswer => Reason::NoAnswer,
                    CallEnd::NotReached => Reason::Unreachable,
                    CallEnd::Machine => Reason::Voicemail,
                    CallEnd::HungUp => attempt.last_refusal.filter(|refusal| said_before_the_end(*refusal)).unwrap_or(Reason::HungUp),
                };
                missed(domain, &call, scene, (attempt, challenge), reason, end == CallEnd::Machine)
            })
            .await;
        match over {
            Err(VerificationError::ChallengeGone) => Ok(()),
            other => other,
        }
    }

    /// Finishes the second step of the pages after the right keys were pressed in its call; `None` while they were not.
    pub async fn complete(self, tenant: TenantId, attempt: AttemptId, purpose: Purpose) -> Result<Option<(Answered, SessionId)>, VerificationError> {
        let domain = self.0;
        domain
            .decide(Wanted::of_attempt(tenant, attempt), |scene| match completed(domain, tenant, scene, purpose)? {
                Some((commit, answered, session)) => Ok(Decided::Commit(Box::new(commit), Some((answered, session)))),
                None => Ok(Decided::Answer(None)),
            })
            .await
    }

    /// Why an attempt of the pages was refused that has ended elsewhere: in its call. Whoever names an attempt instead of holding it says whose it must be.
    pub async fn refusal(self, tenant: TenantId, attempt: AttemptId, of: Option<MemberId>) -> Result<Option<Reason>, VerificationError> {
        let refused = |scene: &Scene<'_>| {
            if of.is_some() && scene.facts.member.as_ref().map(|m| m.member_id) != of {
                return None;
            }
            let called = scene.facts.challenge.as_ref().is_some_and(|c| c.kind == Some(MethodKind::Voice));
            let attempt = scene.facts.attempt.as_ref().filter(|a| called && a.decision == Some(Decision::Denied));
            attempt.and_then(|a| a.last_refusal)
        };
        let found = self
            .0
            .decide(Wanted::of_attempt(tenant, attempt), |scene| Ok(Decided::Answer(refused(scene))))
            .await;
        match found {
            Err(VerificationError::ChallengeGone) => Ok(None),
            other => other,
        }
    }
}

/// The commit that finishes an attempt of the pages whose call was confirmed.
pub(crate) fn completed(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    purpose: Purpose,
) -> Result<Option<(Commit, Answered, SessionId)>, VerificationError> {
    let attempt = waiting(scene, purpose)?;
    let challenge = scene.facts.challenge.as_ref().filter(|c| {
        let open = c.spent_at.is_none() && c.expires_at > scene.now;
        open && c.purpose == purpose && c.kind == Some(MethodKind::Voice) && c.right_at.is_some()
    });
    let Some((challenge, (place, judged))) = challenge.and_then(|c| Some((c, judged(scene, attempt)?))) else {
        return Ok(None);
    };
    let judged = match judged.admitted(scene) {
        Ok(()) => Judged {
            verdict: right(scene, place),
            ..judged
        },
        Err(refused) => Judged { verdict: refused, ..judged },
    };
    let (mut commit, answered, session) = conclude(domain, tenant, scene, (attempt, challenge), &judged)?;
    // That stands in the timeline since the keys were pressed.
    commit.steps.retain(|step| step.kind != StepKind::CodeRight);
    Ok(Some((commit, answered, session)))
}

/// How far the call of an open challenge is.
pub(crate) fn state(scene: &Scene<'_>, challenge: &ChallengeFacts) -> CallState {
    if challenge.right_at.is_some() {
        return CallState::Right;
    }
    let messages = scene.facts.deliveries.iter().filter(|d| d.challenge_id == challenge.challenge_id);
    let refusal = scene.facts.attempt.as_ref().and_then(|a| a.last_refusal);
    match messages.max_by_key(|d| d.n).map(|d| d.status) {
        Some(DeliveryStatus::Failed | DeliveryStatus::Dropped) => {
            CallState::Over(refusal.filter(|r| matches!(r, Reason::Busy | Reason::NoAnswer)).unwrap_or(Reason::Unreachable))
        }
        Some(DeliveryStatus::Delivered) => CallState::Over(refusal.filter(|r| said_before_the_end(*r)).unwrap_or(Reason::HungUp)),
        _ => CallState::Calling,
    }
}

/// What the call of an attempt asks. Whoever adds a phone has just chosen the PIN on the page, or knows it: there the call proves the phone.
pub(crate) fn asked_in_call(scene: &Scene<'_>, attempt: &AttemptFacts) -> CallRules {
    let rules = sending::call_rules(scene);
    CallRules {
        pin: rules.pin && attempt.purpose != Purpose::AddMethod,
        ..rules
    }
}

/// What was known of a call before it ended, and says more than that it did.
const fn said_before_the_end(reason: Reason) -> bool {
    matches!(reason, Reason::Voicemail | Reason::PinMissing)
}

fn newest_message(scene: &Scene<'_>, challenge: &ChallengeFacts) -> Option<i32> {
    let messages = scene.facts.deliveries.iter().filter(|d| d.challenge_id == challenge.challenge_id);
    messages.map(|d| d.n).max()
}

/// The attempt and the challenge of a call, as long as both are open and no other challenge has followed.
fn of_call<'a>(call: &CallRow, scene: &'a Scene<'_>) -> Option<(&'a AttemptFacts, &'a ChallengeFacts)> {
    let attempt = scene.facts.attempt.as_ref()?;
    let challenge = scene.facts.challenge.as_ref()?;
    let open = attempt.stage == Stage::Second
        && !super::expired(attempt, scene.now)
        && challenge.challenge_id == call.challenge
        && challenge.purpose == attempt.purpose
        && challenge.kind == Some(MethodKind::Voice)
        && challenge.spent_at.is_none()
        && challenge.expires_at > scene.now;
    open.then_some((attempt, challenge))
}

/// The method that is called, with the policy it is asked under; the verdict is the caller's to give.
fn judged(scene: &Scene<'_>, attempt: &AttemptFacts) -> Option<(usize, Judged)> {
    let (version, document, evaluation) = scene.evaluate(attempt.application.as_deref())?;
    let place = rules::sent_to(scene.facts, &document, scene.now)?;
    let judged = Judged {
        verdict: wrong(place, Reason::WrongCode),
        version: Some(version),
        document: Some(document),
        evaluation: Some(evaluation),
        compared_any: true,
        params: None,
        suspect: None,
    };
    Some((place, judged))
}

impl Judged {
    /// Locks, blocks and waits hold in a call as they do on a page.
    fn admitted(&self, scene: &Scene<'_>) -> Result<(), Verdict> {
        let evaluation = self.evaluation.as_ref().ok_or(Verdict::NotCompared {
            reason: Reason::Misconfiguration,
            until: None,
        })?;
        rules::admits(scene.facts, evaluation, scene.now)
    }
}

fn right(scene: &Scene<'_>, place: usize) -> Verdict {
    let method = &scene.facts.methods[place];
    Verdict::Right {
        method: Some(place),
        // A use is a step: it marks when the method was last used, and makes a waiting one count.
        claim: Some((method.last_step + 1, method.drift)),
        recovery: None,
        families: vec![Family::Delivered],
    }
}

fn wrong(place: usize, reason: Reason) -> Verdict {
    Verdict::Wrong {
        reason,
        method: Some(place),
        families: vec![Family::Delivered],
        near: None,
    }
}

/// What is known of the member's PIN while a turn is judged.
#[derive(Clone, Copy)]
struct KnownPin<'a> {
    /// Its hash, where there is one.
    phc: Option<&'a str>,
    /// Whether the keys of this turn were it; nothing as long as nobody has compared.
    right: Option<bool>,
}

impl KnownPin<'_> {
    /// What shows in the rest of a call that its PIN was right.
    fn proof(&self, scene: &Scene<'_>, challenge: &ChallengeFacts) -> Option<[u8; PROOF_BYTES]> {
        let mac = scene
            .keys
            .key(KeyPurpose::CallPin)
            .mac(&[challenge.challenge_id.0.as_bytes(), self.phc?.as_bytes()]);
        mac.first_chunk().copied()
    }
}

/// What a turn comes to: words, or keys that have to be compared with the PIN before there are any.
enum Next {
    Words(Spoken),
    Compare(Secret<String>),
}

type Turned = Result<Decided<Next>, VerificationError>;

/// One turn of a call.
fn next_words(domain: &Domain, call: &CallRow, scene: &Scene<'_>, turn: Option<Turn>, keys: Option<&str>, pin: KnownPin<'_>) -> Turned {
    let Some((attempt, challenge)) = of_call(call, scene) else {
        return Ok(Decided::Answer(Next::Words(last_words(scene, after_the_end(call, scene)))));
    };
    if challenge.right_at.is_some() {
        return Ok(Decided::Answer(Next::Words(last_words(scene, Line::Approved))));
    }
    let throttled = scene.facts.counter(Family::Delivered.as_str()).waits(scene.now).is_some();
    let asked = judged(scene, attempt).filter(|(_, judged)| !throttled && judged.admitted(scene).is_ok());
    let Some((place, judged)) = asked else {
        return Ok(Decided::Answer(Next::Words(last_words(scene, Line::Denied))));
    };
    let asks_pin = asked_in_call(scene, attempt).pin;
    let (digit_script, extension) = script_of(scene, attempt, challenge, place)?;
    let proof = pin.proof(scene, challenge);
    let say_of = |script: &CallScript, line, next| {
        Next::Words(Spoken {
            script: script.clone(),
            line,
            language: language(scene),
            extension: extension.clone().filter(|_| turn.is_none()),
            next,
        })
    };
    if asks_pin && proof.is_none() {
        let none = say_of(&digit_script.for_pin(), Line::NoPin, Turn::default());
        return over(missed(domain, call, scene, (attempt, challenge), Reason::PinMissing, false)?, none);
    }
    let shown = turn
        .and_then(|turn| turn.pin)
        .zip(proof)
        .is_some_and(|(shown, proof)| bool::from(shown.ct_eq(&proof)));
    let script = match asks_pin && !shown {
        true => digit_script.clone().for_pin(),
        false => digit_script.clone(),
    };
    let say = |line, next| say_of(&script, line, next);
    let Some(turn) = turn else {
        let first = Turn {
            wrong: challenge.wrong_count,
            ..Turn::default()
        };
        return Ok(Decided::Answer(say(Line::Greeting, first)));
    };
    // Counted already, or asked before something else was answered: the question again, and nothing counts.
    if turn.wrong != challenge.wrong_count {
        let next = Turn {
            wrong: challenge.wrong_count,
            ..turn
        };
        return Ok(Decided::Answer(say(Line::AfterMistake, next)));
    }
    let heard = match script.hear(keys) {
        Heard::Clear(heard) => heard,
        Heard::Pin(typed) => match pin.right {
            None => return Ok(Decided::Answer(Next::Compare(typed))),
            Some(false) => Keys::WrongPin,
            Some(true) => {
                // Written, so that of many tries at once no more come through than were counted.
                let next = Turn { silent: 0, pin: proof, ..turn };
                let mut commit = Commit::about(call.tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
                commit.attempt = Some(goes_on(attempt));
                commit.steps.push(Step::with(StepKind::PinRight, json!({ "method": MethodKind::Voice })));
                return Ok(Decided::Commit(Box::new(commit), say_of(&digit_script, Line::AfterPin, next)));
            }
        },
    };
    match heard {
        Keys::Approved => {
            let commit = approved(domain, call.tenant, scene, (attempt, challenge), place, judged)?;
            Ok(Decided::Commit(Box::new(commit), say(Line::Approved, turn)))
        }
        Keys::WrongDigit | Keys::WrongPin => {
            let judged = match heard {
                Keys::WrongPin => Judged {
                    verdict: wrong(place, Reason::WrongPin),
                    ..judged
                },
                _ => judged,
            };
            let (commit, answered, _) = conclude(domain, call.tenant, scene, (attempt, challenge), &judged)?;
            let next = Turn { wrong: turn.wrong + 1, ..turn };
            let line = match answered {
                Answered::Wrong { .. } if !waits_now(&commit, scene) => Line::AfterMistake,
                _ => Line::Denied,
            };
            Ok(Decided::Commit(Box::new(commit), say(line, next)))
        }
        Keys::FraudReported => {
            let (commit, _) = fraud::reported(domain, call.tenant, scene, attempt, challenge)?;
            Ok(Decided::Commit(Box::new(commit), say(Line::FraudReported, turn)))
        }
        Keys::NothingPressed | Keys::InvalidInput if turn.silent + 1 < SILENT_TURNS_MAX => {
            let next = Turn {
                silent: turn.silent + 1,
                ..turn
            };
            let line = match heard {
                Keys::NothingPressed => Line::AfterSilence,
                _ => Line::AfterMistake,
            };
            Ok(Decided::Answer(say(line, next)))
        }
        Keys::NothingPressed | Keys::InvalidInput => {
            let last = say(Line::Denied, turn);
            over(missed(domain, call, scene, (attempt, challenge), Reason::Voicemail, false)?, last)
        }
    }
}

/// A call that ends without having been confirmed, with its last words.
fn over(missed: Decided<()>, last: Next) -> Turned {
    Ok(match missed {
        Decided::Commit(commit, ()) => Decided::Commit(commit, last),
        Decided::Answer(()) => Decided::Answer(last),
    })
}

/// True when the wrong answer that this commit counts makes the next one wait: then nothing more is asked in this call.
fn waits_now(commit: &Commit, scene: &Scene<'_>) -> bool {
    commit
        .counters
        .iter()
        .any(|c| c.scope == Family::Delivered.as_str() && c.counter.waits(scene.now).is_some())
}

/// What is said in a call whose challenge is closed. A gateway that asks once more after it was answered hears the same again.
fn after_the_end(call: &CallRow, scene: &Scene<'_>) -> Line {
    let own = scene.facts.challenge.as_ref().filter(|c| c.challenge_id == call.challenge);
    let refused = scene.facts.attempt.as_ref().and_then(|a| a.last_refusal);
    match own {
        Some(challenge) if challenge.right_at.is_some() => Line::Approved,
        Some(_) if refused == Some(Reason::FraudReported) => Line::FraudReported,
        Some(_) if refused == Some(Reason::PinMissing) => Line::NoPin,
        _ => Line::Denied,
    }
}

/// The right keys: decided at once where a program waits, else marked for the browser that holds the attempt.
fn approved(
    domain: &Domain,
    tenant: TenantId,
    scene: &Scene<'_>,
    (attempt, challenge): (&AttemptFacts, &ChallengeFacts),
    place: usize,
    judged: Judged,
) -> Result<Commit, VerificationError> {
    if attempt.purpose == Purpose::Verification {
        let judged = Judged {
            verdict: right(scene, place),
            ..judged
        };
        return Ok(conclude(domain, tenant, scene, (attempt, challenge), &judged)?.0);
    }
    let mut commit = Commit::about(tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    commit.challenge = Some(ChallengeChange {
        challenge_id: challenge.challenge_id,
        wrong_count: challenge.wrong_count,
        spent_at: None,
        right_at: Some(scene.now),
    });
    commit.attempt = Some(goes_on(attempt));
    commit.steps.push(Step::with(StepKind::CodeRight, json!({ "method": MethodKind::Voice })));
    Ok(commit)
}

/// A call that was not confirmed. A program is told at once; on a page one may be called again or take another way until the challenge ends.
fn missed(
    domain: &Domain,
    call: &CallRow,
    scene: &Scene<'_>,
    (attempt, challenge): (&AttemptFacts, &ChallengeFacts),
    reason: Reason,
    goes_on_talking: bool,
) -> Result<Decided<()>, VerificationError> {
    let step = Step::with(StepKind::CallMissed, json!({ "n": call.n, "reason": reason }));
    if attempt.purpose == Purpose::Verification && !goes_on_talking {
        let transport = match reason {
            Reason::Voicemail => TransportResult::NoPinButTimeout,
            Reason::HungUp => TransportResult::UserHungUp,
            Reason::PinMissing => TransportResult::NoPin,
            _ => TransportResult::ConfigIssue,
        };
        let method = Some((challenge.method_id, MethodKind::Voice));
        let mut commit = ended_by(domain, call.tenant, scene, attempt, reason, (Some(transport), method))?;
        commit.steps.insert(0, step);
        commit.challenge = Some(spent(scene, challenge));
        return Ok(Decided::Commit(Box::new(commit), ()));
    }
    // Told twice it is no news, and must not keep the attempt alive.
    if attempt.last_refusal == Some(reason) {
        return Ok(Decided::Answer(()));
    }
    let mut commit = Commit::about(call.tenant, scene.facts, attempt.attempt_id, attempt.started_at, scene.now);
    commit.attempt = Some(AttemptChange {
        last_refusal: Some(reason),
        ..goes_on(attempt)
    });
    commit.steps.push(step);
    Ok(Decided::Commit(Box::new(commit), ()))
}

pub(super) fn spent(scene: &Scene<'_>, challenge: &ChallengeFacts) -> ChallengeChange {
    ChallengeChange {
        challenge_id: challenge.challenge_id,
        wrong_count: challenge.wrong_count,
        spent_at: Some(scene.now),
        right_at: None,
    }
}

/// What is asked in this call, and what is dialled or asked for before.
fn script_of(
    scene: &Scene<'_>,
    attempt: &AttemptFacts,
    challenge: &ChallengeFacts,
    place: usize,
) -> Result<(CallScript, Option<Extension>), VerificationError> {
    let method = &scene.facts.methods[place];
    let (sealed, digit) = method.sealed.as_ref().zip(challenge.code_sealed.as_ref()).ok_or(crate::vault::SealBroken)?;
    let digit = scene
        .keys
        .key(KeyPurpose::Code)
        .open(SealedColumn::ChallengeCode, challenge.challenge_id.0, &digit.0)?;
    let digit = Secret::new(String::from_utf8(digit.to_vec()).map_err(|_| crate::vault::SealBroken)?);
    let occasion = match attempt.purpose {
        Purpose::AddMethod => Occasion::NewPhone,
        Purpose::StepUp | Purpose::Reset => Occasion::Change,
        // A caller reads back what was sent; nobody is called for it.
        Purpose::SignIn | Purpose::Verification | Purpose::SetUp | Purpose::CallerCheck => Occasion::SignIn,
    };
    let script = call_script(&digit, &sending::call_rules(scene), &service(scene))?.about(occasion);
    let address = open_address(scene.keys.key(KeyPurpose::Address), method.method_id.0, &sealed.0)?;
    let extension = match address {
        crate::delivery::Address::Phone(phone) => phone.extension(),
        crate::delivery::Address::Mail(_) => None,
    };
    Ok((script, extension))
}

/// The words that end a call and ask nothing: whichever digit there was, it is not among them.
fn last_words(scene: &Scene<'_>, line: Line) -> Spoken {
    Spoken {
        script: CallScript::of_last_words(&service(scene)),
        line,
        language: language(scene),
        extension: None,
        next: Turn::default(),
    }
}

fn service(scene: &Scene<'_>) -> String {
    scene.facts.tenant.as_ref().map(|t| t.name.clone()).unwrap_or_default()
}

fn language(scene: &Scene<'_>) -> Language {
    match sending::locale(scene).as_str() {
        "nl" => Language::Nl,
        _ => Language::En,
    }
}

#[cfg(test)]
mod pin_tests;
#[cfg(test)]
mod tests;
