//! Security questions: the card, the form (`/security-info/add/security-questions`), and the question whether they are to go.
//!
//! Form (POST `/security-info/add/security-questions`): `question` and `answer`, as often as the organisation asks. POST `/security-info`:
//! `step=remove-questions`.

use domain::{
    methods::question::{Flaw, QuestionsView},
    vault::Secret,
};
use leptos::prelude::*;
use model::{SECURITY_ANSWER_CHARACTERS_MAX, SecurityQuestion};

use super::{PATH, add::framed};
use crate::{
    components::{
        Badge, Banner, Button, ButtonLook, ButtonSize, Choice, Consequence, Dialog, Icon, IconName, LinkButton, MethodCard, MethodKey, Select, TextField, Tone,
    },
    format,
    locale::Locale,
    pages::problem::Problem,
    render::Page,
    routes,
    shell::{MemberShell, Section},
    visit::visit,
};

/// What the query of the page asks to remove, in place of the id of a method.
pub const QUESTIONS: &str = "questions";

/// One question and its answer, as they were typed.
#[derive(Clone, Debug)]
pub struct QuestionRow {
    /// The question, if one was chosen.
    pub question: Option<SecurityQuestion>,
    /// The answer.
    pub answer: Secret<String>,
    /// What is wrong with them.
    pub flaw: Option<Flaw>,
}

impl QuestionRow {
    /// Nothing chosen, nothing typed.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            question: None,
            answer: Secret::new(String::new()),
            flaw: None,
        }
    }
}

/// The form, with what was typed.
#[derive(Clone, Debug)]
pub struct QuestionsForm {
    /// As many as the organisation asks.
    pub rows: Vec<QuestionRow>,
    /// How many of them are asked at a reset.
    pub asked: u8,
    /// There are answers already, which these replace.
    pub replaces: bool,
    /// What went wrong besides.
    pub problem: Option<Problem>,
}

/// A question as it is asked in the language of the page.
#[must_use]
pub fn question_text(question: SecurityQuestion) -> &'static str {
    match visit().locale {
        Locale::en => question.english(),
        Locale::nl => question.dutch(),
    }
}

/// Draws the form. The answers stand in it to be read: the answer of this page must not be compressed.
#[must_use]
pub fn questions_form(shell: MemberShell, model: QuestionsForm) -> Page {
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let (all, asked) = (model.rows.len(), model.asked);
    let replaces = model
        .replaces
        .then(|| view! { <Banner tone=Tone::Warn note=true>{text!(security_info.questions_replaces)}</Banner> });
    // The cursor stands where something is wrong.
    let first = model.rows.iter().position(|row| row.flaw.is_some());
    let rows = model
        .rows
        .into_iter()
        .enumerate()
        .map(|(n, row)| question_row(n, row, first == Some(n)))
        .collect_view();
    let title = if model.replaces {
        text!(security_info.questions_other_title)
    } else {
        text!(security_info.questions_title)
    };
    let lead = text!(security_info.questions_lead, all = all.to_string(), asked = asked.to_string());
    let body = view! {
        <div class="stack screen-stack">
            <div class="lead"><h1>{title}</h1><p>{lead}</p></div>
            {banner}
            {replaces}
            <form class="stack" method="post" action=routes::SECURITY_INFO_ADD_QUESTIONS>
                <p class="muted small">{text!(security_info.questions_advice)}</p>
                {rows}
                <Button look=ButtonLook::Primary size=ButtonSize::Block>{text!(security_info.questions_save)}</Button>
            </form>
            <LinkButton href=PATH look=ButtonLook::Quiet size=ButtonSize::Block>{text!(security_info.cancel)}</LinkButton>
        </div>
    };
    framed(shell, title, body.into_any())
}

fn question_row(n: usize, row: QuestionRow, focus: bool) -> AnyView {
    let number = n + 1;
    let none = Choice::new(String::new(), text!(security_info.questions_choose).to_owned());
    let known = SecurityQuestion::ALL
        .iter()
        .map(|question| Choice::new(question.as_str().to_owned(), question_text(*question).to_owned()));
    let options: Vec<Choice> = std::iter::once(none).chain(known).collect();
    let (question_error, answer_error) = match row.flaw {
        Some(flaw @ (Flaw::NoQuestion | Flaw::QuestionTwice)) => (Some(flaw_words(flaw)), None),
        flaw => (None, flaw.map(flaw_words)),
    };
    let selected = row.question.map(|question| question.as_str().to_owned());
    let (question, answer) = (
        text!(security_info.questions_number, number = number.to_string()),
        text!(security_info.questions_answer, number = number.to_string()),
    );
    view! {
        <div class="stack tight">
            <Select
                name="question"
                id=format!("f-question-{number}")
                label=question
                options=options
                selected=selected
                error=question_error
            />
            <TextField
                name="answer"
                id=format!("f-answer-{number}")
                label=answer
                value=row.answer.expose().clone()
                error=answer_error
                autocomplete="off"
                length_max=SECURITY_ANSWER_CHARACTERS_MAX as u32
                required=true
                focus=focus
            />
        </div>
    }
    .into_any()
}

fn flaw_words(flaw: Flaw) -> String {
    match flaw {
        Flaw::NoQuestion => text!(security_info.questions_none),
        Flaw::QuestionTwice => text!(security_info.questions_twice),
        Flaw::NoAnswer => text!(security_info.questions_empty),
        Flaw::TooShort => text!(security_info.questions_short),
        Flaw::TooLong => text!(security_info.questions_long),
        Flaw::Sign => text!(security_info.questions_sign),
        Flaw::InQuestion => text!(security_info.questions_inside),
        Flaw::AnswerTwice => text!(security_info.questions_same),
    }
    .to_owned()
}

/// The section of the overview: the card, or the way to set them up. Nothing where they are neither allowed nor there.
pub(super) fn section(view: QuestionsView, tenant: &str) -> Option<AnyView> {
    let body = match (view.registered, view.allowed) {
        (0, false) => return None,
        (0, true) => view! {
            <Banner
                icon=IconName::MethodQuestions
                title=text!(security_info.questions_offer_title).to_owned()
                action=|| view! { <LinkButton href=routes::SECURITY_INFO_ADD_QUESTIONS size=ButtonSize::Small>{text!(security_info.questions_set_up)}</LinkButton> }
            >
                {text!(security_info.questions_offer_words)}
            </Banner>
        }
        .into_any(),
        _ => card(view, tenant),
    };
    Some(view! { <Section id="questions" title=text!(security_info.questions_section)>{body}</Section> }.into_any())
}

fn card(view: QuestionsView, tenant: &str) -> AnyView {
    let few = view.allowed && !view.is_enough();
    let badge = move || match (view.allowed, few) {
        (false, _) => Some(view! { <Badge tone=Tone::Neutral>{text!(security_info.questions_off)}</Badge> }),
        (true, true) => Some(view! { <Badge tone=Tone::Warn>{text!(security_info.questions_lack)}</Badge> }),
        (true, false) => None,
    };
    let other = move || {
        view.allowed.then(|| {
            view! { <a href=routes::SECURITY_INFO_ADD_QUESTIONS><Icon name=IconName::Refresh/>{text!(security_info.questions_renew)}</a> }
        })
    };
    let menu = move || {
        view! {
            <details class="menu-button">
                <summary class="button quiet icon-only" aria-label=text!(security_info.options_for, method = MethodKey::Questions.said())>
                    <Icon name=IconName::More/>
                </summary>
                <div class="pop">
                    {other()}
                    <a class="bad" href=format!("{PATH}?remove={QUESTIONS}")><Icon name=IconName::X/>{text!(security_info.remove)}</a>
                </div>
            </details>
        }
    };
    let off = text!(security_info.questions_off_words, tenant = tenant.to_owned());
    let more = text!(security_info.questions_lack_words, count = view.answer.to_string());
    let note = move || {
        match (view.allowed, few) {
        (false, _) => Some(view! { <Banner tone=Tone::Neutral note=true>{off}</Banner> }.into_any()),
        (true, true) => Some(
            view! {
                <Banner
                    tone=Tone::Warn
                    note=true
                    action=|| view! { <LinkButton href=routes::SECURITY_INFO_ADD_QUESTIONS size=ButtonSize::Small>{text!(security_info.questions_renew)}</LinkButton> }
                >
                    {more}
                </Banner>
            }
            .into_any(),
        ),
        (true, false) => None,
    }
    };
    let count = text!(security_info.questions_count, count = view.registered.to_string());
    let since = view.made_at.map(|at| text!(security_info.added, date = format::date_with_year(at)));
    view! {
        <ul class="stack tight">
            <MethodCard method=MethodKey::Questions title=MethodKey::Questions.plain_name() badge=badge menu=menu note=note>
                {count}
                <br/>
                {since}
            </MethodCard>
        </ul>
    }
    .into_any()
}

/// Are they to be removed?
pub(super) fn remove() -> AnyView {
    let consequences = vec![
        Consequence::new(Tone::Bad, text!(security_info.questions_remove_stops)),
        Consequence::new(Tone::Neutral, text!(security_info.questions_remove_rest)),
        Consequence::new(Tone::Neutral, text!(security_info.remove_message)).with_icon(IconName::MethodMail),
    ];
    view! {
        <Dialog
            id="remove"
            title=text!(security_info.questions_remove_title)
            consequences=consequences
            action=PATH
            confirm=text!(security_info.remove_confirm)
            keep=text!(security_info.questions_keep)
            back=PATH
        >
            <input type="hidden" name="step" value="remove-questions"/>
        </Dialog>
    }
    .into_any()
}
