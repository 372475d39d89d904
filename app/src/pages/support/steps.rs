//! The steps of an attempt in words.

use domain::journal::view::StepView;
use jiff::Timestamp;
use model::{Decision, Family, MethodKind, Reason, RegistrationReason, StepKind};
use serde_json::Value;

use super::findings::{exact, family, registration};
use crate::{
    components::{IconName, TimelineStep, Tone},
    format,
    pages::words,
};

/// Seconds of one step of a clock, where the method does not say otherwise.
const STEP_SECONDS: i64 = 30;

/// The steps for the timeline. Only the step that decided is red.
pub(crate) fn timeline(steps: &[StepView]) -> Vec<TimelineStep> {
    let decided = steps.iter().rposition(|step| matches!(step.kind, StepKind::Decided | StepKind::Expired));
    steps
        .iter()
        .enumerate()
        .map(|(place, step)| {
            let (tone, icon, title) = title(step);
            let tone = match (tone, decided) {
                (Tone::Bad, Some(last)) if place != last => Tone::Warn,
                (tone, _) => tone,
            };
            TimelineStep {
                time: format::time_with_seconds(step.at),
                tone,
                icon,
                title,
                detail: detail(step),
            }
        })
        .collect()
}

/// Whether a step is about security questions, which have answers and no codes.
fn of_questions(step: &StepView) -> bool {
    step.detail["method"].as_str() == Some(MethodKind::SecurityQuestions.as_str())
}

/// A word of a step's details; nothing where it has none.
fn said(step: &StepView, name: &str) -> String {
    step.detail[name].as_str().unwrap_or("–").to_owned()
}

fn title(step: &StepView) -> (Tone, Option<IconName>, String) {
    let plain = |tone, icon, title: &str| (tone, icon, title.to_owned());
    match step.kind {
        StepKind::RequestReceived => plain(Tone::Neutral, Some(IconName::Plug), text!(support.step_request)),
        StepKind::ResetAsked if step.detail["refused"].is_null() => plain(Tone::Neutral, Some(IconName::Key), text!(support.step_reset_asked)),
        StepKind::ResetAsked => plain(Tone::Warn, Some(IconName::Key), text!(support.step_reset_refused)),
        StepKind::NameEntered => plain(Tone::Neutral, Some(IconName::Door), text!(support.step_name)),
        StepKind::PasswordRight => plain(Tone::Ok, None, text!(support.step_password_right)),
        StepKind::PasswordWrong => plain(Tone::Bad, None, text!(support.step_password_wrong)),
        StepKind::PolicyEvaluated => {
            let title = match step.detail["then"].as_str() {
                Some("require_mfa") => text!(support.step_policy_mfa),
                Some("require_phishing_resistant") => text!(support.step_policy_phishing_resistant),
                Some("allow") => text!(support.step_policy_allow),
                Some("block") => text!(support.step_policy_block),
                _ => text!(support.step_policy),
            };
            plain(Tone::Neutral, Some(IconName::Policy), title)
        }
        StepKind::RegistrationNeeded => plain(Tone::Info, None, text!(support.step_registration)),
        StepKind::MethodRegistered => plain(Tone::Ok, None, text!(support.step_registered)),
        StepKind::CodeAsked if of_questions(step) => plain(Tone::Neutral, Some(IconName::MethodQuestions), text!(support.step_questions_asked)),
        StepKind::CodeRight if of_questions(step) => plain(Tone::Ok, None, text!(support.step_answers_right)),
        StepKind::CodeWrong if of_questions(step) => plain(Tone::Bad, None, text!(support.step_answers_wrong)),
        StepKind::CodeAsked => plain(Tone::Neutral, Some(IconName::MethodApp), text!(support.step_asked)),
        StepKind::DeliveryQueued => (
            Tone::Neutral,
            Some(IconName::Clock),
            text!(support.step_queued, to = said(step, "to"), provider = said(step, "provider")),
        ),
        StepKind::DeliveryHanded => (
            Tone::Info,
            None,
            text!(support.step_handed, to = said(step, "to"), provider = said(step, "provider")),
        ),
        StepKind::DeliveryDelivered => (Tone::Ok, None, text!(support.step_delivered, to = said(step, "to"))),
        StepKind::DeliveryFailed => {
            let (to, provider) = (said(step, "to"), said(step, "provider"));
            match step.detail["status"].as_str() {
                Some("uncertain") => (Tone::Warn, None, text!(support.step_delivery_uncertain, to = to, provider = provider)),
                _ => (Tone::Bad, None, text!(support.step_delivery_failed, to = to, provider = provider)),
            }
        }
        StepKind::DeliveryRefused => plain(
            Tone::Bad,
            Some(IconName::Ban),
            match step.detail["problem"].as_str() {
                Some("country_off") => text!(support.step_not_sent_country),
                Some("country_paused") => text!(support.step_not_sent_paused),
                Some("prefix_paused") => text!(support.step_not_sent_prefix),
                Some("no_provider") => text!(support.step_not_sent_provider),
                _ => text!(support.step_not_sent_budget),
            },
        ),
        StepKind::CallMissed => {
            let reason = step.detail["reason"].as_str().and_then(Reason::from_text).unwrap_or(Reason::Unreachable);
            (
                Tone::Warn,
                Some(IconName::MethodVoice),
                text!(support.step_call_missed, reason = words::reason(reason)),
            )
        }
        StepKind::FraudReported => (Tone::Bad, Some(IconName::MethodVoice), text!(support.step_fraud_reported).to_owned()),
        StepKind::CodeRight => plain(Tone::Ok, None, text!(support.step_code_right)),
        StepKind::PinRight => plain(Tone::Ok, None, text!(support.step_pin_right)),
        StepKind::SecondSkipped => {
            let by = said(step, "by");
            let by = model::Reason::from_text(&by).map_or(by, |reason| words::reason(reason).to_owned());
            (Tone::Warn, None, text!(support.step_skipped, by = by))
        }
        StepKind::PasskeyAccepted => plain(Tone::Ok, None, text!(support.step_passkey_accepted)),
        StepKind::WeakerMethod => plain(Tone::Warn, None, text!(support.step_weaker_method)),
        StepKind::PasskeySuspect => plain(Tone::Warn, None, text!(support.step_passkey_suspect)),
        StepKind::PasskeyRefused => plain(Tone::Bad, None, text!(support.step_passkey_refused)),
        StepKind::CodeWrong => plain(Tone::Bad, None, text!(support.step_code_wrong)),
        StepKind::CodeReused => plain(Tone::Bad, None, text!(support.step_code_reused)),
        StepKind::Throttled => plain(Tone::Warn, Some(IconName::Clock), text!(support.step_throttled)),
        StepKind::Locked => {
            let title = match step.detail["reason"].as_str().and_then(Reason::from_text) {
                Some(reason) => text!(support.step_locked, reason = words::reason(reason)),
                None => text!(support.step_locked_plain).to_owned(),
            };
            (Tone::Warn, Some(IconName::Lock), title)
        }
        StepKind::Unlocked => plain(Tone::Ok, Some(IconName::Unlock), text!(support.step_unlocked)),
        StepKind::MethodSwitchedOff => plain(Tone::Warn, Some(IconName::Ban), text!(support.step_switched_off)),
        StepKind::Decided => {
            let decision = step.detail["decision"].as_str().and_then(Decision::from_text).unwrap_or(Decision::Abandoned);
            let word = words::decision(decision).to_lowercase();
            (words::decision_tone(decision), None, text!(support.step_decided, decision = word))
        }
        StepKind::Expired => plain(Tone::Bad, Some(IconName::Clock), text!(support.step_expired)),
    }
}

fn detail(step: &StepView) -> Option<String> {
    let detail = &step.detail;
    let mut parts: Vec<String> = Vec::new();
    if let Some(version) = detail["version"].as_i64() {
        parts.push(text!(support.policy_version, version = version));
    }
    let because = &detail["because"];
    parts.extend(match because["kind"].as_str() {
        Some("rule") => Some(text!(support.because_rule, rule = because["name"].as_str().unwrap_or_default().to_owned())),
        Some("mfa_state") => Some(text!(support.because_state).to_owned()),
        Some("role") => Some(text!(support.because_role).to_owned()),
        Some("nothing") => Some(text!(support.because_nothing).to_owned()),
        _ => None,
    });
    if let Some(application) = detail["application"].as_str() {
        parts.push(application.to_owned());
    }
    if let Some(kind) = detail["method"].as_str().and_then(MethodKind::from_text) {
        parts.push(words::method_key(kind).said().to_owned());
    }
    parts.extend(words_of(&detail["families"], Family::from_text).into_iter().map(|f| family(f).to_owned()));
    parts.extend(
        words_of(&detail["reasons"], RegistrationReason::from_text)
            .into_iter()
            .map(|r| registration(r).to_owned()),
    );
    if let Some(steps) = detail["steps_off"].as_i64() {
        let off = exact(steps * STEP_SECONDS);
        parts.push(if steps > 0 {
            text!(support.detail_ahead, off = off)
        } else {
            text!(support.detail_behind, off = off)
        });
    }
    if let Some(count) = detail["in_row"].as_i64() {
        parts.push(text!(support.detail_row, count = count));
    }
    if let Some(until) = detail["until"].as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        // A lock lasts minutes, a block days.
        let until = match format::date(until) == format::date(step.at) {
            true => format::time_with_seconds(until),
            false => format!("{}, {}", format::date_with_year(until), format::time(until)),
        };
        parts.push(text!(support.detail_until, until = until));
    }
    if step.kind == StepKind::Decided
        && let Some(reason) = detail["reason"].as_str().and_then(Reason::from_text)
    {
        parts.push(words::reason(reason).to_owned());
    }
    let line = parts.join(", ");
    (!line.is_empty()).then(|| format::capital(&line))
}

fn words_of<T>(list: &Value, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|word| word.as_str().and_then(&parse))
        .collect()
}
