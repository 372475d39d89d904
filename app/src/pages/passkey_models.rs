//! `/admin/{tenant}/passkey-models`: which makes and models of passkeys may be registered, and whether they prove it.

use domain::{
    passkeys::models::{KnownModel, ListedModel, ModelsView},
    webauthn::LeftOut,
};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    components::{
        Badge, BadgeLook, Banner, Breadcrumb, Button, ButtonLook, Check, Choice, Column, Consequence, Dialog, EmptyState, IconName, Pager, Select, Table,
        TextField, Toast, Tone, Urgency,
    },
    pages::reason::ReasonField,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, Section},
};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelDone {
    /// Added.
    Added,
    /// Removed.
    Removed,
    /// Saved.
    Saved,
}

impl ModelDone {
    /// Its word in addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Saved => "saved",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Added, Self::Removed, Self::Saved].into_iter().find(|done| done.word() == word)
    }

    fn words(self) -> &'static str {
        match self {
            Self::Added => text!(models.added),
            Self::Removed => text!(models.removed),
            Self::Saved => text!(models.saved),
        }
    }
}

/// Why a list was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There are no metadata.
    NeedsMetadata,
    /// Nothing would be left.
    NothingLeft,
    /// Too long.
    TooMany,
}

impl Refused {
    fn words(self) -> &'static str {
        match self {
            Self::NeedsMetadata => text!(models.needs_metadata),
            Self::NothingLeft => text!(models.nothing_left),
            Self::TooMany => text!(models.too_many),
        }
    }
}

/// What is typed for one more, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct ModelForm {
    /// The chosen model.
    pub known: String,
    /// The AAGUID.
    pub aaguid: String,
    /// Why.
    pub reason: String,
    /// What is wrong with the AAGUID.
    pub aaguid_error: Option<String>,
    /// With the reason.
    pub reason_error: Option<String>,
}

/// What is set, with the reason as typed.
#[derive(Clone, Debug, Default)]
pub struct ProofForm {
    /// They have to prove it.
    pub required: bool,
    /// Why.
    pub reason: String,
    /// What is wrong with the reason.
    pub reason_error: Option<String>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct ModelsPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The list.
    pub view: ModelsView,
    /// What can be chosen.
    pub known: Vec<KnownModel>,
    /// One more.
    pub form: ModelForm,
    /// The proof.
    pub proof: ProofForm,
    /// What was done.
    pub done: Option<ModelDone>,
    /// Why a list was refused.
    pub refused: Option<Refused>,
}

fn href(slug: &str) -> String {
    routes::admin(slug, "passkey-models")
}

/// What a model is called.
#[must_use]
pub fn name(model: &ListedModel) -> String {
    model.name.clone().unwrap_or_else(|| text!(models.unknown).to_owned())
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: ModelsPage) -> Page {
    let here = href(&model.slug);
    let done = model.done.map(|done| view! { <Toast>{done.words()}</Toast> });
    let refused = model.refused.map(|refused| {
        view! { <Banner tone=Tone::Bad title=text!(models.refused_title).to_owned() urgency=Urgency::Alert>{refused.words()}</Banner> }
    });
    let (list, add, proof) = (list(&model.view, &here), add(&model, &here), proof(model.proof.clone(), &here));
    let view = view! {
        <ConsolePage title=text!(models.title) lead=|| view! { <p class="muted">{text!(models.lead)}</p> }>
            {done}
            {refused}
            <div class="columns">
                <div class="stack wide">{list}{add}</div>
                <aside class="stack" aria-label=text!(models.settings)>{proof}</aside>
            </div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(models.title), text!(models.description)), shell, view.into_any())
}

fn list(listed: &ModelsView, here: &str) -> AnyView {
    if listed.listed.is_empty() {
        return view! {
            <div class="card flush"><EmptyState icon=IconName::MethodPasskey title=text!(models.empty_title) words=text!(models.empty_words)/></div>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(text!(models.c_name)),
        Column::new(text!(models.c_aaguid)),
        Column::new(text!(models.c_state)),
        Column::new(text!(models.c_actions)),
    ];
    let summary = text!(models.rows, count = listed.listed.len());
    let lines = listed
        .listed
        .iter()
        .map(|listed| {
            let (tone, state) = match listed.left_out {
                None => (Tone::Ok, text!(models.counts)),
                Some(LeftOut::Unknown) => (Tone::Warn, text!(models.left_unknown)),
                Some(LeftOut::NoRoot) => (Tone::Warn, text!(models.left_no_root)),
                Some(LeftOut::Unsound) => (Tone::Bad, text!(models.left_unsound)),
            };
            let (called, aaguid) = (name(listed), listed.aaguid.to_string());
            let remove = format!("{here}?do=remove&aaguid={aaguid}");
            let said = format!("{}: {called}", text!(models.remove));
            view! {
                <tr>
                    <th scope="row">{called}</th>
                    <td data-label=text!(models.c_aaguid)><span class="code wraps">{aaguid}</span></td>
                    <td data-label=text!(models.c_state)><Badge tone=tone look=BadgeLook::Plain>{state}</Badge></td>
                    <td data-label=text!(models.c_actions)><a href=remove aria-label=said>{text!(models.remove)}</a></td>
                </tr>
            }
        })
        .collect_view();
    view! { <Table caption=text!(models.title) columns=columns below=move || view! { <Pager summary=summary/> }>{lines}</Table> }.into_any()
}

fn add(model: &ModelsPage, here: &str) -> AnyView {
    let form = model.form.clone();
    let on_list = |aaguid: Uuid| model.view.listed.iter().any(|listed| listed.aaguid == aaguid);
    let names: Vec<&KnownModel> = model.known.iter().filter(|known| !on_list(known.aaguid)).collect();
    let options = std::iter::once(Choice::new("", text!(models.choose)))
        .chain(names.iter().map(|known| {
            // Several models may share a name.
            let twice = names.iter().filter(|other| other.name == known.name).count() > 1;
            let words = match twice {
                true => format!("{} ({})", known.name, known.aaguid.to_string().split('-').next().unwrap_or_default()),
                false => known.name.clone(),
            };
            Choice::new(known.aaguid.to_string(), words)
        }))
        .collect();
    let action = here.to_owned();
    view! {
        <Section id="add" title=text!(models.add_title)>
            <form class="stack card" method="post" action=action>
                <input type="hidden" name="do" value="add"/>
                <div class="halves">
                    <Select name="known" label=text!(models.known) options=options selected=form.known/>
                    <TextField
                        name="aaguid"
                        label=text!(models.aaguid)
                        hint=text!(models.aaguid_hint).to_owned()
                        value=form.aaguid
                        error=form.aaguid_error
                        length_max=40
                        autocomplete="off"
                    />
                </div>
                <ReasonField value=form.reason error=form.reason_error/>
                <div class="row"><Button look=ButtonLook::Primary>{text!(models.add)}</Button></div>
            </form>
        </Section>
    }
    .into_any()
}

fn proof(form: ProofForm, here: &str) -> AnyView {
    let action = here.to_owned();
    view! {
        <Section id="settings" title=text!(models.settings)>
            <form class="stack card" method="post" action=action>
                <input type="hidden" name="do" value="proof"/>
                <Check name="required" checked=form.required>{text!(models.attestation)}</Check>
                <p class="muted small">{text!(models.attestation_words)}</p>
                <ReasonField id="proof-reason" value=form.reason error=form.reason_error/>
                <div class="row"><Button>{text!(models.save)}</Button></div>
            </form>
        </Section>
    }
    .into_any()
}

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelAsk {
    /// Take this one off.
    Remove(ListedModel),
    /// Put this one on, though members have others.
    Add(Uuid),
    /// Want proof, though members have passkeys without.
    Proof,
}

/// A question before the list changes.
#[derive(Clone, Debug)]
pub struct ModelQuestion {
    /// Short name of the tenant.
    pub slug: String,
    /// What is asked.
    pub ask: ModelAsk,
    /// The list is empty then.
    pub last: bool,
    /// Members whose passkeys could not be registered any more.
    pub outside: i64,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong with it.
    pub reason_error: Option<String>,
}

/// Draws the question.
#[must_use]
pub fn question_page(shell: ConsoleShell, model: ModelQuestion) -> Page {
    let back = href(&model.slug);
    let above = vec![(text!(models.title).to_owned(), back.clone())];
    let (word, field, title, confirm) = match &model.ask {
        ModelAsk::Remove(listed) => (
            "remove",
            listed.aaguid.to_string(),
            text!(models.remove_ask, name = name(listed)),
            text!(models.remove),
        ),
        ModelAsk::Add(aaguid) => ("add", aaguid.to_string(), text!(models.sure_add).to_owned(), text!(models.sure)),
        ModelAsk::Proof => ("proof", String::new(), text!(models.sure_settings).to_owned(), text!(models.sure)),
    };
    let mut consequences = Vec::new();
    if matches!(model.ask, ModelAsk::Remove(_)) {
        consequences.push(match model.last {
            true => Consequence::new(Tone::Warn, text!(models.effect_last)),
            false => Consequence::new(Tone::Warn, text!(models.effect_remove)),
        });
    }
    if model.outside > 0 {
        let words = text!(models.effect_outside, count = model.outside.unsigned_abs() as usize);
        consequences.push(Consequence::new(Tone::Warn, words));
    }
    let proof = matches!(model.ask, ModelAsk::Proof).then(|| view! { <input type="hidden" name="required" value="yes"/> });
    let action = back.clone();
    let body = view! {
        <main id="main" class="page narrow">
            <Breadcrumb above=above here=title.clone()/>
            <Dialog
                id="act"
                title=title.clone()
                consequences=consequences
                action=action
                confirm=confirm
                keep=text!(models.keep)
                back=back
                harmless=!matches!(model.ask, ModelAsk::Remove(_))
            >
                <input type="hidden" name="do" value=word/>
                <input type="hidden" name="aaguid" value=field/>
                <input type="hidden" name="sure" value="yes"/>
                {proof}
                <ReasonField value=model.reason error=model.reason_error/>
            </Dialog>
        </main>
    };
    Page::new(PageMeta::new(title, text!(models.description)), shell, body.into_any())
}
