//! Rename, remove, renew: a page each, so that every change can be thought over and works without script.

use leptos::prelude::*;
use model::{MethodKind, TextError};

use super::{MethodView, PATH};
use crate::{
    components::{Button, ButtonLook, Consequence, Dialog, IconName, LinkButton, TextField, Tone},
    pages::words::method_key,
};

/// A method that may be removed.
#[derive(Clone, Debug)]
pub struct Remove {
    /// The method.
    pub method: MethodView,
    /// What it does to the rest.
    pub effect: RemoveEffect,
}

/// What removing a method does to the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoveEffect {
    /// Enough is left.
    None,
    /// One method is left.
    OneLeft,
    /// Another one is asked for first from now on.
    NextIsFirst(MethodKind),
    /// Nothing is left; a new one must be set up at the next sign-in.
    NothingLeft,
}

/// What is wrong with a name.
pub(super) fn name_words(error: TextError) -> String {
    match error {
        TextError::Empty => text!(security_info.name_empty).to_owned(),
        TextError::TooLong { length, max } => text!(security_info.name_long, length = length, max = max),
        TextError::Forbidden { position, .. } => text!(security_info.name_forbidden, position = position),
    }
}

pub(super) fn rename(method: MethodView, name: String, error: Option<TextError>) -> AnyView {
    let what = method.what();
    let error = error.map(name_words);
    view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{text!(security_info.rename_title, what = what)}</h1></div>
            <form class="stack" method="post" action=PATH>
                <input type="hidden" name="step" value="rename"/>
                <input type="hidden" name="method" value=method.id/>
                <TextField
                    name="name"
                    label=text!(security_info.rename_label)
                    hint=text!(security_info.rename_hint).to_owned()
                    value=name
                    error=error
                    autocomplete="off"
                    length_max=50
                    required=true
                    focus=true
                />
                <div class="row">
                    <Button look=ButtonLook::Primary>{text!(security_info.save)}</Button>
                    <LinkButton href=PATH look=ButtonLook::Quiet>{text!(security_info.cancel)}</LinkButton>
                </div>
            </form>
        </div>
    }
    .into_any()
}

pub(super) fn remove(remove: Remove) -> AnyView {
    let Remove { method, effect } = remove;
    let mut consequences = vec![Consequence::new(Tone::Bad, text!(security_info.remove_stops))];
    match effect {
        RemoveEffect::None => {}
        RemoveEffect::OneLeft => consequences.push(Consequence::new(Tone::Warn, text!(security_info.remove_one_left))),
        RemoveEffect::NextIsFirst(kind) => {
            let next = method_key(kind).plain_name();
            consequences.push(Consequence::new(Tone::Neutral, text!(security_info.remove_next, what = next)).with_icon(IconName::ArrowRight));
        }
        RemoveEffect::NothingLeft => consequences.push(Consequence::new(Tone::Warn, text!(security_info.remove_only))),
    }
    if method.kind == MethodKind::Totp {
        consequences.push(Consequence::new(Tone::Neutral, text!(security_info.remove_app)).with_icon(IconName::MethodApp));
    }
    consequences.push(Consequence::new(Tone::Neutral, text!(security_info.remove_message)).with_icon(IconName::MethodMail));
    let title = text!(security_info.remove_title, what = method.what());
    view! {
        <Dialog
            id="remove"
            title=title
            consequences=consequences
            action=PATH
            confirm=text!(security_info.remove_confirm)
            keep=text!(security_info.keep)
            back=PATH
        >
            <input type="hidden" name="step" value="remove"/>
            <input type="hidden" name="name" value=method.what()/>
            <input type="hidden" name="method" value=method.id/>
        </Dialog>
    }
    .into_any()
}

pub(super) fn renew(left: u8) -> AnyView {
    let mut consequences = Vec::new();
    if left > 0 {
        consequences.push(Consequence::new(Tone::Warn, text!(security_info.renew_stops, count = left)));
    }
    consequences.push(Consequence::new(Tone::Neutral, text!(security_info.renew_shown)).with_icon(IconName::Print));
    view! {
        <Dialog
            id="renew"
            title=text!(security_info.renew_title)
            consequences=consequences
            action=PATH
            confirm=text!(security_info.renew)
            keep=text!(security_info.cancel)
            back=PATH
            harmless=left == 0
        >
            <input type="hidden" name="step" value="renew"/>
        </Dialog>
    }
    .into_any()
}
