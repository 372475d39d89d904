//! Which method? Strongest first; what is not allowed says why.

use leptos::prelude::*;
use model::MethodKind;

use super::{Mode, PATH, cancel, reasons, skip, stair};
use crate::{
    components::{Badge, BadgeLook, ChoiceAction, MethodChoice, Tone},
    pages::{problem::Problem, words::method_key},
};

/// A method that may be set up.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its kind, sent back as `kind`.
    pub kind: MethodKind,
}

pub(super) fn view(mode: &Mode, tenant: &str, offers: Vec<Offer>, problem: Option<Problem>, progress: (u8, u8)) -> AnyView {
    let head = match mode {
        Mode::Interrupt { .. } => view! {
            {stair(progress, text!(register.part_choose))}
            <h1>{text!(register.choose_title)}</h1>
            {reasons(mode, tenant)}
            <p>{text!(register.choose_lead)}</p>
        }
        .into_any(),
        Mode::Manage => view! { <h1>{text!(register.choose_title_manage)}</h1><p>{text!(register.choose_lead_manage)}</p> }.into_any(),
    };
    view! {
        <div class="lead">{head}</div>
        {problem.and_then(|problem| problem.banner())}
        <form method="post" action=PATH>
            <input type="hidden" name="step" value="choose"/>
            <ul class="stack tight">{offers_list(offers)}</ul>
        </form>
        {skip(mode)}
        {cancel(mode)}
    }
    .into_any()
}

/// What may be set up, each a button of the form it stands in; the first is the safest.
pub(super) fn offers_list(offers: Vec<Offer>) -> AnyView {
    let several = offers.len() > 1;
    let choice = |(index, offer): (usize, Offer)| {
        let key = method_key(offer.kind);
        let action = ChoiceAction::Send {
            name: "kind".to_owned(),
            value: offer.kind.as_str().to_owned(),
        };
        let badge = (several && index == 0).then(|| {
            view! { " "<Badge tone=Tone::Info look=BadgeLook::Word>{text!(register.safest)}</Badge> }
        });
        view! {
            <li>
                <MethodChoice method=key title=key.plain_name() action=action badge=move || badge>{offer_words(offer.kind)}</MethodChoice>
            </li>
        }
    };
    offers.into_iter().enumerate().map(choice).collect_view().into_any()
}

/// What to have at hand for a kind, in a few words.
pub(in crate::pages) fn offer_words(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Totp => text!(register.offer_totp),
        MethodKind::Passkey => text!(register.offer_passkey),
        MethodKind::Push => text!(register.offer_push),
        MethodKind::HardwareToken => text!(register.offer_token),
        MethodKind::Sms => text!(register.offer_sms),
        MethodKind::Voice => text!(register.offer_voice),
        MethodKind::Email => text!(register.offer_mail),
        MethodKind::RecoveryCode => text!(register.offer_recovery),
        MethodKind::SecurityQuestions => text!(register.offer_questions),
        MethodKind::Pass | MethodKind::AppPassword => text!(register.offer_other),
    }
}
