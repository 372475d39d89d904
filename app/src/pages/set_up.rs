//! `/set-up/{token}`: the one-time link that a new account, or a reset one, begins with. A password first; the second step follows at
//! `/register`.
//!
//! Form (POST to the same address): `password`.

use jiff::Timestamp;
use leptos::prelude::*;
use model::ErrorCode;

use super::{
    problem::{Details, Problem},
    words,
};
use crate::{
    components::{Badge, Button, ButtonLook, ButtonSize, IconName, LinkButton, Stepper, Tone},
    format,
    islands::{PasswordField, PasswordWords},
    render::{Page, PageMeta},
    shell::{Frame, MemberShell},
};

/// What stands at the address.
#[derive(Clone, Debug)]
pub enum SetUpPage {
    /// Choose a password.
    Password {
        /// The address of the page, with the token; the form goes back to it.
        action: String,
        /// The first name.
        name: Option<String>,
        /// The family name, which is no good as a password either.
        family: Option<String>,
        /// The name to sign in with, for the password manager.
        upn: String,
        /// The tenant, or the installation for an operator.
        tenant: String,
        /// The fewest characters a password has.
        length_min: usize,
        /// Until when the link works.
        until: Timestamp,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// The link no longer works.
    Gone,
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: SetUpPage) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    Page::new(PageMeta::new(text!(set_up.title), text!(set_up.description)), shell, view(model))
}

fn view(model: SetUpPage) -> AnyView {
    let inside = match model {
        SetUpPage::Password {
            action,
            name,
            family,
            upn,
            tenant,
            length_min,
            until,
            problem,
        } => password(action, (name, family), upn, tenant, length_min, until, problem),
        SetUpPage::Gone => gone(),
    };
    view! { <div class="stack screen-stack">{inside}</div> }.into_any()
}

fn password(
    action: String,
    (name, family): (Option<String>, Option<String>),
    upn: String,
    tenant: String,
    length_min: usize,
    until: Timestamp,
    problem: Option<Problem>,
) -> AnyView {
    let title = name
        .clone()
        .map_or_else(|| text!(set_up.title).to_owned(), |name| text!(set_up.welcome, name = name));
    let error = problem
        .as_ref()
        .map(|problem| format!("{}. {}", words::error_title(problem.code), words::error_next(problem.code)));
    let details = problem.map(|problem| Details::new(problem.code, text!(set_up.page), Some(upn.clone())).folded());
    let field_words = field_words(length_min);
    let personal = [upn.clone(), tenant.clone()].into_iter().chain(name).chain(family).collect::<Vec<_>>();
    view! {
        <div class="lead">
            <Stepper step=1 of=3><b>{text!(register.step_of, step = 1, of = 3)}</b>" · "{text!(set_up.part_password)}</Stepper>
            <h1>{title}</h1>
            <p>{rich!(set_up.lead, tenant = tenant.clone(), <b> = <strong/>)}</p>
        </div>
        <form class="stack" method="post" action=action>
            <input class="visually-hidden" type="text" name="username" autocomplete="username" value=upn tabindex="-1" aria-hidden="true" readonly/>
            <PasswordField name="password".to_owned() words=field_words length_min=length_min personal=personal error=error icon=IconName::XCircle.href()/>
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(set_up.next)}</Button>
        </form>
        <p class="small muted">{text!(set_up.valid_until, moment = format::moment(until))}</p>
        {details}
    }
    .into_any()
}

/// The words of the field for a new password.
pub(super) fn field_words(length_min: usize) -> PasswordWords {
    PasswordWords {
        label: text!(set_up.password_label).to_owned(),
        hint: text!(set_up.password_hint, count = length_min),
        meter: text!(set_up.meter).to_owned(),
        too_short: text!(set_up.too_short).to_owned(),
        weak: text!(set_up.weak).to_owned(),
        fair: text!(set_up.fair).to_owned(),
        strong: text!(set_up.strong).to_owned(),
        personal: text!(set_up.personal).to_owned(),
        common: text!(set_up.common).to_owned(),
        show: text!(set_up.show).to_owned(),
        hide: text!(set_up.hide).to_owned(),
    }
}

fn gone() -> AnyView {
    let code = ErrorCode::SetUpLinkUsed;
    view! {
        <div><Badge tone=Tone::Warn icon=IconName::Clock>{code.to_string()}</Badge></div>
        {Problem::new(code).headline()}
        <LinkButton href=super::sign_in::PATH size=ButtonSize::Block>{text!(set_up.sign_in)}</LinkButton>
        {Details::new(code, text!(set_up.page), None).open()}
    }
    .into_any()
}
