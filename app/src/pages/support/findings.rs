//! A diagnosis in words. No arm catches all: a new finding does not compile until somebody has decided what support may read.

use domain::{
    journal::{
        CaseView,
        diagnosis::{Finding, Place},
        view::CaseMember,
    },
    verification::facts::Stage,
};
use jiff::Timestamp;
use model::{Family, MethodKind, Purpose, RegistrationReason, SessionId};

use crate::{format, pages::words, visit::visit};

/// What happened, and what it means.
pub(crate) struct Said {
    /// One sentence.
    pub what: String,
    /// A few more.
    pub why: String,
    /// The attempt in which the code was accepted.
    pub earlier: Option<SessionId>,
}

/// The words for a case.
pub(crate) fn said(case: &CaseView) -> Said {
    let who = first_name(case);
    let counted = case.counters.iter().find(|counter| counter.scope == "guard").map(|counter| counter.in_row);
    let (what, mut why) = finding(&case.diagnosis.finding, &who, counted);
    let earlier = match &case.diagnosis.finding {
        Finding::CodeReused { session_id, .. } => *session_id,
        _ => None,
    };
    if let (Some(_), Some(reason)) = (case.open, case.row.reason) {
        why = format!("{} {why}", text!(support.why_last_refusal, reason = words::reason(reason)));
    }
    if let Some(at) = case.diagnosis.good_since {
        why = format!("{why} {}", text!(support.why_good_since, at = format::moment(at)));
    }
    Said { what, why, earlier }
}

/// The given name where it is known, else "the member".
pub(crate) fn first_name(case: &CaseView) -> String {
    let member = case.member.as_ref().and_then(|m| m.given_name.clone());
    let logged = || case.row.personal.as_ref().and_then(|p| p.given_name.clone());
    member.or_else(logged).unwrap_or_else(|| text!(support.the_member).to_owned())
}

/// The whole name, else the sign-in name.
pub(crate) fn member_name(member: &CaseMember) -> String {
    joined(member.given_name.as_deref(), member.family_name.as_deref()).unwrap_or_else(|| member.upn.clone())
}

/// Given and family name.
pub(crate) fn joined(given: Option<&str>, family: Option<&str>) -> Option<String> {
    let name = [given, family].into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

/// `counted` are the member's wrong answers in a row as they are counted now.
fn finding(finding: &Finding, who: &str, counted: Option<i32>) -> (String, String) {
    let plain = |what: &str, why: &str| (what.to_owned(), why.to_owned());
    match finding {
        Finding::Allowed { how, .. } => (text!(support.find_allowed, how = words::reason(*how)), text!(support.why_allowed).to_owned()),
        Finding::CodeReused { place, seconds_earlier, .. } => {
            let what = match (place, seconds_earlier) {
                (Some(at), Some(seconds)) => text!(support.find_reused, who = who, ago = exact(*seconds), place = place_name(at)),
                _ => text!(support.find_reused_plain).to_owned(),
            };
            (what, text!(support.why_reused).to_owned())
        }
        Finding::ClockOff { steps, seconds } if *steps > 0 => (
            text!(support.find_clock_ahead, off = exact(*seconds)),
            text!(support.why_clock_ahead).to_owned(),
        ),
        Finding::ClockOff { seconds, .. } => (
            text!(support.find_clock_behind, off = exact(*seconds)),
            text!(support.why_clock_behind).to_owned(),
        ),
        Finding::WrongCode { answer, of, in_row, locks_at } => {
            let what = match of {
                Some(of) => text!(support.find_wrong_of, answer = *answer, of = *of),
                None => text!(support.find_wrong).to_owned(),
            };
            let row = in_row.map(|number| match counted {
                Some(now) if now < number => text!(support.why_wrong_row_past, number = number),
                _ => text!(support.why_wrong_row, number = number, limit = *locks_at),
            });
            (what, sentences([Some(text!(support.why_wrong).to_owned()), row]))
        }
        Finding::TooManyWrong { answers } => (
            text!(support.find_too_many, count = answers.unsigned_abs()),
            text!(support.why_too_many).to_owned(),
        ),
        Finding::Locked { until, here } => {
            let what = match until {
                Some(until) if ahead(*until) => text!(support.find_locked_until, until = format::moment(*until)),
                Some(until) => text!(support.find_was_locked, until = format::moment(*until)),
                None => text!(support.find_locked).to_owned(),
            };
            let why = if *here {
                text!(support.why_locked_here)
            } else {
                text!(support.why_locked_before)
            };
            (what, why.to_owned())
        }
        Finding::Throttled { until } => {
            let what = match until {
                Some(until) if ahead(*until) => text!(support.find_throttled_until, until = format::moment(*until)),
                Some(until) => text!(support.find_throttled_past, until = format::moment(*until)),
                None => text!(support.find_throttled).to_owned(),
            };
            (what, text!(support.why_throttled).to_owned())
        }
        Finding::NoMethods { other_kinds } if other_kinds.is_empty() => plain(text!(support.find_no_methods), text!(support.why_no_methods)),
        Finding::NoMethods { other_kinds } => (
            text!(support.find_not_allowed).to_owned(),
            text!(support.why_not_allowed, kinds = kinds(other_kinds)),
        ),
        Finding::MethodOff { kinds: off, by_wrong_answers } => {
            let what = match off.is_empty() {
                true => text!(support.find_method_off).to_owned(),
                false => text!(support.find_method_off_kinds, kinds = kinds(off)),
            };
            let why = if *by_wrong_answers {
                text!(support.why_off_wrong)
            } else {
                text!(support.why_off_admin)
            };
            (what, why.to_owned())
        }
        Finding::AccountOff => plain(text!(support.find_account_off), text!(support.why_account_off)),
        Finding::WrongPassword { times } => (
            text!(support.find_password, count = times.unsigned_abs()),
            text!(support.why_password).to_owned(),
        ),
        Finding::UnknownName => plain(text!(support.find_unknown), text!(support.why_unknown)),
        Finding::Blocked => plain(text!(support.find_blocked), text!(support.why_blocked)),
        Finding::BlockedByRule { rule, version } => {
            let what = match rule {
                Some(rule) => text!(support.find_rule, rule = rule.clone()),
                None => text!(support.find_rule_plain).to_owned(),
            };
            let version = version.map(|version| text!(support.why_rule_version, version = version));
            (what, sentences([Some(text!(support.why_rule).to_owned()), version]))
        }
        Finding::RegistrationNeeded { reasons } => (
            text!(support.find_registration).to_owned(),
            reasons.iter().map(|reason| registration(*reason)).collect::<Vec<_>>().join(" "),
        ),
        Finding::RegistrationRefused => plain(text!(support.find_registration_refused), text!(support.why_registration_refused)),
        Finding::MethodTooWeak => plain(text!(support.find_method_too_weak), text!(support.why_method_too_weak)),
        Finding::ResetNotOffered => plain(text!(support.find_reset_not_offered), text!(support.why_reset_not_offered)),
        Finding::NeverAnswered { method, wrong } => {
            let what = match method {
                Some(kind) => text!(support.find_unanswered_method, method = words::method_key(*kind).said()),
                None => text!(support.find_unanswered).to_owned(),
            };
            let before = (*wrong > 0).then(|| text!(support.why_unanswered_wrong, count = wrong.unsigned_abs()));
            (what, sentences([before, Some(text!(support.why_unanswered).to_owned())]))
        }
        Finding::CallerCheck { passed: Some(true) } => plain(text!(support.find_caller_right), text!(support.why_caller_right)),
        Finding::CallerCheck { passed: Some(false) } => plain(text!(support.find_caller_wrong), text!(support.why_caller_wrong)),
        Finding::CallerCheck { passed: None } => plain(text!(support.find_caller_waits), text!(support.why_caller_waits)),
        Finding::LeftEarly => plain(text!(support.find_left), text!(support.why_left)),
        Finding::WrongAnswers => plain(text!(support.find_wrong_answers), text!(support.why_wrong_answers)),
        Finding::NoQuestions => plain(text!(support.find_no_questions), text!(support.why_no_questions)),
        Finding::AppPasswordRequired => plain(text!(support.find_app_password), text!(support.why_app_password)),
        Finding::PasskeyRefused => plain(text!(support.find_passkey_refused), text!(support.why_passkey_refused)),
        Finding::PassExpired => plain(text!(support.find_pass_expired), text!(support.why_pass_expired)),
        Finding::PassEarly { from } => (
            text!(support.find_pass_early, from = format::moment(*from)),
            text!(support.why_pass_early).to_owned(),
        ),
        Finding::PassUsed => plain(text!(support.find_pass_used), text!(support.why_pass_used)),
        Finding::NotApproved { reason } => (
            text!(support.find_not_approved, reason = words::reason(*reason)),
            text!(support.why_not_approved).to_owned(),
        ),
        Finding::Repeated => plain(text!(support.find_repeated), text!(support.why_repeated)),
        Finding::OurFault { reason } => (
            text!(support.find_our_fault, reason = words::reason(*reason)),
            text!(support.why_our_fault).to_owned(),
        ),
        Finding::Waiting { stage, ends_at } => {
            let what = match stage {
                Stage::Password => text!(support.find_waiting_password),
                Stage::Second => text!(support.find_waiting_second),
                Stage::Register => text!(support.find_waiting_register),
                Stage::Decided => text!(support.find_waiting_decided),
            };
            (what.to_owned(), text!(support.why_waiting, until = format::time_with_seconds(*ends_at)))
        }
    }
}

/// For what a code was accepted.
pub(crate) fn place_name(place: &Place) -> String {
    match place {
        Place::Application(name) => return name.clone(),
        Place::OtherSystem => text!(support.place_other_system),
        Place::Portal => text!(support.place_portal),
        Place::Change => text!(support.place_change),
        Place::Registration => text!(support.place_registration),
    }
    .to_owned()
}

/// What an attempt was for, where no application is named.
pub(crate) fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => text!(support.purpose_sign_in),
        Purpose::Verification => text!(support.purpose_verification),
        Purpose::StepUp => text!(support.purpose_step_up),
        Purpose::SetUp => text!(support.purpose_set_up),
        Purpose::AddMethod => text!(support.purpose_add_method),
        Purpose::Reset => text!(support.purpose_reset),
        Purpose::CallerCheck => text!(support.purpose_caller_check),
    }
}

/// Why registration was asked, for an admin.
pub(crate) fn registration(reason: RegistrationReason) -> &'static str {
    match reason {
        RegistrationReason::MfaEnabledNoInfo => text!(support.reg_mfa_enabled),
        RegistrationReason::AppPolicyRequiresMfa => text!(support.reg_app_policy),
        RegistrationReason::DeviceRegistration => text!(support.reg_device),
        RegistrationReason::HelloProvisioning => text!(support.reg_hello),
        RegistrationReason::MethodDisabledByAdmin => text!(support.reg_method_disabled),
        RegistrationReason::RegistrationPolicy => text!(support.reg_policy),
        RegistrationReason::SsprEnabled => text!(support.reg_sspr),
    }
}

/// What is counted together.
pub(crate) fn family(family: Family) -> &'static str {
    match family {
        Family::Oath => text!(support.family_oath),
        Family::Delivered => text!(support.family_delivered),
        Family::Recovery => text!(support.family_recovery),
        Family::Pass => text!(support.family_pass),
        Family::Push => text!(support.family_push),
        Family::WebAuthn => text!(support.family_webauthn),
        Family::AppPassword => text!(support.family_app_password),
        Family::Questions => text!(support.family_questions),
    }
}

/// `20 seconds`, `1 minute 30 seconds`, `2 hours 5 minutes`: what was measured, not rounded for politeness.
pub(crate) fn exact(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (hours, minutes, rest) = (seconds / 3_600, seconds % 3_600 / 60, seconds % 60);
    let both = |large: String, small: Option<String>| small.map_or(large.clone(), |small| format!("{large} {small}"));
    match (hours, minutes) {
        (0, 0) => text!(dates.seconds, count = rest),
        (0, minutes) => both(text!(dates.minutes, count = minutes), (rest > 0).then(|| text!(dates.seconds, count = rest))),
        (hours, minutes) => both(text!(dates.hours, count = hours), (minutes > 0).then(|| text!(dates.minutes, count = minutes))),
    }
}

fn kinds(kinds: &[MethodKind]) -> String {
    kinds.iter().map(|kind| words::method_key(*kind).said()).collect::<Vec<_>>().join(", ")
}

fn sentences<const COUNT: usize>(parts: [Option<String>; COUNT]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn ahead(until: Timestamp) -> bool {
    until > visit().now
}
