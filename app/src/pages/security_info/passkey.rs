//! `/security-info/add/passkey`: the device makes one.

use leptos::prelude::*;
use model::{NAME_CHARACTERS_MAX, TextError};

use super::{PATH, add::framed, change::name_words};
use crate::{
    components::{ButtonLook, ButtonSize, LinkButton, TextField},
    pages::{
        passkey::{Act, PasskeyForm, Words, unavailable},
        problem::{Details, Problem},
    },
    render::Page,
    routes,
    shell::MemberShell,
};

/// The form, with what was typed.
#[derive(Clone, Debug, Default)]
pub struct AddPasskey {
    /// The name.
    pub name: String,
    /// What is wrong with it.
    pub name_words: Option<TextError>,
    /// What went wrong.
    pub problem: Option<Problem>,
}

/// Draws the form.
#[must_use]
pub fn add_passkey(shell: MemberShell, model: AddPasskey) -> Page {
    let AddPasskey {
        name,
        name_words: wrong,
        problem,
    } = model;
    let banner = problem.as_ref().and_then(Problem::banner);
    let details = problem.map(|problem| Details::new(problem.code, text!(security_info.passkey_add_title), None).folded());
    let form = PasskeyForm {
        act: Act::Create,
        action: routes::SECURITY_INFO_ADD_PASSKEY.to_owned(),
        options: routes::SECURITY_INFO_ADD_PASSKEY_OPTIONS.to_owned(),
        fields: Vec::new(),
        autofill: false,
        look: ButtonLook::Primary,
        words: words(),
    };
    let field = view! {
        <TextField
            name="name"
            label=text!(security_info.passkey_name)
            hint=text!(security_info.passkey_name_hint).to_owned()
            value=name
            error=wrong.map(name_words)
            autocomplete="off"
            length_max=NAME_CHARACTERS_MAX as u32
        />
    };
    let body = view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{text!(security_info.passkey_add_title)}</h1><p>{text!(security_info.passkey_add_lead)}</p></div>
            {banner}
            {form.view(Some(field.into_any()))}
            {unavailable(text!(security_info.passkey_unavailable))}
            <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton>
            {details}
        </div>
    };
    framed(shell, text!(security_info.passkey_add_title), body.into_any())
}

/// The words of making one.
pub(in crate::pages) fn words() -> Words {
    Words {
        button: text!(security_info.passkey_make),
        cancelled: text!(security_info.passkey_cancelled),
        known: text!(security_info.passkey_known),
        failed: text!(security_info.passkey_failed),
    }
}
