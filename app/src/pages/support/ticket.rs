//! `/support/tickets/{number}`: what came along, what was said, and the answer.
//!
//! Form (POST the same address): `step=take|close|reopen` · `step=answer|answer_close|note` with `words`.

use domain::tickets::TicketDetail;
use leptos::prelude::*;
use model::{ErrorCode, MessageKind, Shown, TICKET_CHARACTERS_MAX, TICKET_MESSAGES_MAX, TextError, TicketState};

use super::tickets::{checked, looked_after_by, who};
use crate::{
    components::{Banner, Breadcrumb, Button, ButtonLook, CopyBox, CopyLook, Fact, Facts, IconName, LinkButton, TextArea, Toast, Tone, Urgency},
    format,
    pages::{
        help::error_href,
        request::{conversation, state, wrong_words},
        words,
    },
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, Section},
    visit,
};

/// What the desk does about a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looks after it.
    Take,
    /// Answers.
    Answer,
    /// Answers, and is done with it.
    AnswerClose,
    /// Notes something down.
    Note,
    /// Is done with it.
    Close,
    /// Opens it again.
    Reopen,
}

impl Step {
    const ALL: [Self; 6] = [Self::Take, Self::Answer, Self::AnswerClose, Self::Note, Self::Close, Self::Reopen];

    /// Its word in forms and addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Answer => "answer",
            Self::AnswerClose => "answer_close",
            Self::Note => "note",
            Self::Close => "close",
            Self::Reopen => "reopen",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }

    /// That it is done.
    fn done(self, number: &str) -> String {
        match self {
            Self::Take => text!(tickets.did_take, number = number),
            Self::Answer => text!(tickets.did_answer).to_owned(),
            Self::AnswerClose => text!(tickets.did_answer_close).to_owned(),
            Self::Note => text!(tickets.did_note).to_owned(),
            Self::Close => text!(tickets.did_close).to_owned(),
            Self::Reopen => text!(tickets.did_reopen).to_owned(),
        }
    }
}

/// Why an answer did not go out. What was written stands on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// What is wrong with the words.
    Words(TextError),
    /// Somebody has closed it meanwhile.
    Closed,
    /// No more messages fit.
    Full,
    /// The member has been removed meanwhile.
    Nobody,
}

/// The page.
#[derive(Clone, Debug)]
pub struct TicketPage {
    /// The ticket.
    pub detail: TicketDetail,
    /// The member's page, where there is one that this role may see.
    pub member_href: Option<String>,
    /// What was written.
    pub typed: String,
    /// Why it did not go out.
    pub unsent: Option<Unsent>,
    /// What has just been done.
    pub done: Option<Step>,
}

/// Draws the page.
#[must_use]
pub fn page(shell: ConsoleShell, model: TicketPage) -> Page {
    let TicketPage {
        detail,
        member_href,
        typed,
        unsent,
        done,
    } = model;
    let ticket = &detail.ticket;
    let number = ticket.number.to_string();
    let toast = done.map(|step| step.done(&number)).map(|words| view! { <Toast>{words}</Toast> });
    let above = {
        let here = number.clone();
        move || {
            let above = vec![
                (text!(support.title).to_owned(), routes::SUPPORT.to_owned()),
                (text!(tickets.desk_title).to_owned(), routes::TICKETS.to_owned()),
            ];
            view! { <Breadcrumb above=above here=here/> }
        }
    };
    let lead = lead(&detail);
    let actions = actions(&detail);
    let doubt = (ticket.shown == Shown::Name).then(|| {
        view! { <Banner tone=Tone::Warn title=text!(tickets.shown_name).to_owned()>{text!(tickets.shown_name_words)}</Banner> }
    });
    let member = who(ticket);
    let said = conversation(&detail.messages, |message| match message.kind {
        MessageKind::Member => member.clone(),
        kind => {
            let what = if kind == MessageKind::Note {
                text!(tickets.note)
            } else {
                text!(tickets.answer)
            };
            let author = message.author.clone().unwrap_or_else(|| text!(tickets.desk).to_owned());
            format!("{author} · {what}")
        }
    });
    let (reply, aside) = (reply(&detail, typed, unsent), aside(&detail, member_href));
    let title = who(ticket);
    let meta = PageMeta::new(number, text!(tickets.desk_description));
    let view = view! {
        <ConsolePage title=title above=above lead=move || lead actions=move || actions>
            {toast}
            <div class="columns">
                <div class="stack wide">
                    {doubt}
                    <Section id="said" title=text!(tickets.said)>{said}</Section>
                    {reply}
                </div>
                {aside}
            </div>
        </ConsolePage>
    };
    Page::new(meta, shell, view.into_any())
}

fn lead(detail: &TicketDetail) -> AnyView {
    let ticket = &detail.ticket;
    let taken = looked_after_by(ticket);
    view! {
        <p class="row small">
            {state(ticket.state)}
            {taken.map(|who| view! { <span class="muted">{who}</span> })}
            <CopyBox text=ticket.number.to_string() look=CopyLook::Inline/>
            <time class="faint" datetime=ticket.filed_at.to_string()>{format::full(ticket.filed_at)}</time>
        </p>
    }
    .into_any()
}

/// Taking, closing, opening again.
fn actions(detail: &TicketDetail) -> AnyView {
    let ticket = &detail.ticket;
    let action = routes::ticket(ticket.number);
    let buttons = match (ticket.state, ticket.mine) {
        (TicketState::Closed, _) => {
            view! { <Button look=ButtonLook::Primary name="step" value=Step::Reopen.word()>{text!(tickets.reopen)}</Button> }.into_any()
        }
        (TicketState::Taken, true) => close().into_any(),
        (state, _) => {
            let words = if state == TicketState::Open {
                text!(tickets.take)
            } else {
                text!(tickets.take_over)
            };
            view! { {close()}<Button look=ButtonLook::Primary name="step" value=Step::Take.word()>{words}</Button> }.into_any()
        }
    };
    view! { <form class="row" method="post" action=action>{buttons}</form> }.into_any()
}

fn close() -> impl IntoView {
    view! { <Button name="step" value=Step::Close.word()>{text!(tickets.close)}</Button> }
}

fn reply(detail: &TicketDetail, typed: String, unsent: Option<Unsent>) -> AnyView {
    let ticket = &detail.ticket;
    let closed = ticket.state == TicketState::Closed;
    // With the key of the person all that could be written here is gone.
    if ticket.upn.is_none() {
        return view! { <p class="muted">{text!(tickets.erased_words)}</p> }.into_any();
    }
    if closed && unsent.is_none() {
        let at = format::moment(ticket.moved_at);
        return view! { <p class="muted">{text!(tickets.closed_words, at = at)}</p> }.into_any();
    }
    let (banner, error) = match unsent {
        Some(Unsent::Closed) => (Some(text!(tickets.closed_meanwhile).to_owned()), None),
        Some(Unsent::Full) => (Some(text!(tickets.full, max = TICKET_MESSAGES_MAX)), None),
        Some(Unsent::Nobody) => (Some(text!(tickets.reply_hint_gone).to_owned()), None),
        Some(Unsent::Words(error)) => (None, Some(wrong_words(&error))),
        None => (None, None),
    };
    let banner = banner.map(|words| view! { <Banner tone=Tone::Warn urgency=Urgency::Alert>{words}</Banner> });
    let hint = match (ticket.unanswerable, ticket.member_id) {
        (false, _) => text!(tickets.reply_hint, who = who(ticket)),
        (true, Some(_)) => text!(tickets.reply_hint_gone).to_owned(),
        (true, None) => text!(tickets.reply_hint_nobody).to_owned(),
    };
    let send = (!closed && !ticket.unanswerable).then(|| {
        view! {
            <Button look=ButtonLook::Primary name="step" value=Step::Answer.word()>{text!(tickets.reply_send)}</Button>
            <Button name="step" value=Step::AnswerClose.word()>{text!(tickets.reply_close)}</Button>
        }
    });
    let reopen = closed.then(|| view! { <Button look=ButtonLook::Primary name="step" value=Step::Reopen.word()>{text!(tickets.reopen)}</Button> });
    let note = (!closed).then(|| view! { <Button look=ButtonLook::Quiet name="step" value=Step::Note.word()>{text!(tickets.reply_note)}</Button> });
    let action = routes::ticket(ticket.number);
    view! {
        <Section id="reply" title=text!(tickets.reply_title)>
            <form class="card stack" method="post" action=action>
                {banner}
                <TextArea
                    name="words"
                    label=text!(tickets.reply_label)
                    hint=hint
                    value=typed
                    rows=6
                    error=error
                    length_max=TICKET_CHARACTERS_MAX as u32
                    required=true
                />
                <div class="row">{reopen}{send}{note}</div>
            </form>
        </Section>
    }
    .into_any()
}

/// The four things that came along (S66), and where it came from.
fn aside(detail: &TicketDetail, member_href: Option<String>) -> AnyView {
    let ticket = &detail.ticket;
    let account = ticket.upn.clone().unwrap_or_else(|| text!(tickets.erased).to_owned());
    let account = match (member_href, ticket.member_id) {
        (Some(href), Some(_)) if !ticket.unanswerable => view! { <a href=href>{account}</a> }.into_any(),
        (_, Some(_)) => account.into_any(),
        (_, None) => view! { {account}" "<span class="faint">"("{text!(tickets.nobody)}")"</span> }.into_any(),
    };
    let error = ticket.error.clone().map(|code| {
        let title = code.parse::<ErrorCode>().ok();
        let href = title.map(error_href);
        view! { <Fact name=text!(tickets.error)><a class="code" href=href>{code}</a>" "{title.map(words::error_title)}</Fact> }
    });
    let (session, page, filed, shown) = (ticket.session_id, ticket.page.clone(), ticket.filed_at, ticket.shown);
    let check = ticket.member_id.filter(|_| !ticket.unanswerable).map(|member| {
        let href = routes::caller(member, &routes::ticket(ticket.number));
        view! { <LinkButton href=href icon=IconName::Phone>{text!(tickets.caller_go)}</LinkButton> }
    });
    let browser = format::browser(visit::locale(), detail.agent.as_deref());
    let address = detail
        .address
        .clone()
        .map(|address| view! { <Fact name=text!(tickets.address)><span class="wraps">{address}</span></Fact> });
    view! {
        <aside class="stack" aria-label=text!(tickets.facts)>
            <Section id="facts" title=text!(tickets.facts)>
                <Facts>
                    <Fact name=text!(tickets.member)>{account}</Fact>
                    <Fact name=text!(tickets.shown)>{checked(shown)}</Fact>
                    <Fact name=text!(tickets.session)><a class="code" href=routes::case(session)>{session.to_string()}</a></Fact>
                    {error}
                    <Fact name=text!(tickets.page)><span class="wraps">{page}</span></Fact>
                    <Fact name=text!(tickets.filed)>{format::moment_capital(filed)}</Fact>
                    {address}
                    <Fact name=text!(tickets.browser)>{browser}</Fact>
                </Facts>
                <div class="row">{check}</div>
            </Section>
        </aside>
    }
    .into_any()
}
