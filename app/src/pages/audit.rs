//! `/admin/{tenant}/journal/audit`: who changed what, newest first, with before and after in words.

use domain::{
    actor::Scope,
    journal::{AuditRow, Event, Shown, view::Party},
};
use jiff::Timestamp;
use leptos::prelude::*;
use model::{MethodKind, MfaState, Profile, Reason, Role};
use serde_json::Value;

use super::{
    Filters,
    journal::{Period, day_of, hidden, left_out, pager, period_chips},
    words,
};
use crate::{
    components::{
        Button, ButtonLook, Chip, Chips, Choice, Column, EmptyState, Icon, IconName, InputKind, LinkButton, Row, Search, Select, Sorted, Table, TextField,
    },
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell},
};

/// Every name that the address may hold.
pub const FILTERS: [&str; 9] = ["q", "period", "from", "to", "event", "by", "about", "cursor", "lng"];

/// The page.
pub struct AuditPage {
    /// Its address.
    pub path: String,
    /// What is filtered.
    pub filters: Filters,
    /// How far back.
    pub period: Period,
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// The place where the next page starts.
    pub next: Option<String>,
    /// The address of the file.
    pub csv: String,
    /// Filters that were not understood.
    pub left_out: Vec<String>,
    /// Attempts lead to their cases.
    pub cases: bool,
    /// The address of the members.
    pub members: String,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: AuditPage) -> Page {
    Page::new(PageMeta::new(text!(audit.title), text!(audit.description)), shell, view(model))
}

/// Draws the page for a role that may not read it.
#[must_use]
pub fn empty_page(shell: ConsoleShell) -> Page {
    let view = view! {
        <ConsolePage title=text!(audit.title)>
            <div class="card flush list">
                <EmptyState icon=IconName::Lock title=text!(audit.no_right_title) words=text!(audit.no_right_words)/>
            </div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(audit.title), text!(audit.description)), shell, view)
}

fn view(model: AuditPage) -> AnyView {
    let toolbar = toolbar(&model);
    let chips = chips(&model);
    let banner = left_out(&model.left_out);
    let body = if model.rows.is_empty() { nothing(&model) } else { rows(&model) };
    let csv = model.csv;
    view! {
        <ConsolePage
            title=text!(audit.title)
            actions=move || view! {
                <LinkButton href=csv icon=IconName::Download attr:aria-label=text!(journal.csv_label) attr:download="">{text!(journal.csv)}</LinkButton>
            }
        >
            {banner}
            <div class="stack tight">{toolbar}{chips}</div>
            {body}
        </ConsolePage>
    }
    .into_any()
}

fn toolbar(model: &AuditPage) -> AnyView {
    let kept = hidden(&model.filters.whole(), &["q", "about"]);
    let get = |name: &str| model.filters.get(name).map(str::to_owned);
    // An id says nothing to people; the sign-in name finds the same.
    let party = |name: &str| get(name).map(|value| Some(party_of(model, &value)).filter(|name| name.contains('@')).unwrap_or(value));
    let mut events: Vec<Choice> = Event::ALL.iter().map(|event| Choice::new(event.as_str(), words::event(*event))).collect();
    events.sort_by(|one, other| one.words.cmp(&other.words));
    let events = [Choice::new("", text!(journal.any))].into_iter().chain(events).collect();
    let day = |name: &str| get(name).map(|text| text.chars().take(10).collect::<String>());
    let rest = hidden(&model.filters.whole(), &["event", "by", "about", "from", "to", "period", "q"]);
    view! {
        <div class="toolbar">
            <Search
                action=model.path.clone()
                name="about"
                label=text!(audit.search)
                placeholder=text!(audit.search)
                value=party("about").unwrap_or_default()
                key="f"
                keep=move || kept
            />
            <details class="menu-button">
                <summary class="button" role="button"><Icon name=IconName::Filter/>{text!(journal.filter)}</summary>
                <div class="pop">
                    <form class="stack tight" method="get" action=model.path.clone()>
                        {rest}
                        <Select name="event" label=text!(audit.what) options=events selected=get("event")/>
                        <TextField name="by" label=text!(audit.who) value=party("by") length_max=200/>
                        <TextField id="f-about-menu".to_owned() name="about" label=text!(audit.about) value=party("about") length_max=200/>
                        <TextField name="from" label=text!(journal.from) kind=InputKind::Date value=day("from")/>
                        <TextField name="to" label=text!(journal.to) kind=InputKind::Date value=day("to")/>
                        <Button look=ButtonLook::Primary>{text!(journal.apply)}</Button>
                    </form>
                </div>
            </details>
        </div>
    }
    .into_any()
}

fn chips(model: &AuditPage) -> AnyView {
    let filters = &model.filters;
    let periods = period_chips(filters, model.period, &model.path);
    let named = |name: &str, value: &str| -> Option<(&'static str, String)> {
        Some(match name {
            "event" => (text!(audit.what), words::event(Event::from_text(value)?).to_owned()),
            "by" => (text!(audit.who), party_of(model, value)),
            "about" => (text!(audit.about), party_of(model, value)),
            "from" => (text!(journal.from), day_of(value)),
            "to" => (text!(journal.to), day_of(value)),
            _ => return None,
        })
    };
    let used: Vec<_> = filters
        .pairs()
        .filter_map(|(name, value)| named(name, value).map(|(label, words)| (label, words, filters.without(name).href(&model.path))))
        .collect();
    let clear = (used.len() > 1).then(|| view! { <a class="small" href=model.path.clone()>{text!(journal.clear)}</a> });
    let used = used
        .into_iter()
        .map(|(label, value, remove)| view! { <Chip label=label value=value remove=remove/> })
        .collect_view();
    view! { <Chips>{periods}{used}{clear}</Chips> }.into_any()
}

/// The name behind an id, where a row tells it.
fn party_of(model: &AuditPage, value: &str) -> String {
    let parties = model.rows.iter().flat_map(|row| [&row.actor, &row.target]);
    let found = parties.into_iter().find(|party| party.id.is_some_and(|id| id.to_string() == value));
    found.and_then(|party| party.name.clone()).unwrap_or_else(|| value.to_owned())
}

fn nothing(model: &AuditPage) -> AnyView {
    let only_time = model.filters.pairs().all(|(name, _)| matches!(name, "period" | "lng"));
    let longer = model.filters.without("from").without("to").with("period", Period::Ever.key()).href(&model.path);
    let bare = model.path.clone();
    let state = match (only_time, model.period) {
        (true, Period::Ever) => view! {
            <EmptyState icon=IconName::Book title=text!(audit.empty_title) words=text!(audit.empty_words)/>
        }
        .into_any(),
        _ => view! {
            <EmptyState icon=IconName::Filter title=text!(journal.no_match_title) words=text!(journal.no_match_words)>
                <div class="row">
                    <LinkButton href=longer>{text!(journal.ever)}</LinkButton>
                    <LinkButton href=bare look=ButtonLook::Quiet>{text!(journal.clear)}</LinkButton>
                </div>
            </EmptyState>
        }
        .into_any(),
    };
    view! { <div class="card flush list">{state}</div> }.into_any()
}

fn rows(model: &AuditPage) -> AnyView {
    let lines = model
        .rows
        .iter()
        .map(|row| {
            let what = Event::from_text(&row.event).map_or_else(|| row.event.clone(), |event| words::event(event).to_owned());
            let session = row.session_id.filter(|_| model.cases).map(|id| {
                view! { <a class="code small" href=routes::case(id)>{id.to_string()}</a> }
            });
            let reason = row.reason.clone();
            let (at, moment) = (row.occurred_at.to_string(), format::moment_capital(row.occurred_at));
            let (actor, target, change) = (words::actor(&row.actor), target(&row.target, &model.members), change(row));
            view! {
                <Row>
                    <td data-label=text!(audit.col_time)>
                        <time class="nowrap" datetime=at>{moment}</time>
                    </td>
                    <td data-label=text!(audit.col_who)>{actor}</td>
                    <th scope="row" data-label=text!(audit.col_what)>{what}</th>
                    <td data-label=text!(audit.col_about)><span class="stack tight">{target}{session}</span></td>
                    <td data-label=text!(audit.col_change)>{change}</td>
                    <td data-label=text!(audit.col_reason)>{reason}</td>
                </Row>
            }
        })
        .collect_view();
    let columns = vec![
        Column {
            sorted: Some(Sorted::Descending),
            ..Column::new(text!(audit.col_time))
        },
        Column::new(text!(audit.col_who)),
        Column::new(text!(audit.col_what)),
        Column::new(text!(audit.col_about)),
        Column::new(text!(audit.col_change)),
        Column::new(text!(audit.col_reason)),
    ];
    let summary = text!(audit.rows, shown = format::number(model.rows.len() as u64));
    let pager = pager(&model.filters, &model.path, summary, model.next.as_deref(), false);
    view! { <Table caption=text!(audit.caption) columns=columns below=move || pager>{lines}</Table> }.into_any()
}

/// What it is about; a member leads to his page.
fn target(party: &Party, members: &str) -> AnyView {
    let words = match party.kind.as_str() {
        "tenant" => text!(audit.target_tenant).to_owned(),
        "policy" => text!(audit.target_policy).to_owned(),
        "journal" => text!(audit.target_journal).to_owned(),
        "attempt" => text!(audit.target_attempt).to_owned(),
        "ticket" => text!(audit.target_ticket).to_owned(),
        "api_key" => text!(audit.key, name = party.name.clone().unwrap_or_default()),
        "member" => match (&party.name, party.id) {
            (Some(name), Some(id)) => return view! { <a href=format!("{members}/{id}")>{name.clone()}</a> }.into_any(),
            _ => text!(audit.member_gone).to_owned(),
        },
        other => other.to_owned(),
    };
    words.into_any()
}

/// Before and after, field by field.
fn change(row: &AuditRow) -> AnyView {
    match row.shown {
        Shown::Erased => return view! { <span class="faint">{text!(audit.erased)}</span> }.into_any(),
        Shown::Unreadable => return view! { <span class="faint">{text!(audit.unreadable)}</span> }.into_any(),
        Shown::Whole | Shown::Masked => {}
    }
    let lines = changes(&row.event, &row.before, &row.after);
    let lines = lines
        .into_iter()
        .map(|(name, words)| view! { <span><span class="muted">{name}": "</span>{words}</span> })
        .collect_view();
    view! { <span class="stack tight">{lines}</span> }.into_any()
}

/// What changed, as names and words. Fields that did not change are not told.
fn changes(event: &str, before: &Value, after: &Value) -> Vec<(String, String)> {
    if event == Event::PolicyPublished.as_str() {
        // A policy is a document of its own; which parts changed is what fits in a line.
        return ["methods", "rules", "registration", "limits", "delivery", "trust", "passkeys"]
            .into_iter()
            .filter(|part| before[*part] != after[*part])
            .map(|part| (policy_part(part).to_owned(), text!(audit.policy_changed).to_owned()))
            .collect();
    }
    let mut names: Vec<&String> = Vec::new();
    for side in [before, after] {
        for name in side.as_object().into_iter().flat_map(|fields| fields.keys()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let (mut lines, mut filter) = (Vec::new(), Vec::new());
    for name in names {
        let (was, is) = (&before[name.as_str()], &after[name.as_str()]);
        if name == "filter" {
            filter = changes("", &Value::Null, is);
            continue;
        }
        let Some(label) = field(name) else { continue };
        let words = match (said(name, was), said(name, is)) {
            (None, None) => continue,
            (Some(was), Some(is)) if was == is => continue,
            // A field that stands on one side only tells something, not a change.
            (None, Some(is)) if before.get(name).is_none() || before.is_null() => is,
            (Some(was), None) if after.get(name).is_none() && !after.is_null() => was,
            (was, is) => {
                let nothing = || text!(audit.nothing).to_owned();
                text!(audit.arrow, before = was.unwrap_or_else(nothing), after = is.unwrap_or_else(nothing))
            }
        };
        lines.push((label.to_owned(), words));
    }
    lines.extend(filter);
    lines
}

fn policy_part(part: &str) -> &'static str {
    match part {
        "methods" => text!(audit.field_policy_methods),
        "rules" => text!(audit.field_policy_rules),
        "registration" => text!(audit.field_policy_registration),
        "delivery" => text!(audit.field_policy_delivery),
        "trust" => text!(audit.field_policy_trust),
        "passkeys" => text!(audit.field_policy_passkeys),
        _ => text!(audit.field_policy_limits),
    }
}

/// A value in words; nothing for nothing.
fn said(name: &str, value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(true) => text!(audit.yes).to_owned(),
        // That something was not filtered by is not worth a line.
        Value::Bool(false) if name.starts_with("by_") => return None,
        Value::Bool(false) => text!(audit.no).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(_) if name == "default" => text!(audit.another).to_owned(),
        Value::String(text) => word(name, text),
        Value::Array(items) if items.is_empty() => return None,
        // Ids of methods say nothing to anybody.
        Value::Array(items) if name == "methods" => items.len().to_string(),
        Value::Array(items) => items.iter().filter_map(|item| said(name, item)).collect::<Vec<_>>().join(", "),
        Value::Object(_) => text!(audit.set).to_owned(),
    })
}

fn word(name: &str, text: &str) -> String {
    let known = match name {
        "mfa_state" => MfaState::from_text(text).map(words::mfa_state),
        "roles" | "granted" | "withdrawn" => Role::from_text(text).map(words::role),
        "kind" | "method" => MethodKind::from_text(text).map(|kind| words::method_key(kind).name()),
        "reason" => Reason::from_text(text).map(words::reason),
        "decision" => model::Decision::from_text(text).map(words::decision),
        "event" => Event::from_text(text).map(words::event),
        "profile" => Profile::from_text(text).map(|profile| match profile {
            Profile::Standard => text!(audit.profile_standard),
            Profile::Strict => text!(audit.profile_strict),
        }),
        "scopes" => Scope::parse(text).map(|scope| match scope {
            Scope::Verify => text!(audit.scope_verify),
            Scope::Read => text!(audit.scope_read),
            Scope::Admin => text!(audit.scope_admin),
            Scope::Support => text!(audit.scope_support),
            Scope::Pass => text!(audit.scope_pass),
            Scope::Questions => text!(audit.scope_questions),
        }),
        "what" if text == "sign_ins" => Some(text!(audit.what_sign_ins)),
        "what" if text == "audit" => Some(text!(audit.what_audit)),
        _ => None,
    };
    if let Some(known) = known {
        return known.to_owned();
    }
    match text.parse::<Timestamp>() {
        Ok(at) => format::moment(at),
        Err(_) => text.to_owned(),
    }
}

/// The name of a field; nothing for what says nothing to people.
fn field(name: &str) -> Option<&'static str> {
    Some(match name {
        "upn" => text!(audit.field_upn),
        "given_name" => text!(audit.field_given_name),
        "family_name" => text!(audit.field_family_name),
        "mail" => text!(audit.field_mail),
        "roles" => text!(audit.field_roles),
        "granted" => text!(audit.field_granted),
        "withdrawn" => text!(audit.field_withdrawn),
        "mfa_state" => text!(audit.field_mfa_state),
        "methods_removed" => text!(audit.field_methods_removed),
        "sessions_ended" => text!(audit.field_sessions_ended),
        "browsers_forgotten" => text!(audit.field_browsers_forgotten),
        "locked_until" => text!(audit.field_locked_until),
        "wrong_in_row" => text!(audit.field_wrong_in_row),
        "methods_switched_on" => text!(audit.field_methods_switched_on),
        "disabled" => text!(audit.field_disabled),
        "expires_at" => text!(audit.field_expires_at),
        "name" => text!(audit.field_name),
        "scopes" => text!(audit.field_scopes),
        "path" => text!(audit.field_path),
        "what" => text!(audit.field_what),
        "until" => text!(audit.field_until),
        "kind" => text!(audit.field_kind),
        "label" => text!(audit.field_label),
        "methods" => text!(audit.field_methods),
        "left" => text!(audit.field_left),
        "confirmed" => text!(audit.field_confirmed),
        "slug" => text!(audit.field_slug),
        "domains" => text!(audit.field_domains),
        "profile" => text!(audit.field_profile),
        "from" => text!(audit.field_from),
        "to" => text!(audit.field_to),
        "decision" => text!(audit.field_decision),
        "reason" => text!(audit.field_reason),
        "method" => text!(audit.field_method),
        "application" => text!(audit.field_application),
        "session_id" => text!(audit.field_session_id),
        "correlation_id" => text!(audit.field_correlation_id),
        "by_member" => text!(audit.field_by_member),
        "by_address" => text!(audit.field_by_address),
        "event" => text!(audit.field_event),
        "default" => text!(audit.field_default),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::changes;
    use serde_json::{Value, json};

    fn lines(before: Value, after: Value) -> Vec<String> {
        changes("", &before, &after)
            .into_iter()
            .map(|(name, words)| format!("{name}: {words}"))
            .collect()
    }

    #[test]
    fn only_what_changed_is_told() {
        let before = json!({ "upn": "ann@noord.example", "given_name": "Ann", "mail": null });
        let after = json!({ "upn": "ann@noord.example", "given_name": "Anna", "mail": "a@post.example" });
        assert_eq!(lines(before, after), ["Given name: Ann → Anna", "E-mail: nothing → a@post.example"]);
        assert_eq!(
            lines(json!({ "mfa_state": "disabled" }), json!({ "mfa_state": "enforced" })),
            ["MFA state: Disabled → Enforced"]
        );
    }

    #[test]
    fn what_stands_on_one_side_only_is_told_as_it_is() {
        assert_eq!(
            lines(json!({ "roles": ["reader"] }), json!({ "granted": "support" })),
            ["Roles: auditor", "Given: support agent"]
        );
        assert_eq!(lines(Value::Null, json!({ "label": "Phone" })), ["Name: Phone"]);
        assert_eq!(lines(json!({ "label": "Phone" }), Value::Null), ["Name: Phone → nothing"]);
        let asked = json!({ "what": "sign_ins", "filter": { "reason": "locked", "by_member": false, "from": null } });
        assert_eq!(lines(Value::Null, asked), ["Exported: Sign-ins", "Reason: account locked"]);
    }
}
