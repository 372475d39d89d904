//! The device makes a passkey: the first method, proven by being made.

use leptos::prelude::*;

use super::{Mode, PATH, cancel, reasons, skip, stair};
use crate::{
    components::ButtonLook,
    pages::{
        passkey::{Act, PasskeyForm, unavailable},
        problem::{Details, Problem},
        security_info::passkey_words,
    },
    routes,
};

fn form(look: ButtonLook) -> PasskeyForm {
    PasskeyForm {
        act: Act::Create,
        action: PATH.to_owned(),
        options: routes::REGISTER_PASSKEY_OPTIONS.to_owned(),
        fields: vec![("step", "passkey".to_owned())],
        autofill: false,
        look,
        words: passkey_words(),
    }
}

/// Before another method: the page's script shows it where the device can make a passkey.
pub(super) fn first() -> AnyView {
    form(ButtonLook::Plain).view(Some(view! { <p class="muted">{text!(register.passkey_first)}</p> }.into_any()))
}

pub(super) fn view(mode: &Mode, tenant: &str, problem: Option<Problem>, progress: (u8, u8)) -> AnyView {
    let form = form(ButtonLook::Primary);
    let banner = problem.as_ref().and_then(Problem::banner);
    let details = problem.map(|problem| Details::new(problem.code, text!(security_info.passkey_add_title), None).folded());
    view! {
        <div class="lead">
            {stair(progress, text!(register.part_passkey))}
            <h1>{text!(register.passkey_title)}</h1>
            {reasons(mode, tenant)}
            <p>{text!(security_info.passkey_add_lead)}</p>
        </div>
        {banner}
        {form.view(None)}
        {unavailable(text!(security_info.passkey_unavailable))}
        <div class="row apart small"><a href=format!("{PATH}?show=choose")>{text!(register.something_else)}</a>{skip(mode)}</div>
        {cancel(mode)}
        {details}
    }
    .into_any()
}
