//! `/admin/{tenant}/tokens`: the hardware tokens of an organisation; counts that filter, a search as people type it, pages by key.
//!
//! Filters live in the query: `?q=1023&state=active`, and `q` takes them as words too: `state:active 1023`.

mod act;
mod filter;
mod import;
mod run;
mod token;

pub use act::{Act, ActErrors, ActPage, act_page, sensible};
pub use filter::Filter;
pub use import::{ImportErrors, ImportForm, ImportPage, import_page, size as import_size};
pub use run::{RunPage, run_page};
pub use token::{TokenPage, page as token_page};

use domain::tokens::{TokenCounts, TokenView};
use leptos::prelude::*;
use model::{OathAlgorithm, OathKind, TokenState};

use crate::{
    components::{Badge, ButtonLook, Chip, Chips, Column, EmptyState, Facet, Facets, IconName, Kbd, LinkButton, Pager, Row, Search, Table, Tone},
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell},
};

/// The page.
#[derive(Clone, Debug)]
pub struct TokensPage {
    /// Short name of the tenant.
    pub slug: String,
    /// How many there are of each sort.
    pub counts: TokenCounts,
    /// What is shown.
    pub filter: Filter,
    /// The rows.
    pub rows: Vec<TokenView>,
    /// Where this page starts, when it is not the first.
    pub cursor: Option<String>,
    /// Where the next one starts.
    pub next: Option<String>,
    /// May import tokens.
    pub may_import: bool,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: TokensPage) -> Page {
    Page::new(PageMeta::new(text!(tokens.title), text!(tokens.description)), shell, view(model))
}

fn view(model: TokensPage) -> AnyView {
    let (slug, filter) = (model.slug.clone(), model.filter.clone());
    let base = routes::admin(&slug, "tokens");
    let csv = filter.href_with(&slug, &[("format", "csv")]);
    let import = model.may_import.then(|| format!("{base}/import"));
    let actions = move || {
        view! {
            <LinkButton href=csv icon=IconName::Download>{text!(tokens.csv)}</LinkButton>
            {import.map(|href| view! { <LinkButton href=href look=ButtonLook::Primary icon=IconName::Plus>{text!(tokens.import)}</LinkButton> })}
        }
    };
    let (facets, chips, rows) = (facets(&slug, &model.counts, &filter), chips(&slug, &filter), rows(model));
    view! {
        <ConsolePage title=text!(tokens.title) actions=actions>
            <Facets groups=vec![facets]/>
            <div class="stack tight">
                <div class="toolbar">
                    <Search
                        action=base
                        label=text!(tokens.filter_label)
                        placeholder=text!(tokens.filter_placeholder)
                        value=filter.typed()
                        key="f"
                    />
                </div>
                {chips}
            </div>
            {rows}
        </ConsolePage>
    }
    .into_any()
}

/// Each count leads to exactly the rows it counts, so it replaces the filters in use.
fn facets(slug: &str, counts: &TokenCounts, filter: &Filter) -> Vec<Facet> {
    let all = counts.available + counts.assigned + counts.active + counts.retired;
    let states = [
        (counts.available, Some(TokenState::Available)),
        (counts.assigned, Some(TokenState::Assigned)),
        (counts.active, Some(TokenState::Active)),
        (counts.retired, Some(TokenState::Retired)),
    ];
    std::iter::once((all, None))
        .chain(states)
        .map(|(count, state)| {
            let only = Filter { state, text: None };
            let label = state.map_or(text!(tokens.all), state_word);
            Facet::new(format::number(count.unsigned_abs()), label, only.href(slug), only == *filter)
        })
        .collect()
}

fn chips(slug: &str, filter: &Filter) -> Option<AnyView> {
    if filter.is_empty() {
        return None;
    }
    let without = |change: fn(&mut Filter)| {
        let mut other = filter.clone();
        change(&mut other);
        other.href(slug)
    };
    let chips = [
        filter
            .state
            .map(|state| (text!(tokens.chip_state), state_word(state).to_owned(), without(|f| f.state = None))),
        filter.text.clone().map(|text| (text!(tokens.chip_text), text, without(|f| f.text = None))),
    ];
    let chips = chips
        .into_iter()
        .flatten()
        .map(|(label, value, remove)| view! { <Chip label=label value=value remove=remove/> })
        .collect_view();
    let clear = Filter::default().href(slug);
    Some(view! { <Chips>{chips}<a class="small" href=clear>{text!(tokens.clear)}</a></Chips> }.into_any())
}

fn rows(model: TokensPage) -> AnyView {
    if !model.rows.is_empty() {
        return table(&model);
    }
    if model.filter.is_empty() && model.cursor.is_none() {
        let words = if model.may_import {
            text!(tokens.empty_words)
        } else {
            text!(tokens.empty_words_look)
        };
        let import = model.may_import.then(|| {
            let href = format!("{}/import", routes::admin(&model.slug, "tokens"));
            view! { <LinkButton href=href look=ButtonLook::Primary>{text!(tokens.import)}</LinkButton> }
        });
        return view! {
            <div class="card flush"><EmptyState icon=IconName::MethodToken title=text!(tokens.empty_title) words=words>{import}</EmptyState></div>
        }
        .into_any();
    }
    let clear = Filter::default().href(&model.slug);
    view! {
        <div class="card flush">
            <EmptyState icon=IconName::Filter title=text!(tokens.none_title) words=text!(tokens.none_words)>
                <LinkButton href=clear>{text!(tokens.clear)}</LinkButton>
            </EmptyState>
        </div>
    }
    .into_any()
}

fn table(model: &TokensPage) -> AnyView {
    let slug = &model.slug;
    let lines = model.rows.iter().map(|token| row(slug, token)).collect_view();
    let next = model.next.as_deref().map(|cursor| model.filter.href_with(slug, &[("cursor", cursor)]));
    // Pages are found by key and only forward: the way back is the first page.
    let first = model.cursor.as_ref().map(|_| model.filter.href(slug));
    let summary = text!(tokens.rows, count = model.rows.len());
    let columns = [
        text!(tokens.column_serial),
        text!(tokens.column_state),
        text!(tokens.column_kind),
        text!(tokens.column_made),
        text!(tokens.column_owner),
        text!(tokens.column_imported),
    ];
    let below = move || {
        view! {
            <Pager
                summary=summary
                previous=first
                next=next
                help=|| view! {
                    <span class="faint row" data-needs-script="">
                        <Kbd>"j"</Kbd><Kbd>"k"</Kbd>" "{text!(members.key_move)}" "<Kbd>"Enter"</Kbd>" "{text!(members.key_open)}
                    </span>
                }
            />
        }
    };
    view! { <Table caption=text!(tokens.caption) columns=columns.map(Column::new).to_vec() below=below>{lines}</Table> }.into_any()
}

fn row(slug: &str, token: &TokenView) -> AnyView {
    let href = routes::token(slug, &token.serial);
    let owner = match (&token.owner_upn, token.owner) {
        (Some(upn), Some(owner)) => {
            let href = format!("{}/{owner}", routes::admin(slug, "users"));
            view! { <a class="wraps" href=href>{upn.clone()}</a> }.into_any()
        }
        _ => view! { <span class="faint">{text!(tokens.nobody)}</span> }.into_any(),
    };
    let made = match (&token.model, &token.manufacturer) {
        (None, None) => view! { <span class="faint">{text!(tokens.unknown)}</span> }.into_any(),
        (Some(model), Some(maker)) => view! { <span>{model.clone()}" "<span class="muted">{maker.clone()}</span></span> }.into_any(),
        (Some(one), None) | (None, Some(one)) => view! { <span>{one.clone()}</span> }.into_any(),
    };
    let (at, imported) = (token.imported_at.to_string(), format::date(token.imported_at));
    let (serial, badge, kind) = (token.serial.clone(), state_badge(token.state), kind(token));
    view! {
        <Row href=href.clone()>
            <th scope="row"><a class="code wraps" href=href>{serial}</a></th>
            <td data-label=text!(tokens.column_state)>{badge}</td>
            <td data-label=text!(tokens.column_kind)><span>{kind}</span></td>
            <td data-label=text!(tokens.column_made)>{made}</td>
            <td data-label=text!(tokens.column_owner)>{owner}</td>
            <td data-label=text!(tokens.column_imported)><time class="nowrap" datetime=at>{imported}</time></td>
        </Row>
    }
    .into_any()
}

/// How a token makes its codes, in a few words: "TOTP, 30 s"; hash and digits only where they are unusual.
fn kind(token: &TokenView) -> String {
    let oath = token.oath;
    let kind = match oath.kind {
        OathKind::Totp => text!(tokens.kind_time, seconds = oath.period),
        OathKind::Hotp => text!(tokens.kind_count, counter = format::number(token.counter.unwrap_or(0).unsigned_abs())),
    };
    let hash = (oath.algorithm != OathAlgorithm::Sha1).then(|| algorithm(oath.algorithm).to_owned());
    let digits = (oath.digits != 6).then(|| text!(tokens.kind_digits, digits = oath.digits));
    std::iter::once(kind).chain(hash).chain(digits).collect::<Vec<_>>().join(", ")
}

fn algorithm(algorithm: OathAlgorithm) -> &'static str {
    match algorithm {
        OathAlgorithm::Sha1 => "SHA-1",
        OathAlgorithm::Sha256 => "SHA-256",
        OathAlgorithm::Sha512 => "SHA-512",
    }
}

/// The word for where a token stands: "Available".
fn state_word(state: TokenState) -> &'static str {
    match state {
        TokenState::Available => text!(tokens.state_available),
        TokenState::Assigned => text!(tokens.state_assigned),
        TokenState::Active => text!(tokens.state_active),
        TokenState::Retired => text!(tokens.state_retired),
    }
}

/// Where a token stands, as it is drawn everywhere.
fn state_badge(state: TokenState) -> AnyView {
    let word = state_word(state);
    match state {
        TokenState::Available => view! { <Badge>{word}</Badge> }.into_any(),
        TokenState::Assigned => view! { <Badge tone=Tone::Info>{word}</Badge> }.into_any(),
        TokenState::Active => view! { <Badge tone=Tone::Ok>{word}</Badge> }.into_any(),
        TokenState::Retired => view! { <Badge icon=IconName::MinusCircle>{word}</Badge> }.into_any(),
    }
}
