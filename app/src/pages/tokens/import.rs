//! `/admin/{tenant}/tokens/import`: a file, what opens it, and what is to be done with it; under it what came of earlier ones.

use domain::tokens::jobs::{ImportRun, ImportState};
use leptos::prelude::*;

use crate::{
    components::{
        Badge, BadgeLook, Banner, Breadcrumb, Button, ButtonLook, Check, Column, FileField, InputKind, LinkButton, Row, Table, TextField, Tone, Urgency,
    },
    edge::IMPORT_BYTES_MAX,
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth, Section},
};

/// Characters that the fields of key and passphrase take.
const KEY_CHARACTERS_MAX: u32 = 200;
const PASSPHRASE_CHARACTERS_MAX: u32 = 1_024;

/// What is wrong with what was sent, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportErrors {
    /// The file.
    pub file: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// The passphrase.
    pub passphrase: Option<String>,
    /// What the domain says of the file, in English.
    pub detail: Option<String>,
    /// The form itself.
    pub form: Option<String>,
}

impl ImportErrors {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What was ticked. File, key and passphrase cannot be shown again.
#[derive(Clone, Copy, Debug)]
pub struct ImportForm {
    /// Only check.
    pub dry_run: bool,
    /// The good rows although others are bad.
    pub skip_bad: bool,
}

impl Default for ImportForm {
    fn default() -> Self {
        Self {
            dry_run: true,
            skip_bad: false,
        }
    }
}

/// The page.
#[derive(Clone, Debug)]
pub struct ImportPage {
    /// Short name of the tenant.
    pub slug: String,
    /// What was ticked.
    pub form: ImportForm,
    /// What is wrong.
    pub errors: ImportErrors,
    /// After a check that found nothing wrong.
    pub checked: bool,
    /// Earlier imports.
    pub runs: Vec<ImportRun>,
}

/// How large a file may be, in words.
#[must_use]
pub fn size() -> String {
    format!("{} MiB", IMPORT_BYTES_MAX / 1024 / 1024)
}

/// Draws the page.
#[must_use]
pub fn import_page(shell: ConsoleShell, model: ImportPage) -> Page {
    let list = routes::admin(&model.slug, "tokens");
    let above = vec![(text!(tokens.title).to_owned(), list.clone())];
    let banner = banner(&model);
    let runs = runs(&model.slug, model.runs);
    let form = form(&list, model.form, model.errors);
    let body = view! {
        <ConsolePage
            title=text!(tokens.import_title)
            above=move || view! { <Breadcrumb above=above here=text!(tokens.import_title)/> }
            lead=|| view! { <p class="muted">{text!(tokens.import_lead, size = size())}</p> }
            width=PageWidth::Narrow
        >
            {banner}
            {form}
            {runs}
        </ConsolePage>
    };
    Page::new(
        PageMeta::new(text!(tokens.import_title), text!(tokens.import_description)),
        shell,
        body.into_any(),
    )
}

fn banner(model: &ImportPage) -> Option<AnyView> {
    let errors = &model.errors;
    if let Some(words) = &errors.form {
        let words = words.clone();
        return Some(view! { <Banner tone=Tone::Bad urgency=Urgency::Alert>{words}</Banner> }.into_any());
    }
    if !errors.is_empty() {
        let detail = errors.detail.clone().map(|detail| view! { <br/><span lang="en">{detail}</span> });
        return Some(view! { <Banner tone=Tone::Warn urgency=Urgency::Alert>{text!(tokens.choose_again)}{detail}</Banner> }.into_any());
    }
    let title = text!(tokens.import_again_title).to_owned();
    model
        .checked
        .then(|| view! { <Banner tone=Tone::Ok title=title>{text!(tokens.import_again_words)}</Banner> }.into_any())
}

fn form(list: &str, form: ImportForm, errors: ImportErrors) -> AnyView {
    view! {
        <form class="stack" method="post" enctype="multipart/form-data" action=format!("{list}/import")>
            <FileField
                name="file"
                label=text!(tokens.file)
                hint=text!(tokens.file_hint, size = size())
                error=errors.file
                accept=".csv,.txt,.xml,.pskc,.pskcxml,text/csv,application/xml,application/pskc+xml"
                required=true
                focus=true
            />
            <fieldset class="stack tight">
                <legend class="strong">{text!(tokens.lock)}</legend>
                <p class="muted small">{text!(tokens.lock_hint)}</p>
                <div class="halves">
                    <TextField
                        name="key"
                        label=text!(tokens.key)
                        kind=InputKind::Password
                        error=errors.key
                        autocomplete="off"
                        length_max=KEY_CHARACTERS_MAX
                    />
                    <TextField
                        name="passphrase"
                        label=text!(tokens.passphrase)
                        kind=InputKind::Password
                        error=errors.passphrase
                        autocomplete="off"
                        length_max=PASSPHRASE_CHARACTERS_MAX
                    />
                </div>
            </fieldset>
            <div class="stack tight">
                <Check name="dry_run" checked=form.dry_run>
                    <span>{text!(tokens.dry)}<span class="muted small">" · "{text!(tokens.dry_hint)}</span></span>
                </Check>
                <Check name="skip_bad" checked=form.skip_bad>
                    <span>{text!(tokens.skip)}<span class="muted small">" · "{text!(tokens.skip_hint)}</span></span>
                </Check>
            </div>
            <div class="row">
                <Button look=ButtonLook::Primary>{text!(tokens.send)}</Button>
                <LinkButton href=list.to_owned() look=ButtonLook::Quiet>{text!(members.cancel)}</LinkButton>
            </div>
        </form>
    }
    .into_any()
}

fn runs(slug: &str, runs: Vec<ImportRun>) -> Option<AnyView> {
    if runs.is_empty() {
        return None;
    }
    let lines = runs.into_iter().map(|run| line(slug, run)).collect_view();
    let columns = [
        text!(tokens.runs_file),
        text!(tokens.runs_result),
        text!(tokens.runs_begun),
        text!(tokens.runs_by),
    ];
    Some(
        view! {
            <Section id="runs" title=text!(tokens.runs)>
                <Table caption=text!(tokens.runs_caption) columns=columns.map(Column::new).to_vec()>{lines}</Table>
            </Section>
        }
        .into_any(),
    )
}

fn line(slug: &str, run: ImportRun) -> AnyView {
    let href = routes::token_import(slug, run.id);
    let (tone, word) = short(&run);
    let (good, bad, all) = (format::number(run.imported), format::number(run.refused), format::number(run.rows_read));
    let counts = match run.state {
        ImportState::Done if run.rows_read > 0 => Some(text!(tokens.run_counts, good = good, bad = bad)),
        ImportState::Refused if run.refused > 0 => Some(text!(tokens.run_bad, bad = bad, all = all)),
        ImportState::Running | ImportState::Stopped | ImportState::Done | ImportState::Refused => None,
    };
    let counts = counts.map(|counts| view! { " "<span class="muted small">{counts}</span> });
    let (at, begun) = (run.started_at.to_string(), format::moment_capital(run.started_at));
    let by = run.by.unwrap_or_else(|| text!(tokens.elsewhere).to_owned());
    view! {
        <Row href=href.clone()>
            <th scope="row"><a class="wraps" href=href>{run.file_name}</a></th>
            <td data-label=text!(tokens.runs_result)><span><Badge tone=tone look=BadgeLook::Plain>{word}</Badge>{counts}</span></td>
            <td data-label=text!(tokens.runs_begun)><time class="nowrap" datetime=at>{begun}</time></td>
            <td data-label=text!(tokens.runs_by)><span class="wraps">{by}</span></td>
        </Row>
    }
    .into_any()
}

/// What came of a run, in a word.
fn short(run: &ImportRun) -> (Tone, &'static str) {
    match (run.state, run.dry_run) {
        (ImportState::Running, _) => (Tone::Info, text!(tokens.run_short_running)),
        (ImportState::Stopped, _) => (Tone::Bad, text!(tokens.run_short_stopped)),
        (ImportState::Refused, _) => (Tone::Bad, text!(tokens.run_short_refused)),
        (ImportState::Done, _) if run.rows_read == 0 => (Tone::Neutral, text!(tokens.run_short_nothing)),
        (ImportState::Done, true) => (Tone::Ok, text!(tokens.run_short_would)),
        (ImportState::Done, false) if run.refused > 0 => (Tone::Warn, text!(tokens.run_short_did)),
        (ImportState::Done, false) => (Tone::Ok, text!(tokens.run_short_did)),
    }
}
