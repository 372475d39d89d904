//! A used code as a picture: where it was accepted, where it was refused, and the time between.

use domain::journal::{
    CaseView,
    diagnosis::{Finding, Place},
};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use model::StepKind;

use super::findings::{exact, place_name, purpose};
use crate::{components::Chart, format};

/// Where the lines begin and end.
const LEFT: f64 = 190.0;
const RIGHT: f64 = 860.0;
/// The two lines.
const FIRST: f64 = 40.0;
const SECOND: f64 = 124.0;

struct Reuse {
    place: Place,
    accepted: Timestamp,
    refused: Timestamp,
    seconds: i64,
}

fn reuse(case: &CaseView) -> Option<Reuse> {
    let Finding::CodeReused {
        place: Some(place),
        seconds_earlier: Some(seconds),
        ..
    } = &case.diagnosis.finding
    else {
        return None;
    };
    let refused = case.steps.iter().rev().find(|step| step.kind == StepKind::CodeReused)?.at;
    Some(Reuse {
        place: place.clone(),
        accepted: refused.checked_sub(SignedDuration::from_secs(*seconds)).ok()?,
        refused,
        seconds: *seconds,
    })
}

/// The picture, where there is something to see.
pub(super) fn of(case: &CaseView) -> Option<AnyView> {
    let reuse = reuse(case)?;
    let from = reuse.accepted.min(case.row.started_at);
    let whole = reuse.refused.duration_since(from).as_millis().max(1) as f64;
    let x = |at: Timestamp| LEFT + 30.0 + (at.duration_since(from).as_millis() as f64 / whole).clamp(0.0, 1.0) * (RIGHT - LEFT - 130.0);
    let (accepted, refused) = (x(reuse.accepted), x(reuse.refused));
    let here = case
        .row
        .application
        .as_deref()
        .map(crate::pages::words::asked_for)
        .unwrap_or_else(|| purpose(case.row.purpose).to_owned());
    let there = place_name(&reuse.place);
    let gap = exact(reuse.seconds);
    let words = text!(
        support.picture,
        accepted = format::time_with_seconds(reuse.accepted),
        place = there.clone(),
        refused = format::time_with_seconds(reuse.refused),
        here = here.clone(),
        gap = gap.clone()
    );
    // The other steps of this attempt, small, so that one sees how quick it was.
    let dots = case
        .steps
        .iter()
        .filter(|step| !matches!(step.kind, StepKind::CodeReused | StepKind::Decided) && step.at < reuse.refused)
        .map(|step| view! { <circle class="f-mute" cx=px(x(step.at)) cy=px(SECOND) r="4"></circle> })
        .collect_view();
    let middle = f64::midpoint(accepted, refused);
    let between = f64::midpoint(FIRST, SECOND);
    // Wide enough for the words of the longest gap.
    let half = 8.0 + gap.chars().count() as f64 * 3.8;
    let bracket = format!("M{accepted:.1} {:.1}V{between:.1}H{refused:.1}V{:.1}", FIRST + 10.0, SECOND - 10.0);
    let label = words.clone();
    let lane = |name: String, y: f64| {
        let name = short(&name);
        view! {
            <text class="strong" x="0" y=px(y + 4.0)>{name}</text>
            <path class="grid" d=format!("M{LEFT} {y}H{RIGHT}")></path>
        }
    };
    Some(
        view! {
            <Chart title=text!(support.what_happened)>
                <div class="scroll-x" tabindex="0" role="region" aria-label=label>
                    <svg class="plot wide" viewBox="0 0 880 160" role="img" aria-label=words>
                        {lane(format::capital(&there), FIRST)}
                        {lane(format::capital(&here), SECOND)}
                        <path class="s-mute" d=bracket></path>
                        <rect class="f-surface" x=px(middle - half) y=px(between - 11.0) width=px(half * 2.0) height="22"></rect>
                        <text class="strong" x=px(middle) y=px(between + 4.0) text-anchor="middle">{gap}</text>
                        {dots}
                        <circle class="f-ok" cx=px(accepted) cy=px(FIRST) r="8"></circle>
                        <path class="tick" d=format!("M{:.1} {FIRST}l2.5 2.5 4.5-5", accepted - 3.5)></path>
                        <text class="ok" x=px(accepted + 14.0) y=px(FIRST - 8.0)>
                            {text!(support.pic_accepted, time = format::time_with_seconds(reuse.accepted))}
                        </text>
                        <text x=px(accepted + 14.0) y=px(FIRST + 18.0)>{text!(support.pic_spent)}</text>
                        <circle class="f-bad" cx=px(refused) cy=px(SECOND) r="8"></circle>
                        <path class="tick" d=format!("M{:.1} {:.1}l6 6m0-6l-6 6", refused - 3.0, SECOND - 3.0)></path>
                        <text class="bad" x=px(refused - 14.0) y=px(SECOND - 8.0) text-anchor="end">
                            {text!(support.pic_refused, time = format::time_with_seconds(reuse.refused))}
                        </text>
                        <text x=px(refused - 14.0) y=px(SECOND + 18.0) text-anchor="end">{text!(support.pic_same)}</text>
                    </svg>
                </div>
            </Chart>
        }
        .into_any(),
    )
}

fn px(length: f64) -> String {
    format!("{length:.1}")
}

/// As much of a name as fits before the line.
fn short(name: &str) -> String {
    const FITS: usize = 26;
    if name.chars().count() <= FITS {
        return name.to_owned();
    }
    name.chars().take(FITS - 1).chain(['…']).collect()
}
