//! `/support/callers/{id}`: a code goes to a phone or mailbox of the account, and whoever is on the line reads it back.
//!
//! Forms (POST the same address): `step=send method back` · `step=code attempt code back`. Links (GET): `?attempt=…&back=…`, `?done&back=…`.

use domain::tickets::caller::{CallerCheck, CallerChecked, CallerWay};
use jiff::Timestamp;
use leptos::prelude::*;
use model::{CALLER_CHECK_MINUTES, CALLER_TRIES_MAX, MemberId, MethodKind};

use crate::{
    components::{
        Banner, Breadcrumb, Button, ButtonLook, ChoiceAction, Consequence, Consequences, EmptyState, IconName, LinkButton, MethodChoice, TextField, Tone,
        Urgency,
    },
    format,
    pages::words::method_key,
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth},
};

/// How far the check is.
#[derive(Clone, Debug)]
pub enum Stand {
    /// Where shall the code go?
    Ways(Vec<CallerWay>),
    /// It is on its way; what is read back is typed here.
    Waits {
        /// The check.
        check: Box<CallerCheck>,
        /// It was no code.
        misread: bool,
    },
    /// The code was wrong too often.
    Failed,
    /// It was right.
    Confirmed(CallerChecked),
}

/// Why the page is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The code has been used or has run out.
    Gone,
    /// Nothing was sent, and when it may be tried again.
    NotSent(Option<Timestamp>),
}

/// The page.
#[derive(Clone, Debug)]
pub struct CallerPage {
    /// Whose account it is.
    pub member: MemberId,
    /// Name, as far as there is one, else the sign-in name.
    pub name: String,
    /// Where it leads back to.
    pub back: String,
    /// How far it is.
    pub stand: Stand,
    /// Why it is shown again.
    pub again: Option<Again>,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: CallerPage) -> Page {
    let CallerPage {
        member,
        name,
        back,
        stand,
        again,
    } = model;
    let action = routes::CALLER.replace("{id}", &member.to_string());
    let again = again.map(|again| {
        let words = match again {
            Again::Gone => text!(tickets.caller_gone).to_owned(),
            Again::NotSent(Some(until)) => text!(tickets.caller_not_sent, until = format::time(until)),
            Again::NotSent(None) => text!(tickets.caller_not_sent_now).to_owned(),
        };
        view! { <Banner tone=Tone::Warn urgency=Urgency::Alert>{words}</Banner> }
    });
    let asks = matches!(stand, Stand::Ways(_) | Stand::Waits { .. });
    let lead = asks.then(|| view! { <p class="muted">{text!(tickets.caller_lead)}</p> });
    let body = match stand {
        Stand::Ways(ways) => choose(ways, &action, &back),
        Stand::Waits { check, misread } => waits(&check, misread, (&action, routes::caller(member, &back)), &back),
        Stand::Failed => failed(&back),
        Stand::Confirmed(checked) => confirmed(checked, &back),
    };
    let above = || {
        view! { <Breadcrumb above=vec![(text!(support.title).to_owned(), routes::SUPPORT.to_owned())] here=text!(tickets.caller_title)/> }
    };
    let title = text!(tickets.caller_of, name = name);
    let view = view! {
        <ConsolePage title=title above=above lead=move || lead width=PageWidth::Narrow>
            <div class="stack">{again}{body}</div>
        </ConsolePage>
    };
    Page::new(
        PageMeta::new(text!(tickets.caller_title), text!(tickets.caller_description)),
        shell,
        view.into_any(),
    )
}

fn rule() -> AnyView {
    let rule = Consequence::new(Tone::Warn, text!(tickets.caller_rule)).with_icon(IconName::Phone);
    view! { <Consequences consequences=vec![rule]/> }.into_any()
}

fn back_link(back: &str) -> AnyView {
    let back = back.to_owned();
    view! { <LinkButton href=back look=ButtonLook::Quiet icon=IconName::ChevronLeft>{text!(tickets.caller_back)}</LinkButton> }.into_any()
}

fn choose(ways: Vec<CallerWay>, action: &str, back: &str) -> AnyView {
    if ways.is_empty() {
        return view! {
            <div class="card flush"><EmptyState icon=IconName::Phone title=text!(tickets.caller_none_title) words=text!(tickets.caller_none)/></div>
            <div class="row">{back_link(back)}</div>
        }
        .into_any();
    }
    let lines = ways
        .into_iter()
        .map(|way| {
            let title = if way.kind == MethodKind::Email {
                text!(tickets.caller_mail)
            } else {
                text!(tickets.caller_sms)
            };
            let send = ChoiceAction::Send {
                name: "method".to_owned(),
                value: way.method.to_string(),
            };
            view! { <li><MethodChoice method=method_key(way.kind) title=title action=send>{way.label}</MethodChoice></li> }
        })
        .collect_view();
    let (action, to) = (action.to_owned(), back.to_owned());
    view! {
        {rule()}
        <form method="post" action=action>
            <input type="hidden" name="step" value="send"/>
            <input type="hidden" name="back" value=to/>
            <ul class="stack tight">{lines}</ul>
        </form>
        <div class="row">{back_link(back)}</div>
    }
    .into_any()
}

fn waits(check: &CallerCheck, misread: bool, (action, other): (&str, String), back: &str) -> AnyView {
    let wrong = CALLER_TRIES_MAX - check.tries_left;
    let error = match (misread, wrong) {
        (true, _) => Some(text!(tickets.caller_form).to_owned()),
        (false, 0) => None,
        (false, _) => Some(text!(tickets.caller_wrong, count = check.tries_left)),
    };
    let sent = text!(
        tickets.caller_sent,
        to = check.sent.sent_to.clone(),
        until = format::time(check.sent.expires_at)
    );
    let (action, to, attempt) = (action.to_owned(), back.to_owned(), check.attempt.to_string());
    view! {
        {rule()}
        <form class="card stack" method="post" action=action>
            <input type="hidden" name="step" value="code"/>
            <input type="hidden" name="back" value=to/>
            <input type="hidden" name="attempt" value=attempt/>
            <TextField
                name="code"
                label=text!(tickets.caller_code)
                hint=sent
                error=error
                focus=true
                autocomplete="off"
                length_max=12
                required=true
            />
            <div class="row">
                <Button look=ButtonLook::Primary>{text!(tickets.caller_try)}</Button>
                <LinkButton href=other look=ButtonLook::Quiet>{text!(tickets.caller_other)}</LinkButton>
            </div>
        </form>
        <div class="row">{back_link(back)}</div>
    }
    .into_any()
}

fn failed(back: &str) -> AnyView {
    let words = text!(tickets.caller_failed, count = CALLER_TRIES_MAX);
    view! {
        <Banner tone=Tone::Bad title=text!(tickets.caller_failed_title).to_owned() urgency=Urgency::Alert>{words}</Banner>
        <div class="row">{back_link(back)}</div>
    }
    .into_any()
}

fn confirmed(checked: CallerChecked, back: &str) -> AnyView {
    let back = back.to_owned();
    let words = text!(
        tickets.caller_done,
        at = format::moment(checked.at),
        how = method_key(checked.kind).plain_name(),
        minutes = CALLER_CHECK_MINUTES
    );
    view! {
        <Banner tone=Tone::Ok title=text!(tickets.caller_done_title).to_owned()>{words}</Banner>
        <div class="row"><LinkButton href=back look=ButtonLook::Primary>{text!(tickets.caller_back)}</LinkButton></div>
    }
    .into_any()
}

/// Whether whoever is at the desk has checked a caller, for the pages on which something is given out.
#[derive(Clone, Copy, Debug)]
pub struct CallerNote {
    /// Whose account it is.
    pub member: MemberId,
    /// The check, if there was one just now.
    pub checked: Option<CallerChecked>,
}

impl CallerNote {
    /// Draws it, with the way to the check and back to this page.
    pub(crate) fn view(self, here: &str) -> AnyView {
        let Some(checked) = self.checked else {
            let href = routes::caller(self.member, here);
            return view! {
                <Banner
                    tone=Tone::Warn
                    icon=IconName::Phone
                    title=text!(tickets.caller_no).to_owned()
                    action=move || view! { <LinkButton href=href>{text!(tickets.caller_go)}</LinkButton> }
                >
                    {text!(tickets.caller_no_words)}
                </Banner>
            }
            .into_any();
        };
        view! { <Banner tone=Tone::Ok>{text!(tickets.caller_yes, at = format::moment(checked.at))}"."</Banner> }.into_any()
    }
}
