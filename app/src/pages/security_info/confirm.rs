//! A fresh second factor before a change. The server remembers the change; after the right code it goes on by itself.

use leptos::prelude::*;

use super::PATH;
use crate::{
    components::{Button, ButtonLook, ButtonSize, CodeBoxes, LinkButton, TextField},
    pages::{
        problem::{Details, Problem},
        sign_in::Asked,
    },
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// Which code.
    pub asked: Asked,
    /// What was typed.
    pub typed: Option<String>,
    /// What went wrong.
    pub problem: Option<Problem>,
}

pub(super) fn view(confirm: Confirm) -> AnyView {
    let Confirm { asked, typed, problem } = confirm;
    let banner = problem.as_ref().and_then(Problem::banner);
    let error = problem.as_ref().map(|problem| problem.line(asked.digits));
    let details = problem.map(|problem| Details::new(problem.code, text!(security_info.page_confirm), None).folded());
    let field = if asked.kind == model::MethodKind::RecoveryCode {
        view! {
            <TextField name="code" label=text!(sign_in.recovery_label) value=typed error=error autocomplete="off" length_max=40 required=true focus=true/>
        }
        .into_any()
    } else {
        let label = if asked.digits == 8 {
            text!(sign_in.code_label_eight)
        } else {
            text!(sign_in.code_label_six)
        };
        view! { <CodeBoxes label=label digits=asked.digits value=typed error=error focus=true/> }.into_any()
    };
    view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{text!(security_info.confirm_title)}</h1><p>{text!(security_info.confirm_lead)}</p></div>
            {banner}
            <form class="stack" method="post" action=PATH>
                <input type="hidden" name="step" value="confirm"/>
                <input type="hidden" name="method" value=asked.method/>
                {field}
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(security_info.confirm)}</Button>
            </form>
            <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton>
            {details}
        </div>
    }
    .into_any()
}
