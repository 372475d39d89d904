//! The page that waits for a call: what to do in it, and what became of it. While the phone rings the browser asks again by itself, with JavaScript and
//! without; the button does the same at once.

use domain::verification::CallState;
use jiff::Timestamp;
use leptos::prelude::*;
use model::{CallRules, Reason};

use super::{PATH, one_more_step, other_way};
use crate::{
    components::{Banner, Button, ButtonLook, ButtonSize, Countdown, IconName, LinkButton, Tone, Urgency},
    pages::problem::{Details, Problem},
};

/// Seconds after which the page looks again how far the call is.
pub(crate) const LOOK_SECONDS: u8 = 3;

/// A call that somebody is waiting for.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where it goes: the tail of the number, or the number masked.
    pub sent_to: String,
    /// Until when it can be answered.
    pub until: Timestamp,
    /// How far it is.
    pub state: CallState,
    /// What is asked in it.
    pub asks: CallRules,
}

impl Call {
    /// Seconds until the browser asks again; never once the call is over.
    pub(crate) fn refresh(&self) -> Option<u8> {
        (self.state == CallState::Calling).then_some(LOOK_SECONDS)
    }
}

/// Draws the page of the second step.
pub(super) fn view(upn: String, call: Call, problem: Option<Problem>, other_ways: bool) -> AnyView {
    let banner = problem.as_ref().and_then(Problem::banner);
    let details = problem.map(|problem| Details::new(problem.code, text!(sign_in.page_call), Some(upn)).folded());
    let other = other_way(other_ways);
    let again = Again {
        action: PATH,
        fields: vec![("step", "again".to_owned())],
    };
    let (here, tail) = (format!("{PATH}?way=voice"), call.sent_to.clone());
    let help = rich!(sign_in.code_help_voice, tail = tail, <b> = <strong/>).into_any();
    view! {
        <div class="lead">{one_more_step()}<h1>{title(call.state)}</h1>{lead(&call, help)}</div>
        {banner}
        {body(&call, here, again)}
        {other}
        {details}
    }
    .into_any()
}

/// Where the form goes that has us call again, and what it sends along.
pub(crate) struct Again {
    pub(crate) action: &'static str,
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// The heading.
pub(crate) fn title(state: CallState) -> &'static str {
    match state {
        CallState::Calling => text!(sign_in.code_title_voice),
        CallState::Right => text!(sign_in.call_right),
        CallState::Over(_) => text!(sign_in.call_over),
    }
}

/// The words under it: whom we call, as long as we do.
pub(crate) fn lead(call: &Call, calling: AnyView) -> Option<AnyView> {
    (call.state == CallState::Calling).then(|| view! { <p>{calling}</p> }.into_any())
}

/// What to do in the call, or what became of it, and how to go on.
pub(crate) fn body(call: &Call, here: String, again: Again) -> AnyView {
    let fields = again
        .fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    match call.state {
        CallState::Calling | CallState::Right => view! {
            <ol class="call-steps">
                <li>{text!(sign_in.call_do_answer)}</li>
                {call.asks.pin.then(|| view! { <li>{text!(sign_in.call_do_pin)}</li> })}
                <li>{text!(sign_in.call_do_press)}</li>
            </ol>
            <p class="muted small">{text!(sign_in.call_not_you, code = call.asks.fraud_code.clone())}</p>
            <LinkButton href=here look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.call_pressed)}</LinkButton>
            <p class="muted small" role="status">{text!(sign_in.call_waits)}" "<Countdown until=call.until/></p>
        }
        .into_any(),
        // Called again, it would be told the same.
        CallState::Over(Reason::PinMissing) => view! {
            <Banner tone=Tone::Warn icon=IconName::MethodVoice title=missed(Reason::PinMissing).to_owned() urgency=Urgency::Alert>
                {text!(sign_in.call_no_pin_words)}
            </Banner>
        }
        .into_any(),
        CallState::Over(reason) => view! {
            <Banner tone=Tone::Warn icon=IconName::MethodVoice title=missed(reason).to_owned() urgency=Urgency::Alert>
                {text!(sign_in.call_missed_words)}
            </Banner>
            <form method="post" action=again.action>
                {fields}
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.call_again)}</Button>
            </form>
        }
        .into_any(),
    }
}

fn missed(reason: Reason) -> &'static str {
    match reason {
        Reason::Busy => text!(sign_in.call_busy),
        Reason::NoAnswer => text!(sign_in.call_no_answer),
        Reason::Voicemail => text!(sign_in.call_voicemail),
        Reason::HungUp => text!(sign_in.call_hung_up),
        Reason::PinMissing => text!(sign_in.call_no_pin),
        _ => text!(sign_in.call_unreachable),
    }
}
