//! `/admin/{tenant}/alarms`: countries whose codes hardly ever come back; what is paused, and when there is an alarm.

use domain::delivery::alarm::{AlarmTerms, AlarmView, Alarms};
use leptos::prelude::*;

use super::words::country;
use crate::{
    components::{
        Badge, BadgeLook, Banner, Breadcrumb, Button, Check, Column, Consequence, Dialog, EmptyState, IconName, InputKind, LinkButton, Table, TextField, Toast,
        Tone,
    },
    format,
    pages::reason::ReasonField,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, Section},
};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmDone {
    /// A country was resumed.
    Resumed,
    /// The settings were saved.
    Saved,
}

impl AlarmDone {
    /// Its word in addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resumed => "resumed",
            Self::Saved => "saved",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Resumed, Self::Saved].into_iter().find(|done| done.word() == word)
    }
}

/// What is typed for the settings, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct TermsForm {
    /// Messages.
    pub sends: String,
    /// Per cent.
    pub percent: String,
    /// Pauses.
    pub pauses: bool,
    /// Why.
    pub reason: String,
    /// What is wrong with the messages.
    pub sends_error: Option<String>,
    /// With the per cent.
    pub percent_error: Option<String>,
    /// With the reason.
    pub reason_error: Option<String>,
}

impl TermsForm {
    /// The settings as they are.
    #[must_use]
    pub fn of(terms: &AlarmTerms) -> Self {
        Self {
            sends: terms.sends.to_string(),
            percent: terms.percent.to_string(),
            pauses: terms.pauses,
            ..Self::default()
        }
    }
}

/// The page.
#[derive(Clone, Debug)]
pub struct AlarmsPage {
    /// Short name of the tenant.
    pub slug: String,
    /// Alarms, and what is paused.
    pub alarms: Alarms,
    /// What is typed; nothing for who may not change it.
    pub form: Option<TermsForm>,
    /// What was done.
    pub done: Option<AlarmDone>,
}

fn href(slug: &str) -> String {
    routes::admin(slug, "alarms")
}

/// The cells of an alarm: country, moment, codes, and what happened.
pub(super) fn cells(alarm: &AlarmView) -> AnyView {
    let (entered, sent) = (alarm.entered.unsigned_abs(), alarm.sent.unsigned_abs().max(1));
    let width = format!("{:.1}", f64::from(entered) * 120.0 / f64::from(sent));
    let words = text!(alarms.entered, entered = entered.to_string(), sent = sent.to_string());
    let state = match (alarm.resumed_at, alarm.paused) {
        (Some(at), _) => view! { <Badge tone=Tone::Ok look=BadgeLook::Plain>{text!(alarms.resumed_at, at = format::moment(at))}</Badge> }.into_any(),
        (None, true) => view! { <Badge tone=Tone::Bad look=BadgeLook::Plain>{text!(alarms.paused)}</Badge> }.into_any(),
        (None, false) => view! { <Badge tone=Tone::Warn look=BadgeLook::Plain>{text!(alarms.told)}</Badge> }.into_any(),
    };
    view! {
        <td data-label=text!(alarms.c_country)>{country(&alarm.country)}</td>
        <td data-label=text!(alarms.c_when)>{format::moment(alarm.raised_at)}</td>
        <td data-label=text!(alarms.c_entered)>
            <span class="stack tight">
                <svg viewBox="0 0 120 8" width="120" height="8" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="f-bad" width="120" height="8"></rect>
                    <rect class="f-ok" width=width height="8"></rect>
                </svg>
                <span class="small">{words}</span>
            </span>
        </td>
        <td data-label=text!(alarms.c_state)>{state}</td>
    }
    .into_any()
}

/// What stands over the sign-ins while codes to a country hardly come back: the newest alarm that nobody has resumed.
#[must_use]
pub fn banner(slug: &str, alarm: &AlarmView) -> AnyView {
    let title = text!(alarms.banner_title, country = country(&alarm.country));
    let words = match alarm.paused {
        true => text!(alarms.banner_paused).to_owned(),
        false => text!(alarms.banner_told, entered = alarm.entered.to_string(), sent = alarm.sent.to_string()),
    };
    let look = href(slug);
    view! {
        <Banner tone=Tone::Bad title=title action=move || view! { <LinkButton href=look>{text!(alarms.banner_look)}</LinkButton> }>{words}</Banner>
    }
    .into_any()
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: AlarmsPage) -> Page {
    let here = href(&model.slug);
    let done = model.done.map(|done| {
        let words = match done {
            AlarmDone::Resumed => text!(alarms.resumed),
            AlarmDone::Saved => text!(alarms.saved),
        };
        view! { <Toast>{words}</Toast> }
    });
    let may = model.form.is_some();
    let paused = (!model.alarms.paused.is_empty()).then(|| {
        let lines = model
            .alarms
            .paused
            .iter()
            .map(|code| {
                let (name, resume) = (country(code), format!("{here}?do=resume&country={code}"));
                let label = text!(alarms.resume_of, country = name.clone());
                let act = move || may.then(|| view! { <LinkButton href=resume>{label}</LinkButton> });
                let words = text!(alarms.paused_words, country = name.clone());
                view! { <Banner tone=Tone::Bad title=name action=act>{words}</Banner> }
            })
            .collect_view();
        view! { <Section id="paused" title=text!(alarms.paused_title)>{lines}</Section> }
    });
    let recent = recent(&model.alarms.recent);
    let settings = match model.form {
        Some(form) => settings(form, &here),
        None => view! { <p class="muted">{text!(alarms.reader)}</p> }.into_any(),
    };
    let view = view! {
        <ConsolePage title=text!(alarms.title) lead=|| view! { <p class="muted">{text!(alarms.lead)}</p> }>
            {done}
            <div class="columns">
                <div class="stack wide">{paused}<Section id="recent" title=text!(alarms.recent)>{recent}</Section></div>
                <aside class="stack" aria-label=text!(alarms.settings)>{settings}</aside>
            </div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(alarms.title), text!(alarms.description)), shell, view.into_any())
}

fn recent(alarms: &[AlarmView]) -> AnyView {
    if alarms.is_empty() {
        return view! {
            <div class="card flush"><EmptyState icon=IconName::CheckCircle title=text!(alarms.none_title) words=text!(alarms.none_words)/></div>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(text!(alarms.c_country)),
        Column::new(text!(alarms.c_when)),
        Column::new(text!(alarms.c_entered)),
        Column::new(text!(alarms.c_state)),
    ];
    let lines = alarms.iter().map(|alarm| view! { <tr>{cells(alarm)}</tr> }).collect_view();
    view! { <Table caption=text!(alarms.recent) columns=columns>{lines}</Table> }.into_any()
}

fn settings(form: TermsForm, here: &str) -> AnyView {
    let action = here.to_owned();
    view! {
        <Section id="settings" title=text!(alarms.settings)>
            <form class="stack card" method="post" action=action>
                <input type="hidden" name="do" value="terms"/>
                <TextField name="sends" label=text!(alarms.sends) kind=InputKind::Number value=form.sends error=form.sends_error required=true autocomplete="off"/>
                <TextField
                    name="percent"
                    label=text!(alarms.percent)
                    hint=text!(alarms.percent_hint).to_owned()
                    kind=InputKind::Number
                    value=form.percent
                    error=form.percent_error
                    required=true
                    autocomplete="off"
                />
                <Check name="pauses" checked=form.pauses>{text!(alarms.pauses)}</Check>
                <ReasonField value=form.reason error=form.reason_error/>
                <div class="row"><Button>{text!(alarms.save)}</Button></div>
            </form>
        </Section>
    }
    .into_any()
}

/// The question before a country is resumed.
#[derive(Clone, Debug)]
pub struct ResumeQuestion {
    /// Short name of the tenant.
    pub slug: String,
    /// Which country.
    pub country: String,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong with it.
    pub reason_error: Option<String>,
}

/// Draws the question.
#[must_use]
pub fn resume_page(shell: ConsoleShell, model: ResumeQuestion) -> Page {
    let back = href(&model.slug);
    let above = vec![(text!(alarms.title).to_owned(), back.clone())];
    let title = text!(alarms.resume_ask, country = country(&model.country));
    let action = back.clone();
    let body = view! {
        <main id="main" class="page narrow">
            <Breadcrumb above=above here=text!(alarms.resume)/>
            <Dialog
                id="act"
                title=title.clone()
                consequences=vec![Consequence::new(Tone::Warn, text!(alarms.effect_resume))]
                action=action
                confirm=text!(alarms.resume)
                keep=text!(alarms.keep)
                back=back
                harmless=true
            >
                <input type="hidden" name="do" value="resume"/>
                <input type="hidden" name="country" value=model.country/>
                <ReasonField value=model.reason error=model.reason_error focus=true/>
            </Dialog>
        </main>
    };
    Page::new(PageMeta::new(title, text!(alarms.description)), shell, body.into_any())
}
