//! Plays one attempt: the engine's own steps, with facts of the past in place of the database. What it decides is what is written.

use super::{
    names,
    people::{House, Person},
};
use crate::{
    Domain,
    actor::Integration,
    bytea::Bytea,
    journal::entry::{AuditEntry, AuthEntry},
    sign_in::{self, registration},
    verification::{
        self, AttemptSecrets, Begun, Outcome, Request, VerificationError,
        commit::{AttemptRow, Commit, Step},
        compare::OathGenerator,
        engine::Scene,
        facts::{AttemptFacts, ChallengeFacts, Facts, Stage, ThrottleRow},
        policy_record,
        rules::Counter,
    },
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use serde_json::json;
use std::{net::IpAddr, sync::Arc};

/// What somebody does in an attempt. How it ends is for the engine to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Everything right.
    Right,
    /// So many wrong codes, then the right one.
    Slips(u8),
    /// Wrong codes until it ends.
    Guesses,
    /// One wrong code, and no more.
    GivesUp,
    /// A code that has been used.
    Reuses,
    /// A code of so many steps from now: a clock that is off.
    Late(i64),
    /// The code is asked and never typed.
    NoAnswer,
    /// A wrong password.
    WrongPassword,
    /// Leaves before the password.
    Leaves,
    /// A recovery code.
    Recovery,
    /// Comes while locked.
    WhileLocked,
    /// Types the wrong code that locks.
    Locks,
    /// Comes while a wait holds.
    WhileWaiting,
    /// Registers the app that is there from then on.
    Registers,
    /// Meets an organisation without a policy.
    WithoutPolicy,
}

/// Everything about an attempt before it is played.
pub(super) struct Call<'a> {
    pub(super) house: &'a House,
    /// The member, if the name is one's.
    pub(super) who: Option<&'a Person>,
    pub(super) upn: &'a Upn,
    pub(super) at: Timestamp,
    pub(super) session: SessionId,
    pub(super) attempt: AttemptId,
    pub(super) address: IpAddr,
    pub(super) agent: Option<&'static str>,
    /// By REST, for this application; else in the pages.
    pub(super) application: Option<&'static str>,
    /// Seconds between one step and the next.
    pub(super) pace: i64,
}

/// An attempt that has been decided.
pub(super) struct Played {
    pub(super) at: Timestamp,
    pub(super) attempt: AttemptId,
    pub(super) session: SessionId,
    pub(super) decision: Decision,
    pub(super) log: AuthEntry,
    pub(super) steps: Vec<(Timestamp, i32, Step)>,
    pub(super) row: Option<AttemptRow>,
    pub(super) audits: Vec<AuditEntry>,
}

type Result<T> = std::result::Result<T, VerificationError>;

struct Run<'a> {
    domain: &'a Domain,
    call: &'a Call<'a>,
    begun: Begun,
    facts: Facts,
    policy: Option<(i32, Arc<PolicyDocument>)>,
    now: Timestamp,
    row: Option<AttemptRow>,
    steps: Vec<(Timestamp, i32, Step)>,
    log: Option<(Decision, AuthEntry)>,
    audits: Vec<AuditEntry>,
}

/// Plays an attempt to its end.
pub(super) fn play(domain: &Domain, call: &Call<'_>, deed: Deed) -> Result<Played> {
    let mut run = Run::new(domain, call);
    run.prepare(deed);
    match call.application {
        Some(application) => run.by_rest(application, deed)?,
        None if deed == Deed::Registers && run.comes_by_link() => run.by_link()?,
        None => run.by_pages(deed)?,
    }
    run.ended()
}

/// Plays what other doors and methods have left behind: a request that was decided for a reason that no code gives.
pub(super) fn play_other(domain: &Domain, call: &Call<'_>, other: Other) -> Result<Played> {
    let mut run = Run::new(domain, call);
    run.by_other(other)?;
    run.ended()
}

/// How an attempt by another door or method ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Other {
    pub(super) reason: Reason,
    pub(super) kind: Option<MethodKind>,
    pub(super) transport: Option<TransportResult>,
    /// How long it took.
    pub(super) seconds: i64,
}

impl Other {
    const fn new(reason: Reason, kind: Option<MethodKind>, transport: Option<TransportResult>, seconds: i64) -> Self {
        Self {
            reason,
            kind,
            transport,
            seconds,
        }
    }

    fn decision(self) -> Decision {
        match self.reason.denial_key() {
            None => Decision::Allowed,
            Some(_) => Decision::Denied,
        }
    }
}

/// What happens with methods and doors besides code and password, with how often it does beside the others of its kind.
pub(super) const OTHERS: [(f64, Other); 34] = {
    use MethodKind::*;
    use TransportResult as T;
    [
        (80.0, Other::new(Reason::Approved, Some(Push), Some(T::PhoneAppAuthenticated), 7)),
        (2.0, Other::new(Reason::Declined, Some(Push), Some(T::PhoneAppDenied), 9)),
        (6.0, Other::new(Reason::PushNoResponse, Some(Push), Some(T::PhoneAppNoResponse), 60)),
        (1.0, Other::new(Reason::PushFailed, Some(Push), Some(T::ServerError), 2)),
        (1.0, Other::new(Reason::InProgress, Some(Push), None, 1)),
        (1.0, Other::new(Reason::Duplicate, Some(Push), None, 1)),
        (85.0, Other::new(Reason::RightCode, Some(Sms), Some(T::SmsAuthenticated), 21)),
        (4.0, Other::new(Reason::WrongCode, Some(Sms), Some(T::SmsOtpIncorrect), 26)),
        (5.0, Other::new(Reason::CodeNeverEntered, Some(Sms), Some(T::SmsSent), 180)),
        (1.0, Other::new(Reason::BadPhone, Some(Sms), Some(T::InvalidPhoneNumber), 1)),
        (75.0, Other::new(Reason::Approved, Some(Voice), None, 24)),
        (5.0, Other::new(Reason::Voicemail, Some(Voice), Some(T::NoPinButTimeout), 41)),
        (4.0, Other::new(Reason::HungUp, Some(Voice), Some(T::UserHungUp), 12)),
        (3.0, Other::new(Reason::Unreachable, Some(Voice), Some(T::ConfigIssue), 30)),
        (2.0, Other::new(Reason::Busy, Some(Voice), Some(T::ConfigIssue), 6)),
        (3.0, Other::new(Reason::NoAnswer, Some(Voice), Some(T::ConfigIssue), 27)),
        (0.5, Other::new(Reason::FraudReported, Some(Voice), Some(T::FraudCodeEntered), 19)),
        (2.0, Other::new(Reason::WrongPin, Some(Voice), Some(T::NoPin), 28)),
        (0.5, Other::new(Reason::PinMissing, Some(Voice), Some(T::NoPin), 17)),
        (1.0, Other::new(Reason::Passkey, Some(Passkey), None, 5)),
        (0.5, Other::new(Reason::PasskeyRefused, Some(Passkey), None, 6)),
        (90.0, Other::new(Reason::RightCode, Some(HardwareToken), Some(T::OathCodeVerified), 14)),
        (6.0, Other::new(Reason::CodeOutOfDate, Some(HardwareToken), Some(T::OathCodeOld), 14)),
        (1.0, Other::new(Reason::PassExpired, Some(Pass), None, 8)),
        (1.0, Other::new(Reason::AppPasswordRequired, Some(AppPassword), None, 0)),
        (1.0, Other::new(Reason::Blocked, None, Some(T::UserBlocked), 0)),
        (1.0, Other::new(Reason::SignInExpired, Some(Totp), Some(T::AuthResultTimeout), 604)),
        (1.0, Other::new(Reason::Clock, None, Some(T::ServerError), 0)),
        (1.0, Other::new(Reason::ServiceError, None, Some(T::ServerError), 0)),
        (0.5, Other::new(Reason::MethodTooWeak, None, None, 3)),
        (0.5, Other::new(Reason::ResetNotOffered, None, None, 40)),
        (1.0, Other::new(Reason::Bypassed, None, None, 0)),
        (1.0, Other::new(Reason::TrustedNetwork, None, None, 0)),
        (1.0, Other::new(Reason::RememberedDevice, None, None, 0)),
    ]
};

impl<'a> Run<'a> {
    fn new(domain: &'a Domain, call: &'a Call<'a>) -> Self {
        let secrets = AttemptSecrets {
            upn: call.upn.as_str().to_owned(),
            client_ip: Some(call.address),
            agent: call.agent.map(str::to_owned),
        };
        Self {
            domain,
            call,
            begun: Begun {
                attempt: call.attempt,
                session: call.session,
                correlation: call.attempt.0,
                secrets,
            },
            facts: call.house.facts(call.who, call.upn, call.at),
            policy: call.house.policy(call.at),
            now: call.at,
            row: None,
            steps: Vec::new(),
            log: None,
            audits: Vec::new(),
        }
    }

    /// What went before.
    fn prepare(&mut self, deed: Deed) {
        let minutes = |n| Some(self.now + SignedDuration::from_mins(n));
        let (scope, counter) = match deed {
            Deed::WhileLocked => (
                "guard",
                Counter {
                    level: 1,
                    wait_until: minutes(8),
                    ..Counter::default()
                },
            ),
            Deed::WhileWaiting => (
                Family::Oath.as_str(),
                Counter {
                    in_row: 6,
                    level: 2,
                    wait_until: minutes(1),
                    ..Counter::default()
                },
            ),
            Deed::Locks => (
                "guard",
                Counter {
                    in_row: Limits::default().lockout_after - 1,
                    // For the third time in a day: an hour.
                    level: 2,
                    last_at: Some(self.now - SignedDuration::from_secs(95)),
                    ..Counter::default()
                },
            ),
            Deed::WithoutPolicy => {
                self.policy = None;
                return;
            }
            _ => return,
        };
        self.set(scope, counter);
    }

    fn set(&mut self, scope: &str, counter: Counter) {
        self.facts.throttles.retain(|row| row.scope != scope);
        self.facts.throttles.push(ThrottleRow {
            scope: scope.to_owned(),
            version: 1,
            counter,
            same: Vec::new(),
        });
    }

    /// Asks the engine about this moment, and takes what it wants written.
    fn ask(&mut self, judge: impl FnOnce(&Domain, TenantId, &Scene<'_>, &Begun) -> Result<Commit>) -> Result<()> {
        let scene = Scene {
            facts: &self.facts,
            keys: &self.call.house.keys,
            policy: self.policy.clone(),
            now: self.now,
        };
        let commit = judge(self.domain, self.call.house.tenant, &scene, &self.begun)?;
        self.take(commit);
        Ok(())
    }

    /// What the database would have done with a commit, as far as later steps of the attempt see it.
    fn take(&mut self, commit: Commit) {
        self.steps.extend((1..).zip(commit.steps).map(|(n, step)| (self.now, n, step)));
        self.audits.extend(commit.audits);
        if let Some(row) = commit.new_attempt {
            self.facts.attempt = Some(facts_of(&row));
            self.row = Some(row);
        }
        if let (Some(row), Some(change)) = (&mut self.row, commit.attempt) {
            row.stage = change.stage;
            row.last_step_at = self.now;
            row.second_asked = change.second_asked;
            row.last_refusal = change.last_refusal;
            row.reasons = change.reasons;
            row.policy_version = change.policy_version;
            row.decided_at = change.decided_at;
            row.decision = change.decision;
            self.facts.attempt = Some(facts_of(row));
        }
        if let Some(new) = commit.new_challenge {
            self.facts.challenge = Some(ChallengeFacts {
                challenge_id: new.challenge_id,
                purpose: new.purpose,
                kind: new.kind,
                method_id: new.method_id,
                code_sealed: new.code_sealed,
                created_at: new.created_at,
                wrong_count: new.wrong_count,
                expires_at: new.expires_at,
                spent_at: None,
                right_at: None,
            });
        }
        if let (Some(challenge), Some(change)) = (&mut self.facts.challenge, commit.challenge) {
            challenge.wrong_count = change.wrong_count;
            challenge.spent_at = change.spent_at;
        }
        if let Some(log) = commit.log {
            let decided = self.steps.iter().rev().find(|(_, _, step)| step.kind == StepKind::Decided);
            let decision = decided.and_then(|(_, _, step)| Decision::from_text(step.detail["decision"].as_str()?));
            self.log = Some((decision.unwrap_or(Decision::Denied), log));
        }
        self.set("guard", commit.guard);
        for counter in commit.counters {
            self.set(&counter.scope, counter.counter);
        }
    }

    fn wait(&mut self) {
        self.now += SignedDuration::from_secs(self.call.pace);
    }

    fn is_decided(&self) -> bool {
        self.log.is_some()
    }

    fn stage(&self) -> Option<Stage> {
        self.row.as_ref().map(|row| row.stage)
    }

    /// The code that is typed, some steps from the right one.
    fn code(&self, off: i64) -> OfferedCode {
        let step = self.now.as_second() / 30 + off;
        let seed = self.call.who.and_then(|who| who.app(self.now)).and_then(|app| app.seed.as_ref());
        OfferedCode::Digits(match seed {
            Some(seed) => OathGenerator::new(seed.expose(), OathParams::default()).code(step).to_string(),
            None => self.wrong_code().as_str().to_owned(),
        })
    }

    /// Digits that come from nowhere: now and then somebody would be lucky, and then that is what is written.
    fn wrong_code(&self) -> OfferedCode {
        let noise = self.call.session.to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.now.as_second() as u64;
        OfferedCode::Digits(format!("{:06}", (noise >> 20) % 1_000_000))
    }

    fn offered(&mut self, deed: Deed) -> OfferedCode {
        match deed {
            Deed::Guesses | Deed::GivesUp | Deed::Locks => self.wrong_code(),
            Deed::Late(steps) => self.code(steps),
            Deed::Recovery => match self.call.who.and_then(|who| who.recovery.as_ref()).and_then(|codes| codes.reveal().pop()) {
                Some(code) => OfferedCode::parse(&code).unwrap_or_else(|_| self.wrong_code()),
                None => self.wrong_code(),
            },
            Deed::Reuses => {
                // It was used a moment ago.
                let step = self.now.as_second() / 30;
                self.facts.methods.iter_mut().for_each(|m| m.last_step = step);
                self.code(0)
            }
            _ => self.code(0),
        }
    }

    fn integration(&self, application: Option<&str>, code: Option<OfferedCode>, kind: Option<MethodKind>) -> (Integration, Request) {
        let integration = Integration {
            tenant: self.call.house.tenant,
            key: self.call.house.rest_key,
            scopes: Vec::new(),
            path: Path::Cloud,
        };
        let request = Request {
            user: self.call.upn.clone(),
            code,
            method: kind,
            application: application.and_then(|a| CleanText::parse(a).ok()),
            client: Default::default(),
            correlation_id: None,
            idempotency: None,
        };
        (integration, request)
    }

    /// A program asks whether a code is right.
    fn by_rest(&mut self, application: &str, deed: Deed) -> Result<()> {
        let code = match deed {
            Deed::Slips(_) => self.wrong_code(),
            other => self.offered(other),
        };
        let (integration, request) = self.integration(Some(application), Some(code.clone()), None);
        self.ask(|domain, tenant, scene, begun| Ok(verification::one_shot(domain, tenant, scene, begun, &integration, &request, &code)?.0))
    }

    /// Name, password, code.
    fn by_pages(&mut self, deed: Deed) -> Result<()> {
        self.ask(|domain, tenant, scene, begun| Ok(sign_in::name_entered(domain, tenant, scene, begun)))?;
        if deed == Deed::Leaves {
            return self.runs_out();
        }
        self.wait();
        let source = format!("password:{}", self.call.address);
        if deed == Deed::WrongPassword || self.call.who.is_none() {
            let mac = Bytea(Vec::new());
            return self.ask(|domain, tenant, scene, _| sign_in::wrong_password(domain, tenant, scene, attempt_of(scene)?, &source, &mac));
        }
        self.ask(|domain, tenant, scene, _| Ok(sign_in::right_password(domain, tenant, scene, attempt_of(scene)?, &source)?.0))?;
        match (self.stage(), deed) {
            (Some(Stage::Second), Deed::NoAnswer) => self.runs_out(),
            (Some(Stage::Second), _) => self.by_code(deed),
            (Some(Stage::Register), Deed::Registers) => self.first_code(),
            (Some(Stage::Register), _) => self.runs_out(),
            _ => Ok(()),
        }
    }

    /// Codes until it is decided or the time is up.
    fn by_code(&mut self, deed: Deed) -> Result<()> {
        let slips = match deed {
            Deed::Slips(slips) => slips,
            _ => 0,
        };
        for n in 0..6 {
            if self.is_decided() || (n == 1 && matches!(deed, Deed::GivesUp | Deed::Reuses)) {
                break;
            }
            self.wait();
            let code = if n < slips { self.wrong_code() } else { self.offered(deed) };
            self.ask(|domain, tenant, scene, _| Ok(verification::answer_attempt(domain, tenant, scene, Purpose::SignIn, &code, None)?.0))?;
        }
        if self.is_decided() { Ok(()) } else { self.runs_out() }
    }

    /// Nobody goes on: ten minutes later the sweep decides.
    fn runs_out(&mut self) -> Result<()> {
        self.now += SignedDuration::from_secs(ATTEMPT_SECONDS + 1 + self.call.pace % 5);
        self.ask(|domain, tenant, scene, _| sign_in::ended_by_time(domain, tenant, scene, attempt_of(scene)?))
    }

    /// Where a password alone is not enough for the first registration, and for who is new.
    fn comes_by_link(&self) -> bool {
        let new = self.call.who.is_some_and(|who| who.sort == super::people::Sort::Joiner);
        new || self.call.house.of.profile == Profile::Strict
    }

    fn by_link(&mut self) -> Result<()> {
        self.ask(sign_in::set_up_opened)?;
        self.first_code()
    }

    /// The app is proven by its first code.
    fn first_code(&mut self) -> Result<()> {
        let app = self
            .call
            .who
            .and_then(|who| who.held.iter().filter(|m| m.from > self.call.at).min_by_key(|m| m.from));
        let Some(app) = app else { return self.runs_out() };
        self.now = app.from.max(self.now + SignedDuration::from_secs(1));
        self.facts.methods.push(app.facts("pending", self.now));
        let (code, label) = (self.code(0), CleanText::parse(app.label).map_err(|_| VerificationError::ChallengeGone)?);
        self.ask(
            |domain, tenant, scene, _| match registration::first_code(domain, tenant, scene, &label, &code)? {
                Some((commit, ..)) => Ok(commit),
                None => Err(VerificationError::ChallengeGone),
            },
        )
    }

    /// A request by REST that is decided without a code.
    fn by_other(&mut self, other: Other) -> Result<()> {
        let (integration, request) = self.integration(self.call.application, None, other.kind);
        self.ask(|domain, tenant, scene, begun| Ok(verification::begin_challenge(domain, tenant, scene, begun, &integration, &request)?.0))?;
        // Without a method nothing was asked.
        let asked = other.seconds > 0;
        if let (Some(row), false) = (&mut self.row, asked) {
            self.steps.retain(|(_, _, step)| step.kind != StepKind::CodeAsked);
            row.second_asked = false;
            self.facts.attempt = Some(facts_of(row));
        }
        self.now += SignedDuration::from_secs(other.seconds);
        let method = other.kind.map(|kind| {
            let held = self.call.who.and_then(|who| who.held.iter().find(|m| m.kind == kind && m.is_held(self.now)));
            (held.map(|m| m.id), kind)
        });
        let decision = other.decision();
        self.ask(|domain, tenant, scene, begun| {
            let attempt = attempt_of(scene)?;
            let mut commit = Commit::about(tenant, scene.facts, begun.attempt, attempt.started_at, scene.now);
            let said = scene.evaluate(attempt.application.as_deref());
            let outcome = Outcome {
                decision,
                reason: other.reason,
                transport: other.transport,
                second_factor: asked,
                method,
                policy: said.map(|(version, _, evaluation)| policy_record(scene.facts, version, &evaluation)),
            };
            commit
                .steps
                .push(Step::with(StepKind::Decided, json!({ "decision": decision, "reason": other.reason })));
            commit.log = Some(verification::log_entry(domain, tenant, scene, attempt, outcome)?);
            Ok(commit)
        })?;
        // The step of the decision follows the others even where it happened at once.
        let first = self.steps.len() as i32;
        if let Some((_, n, _)) = self.steps.last_mut() {
            *n = first;
        }
        if let Some(row) = &mut self.row {
            row.stage = Stage::Decided;
            row.last_step_at = self.now;
            row.decided_at = Some(self.now);
            row.decision = Some(decision);
        }
        Ok(())
    }

    fn ended(self) -> Result<Played> {
        let (decision, log) = self.log.ok_or(VerificationError::ChallengeGone)?;
        Ok(Played {
            at: self.now,
            attempt: self.call.attempt,
            session: self.call.session,
            decision,
            log,
            steps: self.steps,
            row: self.row,
            audits: self.audits,
        })
    }
}

fn attempt_of<'a>(scene: &'a Scene<'_>) -> Result<&'a AttemptFacts> {
    scene.facts.attempt.as_ref().ok_or(VerificationError::ChallengeGone)
}

/// What the engine would load of a row that it has written.
fn facts_of(row: &AttemptRow) -> AttemptFacts {
    AttemptFacts {
        attempt_id: row.attempt_id,
        session_id: row.session_id,
        correlation_id: row.correlation_id,
        started_at: row.started_at,
        last_step_at: row.last_step_at,
        door: row.door,
        purpose: row.purpose,
        path: row.path,
        application: row.application.clone(),
        stage: row.stage,
        second_asked: row.second_asked,
        last_refusal: row.last_refusal,
        reasons: row.reasons.clone(),
        sealed: row.sealed.clone(),
        key_id: row.key_id,
        decision: row.decision,
    }
}

/// A name that is not of the invented people, for attempts that guess.
pub(super) fn stranger(dice: &super::dice::Dice, domain: &str) -> Option<Upn> {
    Upn::parse(&names::guessed(dice, domain)).ok()
}
