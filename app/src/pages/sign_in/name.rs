//! The first two questions: who are you, and what is your password.

use leptos::prelude::*;
use model::ErrorCode;

use super::{Help, PATH, password_line};
use crate::{
    components::{Banner, Button, ButtonLook, ButtonSize, Check, Icon, IconName, IconSize, InputKind, LinkButton, PasswordInput, TextField, Tone},
    pages::problem::{Details, Problem},
    visit::visit,
};

/// Something to say before the first question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameNote {
    /// The person has just signed out.
    SignedOut,
    /// A method was set up on another device while the wizard was open here.
    SetUpElsewhere,
    /// What was to be remembered from the step before came back without its cookie.
    CookiesOff,
}

pub(super) fn name(application: Option<String>, upn: String, domain: Option<String>, note: Option<NameNote>, problem: Option<Problem>, help: Help) -> AnyView {
    let lead = match application {
        Some(application) => rich!(sign_in.to_continue, application = application, <b> = <strong/>).into_any(),
        None => text!(sign_in.lead).into_any(),
    };
    let note = note.map(|note| match note {
        NameNote::SignedOut => view! { <Banner tone=Tone::Ok title=text!(sign_in.signed_out).to_owned()>{text!(sign_in.signed_out_next)}</Banner> }.into_any(),
        NameNote::SetUpElsewhere => {
            view! { <Banner tone=Tone::Ok title=text!(sign_in.elsewhere).to_owned()>{text!(sign_in.elsewhere_next)}</Banner> }.into_any()
        }
        NameNote::CookiesOff => {
            view! { <Banner tone=Tone::Warn title=text!(sign_in.cookies_off).to_owned()>{text!(sign_in.cookies_off_next)}</Banner> }.into_any()
        }
    });
    let example = domain.map(|domain| text!(sign_in.name_example, domain = domain));
    // What is wrong with the name stands under it, what became of a passkey above.
    let of_name = problem.as_ref().filter(|problem| problem.code == ErrorCode::NameForm);
    let error = of_name.map(|problem| problem.line(0));
    let banner = problem.as_ref().filter(|_| of_name.is_none()).and_then(Problem::banner);
    // A passkey that was not accepted just now is not suggested at once again.
    let suggested = banner.is_none();
    let details = problem.map(|problem| Details::new(problem.code, text!(sign_in.page_name), Some(upn.clone()).filter(|upn| !upn.is_empty())).folded());
    // The way back to the page that asked for a sign-in stands in this page's own address.
    let here = visit().here;
    let query = here.split_once('?').filter(|_| here.starts_with(PATH)).map(|(_, query)| query.to_owned());
    let action = query.as_ref().map_or_else(|| PATH.to_owned(), |query| format!("{PATH}?{query}"));
    view! {
        <div class="lead"><h1>{text!(sign_in.title)}</h1><p>{lead}</p></div>
        {note}
        {banner}
        <form class="stack" method="post" action=action>
            <input type="hidden" name="step" value="name"/>
            <TextField
                name="upn"
                label=text!(sign_in.name_label)
                kind=InputKind::Email
                value=upn
                placeholder=example
                error=error
                autocomplete="username webauthn"
                length_max=320
                required=true
                focus=true
            />
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.next)}</Button>
        </form>
        {super::passkey::instead(query.as_deref(), suggested)}
        {help.view()}
        {details}
    }
    .into_any()
}

pub(super) fn password(upn: String, problem: Option<Problem>, help: Help) -> AnyView {
    let error = password_line(problem.as_ref());
    let banner = problem.as_ref().and_then(Problem::banner);
    let details = problem.map(|problem| Details::new(problem.code, text!(sign_in.page_password), Some(upn.clone())).folded());
    view! {
        <div class="lead">{who(&upn)}<h1>{text!(sign_in.password_title)}</h1></div>
        {banner}
        <form class="stack" method="post" action=PATH>
            <input type="hidden" name="step" value="password"/>
            // Password managers pair the two; nobody else sees it.
            <input class="visually-hidden" type="text" name="upn" autocomplete="username" value=upn.clone() tabindex="-1" aria-hidden="true" readonly/>
            <PasswordInput
                name="password"
                label=text!(sign_in.password_label)
                error=error
                show=text!(sign_in.show)
                hide=text!(sign_in.hide)
                focus=true
            />
            <Check name="keep"><span>{text!(sign_in.keep)}<br/><span class="muted small">{text!(sign_in.keep_help)}</span></span></Check>
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.next)}</Button>
        </form>
        <LinkButton href=format!("{PATH}?show=pass") look=ButtonLook::Quiet size=ButtonSize::Block>{text!(sign_in.pass_instead)}</LinkButton>
        {help.view()}
        {details}
    }
    .into_any()
}

/// A pass in place of the password.
pub(super) fn pass(upn: String, problem: Option<Problem>) -> AnyView {
    let error = problem.as_ref().and_then(pass_line);
    let banner = problem.as_ref().and_then(Problem::banner);
    let details = problem.map(|problem| Details::new(problem.code, text!(sign_in.page_pass), Some(upn.clone())).folded());
    view! {
        <div class="lead">{who(&upn)}<h1>{text!(sign_in.code_title_pass)}</h1><p>{text!(sign_in.pass_lead)}</p></div>
        {banner}
        <form class="stack" method="post" action=PATH>
            <input type="hidden" name="step" value="pass"/>
            {pass_field(error)}
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.next)}</Button>
        </form>
        <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(sign_in.password_instead)}</LinkButton>
        {details}
    }
    .into_any()
}

/// The field for a pass; what was typed does not come back.
pub(crate) fn pass_field(error: Option<String>) -> AnyView {
    view! {
        <TextField name="code" label=text!(sign_in.pass_label) error=error autocomplete="off" length_max=80 required=true focus=true/>
    }
    .into_any()
}

/// The line under that field.
pub(crate) fn pass_line(problem: &Problem) -> Option<String> {
    match (problem.code, problem.tries_left) {
        (ErrorCode::CodeForm, _) => Some(text!(problems.pass_form).to_owned()),
        (ErrorCode::WrongCode, None) => Some(text!(problems.wrong_pass).to_owned()),
        (ErrorCode::WrongCode, Some(_)) => problem.code_line(0),
        _ => None,
    }
}

/// The name that was typed, and the way to another one.
pub(super) fn who(upn: &str) -> AnyView {
    view! {
        <div class="who">
            <Icon name=IconName::User size=IconSize::Small/>
            <span>{upn.to_owned()}</span>
            <a href=format!("{PATH}?show=name")>{text!(sign_in.not_you)}</a>
        </div>
    }
    .into_any()
}
