//! The second step: a code from the app, the token, a message or the saved list.

use jiff::Timestamp;
use leptos::prelude::*;
use model::{ErrorCode, MethodKind};

use super::{PATH, one_more_step, other_way};
use crate::{
    components::{Button, ButtonLook, ButtonSize, Check, CodeBoxes, Countdown, Digits, TextField},
    pages::{
        fate::{Awaited, fate},
        problem::{Details, Problem},
    },
};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The kind of method.
    pub kind: MethodKind,
    /// The method, sent back as `method`.
    pub method: String,
    /// How many digits the code has.
    pub digits: Digits,
    /// The name of the account in the app, for a code from an app.
    pub issuer: String,
    /// The tail of a number or a masked address, for a code that was sent.
    pub sent_to: Option<String>,
    /// When a code that was sent stops being good.
    pub valid_until: Option<Timestamp>,
    /// The wait for it.
    pub awaited: Option<Awaited>,
}

pub(super) struct CodeForm {
    pub(super) upn: String,
    pub(super) asked: Asked,
    pub(super) typed: Option<String>,
    pub(super) problem: Option<Problem>,
    pub(super) remember_days: Option<u16>,
    pub(super) other_ways: bool,
}

pub(super) fn view(form: CodeForm) -> AnyView {
    let CodeForm {
        upn,
        asked,
        typed,
        problem,
        remember_days,
        other_ways,
    } = form;
    let banner = problem.as_ref().and_then(Problem::banner);
    let details = problem
        .as_ref()
        .map(|problem| Details::new(problem.code, text!(sign_in.page_code), Some(upn)).folded());
    let remember = remember_days.map(|days| view! { <Check name="remember">{text!(sign_in.remember, count = days)}</Check> });
    let valid = asked.valid_until.map(|until| {
        view! { <p class="muted small">{text!(sign_in.valid_left)}" "<Countdown until=until/></p> }
    });
    let again = asked.sent_to.is_some().then(|| {
        view! {
            <form method="post" action=PATH>
                <input type="hidden" name="step" value="again"/>
                <Button size=ButtonSize::Block>{text!(sign_in.send_again)}</Button>
            </form>
        }
    });
    let fate = asked.awaited.clone().map(fate);
    let other = other_way(other_ways);
    let help = banner.is_none().then(|| help(&asked));
    let method = asked.method.clone();
    view! {
        <div class="lead">{one_more_step()}<h1>{title(asked.kind)}</h1>{help.map(|help| view! { <p>{help}</p> })}</div>
        {banner}
        {fate}
        <form class="stack" method="post" action=PATH>
            <input type="hidden" name="step" value="code"/>
            <input type="hidden" name="method" value=method/>
            {field(asked.kind, asked.digits, typed, problem.as_ref())}
            {valid}
            {remember}
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.submit)}</Button>
        </form>
        {again}
        {other}
        {details}
    }
    .into_any()
}

fn title(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::HardwareToken => text!(sign_in.code_title_token),
        MethodKind::Sms => text!(sign_in.code_title_sms),
        MethodKind::Voice => text!(sign_in.code_title_voice),
        MethodKind::Email => text!(sign_in.code_title_mail),
        MethodKind::Pass => text!(sign_in.code_title_pass),
        MethodKind::RecoveryCode => text!(sign_in.code_title_recovery),
        MethodKind::Totp | MethodKind::Push | MethodKind::Passkey | MethodKind::AppPassword | MethodKind::SecurityQuestions => {
            text!(sign_in.code_title_app)
        }
    }
}

fn help(asked: &Asked) -> AnyView {
    let tail = asked.sent_to.clone().unwrap_or_default();
    let issuer = asked.issuer.clone();
    match asked.kind {
        MethodKind::HardwareToken => text!(sign_in.code_help_token).into_any(),
        MethodKind::Sms => rich!(sign_in.code_help_sms, tail = tail, <b> = <strong/>).into_any(),
        MethodKind::Voice => rich!(sign_in.code_help_voice, tail = tail, <b> = <strong/>).into_any(),
        MethodKind::Email => rich!(sign_in.code_help_mail, tail = tail, <b> = <strong/>).into_any(),
        MethodKind::Pass => text!(sign_in.code_help_pass).into_any(),
        MethodKind::RecoveryCode => text!(sign_in.code_help_recovery).into_any(),
        MethodKind::Totp | MethodKind::Push | MethodKind::Passkey | MethodKind::AppPassword | MethodKind::SecurityQuestions => {
            rich!(sign_in.code_help_app, issuer = issuer, <b> = <strong/>).into_any()
        }
    }
}

/// Codes of digits get boxes; passes and recovery codes, which have letters, a plain field.
fn field(kind: MethodKind, digits: Digits, typed: Option<String>, problem: Option<&Problem>) -> AnyView {
    let error = problem.and_then(|problem| match (kind, problem.code) {
        // These are no six digits.
        (MethodKind::RecoveryCode, ErrorCode::CodeForm) => Some(text!(problems.recovery_form).to_owned()),
        _ => problem.code_line(digits),
    });
    match kind {
        MethodKind::RecoveryCode => view! {
            <TextField
                name="code"
                label=text!(sign_in.recovery_label)
                placeholder=text!(sign_in.recovery_example).to_owned()
                value=typed
                error=error
                autocomplete="off"
                length_max=40
                required=true
                focus=true
            />
        }
        .into_any(),
        MethodKind::Pass => super::pass_field(problem.and_then(super::pass_line)),
        _ => {
            // A spent code is not worth correcting; a mistyped one is.
            let typed = typed.filter(|_| problem.is_none_or(|problem| problem.code != ErrorCode::Throttled));
            view! { <CodeBoxes label=digits.label() digits=digits value=typed error=error focus=true/> }.into_any()
        }
    }
}
