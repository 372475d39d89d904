//! A fresh second factor before a change. The server remembers the change; after the right code it goes on by itself.

use leptos::prelude::*;
use model::{ErrorCode, MethodKind};

use super::PATH;
use crate::{
    components::{Button, ButtonLook, ButtonSize, CodeBoxes, Countdown, LinkButton, TextField},
    pages::{
        fate::fate,
        passkey::{Act, PasskeyForm, Words},
        problem::{Details, Problem},
        request,
        sign_in::{Again, Asked, Call, call_body, call_lead, call_title, pass_field, pass_line},
        words::method_key,
    },
    routes,
    visit::query_value,
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// The attempt and the way back, sent back as `method`.
    pub handle: String,
    /// Which code; nothing when one has to be sent first.
    pub asked: Option<Asked>,
    /// A call that waits for the right keys; nothing is typed then.
    pub call: Option<Call>,
    /// The attempt to show a passkey to, where the member has one.
    pub passkey: Option<String>,
    /// Where a code can be sent: kind and masked address.
    pub sends: Vec<(MethodKind, String)>,
    /// Nothing is changed afterwards: the member tries whether this kind of method works.
    pub tries: Option<MethodKind>,
    /// What was typed.
    pub typed: Option<String>,
    /// What went wrong.
    pub problem: Option<Problem>,
}

pub(super) fn view(confirm: Confirm) -> AnyView {
    let Confirm {
        handle,
        asked,
        call,
        passkey,
        sends,
        tries,
        typed,
        problem,
    } = confirm;
    let banner = problem.as_ref().and_then(Problem::banner);
    if let Some(call) = call {
        return calling(&handle, &call, banner, problem);
    }
    let by_passkey = passkey.is_some() && tries.is_none() && sends.is_empty() && asked.as_ref().is_none_or(|asked| asked.kind == MethodKind::Pass);
    let lead = match asked.as_ref().and_then(|asked| asked.sent_to.clone()) {
        Some(to) => rich!(security_info.confirm_sent, to = to, <b> = <strong/>).into_any(),
        None if tries.is_some() => text!(security_info.try_lead).into_any(),
        None if asked.is_none() && passkey.is_none() && sends.is_empty() => text!(security_info.confirm_nothing).into_any(),
        None if by_passkey => text!(security_info.confirm_lead_passkey).into_any(),
        None => text!(security_info.confirm_lead).into_any(),
    };
    let title = match tries {
        Some(kind) => text!(security_info.try_title, method = method_key(kind).plain_name()),
        None => text!(security_info.confirm_title).to_owned(),
    };
    let has_field = asked.is_some() || passkey.is_some();
    let ask = (!has_field && sends.is_empty() && tries.is_none()).then(|| {
        let href = request::href(PATH, Some(ErrorCode::NoMethods), None);
        view! { <LinkButton href=href size=ButtonSize::Block>{text!(tickets.link_ask)}</LinkButton> }
    });
    let without = by_passkey.then(|| {
        view! { <LinkButton href=routes::LOST look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.confirm_without)}</LinkButton> }
    });
    let passkey = passkey.map(|attempt| passkey_form(&handle, &attempt, asked.is_some()));
    let fate = asked.as_ref().and_then(|asked| asked.awaited.clone()).map(fate);
    let form = asked.map(|asked| code_form(asked, typed, problem.as_ref()));
    let sends = sends
        .into_iter()
        .map(|(kind, to)| send_form(&handle, kind, to, if has_field { ButtonLook::Quiet } else { ButtonLook::Primary }))
        .collect_view();
    let details = problem.map(|problem| Details::new(problem.code, text!(security_info.page_confirm), None).folded());
    view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{title}</h1><p>{lead}</p></div>
            {banner}
            {fate}
            {passkey}
            {form}
            {sends}
            {ask}
            {without}
            <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton>
            {details}
        </div>
    }
    .into_any()
}

/// The page that waits for a call. Its address names the attempt, for the browser asks again by itself.
fn calling(handle: &str, call: &Call, banner: Option<AnyView>, problem: Option<Problem>) -> AnyView {
    let again = Again {
        action: PATH,
        fields: vec![
            ("step", "confirm-send".to_owned()),
            ("method", handle.to_owned()),
            ("kind", MethodKind::Voice.as_str().to_owned()),
        ],
    };
    let words = rich!(security_info.call_sent, to = call.sent_to.clone(), <b> = <strong/>).into_any();
    let details = problem.map(|problem| Details::new(problem.code, text!(security_info.page_confirm), None).folded());
    view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{call_title(call.state)}</h1>{call_lead(call, words)}</div>
            {banner}
            {call_body(call, format!("{PATH}?calling={}", query_value(handle)), again)}
            <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton>
            {details}
        </div>
    }
    .into_any()
}

/// A passkey instead of a code.
fn passkey_form(handle: &str, attempt: &str, or_code: bool) -> AnyView {
    let form = PasskeyForm {
        act: Act::Get,
        action: PATH.to_owned(),
        options: format!("{}?attempt={attempt}", routes::SECURITY_INFO_CONFIRM_OPTIONS),
        fields: vec![("step", "confirm-passkey".to_owned()), ("method", handle.to_owned())],
        autofill: false,
        look: ButtonLook::Primary,
        words: Words {
            button: text!(security_info.confirm_passkey),
            cancelled: text!(sign_in.passkey_cancelled),
            known: text!(sign_in.passkey_failed),
            failed: text!(sign_in.passkey_failed),
        },
    };
    let or = or_code.then(|| view! { <div class="or">{text!(sign_in.or)}</div> });
    view! { {form.view(None)}{or} }.into_any()
}

/// The field for the code, whichever it is.
fn code_form(asked: Asked, typed: Option<String>, problem: Option<&Problem>) -> AnyView {
    let error = problem.and_then(|problem| problem.code_line(asked.digits));
    let field = if asked.kind == MethodKind::Pass {
        pass_field(problem.and_then(pass_line))
    } else if asked.kind == MethodKind::RecoveryCode {
        view! {
            <TextField name="code" label=text!(sign_in.recovery_label) value=typed error=error autocomplete="off" length_max=40 required=true focus=true/>
        }
        .into_any()
    } else {
        view! { <CodeBoxes label=asked.digits.label() digits=asked.digits value=typed error=error focus=true/> }.into_any()
    };
    let valid = asked.valid_until.map(|until| {
        view! { <p class="muted small">{text!(sign_in.valid_left)}" "<Countdown until=until/></p> }
    });
    view! {
        <form class="stack" method="post" action=PATH>
            <input type="hidden" name="step" value="confirm"/>
            <input type="hidden" name="method" value=asked.method/>
            {field}
            {valid}
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(security_info.confirm)}</Button>
        </form>
    }
    .into_any()
}

/// A button that sends a code somewhere.
fn send_form(handle: &str, kind: MethodKind, to: String, look: ButtonLook) -> AnyView {
    let words = match kind {
        MethodKind::Email => text!(security_info.confirm_send_mail, to = to),
        MethodKind::Voice => text!(security_info.confirm_send_call, to = to),
        _ => text!(security_info.confirm_send_sms, to = to),
    };
    view! {
        <form method="post" action=PATH>
            <input type="hidden" name="step" value="confirm-send"/>
            <input type="hidden" name="method" value=handle.to_owned()/>
            <input type="hidden" name="kind" value=kind.as_str()/>
            <Button look=look size=ButtonSize::Block>{words}</Button>
        </form>
    }
    .into_any()
}
