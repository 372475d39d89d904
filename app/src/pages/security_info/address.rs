//! `/security-info/add/phone`, `/security-info/add/call` and `/security-info/add/email`: where the code goes, and the code; or the call.

use jiff::Timestamp;
use leptos::prelude::*;
use model::{MethodKind, PinFlaw};

use super::{PATH, call_pin};
use crate::{
    components::{Button, ButtonLook, ButtonSize, CodeBoxes, Countdown, InputKind, LinkButton, TextField},
    pages::{
        fate::{Awaited, fate},
        problem::{Details, Problem},
        register::{self, InWizard},
        sign_in::{Again, Call, call_body, call_lead, call_title},
    },
    render::{Page, PageMeta},
    routes,
    shell::{Frame, MemberShell},
};

/// The number or mailbox whose place another one is to take.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// Sent back as `replaces`.
    pub id: String,
    /// How its member knows it.
    pub name: String,
}

/// The form, with what was typed.
#[derive(Clone, Debug)]
pub struct AddressForm {
    /// A phone or a mailbox.
    pub kind: MethodKind,
    /// What it takes the place of; nothing where it is one more.
    pub replaces: Option<Replaced>,
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// A PIN is chosen with it, and what is wrong with the one that was typed.
    pub pin: Option<Option<PinFlaw>>,
    /// What went wrong besides.
    pub problem: Option<Problem>,
    /// The wizard of a sign-in around it.
    pub wizard: Option<InWizard>,
}

/// Why a code was sent to a number or mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proves {
    /// It is to become a method.
    #[default]
    New,
    /// It is to take the place of the one with this id.
    InsteadOf(String),
    /// It is a method; its member tries whether it reaches him.
    Still,
}

impl Proves {
    /// The query and the fields that carry it from page to page.
    pub fn fields(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::New => None,
            Self::InsteadOf(id) => Some(("replaces", id)),
            Self::Still => Some(("check", "1")),
        }
    }

    fn hidden(&self) -> Option<AnyView> {
        let (name, value) = self.fields()?;
        Some(view! { <input type="hidden" name=name value=value.to_owned()/> }.into_any())
    }
}

/// The page of the code that was sent.
#[derive(Clone, Debug)]
pub struct AddressCode {
    /// A phone or a mailbox.
    pub kind: MethodKind,
    /// What the code is for.
    pub proves: Proves,
    /// Where the code went, masked.
    pub sent_to: String,
    /// How long it is good.
    pub until: Timestamp,
    /// The wait for it.
    pub awaited: Awaited,
    /// What was typed.
    pub typed: Option<String>,
    /// What went wrong.
    pub problem: Option<Problem>,
    /// The wizard of a sign-in around it.
    pub wizard: Option<InWizard>,
}

/// The page that waits for a call.
#[derive(Clone, Debug)]
pub struct AddressCall {
    /// The call, with the number masked.
    pub call: Call,
    /// The attempt.
    pub attempt: String,
    /// What the call is for.
    pub proves: Proves,
    /// What went wrong.
    pub problem: Option<Problem>,
    /// The wizard of a sign-in around it.
    pub wizard: Option<InWizard>,
}

fn path(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Email => routes::SECURITY_INFO_ADD_MAIL,
        MethodKind::Voice => routes::SECURITY_INFO_ADD_CALL,
        _ => routes::SECURITY_INFO_ADD_PHONE,
    }
}

/// Where the forms go, and where another address is typed.
fn place(kind: MethodKind, wizard: Option<&InWizard>) -> (&'static str, String) {
    match (wizard, kind) {
        (None, _) => (path(kind), path(kind).to_owned()),
        (Some(_), MethodKind::Voice) => (register::PATH, format!("{}?show=call", register::PATH)),
        (Some(_), _) => (register::PATH, format!("{}?show=phone", register::PATH)),
    }
}

/// The stair of the wizard.
fn stair(kind: MethodKind, wizard: Option<&InWizard>) -> Option<AnyView> {
    let part = match kind {
        MethodKind::Voice => text!(register.part_call),
        _ => text!(register.part_phone),
    };
    wizard.and_then(|wizard| wizard.stair(part))
}

fn framed(shell: MemberShell, title: &str, view: AnyView) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    Page::new(PageMeta::new(title, text!(security_info.description)), shell, view)
}

/// Draws the form.
#[must_use]
pub fn address_form(shell: MemberShell, model: AddressForm) -> Page {
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let details = model
        .problem
        .as_ref()
        .map(|problem| Details::new(problem.code, title(model.kind), None).folded());
    let (lead, label, hint, kind, complete, send) = match model.kind {
        MethodKind::Email => (
            text!(security_info.mail_lead),
            text!(security_info.mail_label),
            text!(security_info.mail_hint),
            InputKind::Email,
            "email",
            text!(security_info.mail_send),
        ),
        MethodKind::Voice => (
            text!(security_info.call_lead),
            text!(security_info.call_label),
            text!(security_info.call_hint),
            InputKind::Phone,
            "tel",
            text!(security_info.call_send),
        ),
        _ => (
            text!(security_info.phone_lead),
            text!(security_info.phone_label),
            text!(security_info.phone_hint),
            InputKind::Phone,
            "tel",
            text!(security_info.phone_send),
        ),
    };
    let heading = match (&model.replaces, model.kind) {
        (None, kind) => title(kind),
        (Some(_), MethodKind::Email) => text!(security_info.change_mail_title),
        (Some(_), _) => text!(security_info.change_phone_title),
    };
    let lead = match &model.replaces {
        None => lead.into_any(),
        Some(old) => rich!(security_info.change_lead, what = old.name.clone(), <b> = <strong/>).into_any(),
    };
    let replaces = model.replaces.map(|old| view! { <input type="hidden" name="replaces" value=old.id/> });
    let pin_is_wrong = matches!(model.pin, Some(Some(_)));
    let pin = model.pin.map(|wrong| {
        view! {
            <p class="muted small">{text!(security_info.pin_with_phone)}</p>
            {call_pin::fields(wrong, pin_is_wrong)}
        }
    });
    let wizard = model.wizard.as_ref();
    let (action, _) = place(model.kind, wizard);
    let why = wizard.and_then(InWizard::why);
    let others = match wizard {
        Some(wizard) => wizard.others(),
        None => view! { <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton> }.into_any(),
    };
    let note = (model.kind == MethodKind::Sms).then(|| view! { <p class="muted small">{text!(security_info.phone_cost)}</p> });
    let body = view! {
        <div class="stack screen-stack">
            <div class="lead">{stair(model.kind, wizard)}<h1>{heading}</h1>{why}<p>{lead}</p></div>
            {banner}
            <form class="stack" method="post" action=action>
                <input type="hidden" name="step" value="send"/>
                {replaces}
                <input type="hidden" name="kind" value=model.kind.as_str()/>
                <TextField
                    name="address"
                    label=label
                    kind=kind
                    hint=hint.to_owned()
                    value=model.typed
                    error=model.error
                    autocomplete=complete
                    length_max=254
                    required=true
                    focus=!pin_is_wrong
                />
                {pin}
                {note}
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{send}</Button>
            </form>
            {others}
            {details}
        </div>
    };
    framed(shell, heading, body.into_any())
}

/// Draws the page that waits for a call.
#[must_use]
pub fn address_call(shell: MemberShell, model: AddressCall) -> Page {
    let AddressCall {
        call,
        attempt,
        proves,
        problem,
        wizard,
    } = model;
    let refresh = call.refresh().filter(|_| problem.is_none());
    let banner = problem.as_ref().and_then(Problem::banner);
    let details = problem.map(|problem| Details::new(problem.code, title(MethodKind::Voice), None).folded());
    let (action, other) = place(MethodKind::Voice, wizard.as_ref());
    let carried = proves.fields().map(|(name, value)| (name, value.to_owned()));
    let (first, other) = match (&wizard, &carried) {
        (Some(_), _) => ('&', other),
        (None, Some((name, value))) => ('&', format!("{other}?{name}={value}")),
        (None, None) => ('?', other),
    };
    let here = format!("{other}{first}attempt={attempt}");
    let again = Again {
        action,
        fields: [
            ("step", "again".to_owned()),
            ("kind", MethodKind::Voice.as_str().to_owned()),
            ("attempt", attempt),
        ]
        .into_iter()
        .chain(carried)
        .collect(),
    };
    let calling = rich!(security_info.call_sent, to = call.sent_to.clone(), <b> = <strong/>).into_any();
    let view = view! {
        <div class="stack screen-stack">
            <div class="lead">{stair(MethodKind::Voice, wizard.as_ref())}<h1>{call_title(call.state)}</h1>{call_lead(&call, calling)}</div>
            {banner}
            {call_body(&call, here, again)}
            <LinkButton href=other look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.address_other)}</LinkButton>
            {details}
        </div>
    };
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    let meta = PageMeta {
        refresh,
        ..PageMeta::new(title(MethodKind::Voice), text!(security_info.description))
    };
    Page::new(meta, shell, view.into_any())
}

/// Draws the page of the code.
#[must_use]
pub fn address_code(shell: MemberShell, model: AddressCode) -> Page {
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let error = model.problem.as_ref().and_then(|problem| problem.code_line(6));
    let details = model
        .problem
        .as_ref()
        .map(|problem| Details::new(problem.code, title(model.kind), None).folded());
    let attempt = model.awaited.attempt.to_string();
    let (action, other) = place(model.kind, model.wizard.as_ref());
    let heading = match model.kind {
        MethodKind::Email => text!(sign_in.code_title_mail),
        _ => text!(sign_in.code_title_sms),
    };
    let (carried, carried_again) = (model.proves.hidden(), model.proves.hidden());
    let confirm = match model.proves {
        Proves::Still => text!(security_info.try_confirm),
        Proves::New | Proves::InsteadOf(_) => text!(security_info.address_confirm),
    };
    let another = match model.kind {
        MethodKind::Email => text!(security_info.address_other_mail),
        _ => text!(security_info.address_other),
    };
    let other = match &model.proves {
        Proves::New => view! { <LinkButton href=other look=ButtonLook::Quiet size=ButtonSize::Block>{another}</LinkButton> },
        Proves::InsteadOf(id) => {
            let other = format!("{other}?replaces={id}");
            view! { <LinkButton href=other look=ButtonLook::Quiet size=ButtonSize::Block>{another}</LinkButton> }
        }
        Proves::Still => view! { <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton> },
    };
    let body = view! {
        <div class="stack screen-stack">
            <div class="lead">
                {stair(model.kind, model.wizard.as_ref())}
                <h1>{heading}</h1>
                <p>{rich!(security_info.address_sent, to = model.sent_to, <b> = <strong/>)}</p>
            </div>
            {banner}
            {fate(model.awaited)}
            <form class="stack" method="post" action=action>
                <input type="hidden" name="step" value="code"/>
                <input type="hidden" name="kind" value=model.kind.as_str()/>
                <input type="hidden" name="attempt" value=attempt.clone()/>
                {carried}
                <CodeBoxes label=text!(sign_in.code_label_six) value=model.typed error=error focus=true/>
                <p class="muted small">{text!(sign_in.valid_left)}" "<Countdown until=model.until/></p>
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{confirm}</Button>
            </form>
            <form method="post" action=action>
                <input type="hidden" name="step" value="again"/>
                <input type="hidden" name="kind" value=model.kind.as_str()/>
                <input type="hidden" name="attempt" value=attempt/>
                {carried_again}
                <Button size=ButtonSize::Block>{text!(sign_in.send_again)}</Button>
            </form>
            {other}
            {details}
        </div>
    };
    framed(shell, title(model.kind), body.into_any())
}

fn title(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Email => text!(security_info.mail_title),
        MethodKind::Voice => text!(security_info.call_title),
        _ => text!(security_info.phone_title),
    }
}
