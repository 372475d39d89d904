//! `/admin/{tenant}/users`: the members of an organisation; counts that filter, a search as people type it, pages by key, a selection in one form.
//!
//! Filters live in the query: `?q=ann&state=enabled&methods=0&locked=yes`, and `q` takes them as words too: `state:enabled method:none ann`.

mod bulk;
mod filter;
mod new;

pub use bulk::{Bulk, BulkDone, BulkPage, Effect, done_page, effect, preview_page};
pub use filter::Filter;
pub(super) use new::role_checks;
pub use new::{LinkPage, NewMemberForm, NewMemberPage, link_page, new_page};

use domain::directory::{MemberCounts, MemberView};
use jiff::Timestamp;
use leptos::prelude::*;
use model::MfaState;

use super::words;
use crate::{
    components::{
        Badge, BadgeLook, Button, ButtonLook, Check, Chip, Chips, Column, EmptyState, Facet, Facets, IconName, Kbd, LinkButton, MethodKey, MethodSet, Pager,
        Person, Row, RowState, Search, SelectionBar, Table, Tone,
    },
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell},
};

/// What is ticked when the page opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Picked {
    /// Nothing.
    #[default]
    None,
    /// Every row of this page.
    Page,
    /// Everything the filter finds.
    All,
}

/// The page.
#[derive(Clone, Debug)]
pub struct MembersPage {
    /// Short name of the tenant.
    pub slug: String,
    /// How many there are of each sort.
    pub counts: MemberCounts,
    /// What is shown.
    pub filter: Filter,
    /// The rows.
    pub rows: Vec<MemberView>,
    /// Where this page starts, when it is not the first.
    pub cursor: Option<String>,
    /// Where the next one starts.
    pub next: Option<String>,
    /// What is ticked.
    pub picked: Picked,
    /// May add members.
    pub may_add: bool,
    /// May change the MFA of many at once.
    pub may_change: bool,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: MembersPage) -> Page {
    Page::new(PageMeta::new(text!(members.title), text!(members.description)), shell, view(model))
}

fn view(model: MembersPage) -> AnyView {
    let (slug, filter) = (model.slug.clone(), model.filter.clone());
    let base = routes::admin(&slug, "users");
    let (csv, add) = (filter.href_with(&slug, &[("format", "csv")]), format!("{base}/new"));
    let may_add = model.may_add;
    let actions = move || {
        view! {
            <LinkButton href=csv icon=IconName::Download>{text!(members.csv)}</LinkButton>
            {may_add.then(|| view! { <LinkButton href=add look=ButtonLook::Primary icon=IconName::Plus>{text!(members.add)}</LinkButton> })}
        }
    };
    let facets = facets(&slug, &model.counts, &filter);
    let chips = chips(&slug, &filter);
    let rows = rows(model);
    view! {
        <ConsolePage title=text!(members.title) actions=actions>
            <Facets groups=facets/>
            <div class="stack tight">
                <div class="toolbar">
                    <Search
                        action=base
                        label=text!(members.filter_label)
                        placeholder=text!(members.filter_placeholder)
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
fn facets(slug: &str, counts: &MemberCounts, filter: &Filter) -> Vec<Vec<Facet>> {
    let facet = |count: i64, label: &str, only: Filter| {
        let chosen = only == *filter;
        Facet::new(format::number(count.unsigned_abs()), label, only.href(slug), chosen)
    };
    let state = |state| Filter {
        state: Some(state),
        ..Filter::default()
    };
    let methods = |methods| Filter {
        methods: Some(methods),
        ..Filter::default()
    };
    let locked = Filter {
        locked: true,
        ..Filter::default()
    };
    vec![
        vec![
            facet(counts.all, text!(members.all), Filter::default()),
            facet(counts.disabled, words::mfa_state(MfaState::Disabled), state(MfaState::Disabled)),
            facet(counts.enabled, words::mfa_state(MfaState::Enabled), state(MfaState::Enabled)),
            facet(counts.enforced, words::mfa_state(MfaState::Enforced), state(MfaState::Enforced)),
        ],
        vec![
            facet(counts.no_method, text!(members.no_method), methods(0)),
            facet(counts.one_method, text!(members.one_method), methods(1)),
            facet(counts.locked, text!(members.locked), locked),
        ],
    ]
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
    let methods = |methods: u8| if methods == 0 { text!(members.chip_none) } else { text!(members.chip_one) };
    let chips = [
        filter
            .state
            .map(|state| (text!(members.chip_state), words::mfa_state(state).to_owned(), without(|f| f.state = None))),
        filter
            .methods
            .map(|count| (text!(members.chip_methods), methods(count).to_owned(), without(|f| f.methods = None))),
        filter
            .locked
            .then(|| (text!(members.chip_locked), text!(members.yes).to_owned(), without(|f| f.locked = false))),
        filter.text.clone().map(|text| (text!(members.chip_text), text, without(|f| f.text = None))),
    ];
    let chips = chips
        .into_iter()
        .flatten()
        .map(|(label, value, remove)| view! { <Chip label=label value=value remove=remove/> })
        .collect_view();
    let clear = Filter::default().href(slug);
    Some(view! { <Chips>{chips}<a class="small" href=clear>{text!(members.clear)}</a></Chips> }.into_any())
}

fn rows(model: MembersPage) -> AnyView {
    let slug = model.slug.clone();
    if model.rows.is_empty() && model.filter.is_empty() && model.cursor.is_none() {
        let add = model
            .may_add
            .then(|| view! { <LinkButton href=format!("{}/new", routes::admin(&slug, "users")) look=ButtonLook::Primary>{text!(members.add)}</LinkButton> });
        return view! {
            <div class="card flush">
                <EmptyState icon=IconName::Users title=text!(members.empty_title) words=text!(members.empty_words)>{add}</EmptyState>
            </div>
        }
        .into_any();
    }
    if model.rows.is_empty() {
        let clear = Filter::default().href(&slug);
        return view! {
            <div class="card flush">
                <EmptyState icon=IconName::Filter title=text!(members.nobody_title) words=text!(members.nobody_words)>
                    <LinkButton href=clear>{text!(members.clear)}</LinkButton>
                </EmptyState>
            </div>
        }
        .into_any();
    }
    let table = table(&model);
    if !model.may_change {
        return table;
    }
    let here = |pick: Option<&str>| {
        let cursor = model.cursor.as_deref().map(|cursor| ("cursor", cursor));
        let pick = pick.map(|pick| ("pick", pick));
        model.filter.href_with(&slug, &[cursor, pick].into_iter().flatten().collect::<Vec<_>>())
    };
    let (page, all, none) = (here(Some("page")), here(Some("all")), here(None));
    let everything = (model.picked == Picked::All).then(|| {
        view! {
            <input type="hidden" name="scope" value="all"/>
            <input type="hidden" name="q" value=model.filter.typed()/>
        }
    });
    let picked = match model.picked {
        Picked::None => None,
        Picked::Page => Some(model.rows.len()),
        Picked::All => found(&model),
    };
    let summary = picked.map_or_else(|| text!(members.bulk).to_owned(), |count| text!(members.picked, count = count));
    let scope = match model.picked {
        Picked::All => text!(members.bulk_all_picked),
        Picked::Page | Picked::None => text!(members.bulk_hint),
    };
    view! {
        <form class="stack tight" method="get" action=format!("{}/bulk", routes::admin(&slug, "users"))>
            {everything}
            <SelectionBar summary=summary scope=scope>
                <a class="small" href=page>{text!(members.bulk_page)}</a>
                <a class="small" href=all>{text!(members.bulk_all)}</a>
                <a class="small" href=none>{text!(members.bulk_none)}</a>
                <span class="end row">
                    <label class="visually-hidden" for="bulk">{text!(members.bulk_label)}</label>
                    <select class="input" id="bulk" name="action">
                        <option value="enabled">{text!(members.to_enabled)}</option>
                        <option value="disabled">{text!(members.to_disabled)}</option>
                        <option value="reregister">{text!(members.to_reregister)}</option>
                    </select>
                    <Button>{text!(members.preview)}</Button>
                </span>
            </SelectionBar>
            {table}
        </form>
    }
    .into_any()
}

/// How many the filter finds, where that is known without counting: all are on this page, or it is one of the counts above the list.
fn found(model: &MembersPage) -> Option<usize> {
    if model.cursor.is_none() && model.next.is_none() {
        return Some(model.rows.len());
    }
    let (counts, filter) = (&model.counts, &model.filter);
    let count = match (filter.state, filter.methods, filter.locked, &filter.text) {
        (None, None, false, None) => counts.all,
        (Some(MfaState::Disabled), None, false, None) => counts.disabled,
        (Some(MfaState::Enabled), None, false, None) => counts.enabled,
        (Some(MfaState::Enforced), None, false, None) => counts.enforced,
        (None, Some(0), false, None) => counts.no_method,
        (None, Some(1), false, None) => counts.one_method,
        (None, None, true, None) => counts.locked,
        _ => return None,
    };
    usize::try_from(count).ok()
}

fn table(model: &MembersPage) -> AnyView {
    let slug = &model.slug;
    let now = crate::visit::visit().now;
    let picks = model.may_change;
    let lines = model
        .rows
        .iter()
        .map(|member| row(slug, member, now, picks.then_some(model.picked)))
        .collect_view();
    let with = |cursor: &str| model.filter.href_with(slug, &[("cursor", cursor)]);
    let next = model.next.as_deref().map(with);
    // Pages are found by key and only forward: the way back is the first page.
    let first = model.cursor.as_ref().map(|_| model.filter.href(slug));
    let summary = text!(members.rows, count = model.rows.len());
    let columns = vec![
        Column::new(text!(members.column_member)),
        Column::new(text!(members.column_state)),
        Column::new(text!(members.column_methods)),
        Column::new(text!(members.column_can)),
        Column::new(text!(members.column_seen)),
    ];
    let below = move || {
        view! {
            <Pager
                summary=summary
                previous=first
                next=next
                help=move || view! {
                    <span class="faint row" data-needs-script="">
                        <Kbd>"j"</Kbd><Kbd>"k"</Kbd>" "{text!(members.key_move)}" "
                        {picks.then(|| view! { <Kbd>"x"</Kbd>" "{text!(members.key_select)}" " })}
                        <Kbd>"Enter"</Kbd>" "{text!(members.key_open)}
                    </span>
                }
            />
        }
    };
    match picks {
        true => {
            let pick = || view! { <span class="visually-hidden">{text!(members.column_pick)}</span> };
            view! { <Table caption=text!(members.caption) columns=columns pick=pick below=below>{lines}</Table> }.into_any()
        }
        false => view! { <Table caption=text!(members.caption) columns=columns below=below>{lines}</Table> }.into_any(),
    }
}

fn row(slug: &str, member: &MemberView, now: Timestamp, picked: Option<Picked>) -> AnyView {
    let (href, name) = (href(slug, member), member.name());
    let ticked = matches!(picked, Some(Picked::Page | Picked::All));
    let state = if ticked { RowState::Selected } else { RowState::Rest };
    let pick = picked.map(|_| {
        view! { <td class="pick"><Check name="id" value=member.id.to_string() checked=ticked label=text!(members.pick, name = name.clone())/></td> }
    });
    let (tone, can) = can_use(member, now);
    let (upn, badge, methods) = (member.upn.clone(), state_badge(member.mfa_state), methods(member));
    let seen = match member.last_sign_in_at {
        Some(at) => view! { <time class="nowrap" datetime=at.to_string()>{format::moment_capital(at)}</time> }.into_any(),
        None => view! { <span class="faint">{text!(members.never)}</span> }.into_any(),
    };
    view! {
        <Row state=state href=href.clone()>
            {pick}
            <th scope="row"><Person name=name detail=upn href=href/></th>
            <td data-label=text!(members.column_state)>{badge}</td>
            <td data-label=text!(members.column_methods)>{methods}</td>
            <td data-label=text!(members.column_can)><Badge tone=tone look=BadgeLook::Plain>{can}</Badge></td>
            <td data-label=text!(members.column_seen)>{seen}</td>
        </Row>
    }
    .into_any()
}

/// A stored state as it is drawn everywhere.
pub(super) fn state_badge(state: MfaState) -> AnyView {
    let word = words::mfa_state(state);
    match state {
        MfaState::Disabled => view! { <Badge icon=IconName::MinusCircle>{word}</Badge> }.into_any(),
        MfaState::Enabled | MfaState::Enforced => view! { <Badge tone=words::mfa_tone(state)>{word}</Badge> }.into_any(),
    }
}

/// The page of a member.
pub(super) fn href(slug: &str, member: &MemberView) -> String {
    format!("{}/{}", routes::admin(slug, "users"), member.id)
}

fn methods(member: &MemberView) -> AnyView {
    let mut kinds = member.methods.clone();
    kinds.sort();
    kinds.dedup();
    let keys: Vec<MethodKey> = kinds.into_iter().map(words::method_key).collect();
    match keys.is_empty() {
        true => view! { <span class="faint">{text!(members.none)}</span> }.into_any(),
        false => view! { <MethodSet methods=keys/> }.into_any(),
    }
}

/// Whether the member can use a second factor now, and what stands in the way.
pub(super) fn can_use(member: &MemberView, now: Timestamp) -> (Tone, String) {
    match (member.locked_until.filter(|until| *until > now), member.can_satisfy) {
        _ if member.disabled => (Tone::Neutral, text!(members.can_off).to_owned()),
        (Some(until), _) => (Tone::Bad, text!(members.can_locked, until = format::moment(until))),
        (None, true) if member.factors.len() == 1 => (Tone::Warn, text!(members.can_one).to_owned()),
        (None, true) => (Tone::Ok, text!(members.can_ready).to_owned()),
        (None, false) if !member.methods_off.is_empty() => (Tone::Bad, text!(members.can_switched_off).to_owned()),
        (None, false) if member.required => (Tone::Bad, text!(members.can_none).to_owned()),
        (None, false) => (Tone::Neutral, text!(members.can_not_asked).to_owned()),
    }
}
