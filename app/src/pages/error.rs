//! The page that says what went wrong when there is no page to say it on: 403, 404, 421, 429, 500, 503, and whatever else has a code.

use jiff::Timestamp;
use leptos::prelude::*;
use model::ErrorCode;

use super::{
    problem::{Details, Problem},
    words,
};
use crate::{
    components::{Badge, ButtonLook, ButtonSize, IconName, LinkButton, Tone},
    render::{Page, PageMeta},
    shell::{Frame, MemberShell},
    visit::visit,
};

/// The page.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// What went wrong.
    pub code: ErrorCode,
    /// When it may be tried again.
    pub until: Option<Timestamp>,
    /// The number of the request in the log.
    pub request_id: Option<String>,
    /// Who is signed in.
    pub account: Option<String>,
    /// Where to go: the start page when nothing better is known.
    pub home: Option<String>,
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: ErrorPage) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    let title = words::error_title(model.code);
    Page::new(PageMeta::new(title, words::error_next(model.code)), shell, view(model))
}

fn view(model: ErrorPage) -> AnyView {
    let ErrorPage {
        code,
        until,
        request_id,
        account,
        home,
    } = model;
    let ours = code.status() >= 500;
    let (tone, icon) = match code.status() {
        500.. => (Tone::Bad, IconName::Alert),
        403 => (Tone::Bad, IconName::Lock),
        429 => (Tone::Warn, IconName::Clock),
        _ => (Tone::Neutral, IconName::Info),
    };
    let here = visit().here;
    let path = domain::tickets::rules::page(&here);
    let home = home.unwrap_or_else(|| "/".to_owned());
    let again = (ours || code.status() == 429).then(|| {
        view! { <LinkButton href=here look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.try_again)}</LinkButton> }
    });
    let look = if again.is_some() { ButtonLook::Plain } else { ButtonLook::Primary };
    let details = Details {
        code: Some(code),
        page: path,
        account,
        request_id,
    };
    let problem = Problem { until, ..Problem::new(code) };
    view! {
        <div class="stack screen-stack">
            <div><Badge tone=tone icon=icon>{format!("{} · {code}", code.status())}</Badge></div>
            {problem.headline()}
            {again}
            <LinkButton href=home look=look size=ButtonSize::Block>{text!(problems.home)}</LinkButton>
            {details.open()}
        </div>
    }
    .into_any()
}
