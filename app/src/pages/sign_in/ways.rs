//! "Use another way": everything this person could prove it with, strongest first.

use leptos::prelude::*;
use model::MethodKind;

use super::PATH;
use crate::{
    components::{ButtonLook, ButtonSize, ChoiceAction, IconName, LinkButton, MethodChoice},
    pages::{problem::Problem, words::method_key},
};

/// One way.
#[derive(Clone, Debug)]
pub struct Way {
    /// The kind of method.
    pub kind: MethodKind,
    /// The method, sent back as `method`.
    pub method: String,
    /// The name the person gave the device.
    pub device: Option<String>,
    /// The tail of a number or a masked address.
    pub sent_to: Option<String>,
    /// Codes left on the list.
    pub left: Option<u8>,
}

pub(super) fn view(ways: Vec<Way>, unable: Option<String>, problem: Option<Problem>) -> AnyView {
    let banner = problem.as_ref().and_then(Problem::banner);
    let ways = ways
        .into_iter()
        .map(|way| {
            let key = method_key(way.kind);
            let action = ChoiceAction::Send {
                name: "method".to_owned(),
                value: way.method.clone(),
            };
            view! { <li><MethodChoice method=key title=key.plain_name() action=action>{detail(way)}</MethodChoice></li> }
        })
        .collect_view();
    // Where there is no page for it, the words themselves say what to do.
    let unable = match unable {
        Some(href) => view! { <LinkButton href=href look=ButtonLook::Quiet size=ButtonSize::Block>{text!(sign_in.unable)}</LinkButton> }.into_any(),
        None => view! {
            <details class="disclose">
                <summary>{text!(sign_in.unable)}</summary>
                <div><p class="muted">{text!(sign_in.unable_words)}</p></div>
            </details>
        }
        .into_any(),
    };
    view! {
        <div class="lead"><h1>{text!(sign_in.another_way)}</h1><p>{text!(sign_in.another_lead)}</p></div>
        {banner}
        <form method="post" action=PATH>
            <input type="hidden" name="step" value="way"/>
            <ul class="stack tight">{ways}</ul>
        </form>
        {unable}
        <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block icon=IconName::ChevronLeft>{text!(sign_in.back)}</LinkButton>
    }
    .into_any()
}

fn detail(way: Way) -> String {
    let tail = way.sent_to.unwrap_or_default();
    match (way.kind, way.device) {
        (MethodKind::Push, Some(device)) => text!(sign_in.way_push, device = device),
        (MethodKind::Push, None) => text!(sign_in.way_push_plain).to_owned(),
        (MethodKind::Totp, Some(device)) => text!(sign_in.way_app_named, device = device),
        (MethodKind::Totp, None) => text!(sign_in.way_app).to_owned(),
        (MethodKind::Passkey, _) => text!(sign_in.way_passkey).to_owned(),
        (MethodKind::HardwareToken, _) => text!(sign_in.way_token).to_owned(),
        (MethodKind::Sms, _) => text!(sign_in.way_sms, tail = tail),
        (MethodKind::Voice, _) => text!(sign_in.way_voice, tail = tail),
        (MethodKind::Email, _) => text!(sign_in.way_mail, tail = tail),
        (MethodKind::RecoveryCode, _) => way.left.map_or_else(
            || text!(sign_in.way_recovery_plain).to_owned(),
            |left| text!(sign_in.way_recovery, count = left),
        ),
        (MethodKind::Pass, _) => text!(sign_in.way_pass).to_owned(),
        (MethodKind::AppPassword | MethodKind::SecurityQuestions, _) => String::new(),
    }
}
