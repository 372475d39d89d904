//! `/admin/{tenant}/journal`: sign-ins, newest first, with filters in the address; `?open=SESSION` shows one beside the list.

use domain::journal::{CaseView, Shown, SignInCounts, SignInRow};
use leptos::prelude::*;
use model::{Decision, Door, MethodKind, Reason, SessionId};

use super::{
    Filters,
    support::{
        findings::{joined, purpose, said},
        steps,
    },
    words,
};
use crate::{
    components::{
        Badge, BadgeLook, Banner, Button, ButtonLook, Chip, ChipLink, ChipLook, Chips, Choice, Column, CopyBox, CopyLook, Drawer, DrawerSection, EmptyState,
        Facet, Facets, Fact, Facts, IconName, InputKind, Kbd, LinkButton, MethodName, Pager, Row, RowState, Search, Select, Sorted, Table, TableLook,
        TextField, Timeline, Tone,
    },
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell},
};

/// Every name that the address may hold.
pub const FILTERS: [&str; 15] = [
    "q",
    "period",
    "from",
    "to",
    "member",
    "decision",
    "reason",
    "method",
    "application",
    "client_ip",
    "session_id",
    "correlation_id",
    "cursor",
    "open",
    "lng",
];

/// How far back the list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Since midnight.
    Today,
    /// Seven days: what is shown when nothing is asked.
    Week,
    /// Thirty days.
    Month,
    /// As long as the journal is kept.
    Ever,
    /// From and to as typed.
    Own,
}

impl Period {
    /// Those that can be chosen.
    pub const ALL: [Self; 4] = [Self::Today, Self::Week, Self::Month, Self::Ever];

    /// Its word in addresses.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Ever => "all",
            Self::Own => "own",
        }
    }

    /// The period of a word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.key() == text)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Today => text!(journal.today),
            Self::Week => text!(journal.week),
            Self::Month => text!(journal.month),
            Self::Ever | Self::Own => text!(journal.ever),
        }
    }
}

/// One row beside the list.
pub enum Look {
    /// With all that is known.
    Case(Box<CaseView>),
    /// Only the row: the role may not look at cases.
    Row(Box<SignInRow>),
    /// It is not here.
    Gone,
}

/// The page.
pub struct JournalPage {
    /// Its address.
    pub path: String,
    /// What is filtered.
    pub filters: Filters,
    /// How far back.
    pub period: Period,
    /// How many ended how.
    pub counts: SignInCounts,
    /// The rows.
    pub rows: Vec<SignInRow>,
    /// The place where the next page starts.
    pub next: Option<String>,
    /// The row beside the list.
    pub look: Option<Look>,
    /// The address of the file.
    pub csv: String,
    /// Filters that were not understood.
    pub left_out: Vec<String>,
    /// Rows lead to their cases.
    pub cases: bool,
    /// The address of the members.
    pub members: String,
    /// Short name of the tenant, and an alarm that nobody has resumed.
    pub alarm: Option<(String, domain::delivery::alarm::AlarmView)>,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: JournalPage) -> Page {
    Page::new(PageMeta::new(text!(journal.title), text!(journal.description)), shell, view(model))
}

/// Draws the page for a role that may not read it.
#[must_use]
pub fn empty_page(shell: ConsoleShell) -> Page {
    let view = view! {
        <ConsolePage title=text!(journal.title)>
            <div class="card flush list">
                <EmptyState icon=IconName::Lock title=text!(journal.no_right_title) words=text!(journal.no_right_words)/>
            </div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(journal.title), text!(journal.description)), shell, view)
}

fn view(model: JournalPage) -> AnyView {
    let facets = facets(&model);
    let toolbar = toolbar(&model);
    let chips = chips(&model);
    let banner = left_out(&model.left_out);
    let body = if model.rows.is_empty() { nothing(&model) } else { rows(&model) };
    let drawer = drawer(&model);
    let alarm = model.alarm.as_ref().map(|(slug, alarm)| super::alarms::banner(slug, alarm));
    let csv = model.csv;
    view! {
        <ConsolePage
            title=text!(journal.title)
            actions=move || view! {
                <LinkButton href=csv icon=IconName::Download attr:aria-label=text!(journal.csv_label) attr:download="">{text!(journal.csv)}</LinkButton>
            }
            drawer=move || drawer
        >
            {alarm}
            {facets}
            {banner}
            <div class="stack tight">{toolbar}{chips}</div>
            {body}
        </ConsolePage>
    }
    .into_any()
}

/// What was not understood is said, so that nobody takes the rows for filtered.
pub(super) fn left_out(left_out: &[String]) -> Option<AnyView> {
    (!left_out.is_empty()).then(|| {
        let named = left_out.iter().map(|left| match left.split_once(": ") {
            Some((name, value)) => format!("{}: {value}", label(name).unwrap_or(name)),
            None => left.clone(),
        });
        let words = text!(journal.unread_words, what = named.collect::<Vec<_>>().join(", "));
        view! { <Banner tone=Tone::Warn title=text!(journal.unread_title).to_owned()>{words}</Banner> }.into_any()
    })
}

/// What a filter is called on the page.
fn label(name: &str) -> Option<&'static str> {
    Some(match name {
        "period" => text!(journal.period),
        "from" => text!(journal.from),
        "to" => text!(journal.to),
        "member" => text!(journal.col_member),
        "decision" => text!(journal.col_decision),
        "reason" => text!(journal.col_reason),
        "method" => text!(journal.col_method),
        "application" => text!(journal.col_application),
        "client_ip" => text!(journal.address),
        "session_id" => text!(journal.session),
        "correlation_id" => text!(journal.run),
        "cursor" => text!(journal.unread_cursor),
        "event" => text!(audit.what),
        "by" => text!(audit.who),
        "about" => text!(audit.about),
        _ => return None,
    })
}

fn facets(model: &JournalPage) -> AnyView {
    let chosen = model.filters.get("decision").and_then(Decision::from_text);
    let facet = |decision: Option<Decision>, count: i64| {
        let href = match decision {
            Some(decision) => model.filters.without("open").with("decision", decision).href(&model.path),
            None => model.filters.without("open").without("decision").href(&model.path),
        };
        let label = decision.map_or(text!(journal.all), words::decision);
        let facet = Facet::new(format::number(count.unsigned_abs()), label, href, chosen == decision);
        match decision {
            Some(decision) => facet.with_icon(words::decision_tone(decision).icon()),
            None => facet,
        }
    };
    let counts = model.counts;
    let groups = vec![vec![
        facet(None, counts.all),
        facet(Some(Decision::Allowed), counts.allowed),
        facet(Some(Decision::Denied), counts.denied),
        facet(Some(Decision::Interrupted), counts.interrupted),
        facet(Some(Decision::Abandoned), counts.abandoned),
    ]];
    view! { <Facets groups=groups/> }.into_any()
}

fn toolbar(model: &JournalPage) -> AnyView {
    let kept = hidden(&model.filters.whole(), &["q"]);
    let filters = model.filters.whole();
    let get = |name: &str| model.filters.get(name).map(str::to_owned);
    let any = || Choice::new("", text!(journal.any));
    let mut reasons: Vec<Choice> = Reason::ALL
        .iter()
        .map(|reason| Choice::new(reason.as_str(), format::capital(words::reason(*reason))))
        .collect();
    reasons.sort_by(|one, other| one.words.cmp(&other.words));
    let methods = MethodKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), words::method_key(*kind).name()));
    let day = |name: &str| get(name).map(|text| text.chars().take(10).collect::<String>());
    // The period is dropped when days are typed; what this form does not ask is kept.
    let rest = hidden(&filters, &["reason", "method", "application", "from", "to", "period", "q"]);
    view! {
        <div class="toolbar">
            <Search
                action=model.path.clone()
                label=text!(journal.search)
                placeholder=text!(journal.search)
                key="f"
                keep=move || kept
            />
            <details class="menu-button">
                <summary class="button" role="button">
                    <crate::components::Icon name=IconName::Filter/>
                    {text!(journal.filter)}
                </summary>
                <div class="pop">
                    <form class="stack tight" method="get" action=model.path.clone()>
                        {rest}
                        <Select name="reason" label=text!(journal.col_reason) options=[any()].into_iter().chain(reasons).collect() selected=get("reason")/>
                        <Select name="method" label=text!(journal.col_method) options=[any()].into_iter().chain(methods).collect() selected=get("method")/>
                        <TextField name="application" label=text!(journal.col_application) value=get("application") length_max=200/>
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

/// Filters that a form keeps.
pub(super) fn hidden(filters: &Filters, but: &[&str]) -> AnyView {
    filters
        .pairs()
        .filter(|(name, _)| !but.contains(name))
        .map(|(name, value)| view! { <input type="hidden" name=name.to_owned() value=value.to_owned()/> })
        .collect_view()
        .into_any()
}

fn chips(model: &JournalPage) -> AnyView {
    let filters = model.filters.without("open");
    let periods = period_chips(&filters, model.period, &model.path);
    let named = |name: &str, value: &str| -> Option<(String, String)> {
        let value = match name {
            "member" => member_of(model, value),
            "reason" => words::reason(Reason::from_text(value)?).to_owned(),
            "method" => words::method_key(MethodKind::from_text(value)?).name().to_owned(),
            "session_id" => value.parse::<SessionId>().ok()?.to_string(),
            "decision" => words::decision(Decision::from_text(value)?).to_owned(),
            "from" | "to" => day_of(value),
            "application" | "client_ip" | "correlation_id" => value.to_owned(),
            _ => return None,
        };
        Some((label(name)?.to_owned(), value))
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

/// A day or moment of a filter as it is written on the page.
pub(super) fn day_of(value: &str) -> String {
    match (value.parse::<jiff::civil::Date>(), value.parse::<jiff::Timestamp>()) {
        (Ok(day), _) => day
            .to_zoned(crate::visit::visit().zone.clone())
            .map_or(value.to_owned(), |start| format::date_with_year(start.timestamp())),
        (_, Ok(at)) => format::moment(at),
        _ => value.to_owned(),
    }
}

/// The periods to choose from.
pub(super) fn period_chips(filters: &Filters, now: Period, path: &str) -> AnyView {
    Period::ALL
        .into_iter()
        .map(|period| {
            let href = filters.without("from").without("to").with("period", period.key()).href(path);
            let look = if period == now { ChipLook::On } else { ChipLook::Plain };
            view! { <ChipLink href=href look=look>{period.name()}</ChipLink> }
        })
        .collect_view()
        .into_any()
}

/// The name of the member filtered by, where a row tells it.
fn member_of(model: &JournalPage, value: &str) -> String {
    let by_id = model.rows.iter().find(|row| row.member_id.is_some_and(|id| id.to_string() == value));
    by_id.map_or_else(|| value.to_owned(), who)
}

fn nothing(model: &JournalPage) -> AnyView {
    let only_time = model.filters.pairs().all(|(name, _)| matches!(name, "period" | "open" | "lng"));
    let longer = model.filters.without("from").without("to").with("period", Period::Ever.key()).href(&model.path);
    let bare = model.path.clone();
    let state = match (only_time, model.period) {
        (true, Period::Ever) => view! {
            <EmptyState icon=IconName::Log title=text!(journal.empty_title) words=text!(journal.empty_words)/>
        }
        .into_any(),
        (true, _) => view! {
            <EmptyState icon=IconName::Clock title=text!(journal.quiet_title) words=text!(journal.quiet_words)>
                <LinkButton href=longer>{text!(journal.ever)}</LinkButton>
            </EmptyState>
        }
        .into_any(),
        (false, _) => view! {
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

/// The person of a row, as far as may be seen.
fn who(row: &SignInRow) -> String {
    match (&row.personal, row.shown) {
        (Some(person), _) => joined(person.given_name.as_deref(), person.family_name.as_deref()).unwrap_or_else(|| person.upn.clone()),
        (None, Shown::Erased) => text!(support.erased).to_owned(),
        (None, _) => text!(support.unreadable).to_owned(),
    }
}

fn application(row: &SignInRow) -> String {
    row.application
        .as_deref()
        .map(crate::pages::words::asked_for)
        .unwrap_or_else(|| purpose(row.purpose).to_owned())
}

fn rows(model: &JournalPage) -> AnyView {
    let opened = model.look.as_ref().and_then(Look::session);
    let lines = model
        .rows
        .iter()
        .map(|row| {
            let look = model.filters.with_place("open", row.session_id).href(&model.path);
            let case = if model.cases { routes::case(row.session_id) } else { look.clone() };
            let method = row.method_kind.map(|kind| view! { <MethodName method=words::method_key(kind)/> });
            let decision = row.decision.unwrap_or(Decision::Abandoned);
            let state = if opened == Some(row.session_id) { RowState::Open } else { RowState::Rest };
            let address = row.personal.as_ref().and_then(|p| p.client_ip.clone());
            let quiet = (decision == Decision::Allowed).then_some("faint");
            let (at, moment, who, application) = (row.occurred_at.to_string(), when(row), who(row), application(row));
            let reason = row.reason.map(words::reason);
            view! {
                <Row state=state href=case look_href=look.clone()>
                    <td data-label=text!(journal.col_time)>
                        <time class="nowrap" datetime=at>{moment}</time>
                    </td>
                    <th scope="row" data-label=text!(journal.col_member)><a class="plain-link" href=look>{who}</a></th>
                    <td data-label=text!(journal.col_application) class="keep">{application}</td>
                    <td data-label=text!(journal.col_method)>{method}</td>
                    <td data-label=text!(journal.col_decision)>
                        <Badge tone=words::decision_tone(decision) look=BadgeLook::Plain>{words::decision(decision)}</Badge>
                    </td>
                    <td data-label=text!(journal.col_reason) class=quiet>{reason}</td>
                    <td data-label=text!(journal.col_from)>{address}</td>
                </Row>
            }
        })
        .collect_view();
    let columns = vec![
        Column {
            sorted: Some(Sorted::Descending),
            ..Column::new(text!(journal.col_time))
        },
        Column::new(text!(journal.col_member)),
        Column::new(text!(journal.col_application)),
        Column::new(text!(journal.col_method)),
        Column::new(text!(journal.col_decision)),
        Column::new(text!(journal.col_reason)),
        Column::new(text!(journal.col_from)),
    ];
    let all = match model.filters.get("decision").and_then(Decision::from_text) {
        None => model.counts.all,
        Some(Decision::Allowed) => model.counts.allowed,
        Some(Decision::Denied) => model.counts.denied,
        Some(Decision::Interrupted) => model.counts.interrupted,
        Some(Decision::Abandoned) => model.counts.abandoned,
    };
    let summary = text!(
        journal.rows,
        shown = format::number(model.rows.len() as u64),
        all = format::number(all.unsigned_abs())
    );
    let pager = pager(&model.filters, &model.path, summary, model.next.as_deref(), model.cases);
    view! {
        <Table caption=text!(journal.caption) columns=columns look=TableLook::Log below=move || pager>{lines}</Table>
    }
    .into_any()
}

/// The foot of the list: only forward, as the rows are found; one step back is the way to the newest.
pub(super) fn pager(filters: &Filters, path: &str, summary: String, next: Option<&str>, cases: bool) -> AnyView {
    let newest = filters.get("cursor").map(|_| filters.whole().href(path));
    let next = next.map(|cursor| filters.whole().with_place("cursor", cursor).href(path));
    let keys = cases.then(|| {
        view! {
            <span class="faint row" data-needs-script="">
                <Kbd>"j"</Kbd><Kbd>"k"</Kbd>{text!(journal.key_move)}
                <Kbd>"e"</Kbd>{text!(journal.key_look)}
                <Kbd>"Enter"</Kbd>{text!(journal.key_open)}
            </span>
        }
    });
    let help = view! { {newest.map(|href| view! { <a href=href>{text!(journal.newest)}</a> })}{keys} };
    view! { <Pager summary=summary next=next help=move || help/> }.into_any()
}

/// The time, with the day where it is not today.
fn when(row: &SignInRow) -> String {
    let visit = crate::visit::visit();
    let same_day = visit.zoned(row.occurred_at).date() == visit.zoned(visit.now).date();
    match same_day {
        true => format::time_with_seconds(row.occurred_at),
        false => format::moment_capital(row.occurred_at),
    }
}

impl Look {
    fn row(&self) -> Option<&SignInRow> {
        match self {
            Self::Case(case) => Some(&case.row),
            Self::Row(row) => Some(row),
            Self::Gone => None,
        }
    }

    fn session(&self) -> Option<SessionId> {
        self.row().map(|row| row.session_id)
    }
}

fn drawer(model: &JournalPage) -> Option<AnyView> {
    let look = model.look.as_ref()?;
    let close = model.filters.without_place("open").href(&model.path);
    let Some(row) = look.row() else {
        return Some(
            view! {
                <aside class="drawer" aria-label=text!(journal.session)>
                    <section><p>{text!(journal.gone)}</p><p><a href=close data-close-drawer="">{text!(components.close)}</a></p></section>
                </aside>
            }
            .into_any(),
        );
    };
    let at = model.rows.iter().position(|other| other.session_id == row.session_id);
    let beside = |place: Option<usize>| {
        let other = model.rows.get(place?)?;
        Some(model.filters.with_place("open", other.session_id).href(&model.path))
    };
    let (previous, next) = (beside(at.and_then(|at| at.checked_sub(1))), beside(at.map(|at| at + 1)));
    let case = routes::case(row.session_id);
    let open = if model.cases { case } else { String::new() };
    let badge = match row.decision {
        Some(decision) => view! { <Badge tone=words::decision_tone(decision)>{words::decision(decision)}</Badge> }.into_any(),
        None => view! { <Badge tone=Tone::Info icon=IconName::Clock>{text!(support.open)}</Badge> }.into_any(),
    };
    let reason = row.reason.map(words::reason);
    let mark = view! { <p class="row small">{badge}<span class="muted">{reason}</span></p> };
    let told = match look {
        Look::Case(case) => {
            let told = said(case);
            let steps = steps::timeline(&case.steps);
            let earlier = told
                .earlier
                .filter(|_| model.cases)
                .map(|id| view! { <p class="small"><a href=routes::case(id)>{text!(support.earlier_case)}</a></p> });
            view! {
                <DrawerSection title=text!(journal.sentence)><p>{told.what}" "{told.why}</p>{earlier}</DrawerSection>
                <DrawerSection title=text!(journal.steps)><Timeline steps=steps/></DrawerSection>
            }
            .into_any()
        }
        Look::Row(_) | Look::Gone => view! { <section><p class="small muted">{text!(journal.only_row)}</p></section> }.into_any(),
    };
    let looked = matches!(look, Look::Case(_)).then(|| view! { <section><p class="small faint">{text!(support.looked)}</p></section> });
    let facts = facts(row);
    let of_member = row.member_id.map(|id| {
        let (only, member) = (model.filters.whole().with("member", id).href(&model.path), format!("{}/{id}", model.members));
        view! {
            <LinkButton href=member icon=IconName::User>{text!(journal.col_member)}</LinkButton>
            <LinkButton href=only icon=IconName::Filter>{text!(journal.of_member)}</LinkButton>
        }
    });
    let id = row.session_id.to_string();
    let subtitle = format::full(row.occurred_at);
    Some(
        view! {
            <Drawer
                title=format!("{}, {}", who(row), application(row))
                subtitle=subtitle
                open=open
                close=close
                previous=previous
                next=next
                foot=move || view! { {of_member} }
            >
                <section>{mark}<CopyBox text=id look=CopyLook::Inline/></section>
                {told}
                <DrawerSection title=text!(journal.facts)>{facts}</DrawerSection>
                {looked}
            </Drawer>
        }
        .into_any(),
    )
}

fn facts(row: &SignInRow) -> AnyView {
    let person = row.personal.as_ref();
    let door = match row.door {
        Door::Web => text!(support.door_web),
        Door::Rest => text!(support.door_rest),
        Door::Radius => text!(support.door_radius),
    };
    let client = [Some(door.to_owned()), person.and_then(|p| p.client_ip.clone())];
    let server = [Some(row.server_name.clone()).filter(|name| !name.is_empty()), row.server_ip.clone()];
    let line = |parts: [Option<String>; 2]| parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let method = row.method_kind.map(|kind| words::method_key(kind).name().to_owned());
    let facts = [
        (text!(journal.col_member), person.map(|p| p.upn.clone())),
        (text!(journal.client), Some(line(client))),
        (
            text!(journal.browser),
            person
                .and_then(|p| p.user_agent.as_deref())
                .map(|agent| format::browser(crate::visit::locale(), Some(agent))),
        ),
        (text!(journal.purpose), Some(purpose(row.purpose).to_owned())),
        (text!(journal.col_method), method),
        (text!(journal.started), Some(format::time_with_seconds(row.started_at))),
        (text!(journal.decided), row.decision.map(|_| format::time_with_seconds(row.occurred_at))),
        (
            text!(journal.policy),
            row.policy_version.map(|version| text!(journal.policy_version, version = version)),
        ),
        (text!(journal.server), Some(line(server))),
        (text!(journal.run), Some(row.correlation_id.to_string())),
        (text!(journal.result_code), row.transport_result.map(|result| result.as_str().to_owned())),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(name, value)| value.filter(|v| !v.is_empty()).map(|value| view! { <Fact name=name>{value}</Fact> }))
        .collect_view();
    view! { <Facts>{facts}</Facts> }.into_any()
}
