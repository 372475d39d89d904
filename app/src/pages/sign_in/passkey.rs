//! A passkey: in place of name and password, and as the second step.

use leptos::prelude::*;

use super::{PATH, one_more_step, other_way};
use crate::{
    components::ButtonLook,
    pages::{
        passkey::{Act, PasskeyForm, Words, unavailable},
        problem::{Details, Problem},
    },
    routes,
};

fn words(button: &'static str) -> Words {
    Words {
        button,
        cancelled: text!(sign_in.passkey_cancelled),
        known: text!(sign_in.passkey_failed),
        failed: text!(sign_in.passkey_failed),
    }
}

/// Beside the first question: a button, and where it is `suggested` the suggestions of the name field. The way back stands in the address.
pub(super) fn instead(query: Option<&str>, suggested: bool) -> AnyView {
    let form = PasskeyForm {
        act: Act::Get,
        action: query.map_or_else(|| PATH.to_owned(), |query| format!("{PATH}?{query}")),
        options: routes::SIGN_IN_PASSKEY_OPTIONS.to_owned(),
        fields: vec![("step", "passkey-alone".to_owned())],
        autofill: suggested,
        look: ButtonLook::Plain,
        words: words(text!(sign_in.passkey)),
    };
    let or = view! { <div class="or">{text!(sign_in.or)}</div> }.into_any();
    form.view(Some(or))
}

pub(super) fn view(upn: String, problem: Option<Problem>, other_ways: bool) -> AnyView {
    let form = PasskeyForm {
        act: Act::Get,
        action: PATH.to_owned(),
        options: routes::SIGN_IN_SECOND_OPTIONS.to_owned(),
        fields: vec![("step", "passkey".to_owned())],
        autofill: false,
        look: ButtonLook::Primary,
        words: words(text!(sign_in.passkey_use)),
    };
    let banner = problem.as_ref().and_then(Problem::banner);
    let details = problem.map(|problem| Details::new(problem.code, text!(sign_in.page_code), Some(upn)).folded());
    let other = other_way(other_ways);
    view! {
        <div class="lead">{one_more_step()}<h1>{text!(sign_in.passkey_title)}</h1><p>{text!(sign_in.passkey_lead)}</p></div>
        {banner}
        {form.view(None)}
        {unavailable(text!(sign_in.passkey_unavailable))}
        {other}
        {details}
    }
    .into_any()
}
