//! `/operator/senders`: the numbers, short codes, names and addresses that messages come from, by country and day (S11 to S14).

use domain::delivery::{ProviderView, SenderView};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use model::{Channel, SenderKind, TenantId};
use uuid::Uuid;

use super::{providers::channel, words::country};
use crate::{
    components::{
        Badge, BadgeLook, Banner, Breadcrumb, Button, ButtonLook, Choice, Column, Consequence, Dialog, EmptyState, IconName, InputKind, Pager, Row, RowState,
        Select, Table, TextField, Toast, Tone, Urgency,
    },
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, Section},
    visit::visit,
};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderDone {
    /// Added.
    Added,
    /// Has another end.
    Ended,
    /// Removed.
    Removed,
}

impl SenderDone {
    /// Its word in addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Ended => "ended",
            Self::Removed => "removed",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Added, Self::Ended, Self::Removed].into_iter().find(|done| done.word() == word)
    }

    fn words(self) -> &'static str {
        match self {
            Self::Added => text!(senders.added),
            Self::Ended => text!(senders.ended),
            Self::Removed => text!(senders.removed),
        }
    }
}

/// What is wrong with a field, until the language is known.
#[derive(Clone, Debug)]
pub enum SenderWrong {
    /// The value has not the form of its kind.
    Value,
    /// The country is none.
    Country,
    /// Short codes have their countries.
    ShortCountry,
    /// The kind does not fit the channel.
    Kind,
    /// The day is none.
    Date,
    /// The last day is before the first.
    Until,
    /// The same is there for the same time.
    Overlaps(Box<SenderView>),
}

/// What is typed for one more, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct SenderForm {
    /// Channel.
    pub channel: String,
    /// Kind.
    pub kind: String,
    /// Value.
    pub value: String,
    /// Country.
    pub country: String,
    /// Provider.
    pub provider: String,
    /// Short name of a tenant.
    pub tenant: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: String,
    /// What is wrong, by field.
    pub wrong: Vec<(&'static str, SenderWrong)>,
}

impl SenderForm {
    fn error(&self, field: &str) -> Option<String> {
        let (_, wrong) = self.wrong.iter().find(|(name, _)| *name == field)?;
        Some(wrong_words(wrong, SenderKind::from_text(&self.kind)))
    }

    fn overlapped(&self) -> Option<Uuid> {
        self.wrong.iter().find_map(|(_, wrong)| match wrong {
            SenderWrong::Overlaps(other) => Some(other.id),
            _ => None,
        })
    }
}

fn wrong_words(wrong: &SenderWrong, kind: Option<SenderKind>) -> String {
    match wrong {
        SenderWrong::Value => match kind {
            Some(SenderKind::Number) | None => text!(senders.bad_number),
            Some(SenderKind::ShortCode) => text!(senders.bad_short_code),
            Some(SenderKind::Name) => text!(senders.bad_name),
            Some(SenderKind::Mail) => text!(senders.bad_mail),
        }
        .to_owned(),
        SenderWrong::Country => text!(senders.bad_country).to_owned(),
        SenderWrong::ShortCountry => text!(senders.bad_short_country).to_owned(),
        SenderWrong::Kind => text!(senders.bad_kind).to_owned(),
        SenderWrong::Date => text!(senders.bad_date).to_owned(),
        SenderWrong::Until => text!(senders.bad_until).to_owned(),
        SenderWrong::Overlaps(other) => text!(senders.overlaps, value = other.value.clone(), when = when(other)),
    }
}

/// The page.
#[derive(Clone, Debug)]
pub struct SendersPage {
    /// All of them.
    pub senders: Vec<SenderView>,
    /// For the choice of one.
    pub providers: Vec<ProviderView>,
    /// Organisations: id, short name and name.
    pub tenants: Vec<(TenantId, String, String)>,
    /// One more.
    pub form: SenderForm,
    /// What was done.
    pub done: Option<SenderDone>,
}

/// Where a sender stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Today,
    Coming,
    Past,
}

fn state(sender: &SenderView, now: Timestamp) -> State {
    match (sender.valid_from > now, sender.valid_until.is_some_and(|until| until <= now)) {
        (_, true) => State::Past,
        (true, false) => State::Coming,
        (false, false) => State::Today,
    }
}

/// The days of a sender in words: the last day is the one before it ends, where it ends with a day.
fn when(sender: &SenderView) -> String {
    let from = format::date_with_year(sender.valid_from);
    match sender.valid_until {
        None => text!(senders.since, from = from),
        Some(until) => text!(senders.span, from = from, until = format::date_with_year(until - SignedDuration::from_secs(1))),
    }
}

/// What a kind of sender is called.
#[must_use]
pub fn kind(kind: SenderKind) -> &'static str {
    match kind {
        SenderKind::Number => text!(senders.kind_number),
        SenderKind::ShortCode => text!(senders.kind_short_code),
        SenderKind::Name => text!(senders.kind_name),
        SenderKind::Mail => text!(senders.kind_mail),
    }
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: SendersPage) -> Page {
    let done = model.done.map(|done| view! { <Toast>{done.words()}</Toast> });
    let (list, add) = (list(&model), add(&model));
    let view = view! {
        <ConsolePage title=text!(senders.title) lead=|| view! { <p class="muted">{text!(senders.lead)}</p> }>
            {done}
            {list}
            {add}
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(senders.title), text!(senders.description)), shell, view.into_any())
}

fn list(model: &SendersPage) -> AnyView {
    if model.senders.is_empty() {
        return view! {
            <div class="card flush"><EmptyState icon=IconName::MethodSms title=text!(senders.empty_title) words=text!(senders.empty_words)/></div>
        }
        .into_any();
    }
    let now = visit().now;
    let columns = vec![
        Column::new(text!(senders.c_value)),
        Column::new(text!(senders.c_country)),
        Column::new(text!(senders.c_use)),
        Column::new(text!(senders.c_when)),
        Column::new(text!(senders.c_state)),
        Column::new(text!(senders.c_actions)),
    ];
    let summary = text!(senders.rows, count = model.senders.len());
    let mut sorted: Vec<&SenderView> = model.senders.iter().collect();
    sorted.sort_by_key(|sender| (state(sender, now), sender.country.is_none(), sender.country.clone(), sender.value.clone()));
    let lines = sorted.into_iter().map(|sender| row(model, sender, now)).collect_view();
    view! { <Table caption=text!(senders.title) columns=columns below=move || view! { <Pager summary=summary/> }>{lines}</Table> }.into_any()
}

fn row(model: &SendersPage, sender: &SenderView, now: Timestamp) -> AnyView {
    let (value, id) = (sender.value.clone(), sender.id);
    let land = sender.country.as_deref().map_or_else(|| text!(senders.every_country).to_owned(), country);
    let provider = sender
        .provider
        .map(|id| model.providers.iter().find(|p| p.id == id).map_or_else(|| id.to_string(), |p| p.name.clone()));
    let tenant = sender.tenant.map(|id| {
        model
            .tenants
            .iter()
            .find(|(t, ..)| *t == id)
            .map_or_else(|| id.to_string(), |(_, _, name)| name.clone())
    });
    let detail = [Some(kind(sender.kind).to_owned()), provider, tenant]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ");
    let (tone, word) = match state(sender, now) {
        State::Today => (Tone::Ok, text!(senders.today)),
        State::Coming => (Tone::Info, text!(senders.coming)),
        State::Past => (Tone::Neutral, text!(senders.past)),
    };
    let link = |act: &str| format!("{}?do={act}&id={id}", routes::OPERATOR_SENDERS);
    let said = |words: &str| format!("{words}: {value}");
    let (end, end_said) = (link("end"), said(text!(senders.end)));
    let (remove, remove_said) = (link("remove"), said(text!(senders.remove)));
    let (used_for, days) = (channel(sender.channel), when(sender));
    let row_state = match model.form.overlapped() == Some(id) {
        true => RowState::Selected,
        false => RowState::Rest,
    };
    view! {
        <Row state=row_state>
            <th scope="row"><span class="stack tight"><span class="code wraps">{value}</span><span class="muted small">{detail}</span></span></th>
            <td data-label=text!(senders.c_country)>{land}</td>
            <td data-label=text!(senders.c_use)>{used_for}</td>
            <td data-label=text!(senders.c_when)>{days}</td>
            <td data-label=text!(senders.c_state)><Badge tone=tone look=BadgeLook::Plain>{word}</Badge></td>
            <td data-label=text!(senders.c_actions)>
                <span class="row">
                    <a href=end aria-label=end_said>{text!(senders.end)}</a>
                    <a href=remove aria-label=remove_said>{text!(senders.remove)}</a>
                </span>
            </td>
        </Row>
    }
    .into_any()
}

fn add(model: &SendersPage) -> AnyView {
    let form = model.form.clone();
    let hint = |words: &str| Some(words.to_owned());
    let channels = [Channel::Sms, Channel::Voice, Channel::Mail]
        .map(|of| Choice::new(of.to_string(), channel(of)))
        .to_vec();
    let kinds = [SenderKind::Number, SenderKind::ShortCode, SenderKind::Name, SenderKind::Mail]
        .map(|of| Choice::new(of.to_string(), kind(of)))
        .to_vec();
    let providers = std::iter::once(Choice::new("", text!(senders.every_provider)))
        .chain(
            model
                .providers
                .iter()
                .map(|p| Choice::new(p.id.to_string(), format!("{} · {}", p.name, channel(p.channel)))),
        )
        .collect();
    let tenants = std::iter::once(Choice::new("", text!(providers.everybody)))
        .chain(model.tenants.iter().map(|(_, slug, name)| Choice::new(slug.clone(), name.clone())))
        .collect();
    let [kind_error, value_error, country_error, from_error, until_error] = ["kind", "value", "country", "from", "until"].map(|field| form.error(field));
    view! {
        <Section id="add" title=text!(senders.add_title)>
            <form class="stack card" method="post" action=routes::OPERATOR_SENDERS>
                <input type="hidden" name="do" value="add"/>
                <div class="halves">
                    <Select name="channel" label=text!(senders.channel) options=channels selected=form.channel/>
                    <Select name="kind" label=text!(senders.kind) options=kinds selected=form.kind error=kind_error/>
                </div>
                <div class="halves">
                    <TextField
                        name="value"
                        label=text!(senders.value)
                        hint=hint(text!(senders.value_hint))
                        value=form.value
                        error=value_error
                        length_max=254
                        required=true
                        autocomplete="off"
                    />
                    <TextField name="country" label=text!(senders.country) hint=hint(text!(senders.country_hint)) value=form.country error=country_error length_max=2 autocomplete="off"/>
                </div>
                <div class="halves">
                    <Select name="provider" label=text!(senders.provider) options=providers selected=form.provider/>
                    <Select name="tenant" label=text!(senders.tenant) options=tenants selected=form.tenant/>
                </div>
                <div class="halves">
                    <TextField name="from" label=text!(senders.from) kind=InputKind::Date hint=hint(text!(senders.from_hint)) value=form.from error=from_error/>
                    <TextField name="until" label=text!(senders.until) kind=InputKind::Date hint=hint(text!(senders.until_hint)) value=form.until error=until_error/>
                </div>
                <div class="row"><Button look=ButtonLook::Primary>{text!(senders.add)}</Button></div>
            </form>
        </Section>
    }
    .into_any()
}

/// A question about one sender.
#[derive(Clone, Debug)]
pub struct SenderQuestion {
    /// Which one.
    pub sender: SenderView,
    /// Removed, else it gets another end.
    pub remove: bool,
    /// The last day as typed.
    pub until: String,
    /// What is wrong with it.
    pub wrong: Option<SenderWrong>,
    /// Somebody has changed it since.
    pub conflict: bool,
}

/// Draws the question.
#[must_use]
pub fn question_page(shell: ConsoleShell, model: SenderQuestion) -> Page {
    let value = model.sender.value.clone();
    let above = vec![(text!(senders.title).to_owned(), routes::OPERATOR_SENDERS.to_owned())];
    let (word, here, title, confirm, consequences) = match model.remove {
        true => (
            "remove",
            text!(senders.remove),
            text!(senders.remove_ask, value = value.clone()),
            text!(senders.remove),
            vec![
                Consequence::new(Tone::Warn, text!(senders.effect_remove, value = value.clone())),
                Consequence::new(Tone::Neutral, text!(senders.effect_end_instead)),
            ],
        ),
        false => (
            "end",
            text!(senders.end),
            text!(senders.end_ask, value = value.clone()),
            text!(senders.save),
            Vec::new(),
        ),
    };
    let seen = model.sender.valid_until.map(|until| until.to_string()).unwrap_or_default();
    let error = model.wrong.as_ref().map(|wrong| wrong_words(wrong, Some(model.sender.kind)));
    let until = (!model.remove).then(|| {
        view! {
            <input type="hidden" name="seen" value=seen/>
            <TextField name="until" label=text!(senders.until) kind=InputKind::Date hint=text!(senders.until_hint).to_owned() value=model.until error=error focus=true/>
        }
    });
    let conflict = model.conflict.then(|| {
        view! { <Banner tone=Tone::Warn title=text!(providers.conflict_title).to_owned() urgency=Urgency::Alert>{text!(senders.conflict)}</Banner> }
    });
    let id = model.sender.id.to_string();
    let body = view! {
        <main id="main" class="page narrow">
            <Breadcrumb above=above here=here/>
            {conflict}
            <Dialog
                id="act"
                title=title.clone()
                consequences=consequences
                action=routes::OPERATOR_SENDERS
                confirm=confirm
                keep=text!(senders.keep)
                back=routes::OPERATOR_SENDERS
                harmless=!model.remove
            >
                <input type="hidden" name="do" value=word/>
                <input type="hidden" name="id" value=id/>
                {until}
            </Dialog>
        </main>
    };
    Page::new(PageMeta::new(title, text!(senders.description)), shell, body.into_any())
}
