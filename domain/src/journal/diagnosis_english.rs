//! The English words of a diagnosis, for programs that read the REST interface. The pages have their own, in every language.

use super::diagnosis::{Diagnosis, Finding, Fix, Place};
use crate::verification::facts::Stage;
use jiff::Timestamp;
use model::{Reason, RegistrationReason};
use serde::Serialize;

/// A diagnosis in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InEnglish {
    /// What happened, one sentence.
    pub what: String,
    /// Why, one or two sentences.
    pub why: String,
    /// What fixes it, best first, a sentence each.
    pub fix: Vec<String>,
}

impl Diagnosis {
    /// The diagnosis in plain English.
    pub fn in_english(&self) -> InEnglish {
        let (what, mut why) = self.finding.in_english();
        if let Some(at) = self.good_since {
            why = format!("{why} A later sign-in, at {}, went well.", moment(at));
        }
        InEnglish {
            what,
            why,
            fix: self.fixes.iter().map(Fix::in_english).collect(),
        }
    }
}

impl Finding {
    /// What, and why.
    fn in_english(&self) -> (String, String) {
        let plain = |what: &str, why: &str| (what.to_owned(), why.to_owned());
        match self {
            Self::Allowed { how, method } => {
                let by = method.map_or(String::new(), |m| format!(" Method: {m}."));
                (format!("Allowed: {}.", reason_text(*how)), format!("Everything asked for was given.{by}"))
            }
            Self::CodeReused {
                place,
                session_id,
                seconds_earlier,
            } => {
                let session = session_id.map_or(String::new(), |s| format!(", session {s}"));
                let why = match (place, seconds_earlier) {
                    (Some(place), Some(seconds)) => format!("It was accepted {} earlier for {}{session}.", duration(*seconds), place.in_english()),
                    _ => "It, or a later one, had been accepted before.".to_owned(),
                };
                ("The code was right, but it had been used.".to_owned(), format!("{why} Each code works once."))
            }
            Self::ClockOff { steps, seconds } => {
                let off = duration(seconds.abs());
                let (side, way) = if *steps > 0 { ("after", "ahead of") } else { ("before", "behind") };
                // Nobody can type a code that has not been shown, but an old one can be typed late.
                let late = if *steps > 0 { "" } else { ", or an old code was typed" };
                (
                    format!("The code belongs to another moment: {off} {side} it was typed."),
                    format!("The clock of the phone is {off} {way} the right time{late}."),
                )
            }
            Self::WrongCode { answer, of, in_row, locks_at } => {
                let counted = of.map_or("The code was wrong.".to_owned(), |of| format!("The code was wrong: answer {answer} of {of}."));
                let row = in_row.map_or(String::new(), |n| format!(" It was wrong number {n} in a row; {locks_at} lock the account."));
                (
                    counted,
                    format!("It belongs to no moment near: mistyped, made for another account, or by an app with another secret.{row}"),
                )
            }
            Self::TooManyWrong { answers } => (
                format!("The attempt ended after {answers} wrong codes."),
                "They belong to no moment near: made for another account, or by an app with another secret.".to_owned(),
            ),
            Self::Locked { until, here } => (
                until.map_or("The account is locked.".to_owned(), |u| format!("The account is locked until {}.", moment(u))),
                match here {
                    true => "This attempt brought one wrong second factor too many.".to_owned(),
                    false => "Too many second factors had been wrong before this attempt; nothing was compared.".to_owned(),
                },
            ),
            Self::Throttled { until } => (
                until.map_or("A wait holds.".to_owned(), |u| format!("A wait holds until {}.", moment(u))),
                "Several codes were wrong shortly before; this one was not compared and does not count.".to_owned(),
            ),
            Self::NoMethods { other_kinds } if other_kinds.is_empty() => {
                plain("Nothing is registered.", "The member has no method that could make or receive a code.")
            }
            Self::NoMethods { other_kinds } => (
                "Nothing that is registered may be used.".to_owned(),
                format!(
                    "Registered: {}; the policy does not allow them for this, or another kind was asked.",
                    list(other_kinds)
                ),
            ),
            Self::MethodOff { kinds, by_wrong_answers } => (
                format!("The method is switched off: {}.", list(kinds)),
                match by_wrong_answers {
                    true => "Too many wrong answers switched it off.".to_owned(),
                    false => "It was switched off for this member.".to_owned(),
                },
            ),
            Self::AccountOff => plain("The account or the organisation is switched off.", "An admin or the operator did that."),
            Self::WrongPassword { times: 1 } => plain("The password was wrong.", "The second step was never reached."),
            Self::WrongPassword { times } => (
                format!("The password was wrong {times} times."),
                "The second step was never reached.".to_owned(),
            ),
            Self::UnknownName => plain(
                "No member has this name.",
                "Mistyped, of another organisation, or removed. Whoever tried was told the same as for a wrong code or password.",
            ),
            Self::Blocked => plain("The member is blocked.", "An admin blocked the member, or a fraud report did."),
            Self::BlockedByRule { rule, version } => {
                let version = version.map_or(String::new(), |v| format!(" Policy version {v}."));
                let rule = rule.as_deref().unwrap_or("a rule");
                (format!("Blocked by the rule “{rule}”."), format!("The rule matched and refuses.{version}"))
            }
            Self::RegistrationNeeded { reasons } => (
                "Stopped: security info has to be registered first.".to_owned(),
                reasons.iter().map(|r| registration_text(*r)).collect::<Vec<_>>().join(" "),
            ),
            Self::RegistrationRefused => plain(
                "The first method cannot be registered with a password alone.",
                "The organisation lives by the strict profile.",
            ),
            Self::MethodTooWeak => plain(
                "A passkey is demanded and the member has none.",
                "A rule of the policy asks for a phishing-resistant method.",
            ),
            Self::ResetNotOffered => plain(
                "A new password was asked for, and the organisation does not let this member set one without help.",
                "The policy names who may.",
            ),
            Self::NeverAnswered { method, wrong } => {
                let asked = method.map_or("A second step was asked".to_owned(), |m| format!("A second step was asked ({m})"));
                let before = if *wrong > 0 { format!(" after {wrong} wrong") } else { String::new() };
                (
                    format!("{asked} and never answered{before}."),
                    "The time ran out: the page was left, the phone was not at hand, or somebody else has the password.".to_owned(),
                )
            }
            Self::CallerCheck { passed: Some(true) } => plain(
                "The caller was confirmed.",
                "He read back what the desk had sent to the account. Nobody was let in by it.",
            ),
            Self::CallerCheck { passed: Some(false) } => plain(
                "The caller was not confirmed.",
                "What was read back was wrong too often, or nothing was. Do nothing for this caller, and call back at a number you know.",
            ),
            Self::CallerCheck { passed: None } => plain("A caller is being checked.", "A code was sent, and is to be read back to the desk."),
            Self::LeftEarly => plain("Left before anything was decided.", "The page was closed before a second step was asked."),
            Self::WrongAnswers => plain(
                "Not every answer to a security question was right.",
                "All of them must be, and nobody is told which one was not.",
            ),
            Self::NoQuestions => plain(
                "There are no security questions that may be asked.",
                "The member has not answered enough of them, the organisation does not allow them, or the account has a role.",
            ),
            Self::AppPasswordRequired => plain(
                "The program used the password.",
                "MFA is enforced for the member: a program that cannot ask for a second step needs an app password.",
            ),
            Self::PasskeyRefused => plain(
                "The passkey was not accepted.",
                "It was removed here, is another account's, or its signature was wrong. Another way of the member still opens the account.",
            ),
            Self::PassExpired => plain("The pass had expired.", "A pass works only within its time."),
            Self::PassEarly { from } => (
                format!("The pass is not good before {}.", moment(*from)),
                "It was given with a start that lies ahead.".to_owned(),
            ),
            Self::PassUsed => plain("The pass had been used.", "It was given for one use alone."),
            Self::NotApproved { reason } => (format!("Not approved: {}.", reason_text(*reason)), "The answer was not a yes.".to_owned()),
            Self::Repeated => plain(
                "The same request came twice.",
                "Another one for the same member was being decided at that moment.",
            ),
            Self::OurFault { reason } => (
                format!("Something was wrong on our side: {}.", reason_text(*reason)),
                "Nothing that the member did.".to_owned(),
            ),
            Self::Waiting { stage, ends_at } => {
                let what = match stage {
                    Stage::Password => "The attempt is open and waits for the password.",
                    Stage::Second => "The attempt is open and waits for the second step.",
                    Stage::Register => "The attempt is open and waits for security info to be registered.",
                    Stage::Decided => "The attempt is being decided.",
                };
                (what.to_owned(), format!("It ends at {} if nothing more happens.", moment(*ends_at)))
            }
        }
    }
}

impl Fix {
    /// One sentence.
    pub fn in_english(&self) -> String {
        let text = match self {
            Self::NothingToDo => "Nothing needs to be done.",
            Self::TellNextCode => "Ask the member to wait for the next code and type that.",
            Self::TellRightAccount => "Ask the member to use the code that stands under this organisation's name in the app.",
            Self::TellStartAgain => "Ask the member to start again.",
            Self::TellToWait { until } => return format!("Ask the member to wait until {}.", moment(*until)),
            Self::TellRightName => "Ask the member to check the name.",
            Self::TellRightPassword => "Ask the member to check the password.",
            Self::TellToFinish => "Ask the member to go on to the end.",
            Self::TellAppPassword => "Ask the member to make an app password for this program.",
            Self::ResyncClock => "Ask the member to let the phone set its clock by the network.",
            Self::Unlock => "Unlock the member, which clears waits and switches methods on again.",
            Self::RequireReregistration => "Require registration again, so that the app gets a new secret.",
            Self::SendSetUpLink => "Send the member a set-up link.",
            Self::GivePass => "Give the member a Temporary Access Pass.",
            Self::EnableAccount => "Switch the account on.",
            Self::LiftBlock => "Lift the block.",
            Self::CheckPolicy { rule: Some(rule) } => return format!("Check the rule “{rule}” of the policy."),
            Self::CheckPolicy { rule: None } => "Check the policy's table of methods.",
            Self::TellOperator => "Tell the operator of the installation.",
        };
        text.to_owned()
    }
}

impl Place {
    fn in_english(&self) -> String {
        match self {
            Self::Application(name) => name.clone(),
            Self::OtherSystem => "another system".into(),
            Self::Portal => "signing in".into(),
            Self::Change => "confirming a change".into(),
            Self::Registration => "registering the app".into(),
        }
    }
}

fn reason_text(reason: Reason) -> &'static str {
    match reason {
        Reason::RightCode => "right code",
        Reason::RecoveryCodeUsed => "recovery code",
        Reason::Registered => "registered on the way",
        Reason::PasswordOnly => "password, and nothing asked for more",
        Reason::Approved => "approved in the app",
        Reason::Passkey => "passkey",
        Reason::Bypassed => "one-time bypass, without a second step",
        Reason::TrustedNetwork => "trusted network, without a second step",
        Reason::RememberedDevice => "remembered browser, without a second step",
        Reason::FraudReported => "reported by the member: somebody else was trying",
        Reason::Declined => "declined in the app",
        Reason::PushNoResponse => "no response to the notification",
        Reason::PushFailed => "the notification could not be sent",
        Reason::Unreachable => "the phone could not be reached",
        Reason::Voicemail => "the call went to voicemail",
        Reason::HungUp => "hung up",
        Reason::WrongPin => "wrong PIN",
        Reason::PinMissing => "the call asks for a PIN, and the member has none",
        Reason::BadPhone => "the phone number is not one",
        Reason::Busy => "the line was busy",
        Reason::NoAnswer => "nobody took the call",
        Reason::Clock => "the clock of a server is wrong",
        Reason::ServiceError => "a part of the service failed",
        Reason::Misconfiguration => "settings are missing or contradict each other",
        // The others have findings of their own, with their own words.
        other => other.as_str(),
    }
}

fn registration_text(reason: RegistrationReason) -> &'static str {
    match reason {
        RegistrationReason::MfaEnabledNoInfo => "MFA is switched on for the member and nothing is registered.",
        RegistrationReason::AppPolicyRequiresMfa => "A rule for the application asks for a second step and nothing is registered.",
        RegistrationReason::DeviceRegistration => "Joining a device asks for a second step.",
        RegistrationReason::HelloProvisioning => "Setting up a credential of the device asks for a second step.",
        RegistrationReason::MethodDisabledByAdmin => "The method that was registered is not allowed any more.",
        RegistrationReason::RegistrationPolicy => "The organisation asks everybody to register.",
        RegistrationReason::SsprEnabled => "Self-service reset is on and needs security info.",
    }
}

/// `2026-11-17 09:41:29 UTC`.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `20 seconds`, `3 minutes`, `1 minute 30 seconds`, `2 hours`.
pub(super) fn duration(seconds: i64) -> String {
    let count = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, 0, seconds) => count(seconds, "second"),
        (0, minutes, 0) => count(minutes, "minute"),
        (0, minutes, seconds) => format!("{} {}", count(minutes, "minute"), count(seconds, "second")),
        (hours, 0, _) => count(hours, "hour"),
        (hours, minutes, _) => format!("{} {}", count(hours, "hour"), count(minutes, "minute")),
    }
}

fn list(kinds: &[model::MethodKind]) -> String {
    kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ")
}
