//! `/reset`: a forgotten password. A name, one or two things that show who one is, a new password, done. Every page is a plain form; what was shown stands
//! with the server. Nothing on them depends on whose the name is.
//!
//! Forms (POST `/reset`): `step=name upn` · `step=way method` · `step=code code` · `step=answers question answer…` · `step=restart`.
//! Links (GET): `/reset?show=ways`. The new password: POST `/reset/{token}` `password`.

use jiff::Timestamp;
use leptos::prelude::*;
use model::{ErrorCode, MethodKind, SECURITY_ANSWER_CHARACTERS_MAX, SecurityQuestion};

use super::{
    problem::{Details, Problem},
    security_info::question_text,
    set_up::field_words,
    words::{self, method_key},
};
use crate::{
    components::{
        Badge, Button, ButtonLook, ButtonSize, ChoiceAction, CodeBoxes, Countdown, Digits, IconName, InputKind, LinkButton, MethodChoice, Stepper, TextField,
        Tone,
    },
    format,
    islands::PasswordField,
    render::{Page, PageMeta},
    routes,
    shell::{Frame, MemberShell},
};

/// A reset is no sign-in: whoever goes there begins with the name.
const TO_SIGN_IN: &str = "/sign-in?show=name";

/// How far a reset is.
#[derive(Clone, Debug)]
pub enum ResetPage {
    /// Whose password?
    Name {
        /// What was typed.
        upn: String,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// Which of these do you have with you?
    Ways {
        /// Where it stands.
        at: Stand,
        /// The ways of the organisation, whoever asks.
        ways: Vec<MethodKind>,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// A code that is read from somewhere.
    Code {
        /// Where it stands.
        at: Stand,
        /// From what.
        kind: MethodKind,
        /// Until when a code is good that was sent.
        until: Option<Timestamp>,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// Questions that were answered once.
    Questions {
        /// Where it stands.
        at: Stand,
        /// Which.
        questions: Vec<SecurityQuestion>,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// The new password.
    Password {
        /// Where the form goes, with the right in it.
        action: String,
        /// Whose.
        upn: String,
        /// Names that hardly count in it.
        names: Vec<String>,
        /// The fewest characters.
        length_min: usize,
        /// Until when.
        until: Timestamp,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// It is set.
    Done,
    /// It has ended, or cannot begin.
    Stopped {
        /// Why, and until when.
        problem: Problem,
        /// The name that was typed.
        upn: Option<String>,
    },
}

/// Where a reset stands.
#[derive(Clone, Debug)]
pub struct Stand {
    /// The name that was typed.
    pub upn: String,
    /// Which proof it is, from 1.
    pub gate: usize,
    /// How many there are.
    pub gates: usize,
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: ResetPage) -> Page {
    let title = match &model {
        ResetPage::Stopped { problem, .. } => words::error_title(problem.code),
        ResetPage::Password { .. } => text!(reset.password_title),
        ResetPage::Done => text!(reset.done_title),
        _ => text!(reset.title),
    };
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    Page::new(PageMeta::new(title, text!(reset.description)), shell, view(model))
}

fn view(model: ResetPage) -> AnyView {
    let inside = match model {
        ResetPage::Name { upn, problem } => name(upn, problem),
        ResetPage::Ways { at, ways, problem } => choose(at, ways, problem),
        ResetPage::Code { at, kind, until, problem } => code(at, kind, until, problem),
        ResetPage::Questions { at, questions, problem } => answers(at, questions, problem),
        ResetPage::Password {
            action,
            upn,
            names,
            length_min,
            until,
            problem,
        } => password(action, upn, names, length_min, until, problem),
        ResetPage::Done => done(),
        ResetPage::Stopped { problem, upn } => stopped(problem, upn),
    };
    view! { <div class="stack screen-stack">{inside}</div> }.into_any()
}

fn name(upn: String, problem: Option<Problem>) -> AnyView {
    let of_name = problem.as_ref().filter(|problem| problem.code == ErrorCode::NameForm);
    let error = of_name.map(|problem| problem.line(0));
    let banner = problem.as_ref().filter(|_| of_name.is_none()).and_then(Problem::banner);
    view! {
        <div class="lead"><h1>{text!(reset.title)}</h1><p>{text!(reset.lead)}</p></div>
        {banner}
        <form class="stack" method="post" action=routes::RESET>
            <input type="hidden" name="step" value="name"/>
            <TextField
                name="upn"
                label=text!(sign_in.name_label)
                kind=InputKind::Email
                value=upn
                error=error
                autocomplete="username"
                length_max=320
                required=true
                focus=true
            />
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.next)}</Button>
        </form>
        <LinkButton href=TO_SIGN_IN look=ButtonLook::Quiet size=ButtonSize::Block icon=IconName::ChevronLeft>{text!(sign_in.to_start)}</LinkButton>
    }
    .into_any()
}

/// The stair: the proofs, then the password.
fn stair(at: &Stand) -> AnyView {
    let small = |n: usize| u8::try_from(n).unwrap_or(6);
    let said = match at.gates {
        1 => text!(reset.gate_only).to_owned(),
        gates => text!(reset.gate_of, gate = at.gate, gates = gates),
    };
    view! { <Stepper step=small(at.gate) of=small(at.gates + 1)><b>{said}</b></Stepper> }.into_any()
}

fn choose(at: Stand, ways: Vec<MethodKind>, problem: Option<Problem>) -> AnyView {
    let banner = problem.as_ref().and_then(Problem::banner);
    let lead = if at.gate == 1 { text!(reset.ways_lead) } else { text!(reset.ways_lead_more) };
    let title = if at.gate == 1 {
        text!(reset.ways_title)
    } else {
        text!(reset.ways_title_more)
    };
    let ways = ways
        .into_iter()
        .map(|kind| {
            let key = method_key(kind);
            let action = ChoiceAction::Send {
                name: "method".to_owned(),
                value: kind.as_str().to_owned(),
            };
            view! { <li><MethodChoice method=key title=way_title(kind) action=action>{way_detail(kind)}</MethodChoice></li> }
        })
        .collect_view();
    view! {
        <div class="lead">{stair(&at)}<h1>{title}</h1><p>{lead}</p></div>
        {banner}
        <form method="post" action=routes::RESET>
            <input type="hidden" name="step" value="way"/>
            <ul class="stack tight">{ways}</ul>
        </form>
        <details class="disclose">
            <summary>{text!(reset.none)}</summary>
            <div><p class="muted">{text!(reset.none_words)}</p></div>
        </details>
        {again(text!(reset.other_name))}
        {problem.map(|problem| details(problem.code, Some(at.upn)))}
    }
    .into_any()
}

fn way_title(kind: MethodKind) -> String {
    match kind {
        MethodKind::SecurityQuestions => text!(reset.way_questions).to_owned(),
        other => method_key(other).plain_name().to_owned(),
    }
}

fn way_detail(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::HardwareToken => text!(sign_in.way_token),
        MethodKind::Sms => text!(reset.way_sms),
        MethodKind::Email => text!(reset.way_mail),
        MethodKind::SecurityQuestions => text!(reset.way_questions_detail),
        _ => text!(sign_in.way_app),
    }
}

fn code(at: Stand, kind: MethodKind, until: Option<Timestamp>, problem: Option<Problem>) -> AnyView {
    let (title, help) = match kind {
        MethodKind::HardwareToken => (text!(sign_in.code_title_token), text!(sign_in.code_help_token)),
        MethodKind::Sms => (text!(sign_in.code_title_sms), text!(reset.sent_sms)),
        MethodKind::Email => (text!(sign_in.code_title_mail), text!(reset.sent_mail)),
        _ => (text!(sign_in.code_title_app), text!(reset.code_app)),
    };
    // The same for every name: what somebody really has is not told.
    let digits = match kind {
        MethodKind::HardwareToken => Digits::SixOrEight,
        _ => Digits::Six,
    };
    let error = problem.as_ref().map(|problem| problem.line(digits));
    let valid = until.map(|until| view! { <p class="muted small">{text!(sign_in.valid_left)}" "<Countdown until=until/></p> });
    view! {
        <div class="lead">{stair(&at)}<h1>{title}</h1><p>{help}</p></div>
        <form class="stack" method="post" action=routes::RESET>
            <input type="hidden" name="step" value="code"/>
            <CodeBoxes label=digits.label() digits=digits error=error focus=true/>
            {valid}
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.next)}</Button>
        </form>
        {other_way()}
        {problem.map(|problem| details(problem.code, Some(at.upn)))}
    }
    .into_any()
}

fn answers(at: Stand, questions: Vec<SecurityQuestion>, problem: Option<Problem>) -> AnyView {
    let error = problem.as_ref().map(|problem| problem.line(0));
    let rows = questions
        .into_iter()
        .enumerate()
        .map(|(n, question)| {
            let (hidden, name) = (format!("question-{n}"), format!("answer-{n}"));
            view! {
                <input type="hidden" name=hidden value=question.as_str()/>
                <TextField
                    name=name
                    label=question_text(question)
                    autocomplete="off"
                    length_max=SECURITY_ANSWER_CHARACTERS_MAX as u32
                    required=true
                    focus={n == 0}
                    error=error.clone().filter(|_| n == 0)
                />
            }
        })
        .collect_view();
    view! {
        <div class="lead">{stair(&at)}<h1>{text!(reset.questions_title)}</h1><p>{text!(reset.questions_lead)}</p></div>
        <form class="stack" method="post" action=routes::RESET>
            <input type="hidden" name="step" value="answers"/>
            {rows}
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.next)}</Button>
        </form>
        {other_way()}
        {problem.map(|problem| details(problem.code, Some(at.upn)))}
    }
    .into_any()
}

fn password(action: String, upn: String, names: Vec<String>, length_min: usize, until: Timestamp, problem: Option<Problem>) -> AnyView {
    let error = problem
        .as_ref()
        .map(|problem| format!("{}. {}", words::error_title(problem.code), words::error_next(problem.code)));
    view! {
        <div class="lead"><h1>{text!(reset.password_title)}</h1><p>{rich!(reset.password_lead, upn = upn.clone(), <b> = <strong/>)}</p></div>
        <form class="stack" method="post" action=action>
            <input class="visually-hidden" type="text" name="username" autocomplete="username" value=upn.clone() tabindex="-1" aria-hidden="true" readonly/>
            <PasswordField
                name="password".to_owned()
                words=field_words(length_min)
                length_min=length_min
                personal=names
                error=error
                icon=IconName::XCircle.href()
            />
            <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(reset.save)}</Button>
        </form>
        <p class="small muted">{text!(reset.valid_until, moment = format::moment(until))}</p>
        {problem.map(|problem| details(problem.code, Some(upn)))}
    }
    .into_any()
}

fn done() -> AnyView {
    view! {
        <div><Badge tone=Tone::Ok icon=IconName::CheckCircle>{text!(reset.done_badge)}</Badge></div>
        <div class="lead"><h1>{text!(reset.done_title)}</h1><p>{text!(reset.done_lead)}</p></div>
        <LinkButton href=TO_SIGN_IN look=ButtonLook::Primary size=ButtonSize::Block>{text!(set_up.sign_in)}</LinkButton>
        <p class="small muted">{text!(reset.done_note)}</p>
    }
    .into_any()
}

fn stopped(problem: Problem, upn: Option<String>) -> AnyView {
    let code = problem.code;
    let (tone, icon) = match code {
        ErrorCode::ResetLinkUsed | ErrorCode::Throttled => (Tone::Warn, IconName::Clock),
        _ => (Tone::Warn, IconName::Alert),
    };
    // There is no code to type when the wait is over.
    let headline = match code {
        ErrorCode::Throttled => problem.headline_with(text!(reset.wait_next).to_owned()),
        _ => problem.headline(),
    };
    // Where a wait holds or nothing is offered, starting again leads to the same page.
    let again = (!matches!(code, ErrorCode::ResetNotOffered | ErrorCode::Throttled)).then(|| {
        view! {
            <form method="post" action=routes::RESET>
                <input type="hidden" name="step" value="restart"/>
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(sign_in.start_again)}</Button>
            </form>
        }
    });
    view! {
        <div><Badge tone=tone icon=icon>{code.to_string()}</Badge></div>
        {headline}
        {again}
        <LinkButton href=TO_SIGN_IN size=ButtonSize::Block>{text!(sign_in.to_start)}</LinkButton>
        {Details::new(code, text!(reset.page), upn).open()}
    }
    .into_any()
}

fn other_way() -> AnyView {
    view! {
        <LinkButton href=format!("{}?show=ways", routes::RESET) look=ButtonLook::Quiet size=ButtonSize::Block>{text!(sign_in.another_way)}</LinkButton>
    }
    .into_any()
}

fn again(said: &'static str) -> AnyView {
    view! {
        <form method="post" action=routes::RESET>
            <input type="hidden" name="step" value="restart"/>
            <Button look=ButtonLook::Quiet size=ButtonSize::Block>{said}</Button>
        </form>
    }
    .into_any()
}

fn details(code: ErrorCode, upn: Option<String>) -> AnyView {
    Details::new(code, text!(reset.page), upn).folded()
}
