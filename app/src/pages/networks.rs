//! `/admin/{tenant}/networks`: places and browsers that the organisation trusts. Adding stands on the page; renaming and removing have their own
//! questions (`?do=`).

use domain::directory::network::NetworkView;
use leptos::prelude::*;
use model::{NAME_CHARACTERS_MAX, REMEMBER_DAYS_MAX, Trust};

use super::Problem;
use crate::{
    components::{
        Banner, Breadcrumb, Button, ButtonLook, Check, Choice, Column, Consequence, Dialog, EmptyState, IconName, Pager, Select, Table, TextArea, TextField,
        Toast, Tone,
    },
    format,
    pages::reason::ReasonField,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, Section},
};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkDone {
    /// Added.
    Added,
    /// Renamed.
    Renamed,
    /// Removed.
    Removed,
    /// The settings were saved.
    Saved,
}

impl NetworkDone {
    /// Its word in addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Renamed => "renamed",
            Self::Removed => "removed",
            Self::Saved => "saved",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Added, Self::Renamed, Self::Removed, Self::Saved]
            .into_iter()
            .find(|done| done.word() == word)
    }

    fn words(self) -> &'static str {
        match self {
            Self::Added => text!(networks.added),
            Self::Renamed => text!(networks.renamed),
            Self::Removed => text!(networks.removed),
            Self::Saved => text!(networks.saved),
        }
    }
}

/// What is typed for one more, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct NewNetworkForm {
    /// Name.
    pub name: String,
    /// Range.
    pub range: String,
    /// Why.
    pub reason: String,
    /// What is wrong with the name.
    pub name_error: Option<String>,
    /// With the range.
    pub range_error: Option<String>,
    /// With the reason.
    pub reason_error: Option<String>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct NetworksPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The networks.
    pub networks: Vec<NetworkView>,
    /// What they and remembered browsers may do.
    pub trust: Trust,
    /// Why it is set so, as typed, and what is wrong with it.
    pub trust_reason: (String, Option<String>),
    /// Nothing of it holds here.
    pub strict: bool,
    /// What is wrong with who is mailed about reports.
    pub reports_error: Option<String>,
    /// One more.
    pub form: NewNetworkForm,
    /// What was done.
    pub done: Option<NetworkDone>,
    /// What went wrong.
    pub problem: Option<Problem>,
}

fn href(slug: &str) -> String {
    routes::admin(slug, "networks")
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: NetworksPage) -> Page {
    let here = href(&model.slug);
    let done = model.done.map(|done| view! { <Toast>{done.words()}</Toast> });
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let strict = model
        .strict
        .then(|| view! { <Banner tone=Tone::Info title=text!(networks.strict_title).to_owned()>{text!(networks.strict_words)}</Banner> });
    let (list, add, settings) = (
        list(&model.networks, &here),
        add(model.form, &here),
        settings(&model.trust, model.trust_reason, model.reports_error, &here),
    );
    let view = view! {
        <ConsolePage title=text!(networks.title) lead=|| view! { <p class="muted">{text!(networks.lead)}</p> }>
            {done}
            {banner}
            {strict}
            <div class="columns">
                <div class="stack wide">{list}{add}</div>
                <aside class="stack" aria-label=text!(networks.settings)>{settings}</aside>
            </div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(networks.title), text!(networks.description)), shell, view.into_any())
}

fn list(networks: &[NetworkView], here: &str) -> AnyView {
    if networks.is_empty() {
        return view! {
            <div class="card flush"><EmptyState icon=IconName::Globe title=text!(networks.empty_title) words=text!(networks.empty_words)/></div>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(text!(networks.name)),
        Column::new(text!(networks.range)),
        Column::new(text!(networks.since)),
        Column::new(text!(networks.actions)),
    ];
    let summary = text!(networks.rows, count = networks.len());
    let lines = networks
        .iter()
        .map(|network| {
            let (name, range, since) = (network.name.clone(), network.range.to_string(), format::date_with_year(network.made_at));
            let link = |act: &str| format!("{here}?do={act}&id={}", network.id);
            let said = |words: &str| format!("{words}: {}", network.name);
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td data-label=text!(networks.range)><span class="code">{range}</span></td>
                    <td data-label=text!(networks.since)>{since}</td>
                    <td data-label=text!(networks.actions)>
                        <span class="row">
                            <a href=link("rename") aria-label=said(text!(networks.rename))>{text!(networks.rename)}</a>
                            <a href=link("remove") aria-label=said(text!(networks.remove))>{text!(networks.remove)}</a>
                        </span>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! { <Table caption=text!(networks.title) columns=columns below=move || view! { <Pager summary=summary/> }>{lines}</Table> }.into_any()
}

fn add(form: NewNetworkForm, here: &str) -> AnyView {
    let action = here.to_owned();
    view! {
        <Section id="add" title=text!(networks.add_title)>
            <form class="stack card" method="post" action=action>
                <input type="hidden" name="do" value="add"/>
                <TextField name="name" label=text!(networks.name) value=form.name error=form.name_error length_max=NAME_CHARACTERS_MAX as u32 required=true autocomplete="off"/>
                <TextField
                    name="range"
                    label=text!(networks.range)
                    hint=text!(networks.range_hint).to_owned()
                    value=form.range
                    error=form.range_error
                    length_max=60
                    required=true
                    autocomplete="off"
                />
                <ReasonField value=form.reason error=form.reason_error/>
                <div class="row"><Button look=ButtonLook::Primary>{text!(networks.add)}</Button></div>
            </form>
        </Section>
    }
    .into_any()
}

/// The days that are offered.
#[must_use]
pub const fn remember_days() -> [i64; 5] {
    [0, 1, 7, 14, REMEMBER_DAYS_MAX]
}

fn settings(trust: &Trust, (reason, reason_error): (String, Option<String>), reports_error: Option<String>, here: &str) -> AnyView {
    let reports_to = trust.reports_to.join("\n");
    let (skip, fraud, bypass, chosen) = (trust.networks_skip, trust.fraud_blocks, trust.self_bypass, trust.remember_days.to_string());
    let mut days: Vec<i64> = remember_days().into_iter().chain([trust.remember_days]).collect();
    days.sort_unstable();
    days.dedup();
    let options = days
        .into_iter()
        .map(|n| {
            let words = match n {
                0 => text!(networks.remember_off).to_owned(),
                1 => text!(member.pass_day).to_owned(),
                more => text!(member.pass_days, days = more.to_string()),
            };
            Choice::new(n.to_string(), words)
        })
        .collect();
    let action = here.to_owned();
    view! {
        <Section id="settings" title=text!(networks.settings)>
            <form class="stack card" method="post" action=action>
                <input type="hidden" name="do" value="trust"/>
                <Check name="skip" checked=skip>{text!(networks.skip)}</Check>
                <Select name="days" label=text!(networks.remember) options=options selected=chosen/>
                <Check name="fraud" checked=fraud>{text!(networks.fraud)}</Check>
                <TextArea
                    name="reports_to"
                    label=text!(networks.reports)
                    hint=text!(networks.reports_hint).to_owned()
                    value=reports_to
                    error=reports_error
                    length_max=3_500
                />
                <p class="muted small">{text!(networks.never)}</p>
                <Check name="bypass" checked=bypass>{text!(networks.bypass)}</Check>
                <ReasonField id="trust-reason" value=reason error=reason_error/>
                <div class="row"><Button>{text!(networks.save)}</Button></div>
            </form>
        </Section>
    }
    .into_any()
}

/// A question about one network.
#[derive(Clone, Debug)]
pub struct NetworkQuestion {
    /// Short name of the tenant.
    pub slug: String,
    /// The network.
    pub network: NetworkView,
    /// Removed, else renamed.
    pub remove: bool,
    /// The name as typed.
    pub name: String,
    /// What is wrong with it.
    pub name_error: Option<String>,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong with it.
    pub reason_error: Option<String>,
}

/// Draws the question.
#[must_use]
pub fn question_page(shell: ConsoleShell, model: NetworkQuestion) -> Page {
    let back = href(&model.slug);
    let above = vec![(text!(networks.title).to_owned(), back.clone())];
    let (word, here, title, confirm) = match model.remove {
        true => (
            "remove",
            text!(networks.remove),
            text!(networks.remove_ask, name = model.network.name.clone()),
            text!(networks.remove),
        ),
        false => (
            "rename",
            text!(networks.rename),
            text!(networks.rename_ask, name = model.network.name.clone()),
            text!(networks.rename),
        ),
    };
    let consequences = match model.remove {
        true => vec![
            Consequence::new(Tone::Warn, text!(networks.effect_remove, range = model.network.range.to_string())),
            Consequence::new(Tone::Neutral, text!(networks.effect_sessions)),
        ],
        false => Vec::new(),
    };
    let name = (!model.remove).then(|| {
        view! {
            <TextField name="name" label=text!(networks.name) value=model.name error=model.name_error length_max=NAME_CHARACTERS_MAX as u32 required=true focus=true autocomplete="off"/>
        }
    });
    let (action, id) = (back.clone(), model.network.id.to_string());
    let body = view! {
        <main id="main" class="page narrow">
            <Breadcrumb above=above here=here/>
            <Dialog
                id="act"
                title=title.clone()
                consequences=consequences
                action=action
                confirm=confirm
                keep=text!(member.keep)
                back=back
                harmless=!model.remove
            >
                <input type="hidden" name="do" value=word/>
                <input type="hidden" name="id" value=id/>
                {name}
                <ReasonField value=model.reason error=model.reason_error/>
            </Dialog>
        </main>
    };
    Page::new(PageMeta::new(title, text!(networks.description)), shell, body.into_any())
}
