//! `/security-info/call-pin`: the PIN that is asked for in calls. What was typed is never shown again.

use axum::extract::Form;
use domain::methods::MethodError;
use model::*;

use super::forms::Pairs;
use crate::{
    caller::{Answer, Guest, see},
    pages::{
        Problem,
        security_info::{CallPinForm, PATH, call_pin_form},
    },
    routes,
    visit::query_value,
};

/// The form. The second step comes first, so that nothing is typed for nothing.
pub(super) async fn show(guest: Guest) -> Answer {
    let me = guest.member()?.clone();
    match guest.domain().methods().may_set_call_pin(&me.me).await {
        Ok(standing) => Ok(guest.show(|| {
            let model = CallPinForm {
                tenant: me.tenant.name.clone(),
                replaces: standing.set_at.is_some(),
                wrong: None,
                problem: None,
            };
            call_pin_form(guest.shell(), model)
        })),
        Err(error) => stopped(&guest, error),
    }
}

/// What came back.
pub(super) async fn act(guest: Guest, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let me = guest.member()?.clone();
    let methods = guest.domain().methods();
    let standing = match methods.may_set_call_pin(&me.me).await {
        Ok(standing) => standing,
        Err(error) => return stopped(&guest, error),
    };
    let again = |code, wrong, problem| {
        Ok(guest.show_with(code, || {
            let model = CallPinForm {
                tenant: me.tenant.name.clone(),
                replaces: standing.set_at.is_some(),
                wrong,
                problem,
            };
            call_pin_form(guest.shell(), model)
        }))
    };
    let pin = match read_pin(&Pairs(fields)) {
        Ok(pin) => pin,
        Err(wrong) => return again(ErrorCode::Invalid, Some(wrong), None),
    };
    match methods.set_call_pin(&me.me, &pin).await {
        Ok(()) => Ok(see(&format!("{PATH}?done=pin"))),
        Err(error @ MethodError::Hash(_)) => again(error.code(), None, Some(Problem::new(error.code()))),
        Err(error) => stopped(&guest, error),
    }
}

/// The PIN that was typed, twice the same.
pub(super) fn read_pin(fields: &Pairs) -> Result<CallPin, PinFlaw> {
    CallPin::parse_twice(fields.one("pin"), fields.one("again"))
}

/// What stands in the way whatever is typed.
fn stopped(guest: &Guest, error: MethodError) -> Answer {
    match error {
        MethodError::StepUp => Ok(see(&format!("{PATH}?confirm={}", query_value(routes::SECURITY_INFO_CALL_PIN)))),
        error => Err(guest.fails()(error)),
    }
}
