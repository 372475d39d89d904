//! Blocks and bypasses of a member: the terms of a new one, what holds now, and what was.

use domain::directory::{
    MemberView,
    block::{BlockCause, BlockView, Standing},
};
use leptos::prelude::*;
use model::{BLOCK_DAYS, BYPASS_SECONDS};

use super::act::{Act, above};
use crate::{
    components::{Banner, Breadcrumb, Choice, Consequence, Dialog, IconName, Select, Timeline, TimelineStep, Tone},
    format,
    pages::{Problem, members, reason::ReasonField},
    render::{Page, PageMeta},
    shell::{ConsoleShell, Section},
};

/// The word of a block without end.
pub const WITHOUT_END: &str = "none";

/// How long, and why.
#[derive(Clone, Debug)]
pub struct TermsPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The member.
    pub member: MemberView,
    /// A block or a bypass.
    pub act: Act,
    /// Days or seconds, one of those offered.
    pub term: String,
    /// Why, for the audit log.
    pub reason: String,
    /// What is wrong with that.
    pub reason_error: Option<String>,
    /// What went wrong.
    pub problem: Option<Problem>,
}

/// The days that are offered for a block.
#[must_use]
pub const fn block_days() -> [i64; 6] {
    [1, 7, 30, BLOCK_DAYS, 180, 365]
}

/// The seconds that are offered for a bypass.
#[must_use]
pub const fn bypass_seconds() -> [i64; 4] {
    [60, BYPASS_SECONDS, 900, 3_600]
}

fn choices(act: Act) -> Vec<Choice> {
    let days = |n: i64| match n {
        1 => text!(member.pass_day).to_owned(),
        more => text!(member.pass_days, days = more.to_string()),
    };
    match act {
        Act::Bypass => bypass_seconds()
            .iter()
            .map(|n| Choice::new(n.to_string(), format::duration(n.unsigned_abs())))
            .collect(),
        _ => block_days()
            .iter()
            .map(|n| Choice::new(n.to_string(), days(*n)))
            .chain([Choice::new(WITHOUT_END, text!(member.block_without_end))])
            .collect(),
    }
}

/// Draws the terms.
#[must_use]
pub fn terms_page(shell: ConsoleShell, model: TermsPage) -> Page {
    let (act, name) = (model.act, model.member.name());
    let title = format::capital(&act.ask(&name, ""));
    let back = members::href(&model.slug, &model.member);
    let above = above(&model.slug, &model.member);
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let label = if act == Act::Bypass {
        text!(member.bypass_for)
    } else {
        text!(member.block_for)
    };
    let effects = match act {
        Act::Bypass => vec![
            Consequence::new(Tone::Warn, text!(member.effect_bypass)),
            Consequence::new(Tone::Neutral, text!(member.effect_bypass_bounds)),
            Consequence::new(Tone::Warn, text!(member.effect_be_sure, name = name)),
        ],
        _ => vec![
            Consequence::new(Tone::Bad, text!(member.effect_block, name = name)),
            Consequence::new(Tone::Warn, text!(member.effect_sessions)),
            Consequence::new(Tone::Ok, text!(member.effect_block_undo)),
        ],
    };
    let action = back.clone();
    let body = view! {
        <main id="main" class="page narrow">
            <Breadcrumb above=above here=act.title()/>
            {banner}
            <Dialog
                id="act"
                title=title.clone()
                consequences=effects
                action=action
                confirm=act.button()
                keep=text!(member.keep)
                back=back
                harmless=act == Act::Bypass
            >
                <input type="hidden" name="do" value=act.word()/>
                <Select name="term" label=label options=choices(act) selected=model.term/>
                <ReasonField value=model.reason error=model.reason_error/>
            </Dialog>
        </main>
    };
    Page::new(PageMeta::new(title, text!(member.description)), shell, body.into_any())
}

fn until(block: &BlockView) -> String {
    match block.until {
        Some(until) => text!(member.block_until, until = format::moment(until)),
        None => text!(member.block_no_end).to_owned(),
    }
}

/// What holds now, above the questions.
pub(super) fn now(standing: &Standing) -> Vec<AnyView> {
    let block = standing.block().map(|block| {
        let title = match block.cause {
            BlockCause::Admin => text!(member.blocked_now),
            BlockCause::FraudReport => text!(member.blocked_fraud),
        };
        let words = format!(
            "{} {}",
            format::capital(&until(block)),
            text!(member.block_because, reason = block.reason.clone())
        );
        view! { <Banner tone=Tone::Bad icon=IconName::Ban title=title.to_owned()>{words}</Banner> }.into_any()
    });
    let bypass = standing.bypass.as_ref().map(|bypass| {
        let words = text!(
            member.bypass_open_words,
            opened = format::moment(bypass.opened_at),
            until = format::moment(bypass.until),
            reason = bypass.reason.clone()
        );
        view! { <Banner tone=Tone::Warn icon=IconName::Unlock title=text!(member.bypass_open).to_owned()>{words}</Banner> }.into_any()
    });
    block.into_iter().chain(bypass).collect()
}

/// Every block there was.
pub(super) fn history(standing: &Standing) -> Option<AnyView> {
    if standing.blocks.is_empty() {
        return None;
    }
    let steps: Vec<TimelineStep> = standing
        .blocks
        .iter()
        .map(|block| {
            let lifted = block.ended_at.map(|at| match &block.end_reason {
                Some(reason) => text!(member.block_lifted_because, at = format::moment(at), reason = reason.clone()),
                None => text!(member.block_lifted, at = format::moment(at)),
            });
            let why = format!("“{}”", block.reason);
            TimelineStep {
                time: format::date(block.blocked_at),
                tone: if block.holds { Tone::Bad } else { Tone::Neutral },
                icon: Some(IconName::Ban),
                title: format!("{} {}", text!(member.block_blocked), until(block)),
                detail: Some(match lifted {
                    Some(lifted) => format!("{why} {lifted}"),
                    None => why,
                }),
            }
        })
        .collect();
    Some(view! { <Section id="blocks" title=text!(member.blocks)><Timeline steps=steps dated=true/></Section> }.into_any())
}
