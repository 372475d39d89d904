//! `/admin/{tenant}/users/{id}`: one member; the finding first, then state and why, methods, sign-ins, changes, and what can be done.

mod act;
mod block;
mod pass;

pub use block::{TermsPage, WITHOUT_END, block_days, bypass_seconds, terms_page};
pub use pass::{GivenPage, PassForm, PassPage, given_page, minutes, pass_page};

pub use act::{Act, ActPage, RolesPage, act_page, roles_page, sensible};

use domain::{
    directory::{MemberView, block::Standing},
    journal::{AuditRow, Event, SignInRow},
    methods::{MethodView, PAST, SecurityInfo, call_pin::CallPinView, question::QuestionsView},
    policy::{reset::NotForReset, rules::Because},
};
use jiff::Timestamp;
use leptos::prelude::*;
use model::{MethodKind, MfaState};

use super::{
    members::{self, state_badge},
    support::findings::purpose,
    words,
};
use crate::{
    components::{
        Avatar, AvatarSize, Badge, BadgeLook, Banner, Breadcrumb, ButtonLook, Column, EmptyState, Fact, Facts, IconName, LinkButton, MethodKey, MethodName,
        Row, Table, TableLook, Timeline, TimelineStep, Toast, Tone,
    },
    format,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, Section},
    visit::visit,
};

/// The page.
#[derive(Clone, Debug)]
pub struct MemberPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The member.
    pub member: MemberView,
    /// What is registered.
    pub info: SecurityInfo,
    /// Blocks and the open bypass.
    pub standing: Standing,
    /// The last sign-ins; none where the role may not see them.
    pub sign_ins: Option<Vec<SignInRow>>,
    /// The last changes; none where the role may not see them.
    pub changes: Option<Vec<AuditRow>>,
    /// May open a case.
    pub cases: bool,
    /// What the caller may do here.
    pub acts: Vec<Act>,
    /// The member has more rights than the caller.
    pub above: bool,
    /// May remove methods.
    pub may_remove: bool,
    /// What has just been done.
    pub done: Option<Act>,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: MemberPage) -> Page {
    Page::new(PageMeta::new(model.member.name(), text!(member.description)), shell, view(model))
}

fn view(model: MemberPage) -> AnyView {
    let (name, now) = (model.member.name(), visit().now);
    let list = routes::admin(&model.slug, "users");
    let above = vec![(text!(members.title).to_owned(), list)];
    let (here, upn, title) = (name.clone(), model.member.upn.clone(), name.clone());
    let avatar = name.clone();
    let done = model.done.map(|act| {
        let words = act.done(&name);
        view! { <Toast>{words}</Toast> }
    });
    let banner = model
        .above
        .then(|| view! { <Banner tone=Tone::Info title=text!(member.above_title).to_owned()>{text!(member.above_words)}</Banner> });
    let finding = finding(&model.member, &name, now);
    let (holds, blocks) = (block::now(&model.standing), block::history(&model.standing));
    let (state, methods) = (state(&model.member, now), methods(&model));
    let (sign_ins, changes, actions, details) = (sign_ins(&model), changes(&model), actions(&model), details(&model.member));
    view! {
        <ConsolePage
            title=title
            above=move || view! { <Breadcrumb above=above here=here/> }
            lead=move || view! { <p class="row small"><Avatar name=avatar size=AvatarSize::Normal/><span class="muted">{upn}</span></p> }
        >
            {done}
            {banner}
            <div class="columns">
                <div class="stack wide">
                    <section class="section" aria-labelledby="finding">
                        <div class="diagnosis"><h2 id="finding">{finding}</h2></div>
                        {holds}
                        {state}
                    </section>
                    {methods}
                    {sign_ins}
                </div>
                <aside class="stack" aria-label=text!(member.actions)>{actions}{details}{blocks}{changes}</aside>
            </div>
        </ConsolePage>
    }
    .into_any()
}

/// What somebody needs to know about the member first.
fn finding(member: &MemberView, name: &str, now: Timestamp) -> String {
    let name = name.to_owned();
    let locked = member.locked_until.filter(|until| *until > now);
    match (locked, member.required, member.can_satisfy) {
        _ if member.disabled => text!(member.finding_off, name = name),
        _ if member.blocked => text!(member.finding_blocked, name = name),
        (Some(until), ..) => text!(member.finding_locked, name = name, until = format::moment(until)),
        _ if !member.has_password && member.last_sign_in_at.is_none() => text!(member.finding_new, name = name),
        (None, true, true) => text!(member.finding_must_can, name = name),
        (None, true, false) if !member.methods_off.is_empty() => text!(member.finding_must_off, name = name),
        (None, true, false) => text!(member.finding_must_none, name = name),
        (None, false, true) => text!(member.finding_may_can, name = name),
        (None, false, false) => text!(member.finding_may_not, name = name),
    }
}

fn answer(yes: bool, bad: Tone) -> AnyView {
    match yes {
        true => view! { <Badge tone=Tone::Ok icon=IconName::Check>{text!(member.yes)}</Badge> }.into_any(),
        false => view! { <Badge tone=bad>{text!(member.no)}</Badge> }.into_any(),
    }
}

fn state(member: &MemberView, now: Timestamp) -> AnyView {
    let stored = match member.mfa_state {
        MfaState::Disabled => text!(member.why_disabled),
        MfaState::Enabled => text!(member.why_enabled),
        MfaState::Enforced => text!(member.why_enforced),
    };
    let because = match &member.because {
        Because::Nothing => text!(member.because_nothing).to_owned(),
        Because::MfaState => text!(member.because_state).to_owned(),
        Because::Role => text!(member.because_role).to_owned(),
        Because::Rule(rule) => text!(member.because_rule, rule = rule.clone()),
    };
    let mut kinds = member.factors.clone();
    kinds.sort();
    kinds.dedup();
    let registered = match kinds.is_empty() {
        true => text!(member.registered_none).to_owned(),
        false => format::capital(&kinds.iter().map(|kind| words::method_key(*kind).said()).collect::<Vec<_>>().join(", ")),
    };
    let locked = member.locked_until.filter(|until| *until > now);
    let can = match locked {
        _ if member.blocked => text!(member.can_blocked).to_owned(),
        Some(until) => text!(member.can_locked, until = format::moment(until)),
        None if member.can_satisfy => text!(member.can_yes).to_owned(),
        None => text!(member.can_no).to_owned(),
    };
    let missing = if member.required { Tone::Bad } else { Tone::Neutral };
    let must = match member.required {
        true => view! { <Badge tone=Tone::Info icon=IconName::Check>{text!(member.yes)}</Badge> }.into_any(),
        false => view! { <Badge>{text!(member.no)}</Badge> }.into_any(),
    };
    let rows = [
        (text!(member.q_stored), state_badge(member.mfa_state), stored.to_owned()),
        (text!(member.q_must), must, because),
        (text!(member.q_registered), answer(!kinds.is_empty(), missing), registered),
        (
            text!(member.q_can),
            answer(member.can_satisfy && locked.is_none() && !member.blocked, missing),
            can,
        ),
    ];
    let rows = rows
        .into_iter()
        .map(|(question, answer, why)| {
            view! {
                <tr>
                    <th scope="row">{question}</th>
                    <td data-label=text!(member.answer)>{answer}</td>
                    <td data-label=text!(member.why)><span>{why}</span></td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::new(text!(member.question)),
        Column::new(text!(member.answer)),
        Column::new(text!(member.why)),
    ];
    view! { <Table caption=text!(member.state_caption) columns=columns look=TableLook::Roomy>{rows}</Table> }.into_any()
}

fn methods(model: &MemberPage) -> AnyView {
    let info = &model.info;
    let codes = match info.recovery_all {
        0 => text!(member.codes_none).to_owned(),
        all => text!(member.codes_left, left = info.recovery_left.to_string(), all = all.to_string()),
    };
    let note = move || view! { <p class="small">{codes}</p> };
    let open = pass::open(info);
    if info.methods.is_empty() && info.questions.registered == 0 && info.call_pin.set_at.is_none() {
        return view! {
            <Section id="methods" title=text!(member.methods) note=note>
                {open}
                <div class="card flush">
                    <EmptyState icon=IconName::Shield title=text!(member.m_empty_title) words=text!(member.m_empty_words)/>
                </div>
            </Section>
        }
        .into_any();
    }
    let mut columns = vec![
        Column::new(text!(member.m_method)),
        Column::new(text!(member.m_detail)),
        Column::new(text!(member.m_added)),
        Column::new(text!(member.m_used)),
        Column::new(text!(member.m_health)),
    ];
    if model.may_remove {
        columns.push(Column::new(text!(member.m_actions)));
    }
    let here = members::href(&model.slug, &model.member);
    let rows = info.methods.iter().map(|method| method_row(method, &here, model.may_remove)).collect_view();
    let questions = questions_row(info.questions, &here, model.may_remove);
    let called = info.methods.iter().any(|method| method.kind == MethodKind::Voice);
    let call_pin = call_pin_row(info.call_pin, called, &here, model.may_remove);
    view! {
        <Section id="methods" title=text!(member.methods) note=note>
            {open}
            <Table caption=text!(member.methods) columns=columns>{rows}{call_pin}{questions}</Table>
        </Section>
    }
    .into_any()
}

/// The PIN of calls is no method: it stands below the phones that it goes with.
fn call_pin_row(pin: CallPinView, called: bool, here: &str, may_remove: bool) -> Option<AnyView> {
    if pin.set_at.is_none() && !(pin.asked && called) {
        return None;
    }
    let (tone, health) = match (pin.asked, pin.set_at) {
        (_, None) => (Tone::Warn, text!(member.m_pin_none)),
        (true, Some(_)) => (Tone::Ok, text!(member.m_pin_on)),
        (false, Some(_)) => (Tone::Neutral, text!(member.m_pin_off)),
    };
    let since = pin.set_at.map_or_else(|| String::from("–"), format::date_with_year);
    let label = format!("{}: {}", text!(member.m_pin_new), text!(member.m_pin));
    let clear = may_remove.then(|| match pin.set_at {
        Some(_) => view! { <td><a href=format!("{here}?do=call-pin") aria-label=label>{text!(member.m_pin_new)}</a></td> }.into_any(),
        None => view! { <td></td> }.into_any(),
    });
    Some(
        view! {
            <tr>
                <th scope="row">{text!(member.m_pin)}</th>
                <td data-label=text!(member.m_detail)>"–"</td>
                <td data-label=text!(member.m_added)>{since}</td>
                <td data-label=text!(member.m_used)>"–"</td>
                <td data-label=text!(member.m_health)><Badge tone=tone look=BadgeLook::Plain>{health}</Badge></td>
                {clear}
            </tr>
        }
        .into_any(),
    )
}

/// Security questions stand below what verifies: they help to a new password and to nothing else.
fn questions_row(questions: QuestionsView, here: &str, may_remove: bool) -> Option<AnyView> {
    let since = questions.made_at.map(format::date_with_year).filter(|_| questions.registered > 0)?;
    let (tone, health) = match (questions.allowed, questions.is_enough()) {
        (false, _) => (Tone::Neutral, text!(member.m_questions_off)),
        (true, false) => (Tone::Warn, text!(member.m_questions_lack)),
        (true, true) => (Tone::Ok, text!(member.m_questions_on)),
    };
    let remove = may_remove.then(|| {
        let words = text!(member.m_remove_what, what = MethodKey::Questions.said());
        view! { <td><a href=format!("{here}?do=questions") aria-label=words>{text!(member.m_remove)}</a></td> }
    });
    let count = text!(member.m_questions_count, count = questions.registered.to_string());
    Some(
        view! {
            <tr>
                <th scope="row"><MethodName method=MethodKey::Questions/></th>
                <td data-label=text!(member.m_detail)>{count}</td>
                <td data-label=text!(member.m_added)>{since}</td>
                <td data-label=text!(member.m_used)>"–"</td>
                <td data-label=text!(member.m_health)><Badge tone=tone look=BadgeLook::Plain>{health}</Badge></td>
                {remove}
            </tr>
        }
        .into_any(),
    )
}

fn method_row(method: &MethodView, here: &str, may_remove: bool) -> AnyView {
    let key: MethodKey = words::method_key(method.kind);
    let default = method
        .is_default
        .then(|| view! { " "<Badge tone=Tone::Info look=BadgeLook::Word>{text!(member.m_default)}</Badge> });
    let (added, label) = (format::date_with_year(method.created_at), method.label.clone());
    let used = method.last_used_at.map_or_else(|| text!(member.m_never).to_owned(), format::moment_capital);
    let period = method.oath.map_or(30, |oath| oath.period);
    let (tone, health) = match (method.active, method.disabled_reason.as_deref(), method.drift) {
        (false, Some("too_many_wrong"), _) => (Tone::Bad, text!(member.m_off_wrong).to_owned()),
        (false, Some("not_me"), _) => (Tone::Bad, text!(member.m_off_not_me).to_owned()),
        (false, Some(PAST), _) => (Tone::Bad, text!(member.m_off_past).to_owned()),
        (false, ..) => (Tone::Neutral, text!(member.m_off).to_owned()),
        (true, _, 0) => (Tone::Ok, text!(member.m_on).to_owned()),
        (true, _, steps) => (Tone::Warn, text!(member.m_drift, seconds = (i64::from(steps) * i64::from(period)).to_string())),
    };
    let notes = reset_notes(method)
        .into_iter()
        .map(|words| view! { <br/><span class="small muted">{words}</span> })
        .collect_view();
    let remove = may_remove.then(|| {
        let href = format!("{here}?do=remove&method={}", method.id);
        let words = text!(member.m_remove_what, what = format!("{} “{}”", key.said(), method.label));
        view! { <td><a href=href aria-label=words>{text!(member.m_remove)}</a></td> }
    });
    view! {
        <tr>
            <th scope="row"><span><MethodName method=key/>{default}</span></th>
            <td data-label=text!(member.m_detail)><span>{label}{notes}</span></td>
            <td data-label=text!(member.m_added)>{added}</td>
            <td data-label=text!(member.m_used)>{used}</td>
            <td data-label=text!(member.m_health)><Badge tone=tone look=BadgeLook::Plain>{health}</Badge></td>
            {remove}
        </tr>
    }
    .into_any()
}

/// Who else has the number, without names, and why it resets no password now.
fn reset_notes(method: &MethodView) -> Vec<String> {
    match method.not_for_reset {
        None | Some(NotForReset::Off) => Vec::new(),
        Some(NotForReset::Shared) => vec![text!(member.m_shared, count = method.shared_with), text!(member.m_reset_shared).to_owned()],
        Some(NotForReset::Cooling { until }) => vec![text!(member.m_reset_cooling, moment = format::moment(until))],
        Some(NotForReset::Idle { .. }) => vec![text!(member.m_reset_idle).to_owned()],
    }
}

fn sign_ins(model: &MemberPage) -> AnyView {
    let Some(rows) = &model.sign_ins else {
        return view! {
            <Section id="sign-ins" title=text!(member.sign_ins)>
                <div class="card flush">
                    <EmptyState icon=IconName::Lock title=text!(member.s_hidden_title) words=text!(member.s_hidden_words)/>
                </div>
            </Section>
        }
        .into_any();
    };
    if rows.is_empty() {
        return view! {
            <Section id="sign-ins" title=text!(member.sign_ins)>
                <div class="card flush">
                    <EmptyState icon=IconName::Log title=text!(member.s_empty_title) words=text!(member.s_empty_words)/>
                </div>
            </Section>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(text!(member.s_time)),
        Column::new(text!(member.s_application)),
        Column::new(text!(member.s_method)),
        Column::new(text!(member.s_decision)),
        Column::new(text!(member.s_reason)),
        Column::new(text!(member.s_session)),
    ];
    let lines = rows.iter().map(|row| sign_in_row(row, model.cases)).collect_view();
    view! {
        <Section id="sign-ins" title=text!(member.sign_ins)>
            <Table caption=text!(member.sign_ins) columns=columns>{lines}</Table>
        </Section>
    }
    .into_any()
}

fn sign_in_row(row: &SignInRow, cases: bool) -> AnyView {
    let id = row.session_id.to_string();
    let href = cases.then(|| routes::case(row.session_id));
    let session = match &href {
        Some(href) => view! { <a class="code" href=href.clone()>{id}</a> }.into_any(),
        None => view! { <span class="code">{id}</span> }.into_any(),
    };
    let method = row.method_kind.map(|kind| view! { <MethodName method=words::method_key(kind)/> });
    let decision = row.decision.map(|decision| {
        view! { <Badge tone=words::decision_tone(decision) look=BadgeLook::Plain>{words::decision(decision)}</Badge> }
    });
    let (at, when) = (row.occurred_at.to_string(), format::moment_capital(row.occurred_at));
    let application = row
        .application
        .as_deref()
        .map(crate::pages::words::asked_for)
        .unwrap_or_else(|| purpose(row.purpose).to_owned());
    let reason = row.reason.map(words::reason).unwrap_or_default();
    view! {
        <Row href=href>
            <td data-label=text!(member.s_time)><time class="nowrap" datetime=at>{when}</time></td>
            <th scope="row" data-label=text!(member.s_application)>{application}</th>
            <td data-label=text!(member.s_method)>{method}</td>
            <td data-label=text!(member.s_decision)>{decision}</td>
            <td data-label=text!(member.s_reason)>{reason}</td>
            <td data-label=text!(member.s_session)>{session}</td>
        </Row>
    }
    .into_any()
}

fn changes(model: &MemberPage) -> Option<AnyView> {
    let rows = model.changes.as_ref()?;
    let steps: Vec<TimelineStep> = rows
        .iter()
        .map(|row| {
            let by = words::actor(&row.actor);
            TimelineStep {
                time: format::date(row.occurred_at),
                tone: Tone::Neutral,
                icon: Some(IconName::History),
                title: Event::from_text(&row.event).map_or_else(|| row.event.clone(), |event| words::event(event).to_owned()),
                detail: Some(match &row.reason {
                    Some(reason) => format!("{by}: “{reason}”"),
                    None => by,
                }),
            }
        })
        .collect();
    let body = match steps.is_empty() {
        true => view! { <p class="muted small">{text!(member.c_empty)}</p> }.into_any(),
        false => view! { <Timeline steps=steps dated=true/> }.into_any(),
    };
    Some(view! { <Section id="changes" title=text!(member.changes)>{body}</Section> }.into_any())
}

fn actions(model: &MemberPage) -> AnyView {
    if model.acts.is_empty() {
        let words = (!model.above).then(|| view! { <p class="muted small">{text!(member.look_only)}</p> });
        return words.into_any();
    }
    let here = members::href(&model.slug, &model.member);
    let items = model
        .acts
        .iter()
        .map(|act| {
            let href = format!("{here}?do={}", act.word());
            let look = if matches!(act, Act::Off | Act::Block) {
                ButtonLook::Danger
            } else {
                ButtonLook::Plain
            };
            let (title, words, button) = (act.title(), act.words(), act.button());
            view! {
                <li>
                    <div class="stack tight">
                        <b>{title}</b>
                        <p class="small muted">{words}</p>
                        <LinkButton href=href look=look>{button}</LinkButton>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <Section id="actions" title=text!(member.actions)><ul class="card flush list inset">{items}</ul></Section> }.into_any()
}

fn details(member: &MemberView) -> AnyView {
    let roles = match (member.roles.is_empty(), member.operator) {
        (true, false) => text!(member.d_member).to_owned(),
        (_, operator) => {
            let mut roles: Vec<&str> = member.roles.iter().map(|role| words::role(*role)).collect();
            if operator {
                roles.push(text!(console.role_operator));
            }
            roles.join(", ")
        }
    };
    let password = if member.has_password { text!(member.d_set) } else { text!(member.d_not_set) };
    let wrong = member.wrong_in_row.to_string();
    let seen = member.last_sign_in_at.map_or_else(|| text!(member.m_never).to_owned(), format::moment_capital);
    let since = format::date_with_year(member.created_at);
    let groups = (!member.groups.is_empty()).then(|| member.groups.join(", "));
    let mail = member.mail.clone();
    let fact = |name: &'static str, value: String| view! { <Fact name=name>{value}</Fact> };
    view! {
        <Section id="details" title=text!(member.details)>
            <Facts>
                {fact(text!(member.d_roles), roles)}
                {groups.map(|groups| fact(text!(member.d_groups), groups))}
                {mail.map(|mail| fact(text!(member.d_mail), mail))}
                {fact(text!(member.d_password), password.to_owned())}
                {fact(text!(member.d_wrong), wrong)}
                {fact(text!(member.d_seen), seen)}
                {fact(text!(member.d_since), since)}
            </Facts>
        </Section>
    }
    .into_any()
}
