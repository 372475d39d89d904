//! `/security-info/add`: what to add, where more than one kind may be; and `/security-info/add/hardware-token`: one token by its number and a code.

use leptos::prelude::*;
use model::{MethodKind, NAME_CHARACTERS_MAX, SERIAL_CHARACTERS_MAX};

use super::PATH;
use crate::{
    components::{Banner, Button, ButtonLook, ButtonSize, ChoiceAction, IconName, InputKind, LinkButton, MethodChoice, MethodOff, TextField, Tone, Urgency},
    pages::{
        register::{self, InWizard},
        words::method_key,
    },
    render::{Page, PageMeta},
    routes,
    shell::{Frame, MemberShell},
    visit::query_value,
};

/// A kind that may be added, and where.
#[derive(Clone, Debug)]
pub struct AddChoice {
    /// Which.
    pub kind: MethodKind,
    /// Where it is added.
    pub href: String,
}

/// A kind that may not be added, and why.
#[derive(Clone, Debug)]
pub struct NoChoice {
    /// Which.
    pub kind: MethodKind,
    /// Why.
    pub why: WhyNot,
}

/// Why.
#[derive(Clone, Debug)]
pub enum WhyNot {
    /// The organisation of this name does not allow it.
    Policy(String),
    /// Nothing carries its messages now.
    NothingCarries,
    /// As many as fit are there.
    Full(Option<Stale>),
}

/// What was used longest ago of what takes the room.
#[derive(Clone, Debug)]
pub struct Stale {
    /// Its name.
    pub name: String,
    /// Where it is removed.
    pub href: String,
}

impl NoChoice {
    fn card(self) -> AnyView {
        let key = method_key(self.kind);
        let words = match self.why {
            WhyNot::Policy(tenant) => text!(security_info.not_allowed, tenant = tenant).into_any(),
            WhyNot::NothingCarries => text!(security_info.not_carried).into_any(),
            WhyNot::Full(stale) => {
                let stale = stale.map(Stale::link);
                view! { {text!(security_info.not_room)}" "{stale} }.into_any()
            }
        };
        view! { <MethodOff method=key title=key.plain_name()>{words}</MethodOff> }.into_any()
    }
}

impl Stale {
    fn link(self) -> AnyView {
        view! { <a href=self.href>{text!(security_info.remove_stale, name = self.name)}</a> }.into_any()
    }
}

/// Draws the choice, in the order given.
#[must_use]
pub fn add_choice(shell: MemberShell, choices: Vec<AddChoice>, others: Vec<NoChoice>) -> Page {
    let others = others.into_iter().map(NoChoice::card).collect_view();
    let choices = choices
        .into_iter()
        .map(|choice| {
            let key = method_key(choice.kind);
            let action = ChoiceAction::Link(choice.href);
            view! { <li><MethodChoice method=key title=key.plain_name() action=action>{register::offer_words(choice.kind)}</MethodChoice></li> }
        })
        .collect_view();
    let body = view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{text!(security_info.add_title)}</h1><p>{text!(security_info.add_lead)}</p></div>
            <ul class="stack tight">{choices}{others}</ul>
            <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton>
        </div>
    };
    framed(shell, text!(security_info.add_title), body.into_any())
}

pub(super) fn framed(shell: MemberShell, title: &str, view: AnyView) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    Page::new(PageMeta::new(title, text!(security_info.description)), shell, view)
}

/// What is wrong with what was typed, by field.
#[derive(Clone, Debug, Default)]
pub struct AddTokenErrors {
    /// The serial number.
    pub serial: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// Title and words of what stands in the way.
    pub above: Option<(String, String)>,
}

/// The form, with what was typed.
#[derive(Clone, Debug, Default)]
pub struct AddToken {
    /// The serial number.
    pub serial: String,
    /// It is that of a token that was given to the member.
    pub given: bool,
    /// The name.
    pub name: String,
    /// The code.
    pub code: String,
    /// What is wrong.
    pub errors: AddTokenErrors,
    /// The wizard of a sign-in around it.
    pub wizard: Option<InWizard>,
}

/// Draws the form. The cursor stands in the first field that is empty or wrong.
#[must_use]
pub fn add_token(shell: MemberShell, model: AddToken) -> Page {
    let AddToken {
        serial,
        given,
        name,
        code,
        errors,
        wizard,
    } = model;
    let action = if wizard.is_some() { register::PATH } else { routes::SECURITY_INFO_ADD_TOKEN };
    let stair = wizard.as_ref().and_then(|wizard| wizard.stair(text!(register.part_token)));
    let why = wizard.as_ref().and_then(InWizard::why);
    let others = match &wizard {
        Some(wizard) => wizard.others(),
        None => view! { <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton> }.into_any(),
    };
    let above = errors.above.map(|(title, words)| {
        view! { <Banner tone=Tone::Warn icon=IconName::Clock title=title urgency=Urgency::Alert>{words}</Banner> }
    });
    let serial_first = !given && (errors.serial.is_some() || serial.is_empty());
    let code_first = !serial_first && errors.name.is_none();
    let hint = if given {
        text!(security_info.token_serial_given)
    } else {
        text!(security_info.token_serial_hint)
    };
    let other = given.then(|| {
        view! { <p class="small"><a href=format!("{}?other=yes", routes::SECURITY_INFO_ADD_TOKEN)>{text!(security_info.token_other)}</a></p> }
    });
    let body = view! {
        <div class="stack screen-stack">
            <div class="lead">{stair}<h1>{text!(security_info.token_title)}</h1>{why}<p>{text!(security_info.token_lead)}</p></div>
            {above}
            <form class="stack" method="post" action=action>
                {wizard.is_some().then(|| view! { <input type="hidden" name="step" value="token"/> })}
                {given.then(|| view! { <input type="hidden" name="given" value="yes"/> })}
                <TextField
                    name="serial"
                    label=text!(security_info.token_serial)
                    hint=hint.to_owned()
                    value=serial
                    error=errors.serial
                    autocomplete="off"
                    length_max=SERIAL_CHARACTERS_MAX as u32
                    required=true
                    fixed=given
                    focus=serial_first
                />
                {other}
                <TextField
                    name="code"
                    label=text!(security_info.token_code)
                    kind=InputKind::Number
                    hint=text!(security_info.token_code_hint).to_owned()
                    value=code
                    error=errors.code
                    autocomplete="off"
                    length_max=8
                    required=true
                    focus=code_first
                />
                <TextField
                    name="name"
                    label=text!(security_info.token_name)
                    hint=text!(security_info.token_name_hint).to_owned()
                    value=name
                    error=errors.name.clone()
                    autocomplete="off"
                    length_max=NAME_CHARACTERS_MAX as u32
                    focus=!serial_first && !code_first
                />
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(security_info.token_add)}</Button>
            </form>
            {others}
        </div>
    };
    framed(shell, text!(security_info.token_title), body.into_any())
}

/// Why none of a kind can be added at all.
#[derive(Clone, Debug)]
pub enum Closed {
    /// As many as fit are there.
    Full {
        /// Which.
        kind: MethodKind,
        /// So many.
        max: usize,
        /// Which of them to part with.
        stale: Option<Stale>,
    },
    /// The organisation does not allow the kind.
    Off {
        /// The name of the organisation.
        tenant: String,
        /// Which.
        kind: MethodKind,
    },
}

/// Draws it, with the way back.
#[must_use]
pub fn closed(shell: MemberShell, why: Closed) -> Page {
    let (title, words, stale) = match why {
        Closed::Full { kind, max, stale } => {
            let words = match kind {
                MethodKind::Passkey => text!(security_info.passkey_full_words, max = max),
                _ => text!(security_info.token_full_words, max = max),
            };
            (text!(security_info.token_full_title), words, stale)
        }
        Closed::Off { tenant, kind } => {
            let title = match kind {
                MethodKind::Passkey => text!(security_info.passkey_off_title),
                _ => text!(security_info.token_off_title),
            };
            (title, text!(security_info.token_off_words, tenant = tenant), None)
        }
    };
    let stale =
        stale.map(|stale| view! { <LinkButton href=stale.href size=ButtonSize::Block>{text!(security_info.remove_stale, name = stale.name)}</LinkButton> });
    let body = view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{title}</h1><p>{words}</p></div>
            {stale}
            <LinkButton href=PATH look=ButtonLook::Primary size=ButtonSize::Block>{text!(activity.back)}</LinkButton>
        </div>
    };
    framed(shell, title, body.into_any())
}

/// The banner for a token that waits for its first code.
pub(super) fn waiting(serial: String) -> AnyView {
    let href = format!("{}?serial={}", routes::SECURITY_INFO_ADD_TOKEN, query_value(&serial));
    view! {
        <Banner
            icon=IconName::MethodToken
            title=text!(security_info.token_waits_title).to_owned()
            action=move || view! { <LinkButton href=href size=ButtonSize::Small>{text!(security_info.token_set_up)}</LinkButton> }
        >
            {text!(security_info.token_waits_words, serial = serial)}
        </Banner>
    }
    .into_any()
}
