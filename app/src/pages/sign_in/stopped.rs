//! A sign-in that has ended or cannot begin: why, what now, and the details for the service desk.

use leptos::prelude::*;
use model::ErrorCode;

use super::PATH;
use crate::{
    components::{Badge, Button, ButtonLook, ButtonSize, IconName, LinkButton, Tone},
    pages::problem::{Details, Problem},
};

pub(super) fn view(problem: Problem, upn: Option<String>, help: Option<String>) -> AnyView {
    let code = problem.code;
    // Starting again helps where time or a code was the trouble, not where a rule or an admin stands in the way.
    let again = !matches!(
        code,
        ErrorCode::AccountDisabled
            | ErrorCode::NoMethods
            | ErrorCode::BlockedByPolicy
            | ErrorCode::RegistrationRefused
            | ErrorCode::MethodTooWeak
            | ErrorCode::Locked
            | ErrorCode::Blocked
    );
    let (look, words) = match again {
        true => (ButtonLook::Primary, text!(sign_in.start_again)),
        false => (ButtonLook::Plain, text!(sign_in.to_start)),
    };
    let again = view! {
        <form method="post" action=PATH>
            <input type="hidden" name="step" value="restart"/>
            <Button look=look size=ButtonSize::Block>{words}</Button>
        </form>
    };
    let help = help.map(|href| view! { <LinkButton href=href size=ButtonSize::Block>{text!(shell.help)}</LinkButton> });
    view! {
        <div>{mark(code)}</div>
        {problem.headline()}
        {again}
        {help}
        {Details::new(code, text!(sign_in.page_code), upn).open()}
    }
    .into_any()
}

/// The code on a badge, so that it can be read out.
fn mark(code: ErrorCode) -> AnyView {
    let (tone, icon) = match code {
        ErrorCode::Locked => (Tone::Bad, IconName::Lock),
        ErrorCode::SignInExpired | ErrorCode::ChallengeGone => (Tone::Warn, IconName::Clock),
        ErrorCode::AccountDisabled | ErrorCode::Blocked | ErrorCode::BlockedByPolicy | ErrorCode::RegistrationRefused | ErrorCode::MethodTooWeak => {
            (Tone::Bad, IconName::Ban)
        }
        _ => (Tone::Warn, IconName::Alert),
    };
    view! { <Badge tone=tone icon=icon>{code.to_string()}</Badge> }.into_any()
}
