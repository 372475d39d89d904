//! What is set up now, and where to go on.

use leptos::prelude::*;
use model::MethodKind;

use super::Mode;
use crate::{
    components::{Badge, BadgeLook, ButtonLook, ButtonSize, LinkButton, MethodCard, Tone},
    pages::words::method_key,
};

/// A method that is registered now.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Its kind.
    pub kind: MethodKind,
    /// The name of the device.
    pub device: Option<String>,
    /// Codes left on the list.
    pub left: Option<u8>,
    /// It is asked for first.
    pub first_choice: bool,
}

pub(super) fn view(mode: &Mode, name: Option<String>, registered: Vec<Registered>, next: String) -> AnyView {
    let title = name.map_or_else(|| text!(register.done_title_plain).to_owned(), |name| text!(register.done_title, name = name));
    let cards = registered
        .into_iter()
        .map(|method| {
            let key = method_key(method.kind);
            let first = method.first_choice;
            let detail = match (method.left, method.device) {
                (Some(left), _) => crate::format::capital(&text!(register.codes_left, count = left)),
                (None, Some(device)) => format!("{device}, {}", text!(register.added_now)),
                (None, None) => crate::format::capital(text!(register.added_now)),
            };
            let badge = move || first.then(|| view! { <Badge tone=Tone::Info look=BadgeLook::Word>{text!(register.first_choice)}</Badge> });
            view! { <MethodCard method=key title=key.plain_name() badge=badge>{detail}</MethodCard> }
        })
        .collect_view();
    let application = match mode {
        Mode::Interrupt { application, .. } => application.clone(),
        Mode::Manage => None,
    };
    let go_on = application.map_or_else(
        || text!(register.go_on).to_owned(),
        |application| text!(register.go_on_to, application = application),
    );
    view! {
        <div class="lead">
            <Badge tone=Tone::Ok>{text!(register.ready)}</Badge>
            <h1>{title}</h1>
            <p>{text!(register.done_lead)}</p>
        </div>
        <ul class="stack tight">{cards}</ul>
        <LinkButton href=next look=ButtonLook::Primary size=ButtonSize::Block>{go_on}</LinkButton>
        <p class="small muted"><a href="/security-info">{text!(register.all_info)}</a></p>
    }
    .into_any()
}
