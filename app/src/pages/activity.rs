//! `/activity`: one's own sign-ins, newest first, a page at a time (`?before=`, `?after=`).
//!
//! Form (POST `/activity`): `step=not_me session`. Link: `?report=SESSION`.

use domain::notices::report::Reportable;
use jiff::Timestamp;
use leptos::prelude::*;
use model::{Decision, MethodKind, Purpose, Reason, SessionId};

use super::{sign_in, support::findings::purpose, words};
use crate::{
    components::{Badge, BadgeLook, Banner, ButtonSize, Consequence, Consequences, Dialog, EmptyState, IconName, LinkButton, Toast, Tone},
    format,
    render::{Page, PageMeta},
    shell::{Frame, MemberShell},
};

/// The path of the page and of its forms.
pub const PATH: &str = "/activity";

/// The page.
#[derive(Clone, Debug)]
pub struct ActivityPage {
    /// The rows, newest first.
    pub rows: Vec<ActivityRow>,
    /// The page before, with newer rows.
    pub newer: Option<String>,
    /// The page after, with older rows.
    pub older: Option<String>,
    /// "This wasn't me" has just been sent.
    pub reported: bool,
}

/// One attempt, as its owner may see it.
#[derive(Clone, Debug)]
pub struct ActivityRow {
    /// When it was decided.
    pub at: Timestamp,
    /// How it ended.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
    /// What it was for.
    pub application: String,
    /// What it served, where it was no sign-in.
    pub purpose: Purpose,
    /// With which method.
    pub method: Option<MethodKind>,
    /// From where and with what: "Haarlem", "Firefox on Windows".
    pub place: Option<String>,
    /// Its id.
    pub session_id: SessionId,
    /// Whether its owner has said that it was somebody else; nothing where that cannot be said.
    pub reported: Option<bool>,
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: ActivityPage) -> Page {
    let shell = MemberShell { frame: Frame::Wide, ..shell };
    Page::new(PageMeta::new(text!(activity.title), text!(activity.description)), shell, view(model))
}

fn view(model: ActivityPage) -> AnyView {
    let rows = if model.rows.is_empty() {
        view! { <div class="card flush"><EmptyState icon=IconName::History title=text!(activity.empty_title) words=text!(activity.empty_words)/></div> }
            .into_any()
    } else {
        list(model.rows)
    };
    let newer = model
        .newer
        .map(|href| view! { <LinkButton href=href size=ButtonSize::Small icon=IconName::ChevronLeft>{text!(activity.newer)}</LinkButton> });
    let older = model
        .older
        .map(|href| view! { <LinkButton href=href size=ButtonSize::Small>{text!(activity.older)}</LinkButton> });
    let toast = model.reported.then(|| view! { <Toast>{text!(security_info.done_reported)}</Toast> });
    view! {
        <div class="stack wide">
            <div class="lead"><h1>{text!(activity.title)}</h1><p>{text!(activity.lead)}</p></div>
            {toast}
            {rows}
            <nav class="row apart" aria-label=text!(components.pages)><span>{newer}</span><span>{older}</span></nav>
            <p class="small"><a href="/security-info">{text!(activity.back)}</a></p>
        </div>
    }
    .into_any()
}

/// The rows in a card; also on the security info.
pub(super) fn list(rows: Vec<ActivityRow>) -> AnyView {
    let rows = rows.into_iter().map(line).collect_view();
    view! { <ul class="card flush list inset">{rows}</ul> }.into_any()
}

/// What was right was good for this.
fn allowed(purpose: Purpose, application: String) -> String {
    match purpose {
        Purpose::SignIn | Purpose::Verification | Purpose::SetUp => text!(activity.signed_in, application = application),
        Purpose::StepUp => text!(activity.confirmed_change).to_owned(),
        Purpose::AddMethod => text!(activity.confirmed_address).to_owned(),
        Purpose::Reset => text!(activity.reset_shown).to_owned(),
        Purpose::CallerCheck => text!(activity.caller_right).to_owned(),
    }
}

fn line(row: ActivityRow) -> AnyView {
    let application = match row.purpose {
        Purpose::StepUp | Purpose::AddMethod | Purpose::Reset => purpose(row.purpose).to_owned(),
        _ => words::asked_for(&row.application),
    };
    let (tone, title) = match (row.decision, row.reason) {
        (Decision::Allowed, _) => (Tone::Ok, allowed(row.purpose, application)),
        _ if row.purpose == Purpose::CallerCheck => (Tone::Warn, text!(activity.caller_wrong).to_owned()),
        (Decision::Denied, Reason::PushNoResponse | Reason::CodeNeverEntered) => (Tone::Warn, text!(activity.unanswered, application = application)),
        (Decision::Denied, _) => (Tone::Bad, text!(activity.refused, application = application)),
        (Decision::Interrupted, _) => (Tone::Info, text!(activity.interrupted, application = application)),
        (Decision::Abandoned, _) => (Tone::Neutral, text!(activity.abandoned, application = application)),
    };
    let how = match (row.decision, row.method) {
        (Decision::Allowed, Some(kind)) => words::method_key(kind).plain_name().to_owned(),
        _ => format::capital(words::reason(row.reason)),
    };
    let detail = row.place.map_or_else(|| how.clone(), |place| format!("{how} · {place}"));
    let when = format::moment_capital(row.at);
    let session = row.session_id.to_string();
    let report = if row.reported.is_none() {
        ().into_any()
    } else if row.reported == Some(true) {
        view! { <Badge look=BadgeLook::Word>{text!(activity.reported)}</Badge> }.into_any()
    } else {
        let label = text!(activity.not_me_what, what = format!("{title}, {when}"));
        let class = if tone == Tone::Bad { "button danger small" } else { "button quiet small" };
        view! { <a class=class href=format!("{PATH}?report={session}") aria-label=label>{text!(activity.not_me)}</a> }.into_any()
    };
    view! {
        <li>
            <div class="list-line folds">
                <Badge tone=tone look=BadgeLook::Plain>""</Badge>
                <div class="grow">
                    <span class="strong">{title}</span>
                    <span class="muted small">{detail}</span>
                    <span class="faint small"><time datetime=row.at.to_string()>{when}</time>" · "<span class="code">{session}</span></span>
                </div>
                {report}
            </div>
        </li>
    }
    .into_any()
}

/// What reporting a sign-in does, and the button that does it.
#[must_use]
pub fn report_page(shell: MemberShell, about: Reportable) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    let when = format::moment_capital(about.at);
    let what = match &about.application {
        Some(application) => format!("{when}, {} · {}", crate::pages::words::asked_for(application), about.session_id),
        None => format!("{when} · {}", about.session_id),
    };
    let mut effects = vec![Consequence::new(Tone::Neutral, what).with_icon(IconName::Clock)];
    if about.got_in {
        effects.push(Consequence::new(Tone::Warn, text!(activity.report_sessions)));
        effects.push(Consequence::new(Tone::Warn, text!(activity.report_given)));
        let names = about.methods.join(", ");
        if !names.is_empty() {
            effects.push(Consequence::new(Tone::Bad, text!(activity.report_methods, what = names)));
        }
    } else {
        effects.push(Consequence::new(Tone::Ok, text!(activity.report_stopped)));
    }
    if about.blocks {
        effects.push(Consequence::new(Tone::Bad, text!(activity.report_blocks)));
    }
    effects.push(Consequence::new(Tone::Neutral, text!(activity.report_admins)).with_icon(IconName::MethodMail));
    let view = view! {
        <Dialog
            id="report"
            title=text!(activity.report_title)
            consequences=effects
            action=PATH
            confirm=text!(activity.not_me)
            keep=text!(activity.report_keep)
            back=PATH
        >
            <input type="hidden" name="step" value="not_me"/>
            <input type="hidden" name="session" value=about.session_id.to_string()/>
        </Dialog>
    };
    Page::new(PageMeta::new(text!(activity.report_title), text!(activity.description)), shell, view.into_any())
}

/// After a report that signed everybody out: what to do now.
#[must_use]
pub fn report_done(shell: MemberShell, tenant: String, blocked: bool) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    let blocked = blocked.then(|| view! { <Banner tone=Tone::Warn note=true>{text!(notices.done_blocked)}</Banner> });
    let steps = [
        (IconName::Phone, text!(notices.next_desk)),
        (IconName::Lock, text!(notices.next_password)),
        (IconName::Eye, text!(notices.next_look)),
    ];
    let steps = steps
        .into_iter()
        .map(|(icon, step)| Consequence::new(Tone::Neutral, step).with_icon(icon))
        .collect();
    let view = view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{text!(activity.done_title)}</h1><p>{text!(activity.done_lead, tenant = tenant)}</p></div>
            {blocked}
            <div class="stack tight"><h2>{text!(notices.next)}</h2><Consequences consequences=steps/></div>
            <LinkButton href=sign_in::PATH size=ButtonSize::Block>{text!(notices.sign_in)}</LinkButton>
        </div>
    };
    Page::new(PageMeta::new(text!(activity.done_title), text!(activity.description)), shell, view.into_any())
}
