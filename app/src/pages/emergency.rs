//! `/emergency`: for the day on which no global admin can sign in any more: a name and the key from the safe.
//!
//! Form (POST to the same address): `upn`, `code`.

use leptos::prelude::*;
use model::ErrorCode;

use super::problem::{Details, Problem};
use crate::{
    components::{Banner, Button, ButtonLook, ButtonSize, InputKind, LinkButton, TextField, Tone},
    render::{Page, PageMeta},
    routes,
    shell::{Frame, MemberShell},
};

/// What stands at the address.
#[derive(Clone, Debug, Default)]
pub struct EmergencyPage {
    /// The name as it was typed.
    pub upn: String,
    /// What went wrong.
    pub problem: Option<Problem>,
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: EmergencyPage) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    Page::new(PageMeta::new(text!(emergency.title), text!(emergency.description)), shell, view(model))
}

fn view(EmergencyPage { upn, problem }: EmergencyPage) -> AnyView {
    let of_name = problem.as_ref().filter(|problem| problem.code == ErrorCode::NameForm);
    let error = of_name.map(|problem| problem.line(0));
    // One banner at a time: what went wrong, else what is going to happen.
    let banner = problem
        .as_ref()
        .filter(|_| of_name.is_none())
        .and_then(Problem::banner)
        .unwrap_or_else(|| view! { <Banner tone=Tone::Warn title=text!(emergency.effect).to_owned()>{text!(emergency.effect_words)}</Banner> }.into_any());
    let details = problem.map(|problem| Details::new(problem.code, text!(emergency.page), Some(upn.clone()).filter(|upn| !upn.is_empty())).folded());
    view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{text!(emergency.title)}</h1><p>{text!(emergency.lead)}</p></div>
            {banner}
            <form class="stack" method="post" action=routes::EMERGENCY>
                <TextField
                    name="upn"
                    label=text!(sign_in.name_label)
                    kind=InputKind::Email
                    value=upn
                    error=error
                    autocomplete="username"
                    length_max=320
                    required=true
                    focus=true
                />
                <TextField
                    name="code"
                    label=text!(emergency.key_label)
                    hint=text!(emergency.key_hint).to_owned()
                    autocomplete="off"
                    length_max=100
                    required=true
                />
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(emergency.use_key)}</Button>
            </form>
            <LinkButton href=routes::SIGN_IN look=ButtonLook::Quiet size=ButtonSize::Block>{text!(set_up.sign_in)}</LinkButton>
            {details}
        </div>
    }
    .into_any()
}
