//! `/help`: every way of signing in, and every error code; `/help/methods/{kind}`, `/help/errors/{code}`. Each error leads here.

mod words;

use leptos::prelude::*;
use model::{ErrorCode, MethodKind};

use super::{sign_in, words as common};
use crate::{
    components::{Badge, Banner, Button, ButtonLook, ButtonSize, ChoiceAction, IconName, LinkButton, MethodChoice, MethodIcon, TextField, Tone},
    render::{Page, PageMeta},
    routes,
    shell::{Frame, MemberShell, Section},
};

/// The ways that have a page, and where each is set up.
pub const TOPICS: [(MethodKind, Option<&str>); 10] = [
    (MethodKind::Passkey, Some(routes::SECURITY_INFO_ADD_PASSKEY)),
    (MethodKind::Totp, Some(routes::REGISTER)),
    (MethodKind::HardwareToken, Some(routes::SECURITY_INFO_ADD_TOKEN)),
    (MethodKind::Sms, Some(routes::SECURITY_INFO_ADD_PHONE)),
    (MethodKind::Voice, Some(routes::SECURITY_INFO_ADD_CALL)),
    (MethodKind::Email, Some(routes::SECURITY_INFO_ADD_MAIL)),
    (MethodKind::RecoveryCode, Some(routes::SECURITY_INFO)),
    (MethodKind::Pass, None),
    (MethodKind::AppPassword, Some(routes::SECURITY_INFO_APP_PASSWORDS)),
    (MethodKind::SecurityQuestions, Some(routes::SECURITY_INFO_ADD_QUESTIONS)),
];

/// What stands at the address.
#[derive(Clone, Debug)]
pub enum HelpPage {
    /// All there is.
    Index {
        /// What was looked for and is no code.
        unknown: Option<String>,
    },
    /// A way of signing in.
    Method(MethodKind),
    /// An error.
    Error(ErrorCode),
}

/// Where a way of signing in is explained.
#[must_use]
pub fn method_href(kind: MethodKind) -> String {
    format!("{}/methods/{kind}", routes::HELP)
}

/// Where an error is explained.
#[must_use]
pub fn error_href(code: ErrorCode) -> String {
    format!("{}/errors/{code}", routes::HELP)
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: HelpPage) -> Page {
    let (title, body) = match model {
        HelpPage::Index { unknown } => (text!(help.title), index(unknown)),
        HelpPage::Method(kind) => (common::method_key(kind).plain_name(), method(kind)),
        HelpPage::Error(code) => (common::error_title(code), error(code)),
    };
    let shell = MemberShell { frame: Frame::Wide, ..shell };
    Page::new(
        PageMeta::new(title, text!(help.description)),
        shell,
        view! { <div class="stack wide">{body}</div> }.into_any(),
    )
}

fn index(unknown: Option<String>) -> AnyView {
    let topics = TOPICS
        .into_iter()
        .map(|(kind, _)| {
            let key = common::method_key(kind);
            let what = words::of(key).map(|words| first_sentence(words.what)).unwrap_or_default();
            view! { <li><MethodChoice method=key title=key.plain_name() action=ChoiceAction::Link(method_href(kind))>{what}</MethodChoice></li> }
        })
        .collect_view();
    let error = unknown.as_ref().map(|_| text!(help.code_unknown).to_owned());
    let rows = ErrorCode::ALL
        .iter()
        .map(|code| view! { <tr><td><a class="code" href=error_href(*code)>{code.to_string()}</a></td><td>{common::error_title(*code)}</td></tr> })
        .collect_view();
    view! {
        <div class="lead"><h1>{text!(help.title)}</h1><p>{text!(help.lead)}</p></div>
        <Banner
            icon=IconName::Phone
            title=text!(help.lost).to_owned()
            action=|| view! { <LinkButton href=routes::LOST size=ButtonSize::Small>{text!(help.lost_go)}</LinkButton> }
        >
            {text!(help.lost_words)}
        </Banner>
        <Section id="methods" title=text!(help.methods)><ul class="stack tight">{topics}</ul></Section>
        <Section id="errors" title=text!(help.errors)>
            <form class="card stack" method="get" action=routes::HELP>
                <p>{text!(help.errors_lead)}</p>
                <TextField
                    name="code"
                    label=text!(help.code_label)
                    hint=text!(help.code_hint).to_owned()
                    value=unknown.unwrap_or_default()
                    focus=error.is_some()
                    error=error
                    autocomplete="off"
                    length_max=20
                    required=true
                />
                <div class="row"><Button>{text!(help.code_find)}</Button></div>
            </form>
            <details class="disclose">
                <summary>{text!(help.all_errors)}</summary>
                <div class="table-frame"><table><tbody>{rows}</tbody></table></div>
            </details>
        </Section>
        <Section id="ask" title=text!(help.ask)>
            <p>{text!(help.ask_words)}</p>
            <div class="row"><LinkButton href=super::request::href(routes::HELP, None, None)>{text!(tickets.link_ask)}</LinkButton></div>
        </Section>
    }
    .into_any()
}

fn method(kind: MethodKind) -> AnyView {
    let key = common::method_key(kind);
    let Some(words) = words::of(key) else {
        return index(None);
    };
    let steps = words.steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view();
    let troubles = words
        .troubles
        .into_iter()
        .map(|(what, then)| view! { <details class="disclose"><summary>{what}</summary><div><p>{then}</p></div></details> })
        .collect_view();
    let set_up = TOPICS.iter().find(|(topic, _)| *topic == kind).and_then(|(_, href)| *href).map(|href| {
        view! { <div class="row"><LinkButton href=href look=ButtonLook::Primary>{text!(help.set_up)}</LinkButton></div> }
    });
    view! {
        <div class="lead"><MethodIcon method=key/><h1>{key.plain_name()}</h1><p>{words.what}</p></div>
        <Section id="need" title=text!(help.need)><p>{words.need}</p></Section>
        <Section id="how" title=text!(help.how)><ol class="numbered">{steps}</ol>{set_up}</Section>
        <Section id="trouble" title=text!(help.trouble)><div class="stack tight">{troubles}</div></Section>
        <p class="small"><a href=routes::HELP>{text!(help.back)}</a></p>
    }
    .into_any()
}

fn error(code: ErrorCode) -> AnyView {
    view! {
        <div class="lead">
            <div><Badge tone=Tone::Neutral>{code.to_string()}</Badge></div>
            <h1>{common::error_title(code)}</h1>
        </div>
        <Section id="do" title=text!(help.error_do)><p>{common::error_next(code)}</p><p class="muted">{text!(help.error_tell)}</p></Section>
        <div class="row">
            <LinkButton href=sign_in::PATH>{text!(help.sign_in)}</LinkButton>
            <LinkButton href=super::request::href(&error_href(code), Some(code), None)>{text!(tickets.link_ask)}</LinkButton>
        </div>
        <p class="small"><a href=routes::HELP>{text!(help.back)}</a></p>
    }
    .into_any()
}

/// The first sentence of a text.
fn first_sentence(text: &'static str) -> &'static str {
    text.find(". ").map_or(text, |end| &text[..=end])
}
