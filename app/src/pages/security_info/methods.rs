//! The cards.

use domain::policy::reset::NotForReset;
use jiff::Timestamp;
use leptos::prelude::*;
use model::MethodKind;

use super::{PATH, TRIED};
use crate::{
    components::{Badge, BadgeLook, Banner, Button, ButtonSize, Icon, IconName, LinkButton, MethodCard, MethodOff, Tone},
    format,
    pages::words::method_key,
    routes,
    visit::query_value,
};

/// A method that is set up.
#[derive(Clone, Debug)]
pub struct MethodView {
    /// Sent back as `method`.
    pub id: String,
    /// Its kind.
    pub kind: MethodKind,
    /// The name the person gave it, or a masked number.
    pub name: Option<String>,
    /// Since when.
    pub added: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// It is asked for first.
    pub first_choice: bool,
    /// What is the matter with it.
    pub state: MethodState,
    /// Why it resets no password now.
    pub reset: Option<NotForReset>,
    /// What may be done with it: made the first choice.
    pub can_be_first: bool,
    /// What may be done with it: tried out.
    pub can_be_tried: bool,
    /// What may be done with it: another address in its place.
    pub can_be_changed: bool,
    /// What may be done with it: given another name.
    pub can_be_renamed: bool,
    /// What may be done with it: removed.
    pub can_be_removed: bool,
}

/// What is the matter with a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodState {
    /// Nothing.
    Good,
    /// Not used for a year.
    Stale,
    /// Switched off by too many wrong codes.
    SwitchedOff,
    /// Reported as lost by its member.
    Lost,
    /// Of a kind that the organisation does not allow any more; its name.
    NotAllowed(String),
    /// A list of codes.
    Codes {
        /// How many are left.
        left: u8,
        /// Of how many.
        total: u8,
    },
}

/// A method that cannot be used.
#[derive(Clone, Debug)]
pub struct OffView {
    /// Its kind.
    pub kind: MethodKind,
    /// Why.
    pub why: OffWhy,
}

/// Why a method cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffWhy {
    /// The organisation has switched it off.
    Admin,
    /// The member said by the link of a notice that it was not his.
    NotMine,
    /// Its own life is over.
    Past,
}

/// Fewer codes than this are almost none.
const CODES_FEW: u8 = 3;

pub(super) fn list(methods: Vec<MethodView>) -> AnyView {
    let cards = methods.into_iter().map(card).collect_view();
    view! { <ul class="stack tight">{cards}</ul> }.into_any()
}

/// What is off, and by whom.
pub(super) fn off_list(off: Vec<OffView>, tenant: &str) -> AnyView {
    let off = off
        .into_iter()
        .map(|off| {
            let key = method_key(off.kind);
            let words = match off.why {
                OffWhy::NotMine => text!(security_info.off_not_mine).to_owned(),
                OffWhy::Past => text!(security_info.off_past).to_owned(),
                OffWhy::Admin => text!(security_info.off_by, tenant = tenant.to_owned()),
            };
            view! { <MethodOff method=key title=key.plain_name()>{words}</MethodOff> }
        })
        .collect_view();
    view! { <ul class="stack tight">{off}</ul> }.into_any()
}

impl MethodView {
    /// Its name for sentences: "Pixel 8", or the kind where it has none.
    pub(super) fn what(&self) -> String {
        self.name.clone().unwrap_or_else(|| method_key(self.kind).plain_name().to_owned())
    }
}

fn card(method: MethodView) -> AnyView {
    let key = method_key(method.kind);
    let codes = matches!(method.state, MethodState::Codes { .. });
    let first_line = match (&method.state, &method.name) {
        (MethodState::Codes { left, total }, _) => Some(text!(security_info.left_of, left = *left, total = *total)),
        (_, name) => name.clone(),
    };
    let added = format::date_with_year(method.added);
    let added = if codes {
        text!(security_info.made, date = added)
    } else {
        text!(security_info.added, date = added)
    };
    let used = method.last_used.map_or_else(
        || text!(security_info.never_used).to_owned(),
        |at| text!(security_info.last_used, date = recent(at)),
    );
    let reset = method.reset.and_then(reset_words);
    let badge = badge(&method);
    let note = note(&method);
    let menu = menu(&method);
    view! {
        <MethodCard method=key title=key.plain_name() badge=move || badge menu=move || menu note=move || note>
            {first_line.map(|line| view! { {line}<br/> })}
            {format!("{added} · {used}")}
            {reset.map(|words| view! { <br/>{words} })}
        </MethodCard>
    }
    .into_any()
}

/// Why it resets no password now; nothing for what is off anyway.
fn reset_words(why: NotForReset) -> Option<String> {
    match why {
        NotForReset::Off => None,
        NotForReset::Shared => Some(text!(security_info.reset_shared).to_owned()),
        NotForReset::Cooling { until } => Some(text!(security_info.reset_cooling, moment = format::moment(until))),
        NotForReset::Idle { .. } => Some(text!(security_info.reset_idle).to_owned()),
    }
}

/// With the clock for today and yesterday, with the date before.
fn recent(at: Timestamp) -> String {
    let age = crate::visit::visit().now.duration_since(at).as_hours();
    if age < 48 { format::moment(at) } else { format::date(at) }
}

fn badge(method: &MethodView) -> AnyView {
    let first = method
        .first_choice
        .then(|| view! { <Badge tone=Tone::Info look=BadgeLook::Word>{text!(security_info.first_choice)}</Badge> });
    let state = match &method.state {
        MethodState::Stale => Some(view! { <Badge tone=Tone::Warn icon=IconName::Clock>{text!(security_info.stale)}</Badge> }.into_any()),
        MethodState::SwitchedOff => Some(view! { <Badge tone=Tone::Bad icon=IconName::Lock>{text!(security_info.off_too_many)}</Badge> }.into_any()),
        MethodState::Lost => Some(view! { <Badge tone=Tone::Bad icon=IconName::Lock>{text!(security_info.off_lost)}</Badge> }.into_any()),
        MethodState::NotAllowed(_) => Some(view! { <Badge tone=Tone::Bad icon=IconName::Lock>{text!(security_info.off_too_many)}</Badge> }.into_any()),
        MethodState::Codes { left: 0, .. } => Some(view! { <Badge tone=Tone::Bad>{text!(security_info.used_up)}</Badge> }.into_any()),
        MethodState::Codes { left, .. } if *left < CODES_FEW => Some(view! { <Badge tone=Tone::Warn>{text!(security_info.almost_used_up)}</Badge> }.into_any()),
        MethodState::Codes { .. } | MethodState::Good => None,
    };
    view! { {first}" "{state} }.into_any()
}

/// A warning with its one action.
fn note(method: &MethodView) -> Option<AnyView> {
    let remove = format!("{PATH}?remove={}", method.id);
    let (method_id, name) = (method.id.clone(), method.what());
    match &method.state {
        MethodState::Stale => {
            let date = method.last_used.map(format::date_with_year).unwrap_or_default();
            Some(
                view! {
                    <Banner
                        tone=Tone::Warn
                        note=true
                        title=text!(security_info.stale_title).to_owned()
                        action=move || view! { <LinkButton href=remove size=ButtonSize::Small>{text!(security_info.remove)}</LinkButton> }
                    >
                        {text!(security_info.stale_words, date = date)}
                    </Banner>
                }
                .into_any(),
            )
        }
        MethodState::Lost => {
            Some(view! { <Banner tone=Tone::Bad note=true action=move || found(method_id, name)>{text!(security_info.off_lost_words)}</Banner> }.into_any())
        }
        MethodState::NotAllowed(tenant) => {
            let words = text!(security_info.off_by, tenant = tenant.clone());
            Some(view! { <Banner tone=Tone::Bad note=true>{words}</Banner> }.into_any())
        }
        MethodState::SwitchedOff => Some(view! { <Banner tone=Tone::Bad note=true>{text!(security_info.off_too_many_words)}</Banner> }.into_any()),
        MethodState::Codes { left, .. } if *left < CODES_FEW => Some(
            view! {
                <Banner
                    tone=Tone::Warn
                    note=true
                    action=|| view! { <LinkButton href=format!("{PATH}?renew") size=ButtonSize::Small>{text!(security_info.renew)}</LinkButton> }
                >
                    {text!(security_info.renew_words)}
                </Banner>
            }
            .into_any(),
        ),
        MethodState::Codes { .. } | MethodState::Good => None,
    }
}

/// "I have it again".
fn found(method: String, name: String) -> AnyView {
    view! {
        <form method="post" action=PATH>
            <input type="hidden" name="step" value="found"/>
            <input type="hidden" name="method" value=method/>
            <input type="hidden" name="name" value=name/>
            <Button size=ButtonSize::Small>{text!(security_info.found)}</Button>
        </form>
    }
    .into_any()
}

/// Where a method is tried out: what is asked for before a change is asked for this one.
fn trial(kind: MethodKind) -> String {
    let back = format!("{PATH}?done={TRIED}&only={kind}");
    format!("{PATH}?confirm={}", query_value(&back))
}

/// Tries a method out: a code goes to a phone or mailbox, anything else is asked for as before a change.
fn check(method: &MethodView) -> AnyView {
    let words = text!(security_info.try_it);
    if !sends_code(method.kind) {
        return view! { <a href=trial(method.kind)><Icon name=IconName::CheckCircle/>{words}</a> }.into_any();
    }
    view! {
        <form class="item-form" method="post" action=PATH>
            <input type="hidden" name="step" value="check"/>
            <input type="hidden" name="method" value=method.id.clone()/>
            <button class="item" type="submit"><Icon name=IconName::CheckCircle/>{words}</button>
        </form>
    }
    .into_any()
}

const fn sends_code(kind: MethodKind) -> bool {
    matches!(kind, MethodKind::Sms | MethodKind::Email)
}

/// A card of a method that is to be tried out, and nothing else.
pub(in crate::pages) fn to_try(method: MethodView) -> AnyView {
    let key = method_key(method.kind);
    let words = text!(security_info.try_it);
    let label = text!(security_info.try_what, method = method.what());
    let button = match sends_code(method.kind) {
        true => view! {
            <form method="post" action=PATH>
                <input type="hidden" name="step" value="check"/>
                <input type="hidden" name="method" value=method.id.clone()/>
                <Button size=ButtonSize::Small label=label>{words}</Button>
            </form>
        }
        .into_any(),
        false => view! { <LinkButton href=trial(method.kind) size=ButtonSize::Small label=label>{words}</LinkButton> }.into_any(),
    };
    let used = match method.last_used {
        Some(at) => text!(security_info.last_used, date = format::date_with_year(at)),
        None => text!(security_info.added, date = format::date_with_year(method.added)),
    };
    view! {
        <MethodCard method=key title=key.plain_name() menu=move || button>
            {method.name.map(|name| view! { {name}<br/> })}
            {used}
        </MethodCard>
    }
    .into_any()
}

/// What can be done with a method, behind three dots.
fn menu(method: &MethodView) -> Option<AnyView> {
    let first = (method.can_be_first && !method.first_choice).then(|| {
        view! {
            <form class="item-form" method="post" action=PATH>
                <input type="hidden" name="step" value="first"/>
                <input type="hidden" name="method" value=method.id.clone()/>
                <input type="hidden" name="name" value=method.what()/>
                <button class="item" type="submit"><Icon name=IconName::Star/>{text!(security_info.make_first)}</button>
            </form>
        }
    });
    let rename = method.can_be_renamed.then(|| {
        view! { <a href=format!("{PATH}?rename={}", method.id)><Icon name=IconName::Wand/>{text!(security_info.rename)}</a> }
    });
    let change = method.can_be_changed.then(|| {
        let (page, icon, words) = match method.kind {
            MethodKind::Email => (routes::SECURITY_INFO_ADD_MAIL, IconName::MethodMail, text!(security_info.change_mail)),
            MethodKind::Voice => (routes::SECURITY_INFO_ADD_CALL, IconName::MethodVoice, text!(security_info.change_phone)),
            _ => (routes::SECURITY_INFO_ADD_PHONE, IconName::MethodSms, text!(security_info.change_phone)),
        };
        view! { <a href=format!("{page}?replaces={}", method.id)><Icon name=icon/>{words}</a> }
    });
    let renew = matches!(method.state, MethodState::Codes { .. }).then(|| {
        view! { <a href=format!("{PATH}?renew")><Icon name=IconName::Refresh/>{text!(security_info.renew)}</a> }
    });
    let remove = method.can_be_removed.then(|| {
        view! { <a class="bad" href=format!("{PATH}?remove={}", method.id)><Icon name=IconName::X/>{text!(security_info.remove)}</a> }
    });
    let check = method.can_be_tried.then(|| check(method));
    if first.is_none() && rename.is_none() && renew.is_none() && remove.is_none() {
        return None;
    }
    let label = text!(security_info.options_for, method = method.what());
    Some(
        view! {
            <details class="menu-button">
                <summary class="button quiet icon-only" aria-label=label><Icon name=IconName::More/></summary>
                <div class="pop">{first}{check}{change}{rename}{renew}{remove}</div>
            </details>
        }
        .into_any(),
    )
}
