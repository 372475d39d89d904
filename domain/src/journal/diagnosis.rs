//! What happened in an attempt, why, and what fixes it. Pure: what is known goes in, a finding with its data comes out, so that every language
//! can have its own words for it. The English ones for programs are in [`Diagnosis::in_english`].

use super::view::{GoodSignIn, MethodView, OpenAttempt, PolicyView, SignInRow, StepView};
use crate::{actor::Permission, policy::rules::Because, verification::facts::Stage};
use jiff::Timestamp;
use model::*;
use serde::Serialize;

/// What is known about an attempt when it is judged.
#[derive(Clone, Copy, Debug)]
pub struct CaseFacts<'a> {
    /// Now.
    pub now: Timestamp,
    /// The row.
    pub row: &'a SignInRow,
    /// Where it stands, if it is open.
    pub open: Option<OpenAttempt>,
    /// Its steps, oldest first.
    pub steps: &'a [StepView],
    /// What the policy said.
    pub policy: Option<&'a PolicyView>,
    /// The numbers of the policy it was judged under.
    pub limits: &'a Limits,
    /// The member's methods now.
    pub methods: &'a [MethodView],
    /// Until when the member is locked, if that is still so.
    pub locked_until: Option<Timestamp>,
    /// The last time before this attempt that the same method was accepted.
    pub accepted: Option<&'a GoodSignIn>,
    /// When the method of this attempt was proven at registration.
    pub confirmed_at: Option<Timestamp>,
    /// A sign-in of the same member after this attempt that went well.
    pub good_since: Option<Timestamp>,
}

/// For what a code was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Place {
    /// An application.
    Application(String),
    /// Another system that did not say for what.
    OtherSystem,
    /// Signing in here.
    Portal,
    /// Confirming a change here.
    Change,
    /// Registering the method.
    Registration,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Finding {
    /// It went well.
    Allowed {
        /// How.
        how: Reason,
        /// By which kind of method.
        method: Option<MethodKind>,
    },
    /// The code was right and had been used.
    CodeReused {
        /// For what, if that is known.
        place: Option<Place>,
        /// In which attempt.
        session_id: Option<SessionId>,
        /// How many seconds earlier.
        seconds_earlier: Option<i64>,
    },
    /// The code belongs to another moment: the app's clock is off, or an old code was typed.
    ClockOff {
        /// Steps; above zero: the app's clock is ahead.
        steps: i64,
        /// The same in seconds.
        seconds: i64,
    },
    /// The code was wrong and belongs to no moment near.
    WrongCode {
        /// The how manieth wrong answer of this attempt.
        answer: i32,
        /// How many an attempt takes; `None` when it takes one.
        of: Option<i32>,
        /// Wrong answers in a row, over all attempts.
        in_row: Option<i32>,
        /// How many in a row lock the member.
        locks_at: i32,
    },
    /// So many wrong answers that the attempt ended.
    TooManyWrong {
        /// How many.
        answers: i32,
    },
    /// The member is locked after too many wrong second factors.
    Locked {
        /// Until when, if that is known.
        until: Option<Timestamp>,
        /// True when this attempt brought the lock; else it was there before and nothing was compared.
        here: bool,
    },
    /// A wait holds after wrong answers; nothing was compared.
    Throttled {
        /// Until when, if that is known.
        until: Option<Timestamp>,
    },
    /// Nothing is registered that could answer.
    NoMethods {
        /// Methods that are registered and not allowed by the policy, or of another kind than the one asked.
        other_kinds: Vec<MethodKind>,
    },
    /// The method is switched off.
    MethodOff {
        /// Which kinds are off.
        kinds: Vec<MethodKind>,
        /// Wrong answers switched it off, not an admin.
        by_wrong_answers: bool,
    },
    /// The account or the organisation is switched off.
    AccountOff,
    /// The password was wrong.
    WrongPassword {
        /// How often in this attempt.
        times: i32,
    },
    /// No member has the name.
    UnknownName,
    /// An admin blocked the member.
    Blocked,
    /// A rule of the policy refuses.
    BlockedByRule {
        /// The rule's name.
        rule: Option<String>,
        /// The version of the policy.
        version: Option<i32>,
    },
    /// Registration has to come first.
    RegistrationNeeded {
        /// Why.
        reasons: Vec<RegistrationReason>,
    },
    /// First registration is not allowed with a password alone.
    RegistrationRefused,
    /// The policy demands a stronger second factor than the member has.
    MethodTooWeak,
    /// A new password without help is not for this member.
    ResetNotOffered,
    /// A second factor was asked and nobody answered.
    NeverAnswered {
        /// The kind asked.
        method: Option<MethodKind>,
        /// Wrong answers before that.
        wrong: i32,
    },
    /// The page was left before anything was decided.
    LeftEarly,
    /// No sign-in: the desk asked a caller to read back what was sent to the account.
    CallerCheck {
        /// He did; `None` while it waits.
        passed: Option<bool>,
    },
    /// The program used the password where only an app password is good.
    AppPasswordRequired,
    /// Not every answer to a security question was right.
    WrongAnswers,
    /// There are no security questions that may be asked.
    NoQuestions,
    /// The pass had expired.
    PassExpired,
    /// A passkey that opens nothing here.
    PasskeyRefused,
    /// The pass had not begun.
    PassEarly {
        /// When it begins.
        from: Timestamp,
    },
    /// The pass was good for one use, and had been used.
    PassUsed,
    /// A push or call ended without a yes.
    NotApproved {
        /// How.
        reason: Reason,
    },
    /// Two requests for the same thing at once.
    Repeated,
    /// Something is wrong on our side.
    OurFault {
        /// What.
        reason: Reason,
    },
    /// The attempt is open and waits.
    Waiting {
        /// For what.
        stage: Stage,
        /// When it ends if nothing more happens.
        ends_at: Timestamp,
    },
}

/// Something that fixes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fix {
    /// Nothing is wrong.
    NothingToDo,
    /// Tell the member to wait for the next code and type that.
    TellNextCode,
    /// Tell the member to look for the code under the right account in the app.
    TellRightAccount,
    /// Tell the member to start again.
    TellStartAgain,
    /// Tell the member to wait.
    TellToWait {
        /// Until when.
        until: Timestamp,
    },
    /// Tell the member to check the name.
    TellRightName,
    /// Tell the member to check the password.
    TellRightPassword,
    /// Tell the member to go on to the end.
    TellToFinish,
    /// Tell the member to make an app password for the program.
    TellAppPassword,
    /// Have the phone set its clock by the network.
    ResyncClock,
    /// Clear locks and waits, and switch on what wrong answers switched off.
    Unlock,
    /// Require registration again.
    RequireReregistration,
    /// Send a set-up link.
    SendSetUpLink,
    /// Give a Temporary Access Pass.
    GivePass,
    /// Switch the account on.
    EnableAccount,
    /// Lift the block.
    LiftBlock,
    /// Look at the policy.
    CheckPolicy {
        /// At this rule; `None`: at the table of methods.
        rule: Option<String>,
    },
    /// Tell the operator of the installation.
    TellOperator,
}

impl Fix {
    /// What it needs; `None` for what is said and not done.
    pub const fn needs(&self) -> Option<Permission> {
        match self {
            Self::NothingToDo
            | Self::TellNextCode
            | Self::TellRightAccount
            | Self::TellStartAgain
            | Self::TellToWait { .. }
            | Self::TellRightName
            | Self::TellRightPassword
            | Self::TellToFinish
            | Self::TellAppPassword
            | Self::ResyncClock
            | Self::TellOperator => None,
            Self::Unlock => Some(Permission::Unlock),
            Self::RequireReregistration | Self::LiftBlock => Some(Permission::ManageMfa),
            Self::SendSetUpLink | Self::EnableAccount => Some(Permission::ManageMembers),
            Self::GivePass => Some(Permission::GivePasses),
            Self::CheckPolicy { .. } => Some(Permission::PublishPolicy),
        }
    }

    /// True when it changes something about a member, so that there must be one.
    const fn is_for_a_member(&self) -> bool {
        matches!(
            self.needs(),
            Some(Permission::Unlock | Permission::ManageMfa | Permission::ManageMembers | Permission::GivePasses)
        )
    }
}

/// What happened, and what fixes it, best first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// What happened.
    pub finding: Finding,
    /// A sign-in after this one went well: nothing is left to fix.
    pub good_since: Option<Timestamp>,
    /// What fixes it.
    pub fixes: Vec<Fix>,
}

impl Diagnosis {
    /// Judges an attempt.
    pub fn of(facts: &CaseFacts<'_>) -> Self {
        let finding = facts.finding();
        let mut fixes = match facts.good_since {
            Some(_) => vec![Fix::NothingToDo],
            None => facts.fixes(&finding),
        };
        if facts.row.member_id.is_none() {
            fixes.retain(|fix| !fix.is_for_a_member());
        }
        Self {
            finding,
            good_since: facts.good_since,
            fixes,
        }
    }
}

/// Wrong answers in a row after which an app with another secret is more likely than a slip.
const SLIPS_MAX: i32 = 3;

impl CaseFacts<'_> {
    fn finding(&self) -> Finding {
        if self.row.purpose == Purpose::CallerCheck {
            return Finding::CallerCheck {
                passed: self.row.decision.map(|decision| decision == Decision::Allowed),
            };
        }
        let Some(reason) = self.row.reason else {
            return self.waiting();
        };
        match reason {
            Reason::RightCode
            | Reason::RecoveryCodeUsed
            | Reason::Registered
            | Reason::PasswordOnly
            | Reason::Approved
            | Reason::Passkey
            | Reason::Bypassed
            | Reason::TrustedNetwork
            | Reason::RememberedDevice => Finding::Allowed {
                how: reason,
                method: self.row.method_kind,
            },
            Reason::WrongCode if self.row.method_kind == Some(MethodKind::SecurityQuestions) => Finding::WrongAnswers,
            Reason::NoMethods | Reason::MethodOff if self.row.method_kind == Some(MethodKind::SecurityQuestions) => Finding::NoQuestions,
            Reason::WrongCode | Reason::CodeOutOfDate | Reason::TooManyCodes => self.wrong_code(reason),
            Reason::CodeReused if self.row.method_kind == Some(MethodKind::Pass) => Finding::PassUsed,
            Reason::CodeReused => self.code_reused(),
            Reason::Locked => Finding::Locked {
                until: self.until(reason).or(self.locked_until),
                here: self.wrong_answers() > 0,
            },
            Reason::Throttled => Finding::Throttled { until: self.until(reason) },
            Reason::NoMethods => Finding::NoMethods {
                other_kinds: self.kinds(|m| m.on),
            },
            Reason::MethodOff => Finding::MethodOff {
                kinds: self.kinds(|m| !m.on),
                by_wrong_answers: self.methods.iter().any(|m| m.disabled_reason.as_deref() == Some("too_many_wrong")),
            },
            Reason::Disabled => Finding::AccountOff,
            Reason::WrongPassword => Finding::WrongPassword {
                times: self.count(StepKind::PasswordWrong).max(1),
            },
            Reason::NotFound => Finding::UnknownName,
            Reason::Blocked => Finding::Blocked,
            Reason::BlockedByPolicy => Finding::BlockedByRule {
                rule: self.policy.and_then(|p| p.because.as_ref()).and_then(|because| match because {
                    Because::Rule(name) => Some(name.clone()),
                    Because::Nothing | Because::MfaState | Because::Role => None,
                }),
                version: self.row.policy_version,
            },
            Reason::RegistrationRequired => Finding::RegistrationNeeded {
                reasons: self.row.registration_reasons.clone(),
            },
            Reason::RegistrationRefused => Finding::RegistrationRefused,
            Reason::MethodTooWeak => Finding::MethodTooWeak,
            Reason::ResetNotOffered => Finding::ResetNotOffered,
            Reason::CodeNeverEntered | Reason::SignInExpired => Finding::NeverAnswered {
                method: self.asked().or(self.row.method_kind),
                wrong: self.wrong_answers(),
            },
            Reason::PageClosed => Finding::LeftEarly,
            Reason::AppPasswordRequired => Finding::AppPasswordRequired,
            Reason::PasskeyRefused => Finding::PasskeyRefused,
            Reason::PassExpired => self.pass_begins().map_or(Finding::PassExpired, |from| Finding::PassEarly { from }),
            Reason::Declined
            | Reason::FraudReported
            | Reason::PushNoResponse
            | Reason::PushFailed
            | Reason::Unreachable
            | Reason::Voicemail
            | Reason::HungUp
            | Reason::WrongPin
            | Reason::PinMissing
            | Reason::BadPhone
            | Reason::Busy
            | Reason::NoAnswer => Finding::NotApproved { reason },
            Reason::InProgress | Reason::Duplicate => Finding::Repeated,
            Reason::Clock | Reason::ServiceError | Reason::Misconfiguration => Finding::OurFault { reason },
        }
    }

    fn waiting(&self) -> Finding {
        let open = self.open.unwrap_or(OpenAttempt {
            stage: Stage::Decided,
            ends_at: self.row.occurred_at,
        });
        Finding::Waiting {
            stage: open.stage,
            ends_at: open.ends_at,
        }
    }

    /// The steps tell more than the reason: an attempt that ended after too many codes may have ended so because of a clock.
    fn wrong_code(&self, reason: Reason) -> Finding {
        if let Some(steps) = self.steps_off() {
            return Finding::ClockOff {
                steps,
                seconds: steps * self.code_seconds(),
            };
        }
        let last = self.steps.iter().rev().find(|s| matches!(s.kind, StepKind::CodeWrong | StepKind::CodeReused));
        if last.is_some_and(|s| s.kind == StepKind::CodeReused) {
            return self.code_reused();
        }
        if reason == Reason::TooManyCodes {
            return Finding::TooManyWrong { answers: self.wrong_answers() };
        }
        Finding::WrongCode {
            answer: self.wrong_answers().max(1),
            of: (self.count(StepKind::CodeAsked) > 0).then_some(self.limits.challenge_wrong_max),
            in_row: last.and_then(|s| s.detail["in_row"].as_i64()).map(|n| n as i32),
            locks_at: self.limits.lockout_after,
        }
    }

    fn code_reused(&self) -> Finding {
        // The code was refused at its own step, which may be earlier than the end of the attempt.
        let refused = self
            .steps
            .iter()
            .rev()
            .find(|s| s.kind == StepKind::CodeReused)
            .map_or(self.row.occurred_at, |s| s.at);
        let registered = self.confirmed_at.filter(|at| *at <= refused);
        match (self.accepted, registered) {
            (Some(accepted), registered) if registered.is_none_or(|at| at <= accepted.at) => Finding::CodeReused {
                place: Some(place(accepted)),
                session_id: Some(accepted.session_id),
                seconds_earlier: Some(refused.duration_since(accepted.at).as_secs()),
            },
            (_, Some(at)) => Finding::CodeReused {
                place: Some(Place::Registration),
                session_id: None,
                seconds_earlier: Some(refused.duration_since(at).as_secs()),
            },
            _ => Finding::CodeReused {
                place: None,
                session_id: None,
                seconds_earlier: None,
            },
        }
    }

    fn fixes(&self, finding: &Finding) -> Vec<Fix> {
        let wait = |until: &Option<Timestamp>| until.filter(|u| *u > self.now).map(|until| Fix::TellToWait { until });
        match finding {
            Finding::Allowed { .. } | Finding::LeftEarly | Finding::Repeated | Finding::CallerCheck { .. } => vec![Fix::NothingToDo],
            Finding::CodeReused { .. } => vec![Fix::TellNextCode],
            // A code of a minute ago is as likely typed late as made by a slow clock.
            Finding::ClockOff { steps, .. } if (-3..0).contains(steps) => vec![Fix::TellNextCode, Fix::ResyncClock],
            Finding::ClockOff { .. } => vec![Fix::ResyncClock, Fix::TellNextCode],
            Finding::WrongCode { in_row, .. } if in_row.is_none_or(|n| n < SLIPS_MAX) => vec![Fix::TellNextCode, Fix::TellRightAccount],
            Finding::WrongCode { .. } | Finding::TooManyWrong { .. } => vec![Fix::TellRightAccount, Fix::TellNextCode, Fix::RequireReregistration],
            Finding::Locked { until, .. } => match wait(until) {
                Some(wait) => {
                    let clock = self.steps_off().map(|_| Fix::ResyncClock);
                    [Fix::Unlock, wait].into_iter().chain(clock).collect()
                }
                None => vec![Fix::TellStartAgain],
            },
            Finding::Throttled { until } => match wait(until) {
                Some(wait) => vec![wait, Fix::Unlock],
                None => vec![Fix::TellNextCode],
            },
            Finding::NoMethods { other_kinds } if !other_kinds.is_empty() => vec![Fix::CheckPolicy { rule: None }, Fix::SendSetUpLink],
            Finding::NoMethods { .. } | Finding::RegistrationRefused | Finding::MethodTooWeak => vec![Fix::GivePass, Fix::SendSetUpLink],
            Finding::ResetNotOffered => vec![Fix::SendSetUpLink],
            Finding::MethodOff { by_wrong_answers: true, .. } => vec![Fix::Unlock, Fix::RequireReregistration],
            Finding::MethodOff { .. } => vec![Fix::CheckPolicy { rule: None }, Fix::RequireReregistration],
            Finding::AccountOff => vec![Fix::EnableAccount],
            Finding::WrongPassword { .. } => vec![Fix::TellRightPassword, Fix::SendSetUpLink],
            Finding::UnknownName => vec![Fix::TellRightName],
            Finding::Blocked => vec![Fix::LiftBlock],
            Finding::BlockedByRule { rule, .. } => vec![Fix::CheckPolicy { rule: rule.clone() }],
            Finding::RegistrationNeeded { .. } => vec![Fix::TellToFinish, Fix::SendSetUpLink],
            Finding::NeverAnswered { .. } => vec![Fix::TellStartAgain, Fix::RequireReregistration],
            Finding::AppPasswordRequired => vec![Fix::TellAppPassword],
            Finding::WrongAnswers => vec![Fix::TellStartAgain, Fix::SendSetUpLink],
            Finding::NoQuestions => vec![Fix::SendSetUpLink],
            Finding::PasskeyRefused => vec![Fix::GivePass, Fix::SendSetUpLink],
            Finding::PassExpired | Finding::PassUsed => vec![Fix::GivePass, Fix::SendSetUpLink],
            Finding::PassEarly { from } => wait(&Some(*from)).into_iter().chain([Fix::GivePass]).collect(),
            Finding::NotApproved { .. } => vec![Fix::TellStartAgain],
            Finding::OurFault { .. } => vec![Fix::TellOperator],
            Finding::Waiting { .. } => vec![Fix::TellToFinish],
        }
    }

    fn count(&self, kind: StepKind) -> i32 {
        self.steps.iter().filter(|s| s.kind == kind).count() as i32
    }

    fn wrong_answers(&self) -> i32 {
        self.count(StepKind::CodeWrong) + self.count(StepKind::CodeReused)
    }

    /// By how many steps the last wrong code was off that belonged to a moment near.
    fn steps_off(&self) -> Option<i64> {
        self.steps
            .iter()
            .rev()
            .filter(|s| s.kind == StepKind::CodeWrong)
            .find_map(|s| s.detail["steps_off"].as_i64())
    }

    /// Until when nothing is compared, as the step says that refused for this reason.
    fn until(&self, reason: Reason) -> Option<Timestamp> {
        let refused = |s: &&StepView| matches!(s.kind, StepKind::Locked | StepKind::Throttled) && s.detail["reason"] == reason.as_str();
        let step = self.steps.iter().rev().find(refused)?;
        step.detail["until"].as_str()?.parse().ok()
    }

    /// From when the pass is good that was shown too early.
    fn pass_begins(&self) -> Option<Timestamp> {
        let refused = |s: &&StepView| s.kind == StepKind::CodeWrong && s.detail["method"] == MethodKind::Pass.as_str();
        let step = self.steps.iter().rev().find(refused)?;
        step.detail["from"].as_str()?.parse().ok()
    }

    fn asked(&self) -> Option<MethodKind> {
        let step = self.steps.iter().rev().find(|s| s.kind == StepKind::CodeAsked)?;
        MethodKind::from_text(step.detail["method"].as_str()?)
    }

    fn kinds(&self, which: impl Fn(&MethodView) -> bool) -> Vec<MethodKind> {
        let mut kinds: Vec<MethodKind> = self.methods.iter().filter(|m| which(m)).map(|m| m.kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    fn code_seconds(&self) -> i64 {
        let method = self.methods.iter().find(|m| Some(m.id) == self.row.method_id);
        i64::from(method.and_then(|m| m.code_seconds).unwrap_or(OathParams::default().period))
    }
}

fn place(accepted: &GoodSignIn) -> Place {
    match (&accepted.application, accepted.purpose) {
        (Some(application), _) => Place::Application(application.clone()),
        (None, Purpose::Verification) => Place::OtherSystem,
        (None, Purpose::SignIn) => Place::Portal,
        (None, Purpose::StepUp | Purpose::AddMethod | Purpose::Reset | Purpose::CallerCheck) => Place::Change,
        (None, Purpose::SetUp) => Place::Registration,
    }
}
