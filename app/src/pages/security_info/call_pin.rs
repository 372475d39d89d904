//! The PIN of calls: the line of the overview, the form (`/security-info/call-pin`), and its two fields where a phone is added.
//!
//! Form (POST `/security-info/call-pin`): `pin` · `again`.

use domain::methods::call_pin::CallPinView;
use leptos::prelude::*;
use model::{CALL_PIN_DIGITS_MAX, PinFlaw};

use super::{PATH, add::framed};
use crate::{
    components::{Banner, Button, ButtonLook, ButtonSize, Icon, IconName, InputKind, LinkButton, TextField, Tone},
    format,
    pages::problem::Problem,
    render::Page,
    routes,
    shell::{MemberShell, Section},
};

/// The form. A PIN that was typed is not part of it.
#[derive(Clone, Debug)]
pub struct CallPinForm {
    /// The name of the tenant.
    pub tenant: String,
    /// There is a PIN already, which this replaces.
    pub replaces: bool,
    /// What is wrong with what was typed.
    pub wrong: Option<PinFlaw>,
    /// What went wrong besides.
    pub problem: Option<Problem>,
}

/// Draws the form.
#[must_use]
pub fn call_pin_form(shell: MemberShell, model: CallPinForm) -> Page {
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let title = match model.replaces {
        true => text!(security_info.pin_other_title),
        false => text!(security_info.pin_title),
    };
    let body = view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{title}</h1><p>{text!(security_info.pin_lead, tenant = model.tenant)}</p></div>
            {banner}
            <form class="stack" method="post" action=routes::SECURITY_INFO_CALL_PIN>
                {fields(model.wrong, true)}
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(security_info.pin_save)}</Button>
            </form>
            <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton>
        </div>
    };
    framed(shell, title, body.into_any())
}

/// The PIN, and the same again.
pub(super) fn fields(wrong: Option<PinFlaw>, focus: bool) -> AnyView {
    let (error, differs) = match wrong {
        Some(flaw @ PinFlaw::Differs) => (None, Some(flaw_words(flaw).to_owned())),
        Some(flaw) => (Some(flaw_words(flaw).to_owned()), None),
        None => (None, None),
    };
    // Twice as long as it may be, so that one that is too long is not cut to one that is not.
    let length_max = 2 * CALL_PIN_DIGITS_MAX as u32;
    let second = differs.is_some();
    view! {
        <TextField
            name="pin"
            label=text!(security_info.pin_label)
            kind=InputKind::Pin
            hint=text!(security_info.pin_hint).to_owned()
            error=error
            autocomplete="off"
            length_max=length_max
            required=true
            focus=focus && !second
        />
        <TextField
            name="again"
            label=text!(security_info.pin_again)
            kind=InputKind::Pin
            error=differs
            autocomplete="off"
            length_max=length_max
            required=true
            focus=second
        />
    }
    .into_any()
}

fn flaw_words(flaw: PinFlaw) -> &'static str {
    match flaw {
        PinFlaw::Empty => text!(security_info.pin_empty),
        PinFlaw::NotDigits => text!(security_info.pin_digits),
        PinFlaw::TooShort => text!(security_info.pin_short),
        PinFlaw::TooLong => text!(security_info.pin_long),
        PinFlaw::Same => text!(security_info.pin_same),
        PinFlaw::Run => text!(security_info.pin_run),
        PinFlaw::Differs => text!(security_info.pin_differs),
    }
}

/// The section of the overview, for members whose phones are called. Nothing where no PIN is asked for and there is none.
pub(super) fn section(pin: CallPinView, called: bool, tenant: &str) -> Option<AnyView> {
    let body = match pin.set_at {
        None if !pin.asked || !called => return None,
        None => {
            let words = text!(security_info.pin_missing_words, tenant = tenant.to_owned());
            view! {
                <Banner
                    tone=Tone::Warn
                    icon=IconName::MethodVoice
                    title=text!(security_info.pin_missing_title).to_owned()
                    action=|| view! { <LinkButton href=routes::SECURITY_INFO_CALL_PIN size=ButtonSize::Small>{text!(security_info.pin_choose)}</LinkButton> }
                >
                    {words}
                </Banner>
            }
            .into_any()
        }
        Some(at) => {
            let date = format::date_with_year(at);
            let since = match pin.asked {
                true => text!(security_info.pin_since, date = date),
                false => text!(security_info.pin_not_asked, date = date),
            };
            view! {
                <ul class="card flush list inset">
                    <li>
                        <div class="list-line">
                            <Icon name=IconName::MethodVoice/>
                            <div class="grow"><span class="strong">{text!(security_info.pin_name)}</span><span class="muted small">{since}</span></div>
                            <LinkButton href=routes::SECURITY_INFO_CALL_PIN size=ButtonSize::Small attr:aria-label=text!(security_info.pin_change_what)>
                                {text!(security_info.pin_change)}
                            </LinkButton>
                        </div>
                    </li>
                </ul>
            }
            .into_any()
        }
    };
    Some(view! { <Section id="call-pin" title=text!(security_info.pin_section)>{body}</Section> }.into_any())
}
