//! A Temporary Access Pass for a member: its terms, and the pass itself, shown once.

use domain::{
    directory::MemberView,
    methods::{
        SecurityInfo,
        pass::{GivenPass, PassView},
    },
};
use leptos::prelude::*;

use super::act::{Act, above};
use crate::{
    components::{Banner, Breadcrumb, Button, ButtonLook, Check, Choice, CopyBox, CopyLook, IconName, InputKind, LinkButton, Select, TextField, Tone},
    format,
    pages::{Problem, members, reason::ReasonField, support::caller::CallerNote},
    render::{Page, PageMeta},
    shell::{ConsolePage, ConsoleShell, PageWidth},
};

/// What is typed, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct PassForm {
    /// Minutes, one of [`minutes`].
    pub minutes: i64,
    /// One use alone.
    pub one_time: bool,
    /// From which day.
    pub date: String,
    /// From what time.
    pub time: String,
    /// What is wrong with day and time.
    pub start_error: Option<String>,
    /// Why, for the audit log.
    pub reason: String,
    /// What is wrong with that.
    pub reason_error: Option<String>,
}

/// The terms.
#[derive(Clone, Debug)]
pub struct PassPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The member.
    pub member: MemberView,
    /// What was typed.
    pub form: PassForm,
    /// The pass that would end.
    pub replaces: bool,
    /// Whether the caller was checked; `None` where that is no page of whoever looks.
    pub caller: Option<CallerNote>,
    /// What went wrong.
    pub problem: Option<Problem>,
}

/// The lives that are offered, in minutes.
#[must_use]
pub const fn minutes() -> [i64; 8] {
    [30, 60, 240, 480, 1_440, 4_320, 10_080, 43_200]
}

fn life(minutes: i64) -> String {
    match minutes {
        30 => text!(member.pass_half_hour).to_owned(),
        60 => text!(member.pass_hour).to_owned(),
        1_440 => text!(member.pass_day).to_owned(),
        below if below < 1_440 => text!(member.pass_hours, hours = (below / 60).to_string()),
        above => text!(member.pass_days, days = (above / 1_440).to_string()),
    }
}

/// Draws the terms.
#[must_use]
pub fn pass_page(shell: ConsoleShell, model: PassPage) -> Page {
    let title = format::capital(&Act::Pass.ask(&model.member.name(), ""));
    let back = members::href(&model.slug, &model.member);
    let above = above(&model.slug, &model.member);
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let replaces = model
        .replaces
        .then(|| view! { <Banner tone=Tone::Warn title=text!(member.pass_open).to_owned()>{text!(member.pass_replaces)}</Banner> });
    let caller = model.caller.map(|note| note.view(&format!("{back}?do={}", Act::Pass.word())));
    let lives: Vec<Choice> = minutes().iter().map(|n| Choice::new(n.to_string(), life(*n))).collect();
    let PassForm {
        minutes,
        one_time,
        date,
        time,
        start_error,
        reason,
        reason_error,
    } = model.form;
    let action = back.clone();
    let body = view! {
        <ConsolePage
            title=title.clone()
            above=move || view! { <Breadcrumb above=above here=Act::Pass.title()/> }
            lead=|| view! { <p class="muted">{text!(member.pass_lead)}</p> }
            width=PageWidth::Narrow
        >
            {banner}
            {caller}
            {replaces}
            <form class="stack" method="post" action=action>
                <input type="hidden" name="do" value=Act::Pass.word()/>
                <Select name="minutes" label=text!(member.pass_minutes) options=lives selected=minutes.to_string()/>
                <Check name="once" checked=one_time>
                    <span>{text!(member.pass_once)}<span class="muted small">" · "{text!(member.pass_once_hint)}</span></span>
                </Check>
                <div class="halves">
                    <TextField name="date" label=text!(member.pass_date) kind=InputKind::Date hint=text!(member.pass_start_hint).to_owned() value=date error=start_error autocomplete="off"/>
                    <TextField name="time" label=text!(member.pass_time) hint="08:00".to_owned() value=time length_max=5 autocomplete="off"/>
                </div>
                <ReasonField value=reason error=reason_error/>
                <p class="muted small">{text!(member.effect_be_sure, name = model.member.name())}</p>
                <div class="row">
                    <Button look=ButtonLook::Primary icon=IconName::MethodPass>{text!(member.pass_act_do)}</Button>
                    <LinkButton href=back look=ButtonLook::Quiet>{text!(member.keep)}</LinkButton>
                </div>
            </form>
        </ConsolePage>
    };
    Page::new(PageMeta::new(title, text!(member.description)), shell, body.into_any())
}

/// A pass, shown once. The answer must not be compressed.
#[derive(Clone, Debug)]
pub struct GivenPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The member.
    pub member: MemberView,
    /// The pass.
    pub given: GivenPass,
}

/// Draws the pass.
#[must_use]
pub fn given_page(shell: ConsoleShell, model: GivenPage) -> Page {
    let name = || model.member.name();
    let title = text!(member.pass_given_title, name = name());
    let back = members::href(&model.slug, &model.member);
    let above = above(&model.slug, &model.member);
    let here = title.clone();
    let pass = &model.given.view;
    let time = text!(
        member.pass_given_time,
        from = format::moment(pass.valid_from),
        until = format::moment(pass.valid_until)
    );
    let uses = if pass.one_time {
        text!(member.pass_given_once)
    } else {
        text!(member.pass_given_several)
    };
    let (words, how, to_member) = (
        text!(member.pass_given_words, name = name()),
        text!(member.pass_given_how, name = name()),
        text!(members.to_member, name = name()),
    );
    let body = view! {
        <ConsolePage title=title.clone() above=move || view! { <Breadcrumb above=above here=here/> } width=PageWidth::Narrow>
            <Banner tone=Tone::Warn title=text!(member.pass_given_warn).to_owned()>{words}</Banner>
            <CopyBox text=model.given.reveal() look=CopyLook::Block button=text!(member.pass_copy)/>
            <p>{format!("{time}, {uses}.")}</p>
            <p class="muted">{how}</p>
            <div class="row"><LinkButton href=back>{to_member}</LinkButton></div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(title, text!(member.description)), shell, body.into_any())
}

/// That a pass is open, above the methods.
pub(super) fn open(info: &SecurityInfo) -> Option<AnyView> {
    let pass = info.pass.as_ref().filter(|pass| PassView::is_live(pass))?;
    let words = text!(
        member.pass_open_words,
        made = format::moment(pass.made_at),
        from = format::moment(pass.valid_from),
        until = format::moment(pass.valid_until)
    );
    Some(view! { <Banner tone=Tone::Info icon=IconName::MethodPass title=text!(member.pass_open).to_owned()>{words}</Banner> }.into_any())
}
