//! `/support/sessions/{session_id}`: what happened in one attempt, why, and what fixes it.
//!
//! `?do=unlock|reregister|link|enable` asks before it is done. Form (POST the same address): `step` (one of these) and `reason`.

use domain::{
    actor::Permission,
    journal::{AuditRow, CaseView, Event, Shown, view::CounterView},
    tickets::TicketView,
};
use jiff::Timestamp;
use leptos::prelude::*;
use model::{ErrorCode, Family};

use super::{
    caller::CallerNote,
    findings::{exact, family, joined, member_name, purpose, said},
    fixes::{Act, in_words, not_yours, whom},
    picture, steps,
};
use crate::{
    components::{
        Badge, Banner, Breadcrumb, ButtonLook, CopyBox, CopyButton, CopyLook, Diagnosis, Dialog, Fact, Facts, Fix, Icon, IconName, IconSize, LinkButton,
        MethodIcon, MethodKey, MethodSize, TextField, Timeline, Toast, Tone, Urgency,
    },
    format,
    pages::words,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth, Section},
};

/// The page of a case.
pub struct CasePage {
    /// Everything known.
    pub case: CaseView,
    /// What this role may do; nothing else gets a button.
    pub may: Vec<Permission>,
    /// The member's page, where the role may see it.
    pub member_href: Option<String>,
    /// What was asked about it.
    pub tickets: Vec<TicketView>,
    /// The address of the installation, for the ticket.
    pub address: String,
    /// What has just been done.
    pub done: Option<Act>,
}

/// A question before something is done.
pub struct AskPage {
    /// The case.
    pub case: CaseView,
    /// What would be done.
    pub act: Act,
    /// Whether the caller was checked.
    pub caller: Option<CallerNote>,
    /// What was typed as reason.
    pub reason: String,
    /// What is wrong.
    pub problem: Option<Refused>,
}

/// Why it was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No reason was given.
    NoReason,
    /// The domain refused.
    Code(ErrorCode),
}

/// Draws the case.
#[must_use]
pub fn page(shell: ConsoleShell, model: CasePage) -> Page {
    Page::new(meta(&model.case), shell, view(model))
}

/// Draws the question.
#[must_use]
pub fn ask(shell: ConsoleShell, model: AskPage) -> Page {
    Page::new(meta(&model.case), shell, question(model))
}

/// Draws a set-up link, once.
#[must_use]
pub fn link(shell: ConsoleShell, case: &CaseView, link: String, until: Timestamp) -> Page {
    let title = text!(support.link_title, who = whom(case));
    let back = routes::case(case.row.session_id);
    let until = format::moment(until);
    let view = view! {
        <ConsolePage title=title width=PageWidth::Narrow above=crumbs(case)>
            <div class="stack">
                <Banner tone=Tone::Warn title=text!(support.link_once, until = until)>{text!(support.link_words)}</Banner>
                <CopyBox text=link look=CopyLook::Block button=text!(components.copy_link)/>
                <div><LinkButton href=back>{text!(support.back_to_case)}</LinkButton></div>
            </div>
        </ConsolePage>
    };
    Page::new(meta(case), shell, view)
}

fn meta(case: &CaseView) -> PageMeta {
    PageMeta::new(text!(support.case, id = case.row.session_id), text!(support.case_description))
}

fn crumbs(case: &CaseView) -> impl FnOnce() -> AnyView + use<> {
    let here = text!(support.case, id = case.row.session_id);
    move || view! { <Breadcrumb above=vec![(text!(support.title).to_owned(), routes::SUPPORT.to_owned())] here=here/> }.into_any()
}

/// Who it is, as far as may be seen.
fn person(case: &CaseView) -> String {
    let logged = case.row.personal.as_ref();
    let from_row = || logged.map(|p| joined(p.given_name.as_deref(), p.family_name.as_deref()).unwrap_or_else(|| p.upn.clone()));
    match (&case.member, case.row.shown) {
        (_, Shown::Erased) => text!(support.erased).to_owned(),
        (Some(member), _) => member_name(member),
        (None, Shown::Unreadable) => text!(support.unreadable).to_owned(),
        (None, _) => from_row().unwrap_or_default(),
    }
}

fn application(case: &CaseView) -> String {
    case.row
        .application
        .as_deref()
        .map(crate::pages::words::asked_for)
        .unwrap_or_else(|| purpose(case.row.purpose).to_owned())
}

fn view(model: CasePage) -> AnyView {
    let CasePage {
        case,
        may,
        member_href,
        tickets,
        address,
        done,
    } = model;
    let asked = (!tickets.is_empty()).then(|| {
        let lines = tickets
            .into_iter()
            .map(|ticket| {
                let line = ticket.excerpt.clone();
                view! {
                    <li><div class="list-line">
                        <span class="grow"><a class="code" href=routes::ticket(ticket.number)>{ticket.number.to_string()}</a>" "<span class="small">{line}</span></span>
                        {super::super::request::state(ticket.state)}
                    </div></li>
                }
            })
            .collect_view();
        view! { <Section id="asked" title=text!(tickets.about)><ul class="card flush list inset">{lines}</ul></Section> }
    });
    let title = format!("{}, {}", person(&case), application(&case));
    let told = said(&case);
    let ticket = ticket(&case, &told, &address);
    let lead = lead(&case);
    let above = crumbs(&case);
    let earlier = told
        .earlier
        .map(|id| view! { " "<a href=routes::case(id)>{text!(support.earlier_case)}</a>"." });
    let check = case
        .member
        .as_ref()
        .filter(|member| !member.removed && may.contains(&Permission::WorkAtDesk))
        .map(|member| {
            let href = routes::caller(member.id, &routes::case(case.row.session_id));
            view! { <LinkButton href=href icon=IconName::Phone>{text!(tickets.caller_go)}</LinkButton> }
        });
    let (what, why) = (told.what, told.why);
    let copy = ticket.clone();
    let lines = ticket.lines().map(|line| view! { <span>{line.to_owned()}</span> }).collect_view();
    let fixes_title = if case.open.is_some() {
        text!(support.what_helps_open)
    } else {
        text!(support.what_fixes)
    };
    let span = span(&case);
    let (fixes, picture, aside, steps) = (
        fixes(&case, &may, member_href.as_deref()),
        picture::of(&case),
        aside(&case, member_href),
        steps::timeline(&case.steps),
    );
    let toast = done.map(|act| view! { <Toast>{act.done()}</Toast> });
    view! {
        <ConsolePage
            title=title
            above=above
            lead=move || lead
            actions=move || view! { {check}<CopyButton text=copy>{text!(support.copy_ticket)}</CopyButton> }
        >
            {toast}
            <div class="columns">
                <div class="stack wide">
                    <Diagnosis finding=what>{why}{earlier}</Diagnosis>
                    {picture}
                    {asked}
                    <Section id="fixes" title=fixes_title>{fixes}</Section>
                    <Section id="steps" title=text!(support.every_step) note=move || view! { <p class="small">{span}</p> }>
                        <Timeline steps=steps/>
                    </Section>
                    <details class="small">
                        <summary class="muted">{text!(support.ticket)}</summary>
                        <div class="details stack tight">{lines}</div>
                    </details>
                </div>
                {aside}
            </div>
        </ConsolePage>
    }
    .into_any()
}

/// Under the title: how it ended, why, which, when.
fn lead(case: &CaseView) -> AnyView {
    let badge = match case.row.decision.filter(|_| case.open.is_none()) {
        Some(decision) => view! { <Badge tone=words::decision_tone(decision)>{words::decision(decision)}</Badge> }.into_any(),
        None => view! { <Badge tone=Tone::Info icon=IconName::Clock>{text!(support.open)}</Badge> }.into_any(),
    };
    let reason = case.row.reason.map(words::reason);
    let at = case.row.occurred_at;
    view! {
        <p class="row small">
            {badge}
            <span>{reason}</span>
            <CopyBox text=case.row.session_id.to_string() look=CopyLook::Inline/>
            <time class="faint" datetime=at.to_string()>{format::full(at)}</time>
        </p>
    }
    .into_any()
}

fn span(case: &CaseView) -> String {
    let from = format::time_with_seconds(case.row.started_at);
    if case.open.is_some() {
        return text!(support.since, from = from);
    }
    let to = format::time_with_seconds(case.row.occurred_at);
    text!(support.from_to, from = from, to = to, node = case.row.server_name.clone())
}

/// What helps, best first. Only what can be done here, now and by this role has a button; the rest is advice.
fn fixes(case: &CaseView, may: &[Permission], member_href: Option<&str>) -> AnyView {
    let here = routes::case(case.row.session_id);
    let there = member_href.filter(|_| case.member.as_ref().is_some_and(|member| !member.removed));
    let mut first = true;
    let lines = case
        .diagnosis
        .fixes
        .iter()
        .map(|fix| {
            let (icon, title, then) = in_words(fix);
            let act = Act::of(fix).filter(|act| act.fits(case));
            let here_or_there = match (fix, act) {
                // A pass has terms, which are asked for on the member's own page.
                (domain::journal::diagnosis::Fix::GivePass, _) => {
                    there.map(|member| (Permission::GivePasses, format!("{member}?do=pass"), text!(support.do_pass)))
                }
                (_, Some(act)) => Some((act.needs(), format!("{here}?do={}", act.key()), act.button())),
                (_, None) => None,
            };
            let (then, button) = match here_or_there {
                Some((needs, href, words)) if may.contains(&needs) => {
                    let look = if first { ButtonLook::Primary } else { ButtonLook::Plain };
                    (then.to_owned(), Some(view! { <LinkButton href=href look=look>{words}</LinkButton> }))
                }
                Some((needs, ..)) => (format!("{then} {}", not_yours(needs)), None),
                None => (then.to_owned(), None),
            };
            first = false;
            view! { <Fix icon=icon title=title consequence=then>{button}</Fix> }
        })
        .collect_view();
    view! { <ul class="card flush list">{lines}</ul> }.into_any()
}

fn aside(case: &CaseView, member_href: Option<String>) -> AnyView {
    let counters = counters(case);
    let Some(member) = &case.member else {
        return view! {
            <aside class="stack" aria-label=text!(support.locks)>
                <Section id="locks" title=text!(support.locks)><Facts>{counters}</Facts></Section>
                <p class="small muted">{text!(support.no_member)}</p>
                {looked()}
            </aside>
        }
        .into_any();
    };
    let methods = member
        .methods
        .iter()
        .map(|method| {
            let off = exact(method.clock_off_seconds);
            let note = match (method.on, method.disabled_reason.as_deref(), method.clock_off_seconds) {
                (false, Some("too_many_wrong"), _) => text!(support.off_wrong).to_owned(),
                (false, ..) => text!(support.off).to_owned(),
                (true, _, 1..) => text!(support.clock_off_ahead, off = off),
                (true, _, ..0) => text!(support.clock_off_behind, off = off),
                (true, _, 0) => method.label.clone(),
            };
            method_line(words::method_key(method.kind), note)
        })
        .collect_view();
    let codes = (member.recovery_left > 0).then(|| method_line(MethodKey::Recovery, text!(support.codes_left, count = member.recovery_left)));
    let none = (member.methods.is_empty() && codes.is_none()).then(|| view! { <p class="small muted">{text!(support.no_methods)}</p> });
    let account = match (member.removed, member.disabled) {
        (true, _) => text!(support.account_removed),
        (false, true) => text!(support.account_off),
        (false, false) => text!(support.account_on),
    };
    let upn = match member_href {
        Some(href) if !member.removed => view! { <a href=href>{member.upn.clone()}</a> }.into_any(),
        _ => member.upn.clone().into_any(),
    };
    let name = member_name(member);
    let state = words::mfa_state(member.mfa_state);
    let (last_good, changes) = (last_good(case), changes(&case.changes));
    view! {
        <aside class="stack wide" aria-label=name>
            <Section id="methods" title=text!(support.methods_of) note=|| view! { <p class="small">{text!(support.masked)}</p> }>
                <ul class="stack tight small">{methods}{codes}</ul>
                {none}
            </Section>
            <Section id="locks" title=text!(support.locks)>
                <p class="small">{upn}</p>
                <Facts>
                    <Fact name=text!(support.account)>{account}</Fact>
                    <Fact name=text!(support.mfa_state)>{state}</Fact>
                    {counters}
                    <Fact name=text!(support.last_good)>{last_good}</Fact>
                </Facts>
            </Section>
            <Section id="changes" title=text!(support.changes) note=|| view! { <p class="small">{text!(support.changes_days)}</p> }>
                {changes}
            </Section>
            {looked()}
        </aside>
    }
    .into_any()
}

fn looked() -> AnyView {
    view! {
        <p class="small faint row"><Icon name=IconName::Eye size=IconSize::Small/><span class="grow">{text!(support.looked)}</span></p>
    }
    .into_any()
}

fn method_line(method: MethodKey, note: String) -> AnyView {
    view! {
        <li class="row">
            <span class="method"><MethodIcon method=method size=MethodSize::Small/><span>{method.name()}</span></span>
            <span class="end faint">{note}</span>
        </li>
    }
    .into_any()
}

fn counters(case: &CaseView) -> AnyView {
    let guard = case.counters.iter().find(|counter| counter.scope == "guard");
    let lock = guard.and_then(|counter| counter.wait_until);
    let lock = match lock {
        Some(until) => view! { <Badge tone=Tone::Bad icon=IconName::Lock>{text!(support.locked_until, until = format::moment(until))}</Badge> }.into_any(),
        None => text!(support.not_locked).into_any(),
    };
    let row = guard.map_or(0, |counter| counter.in_row);
    let others = case
        .counters
        .iter()
        .filter(|counter| counter.in_row > 0 || counter.in_thirty_days > 0 || counter.wait_until.is_some())
        .filter_map(|counter| {
            let name = match counter.scope.as_str() {
                "password" => text!(support.family_password),
                // The counter of one source says nothing about the member, and the lock stands above.
                "guard" | "password_source" => return None,
                scope => family(Family::from_text(scope)?),
            };
            let words = counter_words(counter);
            Some(view! { <Fact name=name>{words}</Fact> })
        })
        .collect_view();
    view! {
        <Fact name=text!(support.lock)>{lock}</Fact>
        <Fact name=text!(support.wrong_row)>{row}</Fact>
        {others}
    }
    .into_any()
}

fn counter_words(counter: &CounterView) -> String {
    let words = text!(support.counter_words, row = counter.in_row, month = counter.in_thirty_days);
    match counter.wait_until {
        Some(until) => text!(support.counter_wait, words = words, until = format::time_with_seconds(until)),
        None => words,
    }
}

fn last_good(case: &CaseView) -> AnyView {
    let Some(good) = &case.last_good else {
        return text!(support.never_good).into_any();
    };
    let application = good
        .application
        .as_deref()
        .map(crate::pages::words::asked_for)
        .unwrap_or_else(|| purpose(good.purpose).to_owned());
    let words = format!("{}, {application}", format::moment_capital(good.at));
    match good.session_id == case.row.session_id {
        true => words.into_any(),
        false => view! { <a href=routes::case(good.session_id)>{words}</a> }.into_any(),
    }
}

fn changes(rows: &[AuditRow]) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="small muted">{text!(support.no_changes)}</p> }.into_any();
    }
    let lines = rows
        .iter()
        .map(|row| {
            let what = Event::from_text(&row.event).map_or_else(|| row.event.clone(), |event| words::event(event).to_owned());
            let by = text!(support.by, who = words::actor(&row.actor));
            let reason = row.reason.clone().map(|reason| view! { <span class="muted">{format!("“{reason}”")}</span> });
            view! {
                <li class="stack tight">
                    <span><b class="strong">{what}</b>" "{by}</span>
                    {reason}
                    <time class="faint" datetime=row.occurred_at.to_string()>{format::moment_capital(row.occurred_at)}</time>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="stack small">{lines}</ul> }.into_any()
}

/// What goes into another system's ticket: no more of the person than the page shows.
fn ticket(case: &CaseView, told: &super::findings::Said, address: &str) -> String {
    let result = match case.row.decision {
        Some(decision) => words::decision(decision).to_owned(),
        None => text!(support.open).to_owned(),
    };
    let result = match case.row.reason {
        Some(reason) => format!("{result}, {}", words::reason(reason)),
        None => result,
    };
    let fixes: Vec<String> = case.diagnosis.fixes.iter().map(|fix| in_words(fix).1).collect();
    [
        (text!(support.ticket_session), case.row.session_id.to_string()),
        (text!(support.ticket_member), person(case)),
        (text!(support.ticket_application), application(case)),
        (text!(support.ticket_time), format::full(case.row.occurred_at)),
        (text!(support.ticket_result), result),
        (text!(support.ticket_what), told.what.clone()),
        (text!(support.ticket_why), told.why.clone()),
        (text!(support.ticket_fix), fixes.join("; ")),
        (text!(support.ticket_page), format!("{address}{}", routes::case(case.row.session_id))),
    ]
    .map(|(name, value)| format!("{name}: {value}"))
    .join("\n")
}

fn question(model: AskPage) -> AnyView {
    let AskPage {
        case,
        act,
        caller,
        reason,
        problem,
    } = model;
    let here = routes::case(case.row.session_id);
    let caller = caller.map(|note| note.view(&format!("{here}?do={}", act.key())));
    let banner = match problem {
        Some(Refused::Code(code)) => Some(view! {
            <Banner tone=Tone::Bad title=words::error_title(code).to_owned() urgency=Urgency::Alert>
                {format!("{} {code}", words::error_next(code))}
            </Banner>
        }),
        _ => None,
    };
    let missing = (problem == Some(Refused::NoReason)).then(|| text!(support.reason_missing).to_owned());
    let above = crumbs(&case);
    let title = said(&case).what;
    let typed = (!reason.is_empty()).then_some(reason);
    let field = act.asks_reason().then(|| {
        view! {
            <TextField
                id="ask-reason".to_owned()
                name="reason"
                label=text!(support.reason_label)
                value=typed
                error=missing
                length_max=200
                required=true
                focus=true
            />
        }
    });
    view! {
        <ConsolePage title=title above=above width=PageWidth::Narrow>
            {banner}
            {caller}
            <Dialog
                id="ask"
                title=act.question(whom(&case))
                consequences=act.effects()
                action=here.clone()
                confirm=act.button()
                keep=text!(support.not_now)
                back=here
                harmless=!act.takes_away()
            >
                <input type="hidden" name="step" value=act.key()/>
                {field}
            </Dialog>
        </ConsolePage>
    }
    .into_any()
}
