//! `/help/request`: a question to the support desk. The page, the error, the session and the account stand there already; whoever asks adds his own words.
//!
//! Forms (POST the same address): `step=send page code session upn words` · `step=add number words`. Links (GET): `?page=…&code=…&session=…`.

use domain::tickets::{MessageView, OwnTicket};
use jiff::Timestamp;
use leptos::prelude::*;
use model::{ErrorCode, MessageKind, SessionId, Shown, TICKET_CHARACTERS_MAX, TextError, TicketNumber, TicketState};

use super::{problem::Problem, sign_in, words};
use crate::{
    components::{
        Badge, Banner, Button, ButtonLook, ButtonSize, CopyBox, CopyLook, Fact, Facts, IconName, InputKind, LinkButton, TextArea, TextField, Toast, Tone,
        Urgency,
    },
    format,
    render::{Page, PageMeta},
    routes,
    shell::{Frame, MemberShell, Section},
    visit::query_value,
};

/// What stands at the address.
#[derive(Clone, Debug)]
pub enum RequestPage {
    /// What happened?
    Ask(Box<Ask>),
    /// It has been sent by somebody who is not signed in.
    Sent {
        /// What to read out.
        session: SessionId,
    },
}

/// A question that is being written.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The page on which it began.
    pub page: String,
    /// What that page said.
    pub code: Option<ErrorCode>,
    /// The session; `None` where one is made only when it is sent.
    pub session: Option<SessionId>,
    /// The account; `None` where the name has to be typed.
    pub account: Option<String>,
    /// What was typed as name.
    pub upn: String,
    /// What was written.
    pub words: String,
    /// Why it was not sent, or not added.
    pub wrong: Option<Wrong>,
    /// One's own tickets; `None` for somebody who is not signed in.
    pub own: Option<Vec<OwnTicket>>,
    /// What is to be added to one of them.
    pub adding: Option<(TicketNumber, String)>,
    /// What has just been done.
    pub done: Option<(RequestDone, TicketNumber)>,
}

/// Why something was not sent. What was written stands on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The words cannot be sent as they are.
    Words(TextError),
    /// That is no sign-in name.
    Name,
    /// Too many were sent: until when none is taken.
    TooMany(Timestamp),
    /// No more messages fit.
    Full,
}

/// What has just been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestDone {
    /// A question was sent.
    Sent,
    /// Something was added to one.
    Added,
}

/// The address of the page with what goes along.
#[must_use]
pub fn href(page: &str, code: Option<ErrorCode>, session: Option<&str>) -> String {
    let mut href = format!("{}?page={}", routes::REQUEST, query_value(page));
    if let Some(code) = code {
        href.push_str(&format!("&code={code}"));
    }
    if let Some(session) = session {
        href.push_str(&format!("&session={}", query_value(session)));
    }
    href
}

/// What is wrong with somebody's words.
pub(crate) fn wrong_words(error: &TextError) -> String {
    match error {
        TextError::Empty => text!(tickets.words_empty).to_owned(),
        TextError::TooLong { length, max } => text!(tickets.words_long, length = *length, max = *max),
        TextError::Forbidden { .. } => text!(tickets.words_sign).to_owned(),
    }
}

/// The word for a state.
pub(crate) fn state(state: TicketState) -> AnyView {
    let (tone, icon, word) = match state {
        TicketState::Open => (Tone::Warn, IconName::Clock, text!(tickets.state_open)),
        TicketState::Taken => (Tone::Info, IconName::HalfCircle, text!(tickets.state_taken)),
        TicketState::Closed => (Tone::Neutral, IconName::CheckCircle, text!(tickets.state_closed)),
    };
    view! { <Badge tone=tone icon=icon>{word}</Badge> }.into_any()
}

/// What was said, in order; who said it stands over it.
pub(crate) fn conversation(messages: &[MessageView], by: impl Fn(&MessageView) -> String) -> AnyView {
    let lines = messages
        .iter()
        .map(|message| {
            let class = match message.kind {
                MessageKind::Member => "",
                MessageKind::Answer => "answer",
                MessageKind::Note => "note",
            };
            let words = match &message.words {
                Some(words) => view! { <p>{words.clone()}</p> }.into_any(),
                None => view! { <p class="faint">{text!(tickets.unreadable)}</p> }.into_any(),
            };
            let (who, at) = (by(message), message.at);
            view! {
                <li class=class>
                    <header class="small"><b>{who}</b>" "<time class="faint" datetime=at.to_string()>{format::moment_capital(at)}</time></header>
                    {words}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="conversation">{lines}</ol> }.into_any()
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: RequestPage) -> Page {
    let (frame, body) = match model {
        RequestPage::Sent { session } => (Frame::Framed, sent(session)),
        RequestPage::Ask(ask) if ask.own.is_some() => (Frame::Wide, view! { <div class="stack wide">{with_own(*ask)}</div> }.into_any()),
        RequestPage::Ask(ask) => (Frame::Framed, view! { <div class="stack screen-stack">{lead()}{form(*ask)}</div> }.into_any()),
    };
    let shell = MemberShell { frame, ..shell };
    Page::new(PageMeta::new(text!(tickets.title), text!(tickets.description)), shell, body)
}

fn lead() -> AnyView {
    view! { <div class="lead"><h1>{text!(tickets.title)}</h1><p>{text!(tickets.lead)}</p></div> }.into_any()
}

fn form(ask: Ask) -> AnyView {
    // What is wrong with an addition stands with what was to be added.
    let wrong = ask.wrong.filter(|_| ask.adding.is_none());
    let (until, upn_error, words_error) = match wrong {
        Some(Wrong::TooMany(until)) => (Some(until), None, None),
        Some(Wrong::Name) => (None, Some(Problem::new(ErrorCode::NameForm).line(0)), None),
        Some(Wrong::Words(error)) => (None, None, Some(wrong_words(&error))),
        Some(Wrong::Full) | None => (None, None, None),
    };
    let too_many = until.map(|until| {
        let words = text!(tickets.too_many_words, until = format::moment(until));
        view! { <Banner tone=Tone::Warn icon=IconName::Clock title=text!(tickets.too_many_title).to_owned() urgency=Urgency::Alert>{words}</Banner> }
    });
    let error = ask.code.map(|code| {
        view! { <Fact name=text!(tickets.error)><span class="code">{code.to_string()}</span>" "{words::error_title(code)}</Fact> }
    });
    let session = match ask.session {
        Some(session) => view! { <span class="code">{session.to_string()}</span> }.into_any(),
        None => view! { <span class="faint">{text!(tickets.session_new)}</span> }.into_any(),
    };
    let account = ask.account.clone().map(|account| view! { <Fact name=text!(tickets.account)>{account}</Fact> });
    let (wrong_name, page, code) = (upn_error.is_some(), ask.page.clone(), ask.code);
    let name = ask.account.is_none().then(|| {
        view! {
            <TextField
                name="upn"
                label=text!(tickets.name_label)
                kind=InputKind::Email
                value=ask.upn
                error=upn_error
                autocomplete="username"
                focus=wrong_name
                required=true
            />
        }
    });
    view! {
        {too_many}
        <form class="stack" method="post" action=routes::REQUEST>
            <input type="hidden" name="step" value="send"/>
            <input type="hidden" name="page" value=ask.page/>
            {code.map(|code| view! { <input type="hidden" name="code" value=code.to_string()/> })}
            {ask.session.map(|session| view! { <input type="hidden" name="session" value=session.to_string()/> })}
            {name}
            <TextArea
                name="words"
                label=text!(tickets.words_label)
                hint=text!(tickets.words_hint).to_owned()
                value=ask.words
                rows=6
                error=words_error
                length_max=TICKET_CHARACTERS_MAX as u32
                required=true
            />
            <div class="details stack tight" role="group" aria-label=text!(tickets.along)>
                <Facts>
                    <Fact name=text!(tickets.page)><span class="wraps">{page}</span></Fact>
                    {error}
                    <Fact name=text!(tickets.session)>{session}</Fact>
                    {account}
                </Facts>
            </div>
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(tickets.send)}</Button>
        </form>
        <p class="small muted">{text!(tickets.answer_mail)}" "{text!(tickets.call_too)}</p>
    }
    .into_any()
}

fn sent(session: SessionId) -> AnyView {
    view! {
        <div class="stack screen-stack">
            <div class="lead">
                <Badge tone=Tone::Ok>{text!(tickets.sent_badge)}</Badge>
                <h1>{text!(tickets.sent_title)}</h1>
                <p>{text!(tickets.sent_lead)}</p>
            </div>
            <p>{text!(tickets.sent_read)}</p>
            <CopyBox text=session.to_string() look=CopyLook::Block button=text!(tickets.sent_copy).to_owned()/>
            <LinkButton href=sign_in::PATH look=ButtonLook::Primary size=ButtonSize::Block>{text!(tickets.sent_home)}</LinkButton>
        </div>
    }
    .into_any()
}

fn with_own(ask: Ask) -> AnyView {
    let toast = ask.done.map(|(done, number)| {
        let words = match done {
            RequestDone::Sent => text!(tickets.done_sent, number = number),
            RequestDone::Added => text!(tickets.done_added, number = number),
        };
        view! { <Toast>{words}</Toast> }
    });
    let own = ask.own.as_deref().unwrap_or_default();
    let list = match own {
        [] => view! { <p class="muted">{text!(tickets.yours_none)}</p> }.into_any(),
        own => {
            let error = match (&ask.adding, &ask.wrong) {
                (Some(_), Some(Wrong::Words(error))) => Some(wrong_words(error)),
                (Some(_), Some(Wrong::Full)) => Some(text!(tickets.full_of_yours).to_owned()),
                _ => None,
            };
            let adding = |number| {
                ask.adding
                    .as_ref()
                    .filter(|(of, _)| *of == number)
                    .map(|(_, typed)| (typed.clone(), error.clone()))
            };
            own.iter()
                .map(|ticket| one(ticket, adding(ticket.number).unwrap_or_default()))
                .collect_view()
                .into_any()
        }
    };
    view! {
        {toast}
        {lead()}
        <div class="card stack">{form(ask)}</div>
        <Section id="own" title=text!(tickets.yours)><div class="stack">{list}</div></Section>
        <p><LinkButton href=routes::SECURITY_INFO look=ButtonLook::Quiet icon=IconName::ChevronLeft>{text!(tickets.back)}</LinkButton></p>
    }
    .into_any()
}

/// One of one's own, with what was answered and a way to say more.
fn one(ticket: &OwnTicket, (typed, error): (String, Option<String>)) -> AnyView {
    let number = ticket.number;
    // Anybody can have typed the name: what was asked first with nothing else is not told as the member's own words.
    let stranger = ticket.messages.first().filter(|_| ticket.shown == Shown::Name).map(|first| first.at);
    let said = conversation(&ticket.messages, |message| {
        let who = match message.kind {
            MessageKind::Member if stranger == Some(message.at) => text!(tickets.somebody),
            MessageKind::Member => text!(tickets.you),
            _ => text!(tickets.desk),
        };
        who.to_owned()
    });
    let open = error.is_some();
    let opens = (ticket.state == TicketState::Closed).then(|| view! { <p class="small muted">{text!(tickets.add_opens)}</p> });
    let facts = [ticket.error.clone(), Some(ticket.session_id.to_string())]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ");
    view! {
        <article class="card" aria-labelledby=number.to_string()>
            <header><h3 id=number.to_string()><span class="code">{number.to_string()}</span></h3>{state(ticket.state)}<span class="end faint">{facts}</span></header>
            {said}
            <details class="small" open=open>
                <summary>{text!(tickets.add)}</summary>
                <form class="stack" method="post" action=routes::REQUEST>
                    <input type="hidden" name="step" value="add"/>
                    <input type="hidden" name="number" value=number.to_string()/>
                    <TextArea
                        id=format!("add-{number}")
                        name="words"
                        label=text!(tickets.add_label)
                        hint=text!(tickets.words_hint).to_owned()
                        value=typed
                        error=error
                        length_max=TICKET_CHARACTERS_MAX as u32
                        required=true
                    />
                    {opens}
                    <div class="row"><Button>{text!(tickets.add_send)}</Button></div>
                </form>
            </details>
        </article>
    }
    .into_any()
}
