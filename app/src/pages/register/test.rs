//! Try the code once, before it counts.

use leptos::prelude::*;
use model::ErrorCode;

use super::{Mode, PATH, Square, cancel, scan, stair};
use crate::{
    components::{Button, ButtonLook, ButtonSize, CodeBoxes, Digits, TextField},
    pages::problem::{Details, Problem},
};

pub(super) struct TestForm {
    pub(super) issuer: String,
    pub(super) digits: u8,
    pub(super) device: String,
    pub(super) typed: Option<String>,
    pub(super) problem: Option<Problem>,
    pub(super) square: Option<Square>,
}

pub(super) fn view(mode: &Mode, form: TestForm, progress: (u8, u8)) -> AnyView {
    let TestForm {
        issuer,
        digits,
        device,
        typed,
        problem,
        square,
    } = form;
    let error = problem.as_ref().map(|problem| problem.line(digits));
    let banner = problem.as_ref().and_then(Problem::banner);
    let wrong = problem.as_ref().is_some_and(|problem| problem.code == ErrorCode::WrongCode);
    let clock = wrong.then(|| view! { <p class="muted small">{text!(register.clock_hint)}</p> });
    let details = problem.map(|problem| Details::new(problem.code, text!(register.page_test), None).folded());
    let digits = Digits::from(digits);
    let square = square.map(|square| {
        view! { <details class="disclose"><summary>{text!(register.back_to_square)}</summary><div class="stack">{scan::ways(square)}</div></details> }
    });
    let back = square.is_none().then(|| {
        view! {
            <form method="post" action=PATH>
                <input type="hidden" name="step" value="back"/>
                <Button look=ButtonLook::Quiet size=ButtonSize::Block>{text!(register.back_to_square)}</Button>
            </form>
        }
    });
    view! {
        <div class="lead">
            {stair(progress, text!(register.part_app))}
            <h1>{text!(register.test_title)}</h1>
            <p>{rich!(register.test_lead, issuer = issuer, <b> = <strong/>)}</p>
        </div>
        {banner}
        <form class="stack" method="post" action=PATH>
            <input type="hidden" name="step" value="test"/>
            <TextField
                name="device"
                label=text!(register.device_label)
                hint=text!(register.device_hint).to_owned()
                placeholder=text!(register.device_example).to_owned()
                value=device
                autocomplete="off"
                length_max=50
            />
            // The last digit does not send: the name of the phone may still be missing.
            <CodeBoxes label=digits.label() digits=digits value=typed error=error focus=true submits=false/>
            {clock}
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(register.check)}</Button>
        </form>
        {square}
        {back}
        {cancel(mode)}
        {details}
    }
    .into_any()
}
