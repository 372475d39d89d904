//! The one-time bypass that a member opens for himself: the offer, the question, and what says that it is open.
//!
//! Forms (POST `/security-info`): `step=bypass reason` · `step=bypass-end`. Link (GET): `/security-info?bypass=1`.

use domain::methods::own_bypass::OwnBypass;
use leptos::prelude::*;
use model::REASON_CHARACTERS_MAX;

use super::PATH;
use crate::{
    components::{Banner, Button, ButtonSize, Consequence, Dialog, IconName, LinkButton, TextField, Tone},
    format,
    shell::Section,
};

/// What stands above everything while one is open, and the offer while none is.
pub(super) fn parts(bypass: OwnBypass) -> (Option<AnyView>, Option<AnyView>) {
    let offered = bypass.offered && bypass.open.is_none();
    let open = bypass.open.map(|open| {
        let words = text!(security_info.bypass_open_words, until = format::moment(open.until), reason = open.reason);
        view! {
            <Banner
                tone=Tone::Warn
                icon=IconName::Unlock
                title=text!(security_info.bypass_open_title).to_owned()
                action=|| {
                    view! {
                        <form method="post" action=PATH>
                            <input type="hidden" name="step" value="bypass-end"/>
                            <Button size=ButtonSize::Small>{text!(security_info.bypass_end)}</Button>
                        </form>
                    }
                }
            >
                {words}
            </Banner>
        }
        .into_any()
    });
    let offer = offered.then(|| {
        view! {
            <Section id="bypass" title=text!(security_info.bypass_section)>
                <Banner
                    icon=IconName::Unlock
                    title=text!(security_info.bypass_title).to_owned()
                    action=|| view! { <LinkButton href=format!("{PATH}?bypass=1") size=ButtonSize::Small>{text!(security_info.bypass_ask)}</LinkButton> }
                >
                    {text!(security_info.bypass_words)}
                </Banner>
            </Section>
        }
        .into_any()
    });
    (open, offer)
}

/// Is the second step to be skipped once?
pub(super) fn ask(reason: String, wrong: bool) -> AnyView {
    let consequences = vec![
        Consequence::new(Tone::Neutral, text!(security_info.bypass_effect)).with_icon(IconName::Clock),
        Consequence::new(Tone::Warn, text!(security_info.bypass_effect_who)),
        Consequence::new(Tone::Neutral, text!(security_info.bypass_effect_told)).with_icon(IconName::MethodMail),
    ];
    view! {
        <Dialog
            id="bypass"
            title=text!(security_info.bypass_ask_title)
            consequences=consequences
            action=PATH
            confirm=text!(security_info.bypass_do)
            keep=text!(security_info.bypass_keep)
            back=PATH
            harmless=true
        >
            <input type="hidden" name="step" value="bypass"/>
            <TextField
                name="reason"
                label=text!(security_info.bypass_reason)
                value=reason
                error=wrong.then(|| text!(security_info.bypass_reason_missing).to_owned())
                length_max=REASON_CHARACTERS_MAX as u32
                required=true
                focus=true
                autocomplete="off"
            />
        </Dialog>
    }
    .into_any()
}
