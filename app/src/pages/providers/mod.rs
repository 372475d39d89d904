//! `/operator/providers`: who carries texts, calls and mails, in the order in which they are asked, how they are, and what came of what they took.

mod fields;
mod provider;

use domain::delivery::{
    ProviderKind, ProviderView,
    alarm::AlarmView,
    desk::{Counts, Figures},
};
use leptos::prelude::*;
use model::{Channel, ProviderId, TenantId};

pub use fields::{Setting, Shape, settings};
pub use provider::{
    KindChoice, NewProviderPage, ProviderForm, ProviderPage, RemoveProvider, TestForm, TestOutcome, Wrong, choose_page, label_of, new_page, provider_page,
    remove_page,
};

use crate::{
    components::{Badge, BadgeLook, Banner, ButtonLook, Column, EmptyState, IconButton, IconName, LinkButton, Table, Toast, Tone},
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, Section},
};

/// What was done, for the line that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderDone {
    /// The order changed.
    Moved,
    /// Switched on.
    On(String),
    /// Switched off.
    Off(String),
    /// Removed.
    Removed,
    /// Made.
    Added(String),
    /// Changed.
    Saved,
}

impl ProviderDone {
    /// Its words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Moved => text!(providers.moved).to_owned(),
            Self::On(name) => text!(providers.switched_on, name = name.clone()),
            Self::Off(name) => text!(providers.switched_off, name = name.clone()),
            Self::Removed => text!(providers.removed).to_owned(),
            Self::Added(name) => text!(providers.added, name = name.clone()),
            Self::Saved => text!(providers.saved).to_owned(),
        }
    }
}

/// The page.
#[derive(Clone, Debug)]
pub struct ProvidersPage {
    /// All of them, by channel and rank.
    pub providers: Vec<ProviderView>,
    /// What came of their messages.
    pub figures: Vec<Figures>,
    /// Alarms of the last days.
    pub alarms: Vec<AlarmView>,
    /// Organisations by id.
    pub tenants: Vec<(TenantId, String)>,
    /// A developer's folders can be read.
    pub development: bool,
    /// What was done.
    pub done: Option<ProviderDone>,
    /// Somebody else was faster.
    pub conflict: bool,
}

/// What carries a channel is called.
#[must_use]
pub fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => text!(providers.channel_sms),
        Channel::Voice => text!(providers.channel_voice),
        Channel::Mail => text!(providers.channel_mail),
    }
}

/// What a kind is called.
#[must_use]
pub fn kind(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Smtp => text!(providers.kind_smtp),
        ProviderKind::HttpSms => text!(providers.kind_http_sms),
        ProviderKind::Smpp => text!(providers.kind_smpp),
        ProviderKind::HttpVoice => text!(providers.kind_http_voice),
        ProviderKind::Folder => text!(providers.kind_folder),
    }
}

/// The page of a provider.
#[must_use]
pub fn href(id: ProviderId) -> String {
    format!("{}/{id}", routes::OPERATOR_PROVIDERS)
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: ProvidersPage) -> Page {
    let done = model.done.as_ref().map(|done| {
        let words = done.words();
        view! { <Toast>{words}</Toast> }
    });
    let conflict = model
        .conflict
        .then(|| view! { <Banner tone=Tone::Warn title=text!(providers.conflict_title).to_owned()>{text!(providers.conflict_again)}</Banner> });
    let alarms = alarms(&model);
    let body = if model.providers.is_empty() {
        view! {
            <div class="card flush">
                <EmptyState icon=IconName::MethodSms title=text!(providers.empty_title) words=text!(providers.empty_words)/>
            </div>
        }
        .into_any()
    } else {
        [Channel::Sms, Channel::Voice, Channel::Mail]
            .into_iter()
            .map(|channel| of_channel(&model, channel))
            .collect_view()
            .into_any()
    };
    let development = model.development;
    let actions = move || {
        let written = development.then(|| view! { <LinkButton href=routes::OPERATOR_MESSAGES>{text!(providers.messages)}</LinkButton> });
        view! {
            {written}
            <LinkButton href=routes::OPERATOR_PROVIDERS_NEW look=ButtonLook::Primary icon=IconName::Plus>{text!(providers.add)}</LinkButton>
        }
    };
    let view = view! {
        <ConsolePage title=text!(providers.title) actions=actions lead=|| view! { <p class="muted">{text!(providers.lead)}</p> }>
            {done}
            {conflict}
            {body}
            {alarms}
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(providers.title), text!(providers.description)), shell, view.into_any())
}

fn of_channel(model: &ProvidersPage, of: Channel) -> AnyView {
    let carriers: Vec<&ProviderView> = model.providers.iter().filter(|provider| provider.channel == of).collect();
    if carriers.is_empty() {
        return view! { <Section id=of.to_string() title=channel(of)><p class="muted">{text!(providers.none_channel)}</p></Section> }.into_any();
    }
    let columns = vec![
        Column::new(text!(providers.c_name)),
        Column::new(text!(providers.c_health)),
        Column::new(text!(providers.c_hour)),
        Column::new(text!(providers.c_day)),
        Column::new(text!(providers.c_order)),
    ];
    let lines = carriers
        .iter()
        .map(|provider| {
            // Places change within those of the same organisation.
            let peers: Vec<ProviderId> = carriers.iter().filter(|p| p.tenant == provider.tenant).map(|p| p.id).collect();
            row(model, provider, peers.first() == Some(&provider.id), peers.last() == Some(&provider.id))
        })
        .collect_view();
    view! {
        <Section id=of.to_string() title=channel(of)>
            <Table caption=channel(of) columns=columns>{lines}</Table>
        </Section>
    }
    .into_any()
}

fn row(model: &ProvidersPage, provider: &ProviderView, first: bool, last: bool) -> AnyView {
    let (name, here) = (provider.name.clone(), href(provider.id));
    let only = provider.tenant.map(|tenant| {
        let named = model
            .tenants
            .iter()
            .find(|(id, _)| *id == tenant)
            .map_or_else(|| tenant.to_string(), |(_, name)| name.clone());
        text!(providers.only_for, name = named)
    });
    let detail = [Some(kind(provider.kind).to_owned()), only]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ");
    let figures = model.figures.iter().find(|figures| figures.provider == provider.id);
    let (hour, day) = figures.map_or_else(Default::default, |figures| (figures.hour, figures.day));
    let mover = |word: &'static str, label: String, icon: IconName| {
        let id = provider.id.to_string();
        view! {
            <form method="post" action=routes::OPERATOR_PROVIDERS>
                <input type="hidden" name="id" value=id/>
                <IconButton label=label icon=icon look=ButtonLook::Quiet name="do".to_owned() value=word.to_owned()/>
            </form>
        }
    };
    let up = (!first).then(|| mover("up", text!(providers.up, name = name.clone()), IconName::ArrowUp));
    let down = (!last).then(|| mover("down", text!(providers.down, name = name.clone()), IconName::ChevronDown));
    view! {
        <tr>
            <th scope="row"><span class="stack tight"><a href=here>{name.clone()}</a><span class="muted small">{detail}</span></span></th>
            <td data-label=text!(providers.c_health)>{health(provider)}</td>
            <td data-label=text!(providers.c_hour)>{counts(hour)}</td>
            <td data-label=text!(providers.c_day)>{counts(day)}</td>
            <td data-label=text!(providers.c_order)><span class="row tight">{up}{down}</span></td>
        </tr>
    }
    .into_any()
}

/// How a provider is, in words.
pub(super) fn health(provider: &ProviderView) -> AnyView {
    if !provider.enabled {
        return view! { <Badge tone=Tone::Neutral look=BadgeLook::Plain>{text!(providers.off)}</Badge> }.into_any();
    }
    if provider.failures == 0 {
        return match provider.last_ok_at {
            None => view! { <Badge tone=Tone::Neutral look=BadgeLook::Plain>{text!(providers.unused)}</Badge> }.into_any(),
            Some(at) => {
                let since = text!(providers.working_since, at = format::moment(at));
                view! {
                    <span class="stack tight">
                        <Badge tone=Tone::Ok look=BadgeLook::Plain>{text!(providers.working)}</Badge>
                        <span class="muted small">{since}</span>
                    </span>
                }
                .into_any()
            }
        };
    }
    let at = provider.failing_since.map_or_else(|| "?".to_owned(), format::moment);
    let since = match provider.failures {
        1 => text!(providers.failing_once, at = at),
        count => text!(providers.failing_since, at = at, count = count.to_string()),
    };
    // The provider's words come in English, whatever the page.
    let problem = provider
        .last_problem
        .clone()
        .map(|problem| view! { <span class="muted small">{text!(providers.last_error)}": "<span lang="en">{problem}</span></span> });
    view! {
        <span class="stack tight">
            <Badge tone=Tone::Bad look=BadgeLook::Plain>{text!(providers.failing)}</Badge>
            <span class="small">{since}</span>
            {problem}
        </span>
    }
    .into_any()
}

/// What came of the messages of a stretch of time: a bar, and the figures.
pub(super) fn counts(of: Counts) -> AnyView {
    let (sent, failed) = (of.sent.unsigned_abs(), of.failed.unsigned_abs());
    let delivered = of.delivered.unsigned_abs().min(sent);
    let all = sent + failed;
    if all == 0 {
        return view! { <span class="muted">{text!(providers.counts_none)}</span> }.into_any();
    }
    let width = |part: u64| part as f64 * 120.0 / all as f64;
    let (delivered_width, open_width) = (width(delivered), width(sent - delivered));
    let words = text!(
        providers.counts,
        sent = format::number(sent),
        delivered = format::number(delivered),
        failed = format::number(failed)
    );
    view! {
        <span class="stack tight">
            <svg viewBox="0 0 120 8" width="120" height="8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="f-bad" width="120" height="8"></rect>
                <rect class="f-mute" width=format!("{:.1}", delivered_width + open_width) height="8"></rect>
                <rect class="f-ok" width=format!("{delivered_width:.1}") height="8"></rect>
            </svg>
            <span class="small">{words}</span>
        </span>
    }
    .into_any()
}

fn alarms(model: &ProvidersPage) -> Option<AnyView> {
    (!model.alarms.is_empty()).then(|| {
        let columns = vec![
            Column::new(text!(providers.a_tenant)),
            Column::new(text!(alarms.c_country)),
            Column::new(text!(alarms.c_when)),
            Column::new(text!(alarms.c_entered)),
            Column::new(text!(alarms.c_state)),
        ];
        let lines = model
            .alarms
            .iter()
            .map(|alarm| {
                let tenant = model.tenants.iter().find(|(id, _)| *id == alarm.tenant);
                let tenant = tenant.map_or_else(|| alarm.tenant.to_string(), |(_, name)| name.clone());
                view! {
                    <tr>
                        <th scope="row">{tenant}</th>
                        {super::alarms::cells(alarm)}
                    </tr>
                }
            })
            .collect_view();
        view! {
            <Section id="alarms" title=text!(providers.alarms_title)>
                <p class="muted">{text!(providers.alarms_lead)}</p>
                <Table caption=text!(providers.alarms_title) columns=columns>{lines}</Table>
            </Section>
        }
        .into_any()
    })
}
