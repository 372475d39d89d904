//! What can be done with a token: each on a page of its own (`?do=`) that names the token and the effect, and asks what it needs.

use domain::{directory::MemberView, tokens::TokenView};
use leptos::prelude::*;
use model::{OathKind, TokenState, UPN_CHARACTERS_MAX};

use super::token::owner_name;
use crate::{
    components::{Banner, Breadcrumb, Consequence, Dialog, IconName, InputKind, TextField, Tone, Urgency},
    pages::{Problem, reason::ReasonField, words},
    render::{Page, PageMeta},
    routes,
    shell::ConsoleShell,
};

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Give it to a member.
    Assign,
    /// Prove it by a code.
    Activate,
    /// Set it right by two codes.
    Resync,
    /// Take it back from its owner.
    TakeBack,
    /// Take it out of use.
    Retire,
}

impl Act {
    /// The act of a word in an address or form.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Assign, Self::Activate, Self::Resync, Self::TakeBack, Self::Retire];
        all.into_iter().find(|act| act.word() == word)
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::Activate => "activate",
            Self::Resync => "resync",
            Self::TakeBack => "back",
            Self::Retire => "retire",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Assign => text!(tokens.assign_title),
            Self::Activate => text!(tokens.activate_title),
            Self::Resync => text!(tokens.resync_title),
            Self::TakeBack => text!(tokens.back_title),
            Self::Retire => text!(tokens.retire_title),
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Assign => text!(tokens.assign_words),
            Self::Activate => text!(tokens.activate_words),
            Self::Resync => text!(tokens.resync_words),
            Self::TakeBack => text!(tokens.back_words),
            Self::Retire => text!(tokens.retire_words),
        }
    }

    pub(super) fn button(self) -> &'static str {
        match self {
            Self::Assign => text!(tokens.assign_do),
            Self::Activate => text!(tokens.activate_do),
            Self::Resync => text!(tokens.resync_do),
            Self::TakeBack => text!(tokens.back_do),
            Self::Retire => text!(tokens.retire_do),
        }
    }

    pub(super) fn done(self, serial: &str) -> String {
        let serial = serial.to_owned();
        match self {
            Self::Assign => text!(tokens.assign_done, serial = serial),
            Self::Activate => text!(tokens.activate_done, serial = serial),
            Self::Resync => text!(tokens.resync_done, serial = serial),
            Self::TakeBack => text!(tokens.back_done, serial = serial),
            Self::Retire => text!(tokens.retire_done, serial = serial),
        }
    }

    fn ask(self, serial: &str, owner: &str) -> String {
        let (serial, owner) = (serial.to_owned(), owner.to_owned());
        match self {
            Self::Assign => text!(tokens.assign_ask, serial = serial),
            Self::Activate => text!(tokens.activate_ask, serial = serial, owner = owner),
            Self::Resync => text!(tokens.resync_ask, serial = serial),
            Self::TakeBack => text!(tokens.back_ask, serial = serial, owner = owner),
            Self::Retire => text!(tokens.retire_ask, serial = serial),
        }
    }

    /// Whether a reason is asked: whatever takes something away.
    #[must_use]
    pub fn asks_reason(self) -> bool {
        matches!(self, Self::TakeBack | Self::Retire)
    }
}

/// What can be done with a token that stands there.
#[must_use]
pub fn sensible(state: TokenState) -> &'static [Act] {
    match state {
        TokenState::Available => &[Act::Assign, Act::Retire],
        TokenState::Assigned => &[Act::Activate, Act::TakeBack],
        TokenState::Active => &[Act::Resync, Act::TakeBack],
        TokenState::Retired => &[],
    }
}

/// What is wrong with what was typed, by field.
#[derive(Clone, Debug, Default)]
pub struct ActErrors {
    /// The sign-in name.
    pub upn: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// The code after it.
    pub second: Option<String>,
    /// The reason.
    pub reason: Option<String>,
}

/// The question, with what was typed.
#[derive(Clone, Debug)]
pub struct ActPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The token.
    pub token: TokenView,
    /// Whose it is.
    pub owner: Option<MemberView>,
    /// What is asked for.
    pub act: Act,
    /// The sign-in name.
    pub upn: String,
    /// The code.
    pub code: String,
    /// The code after it.
    pub second: String,
    /// The reason.
    pub reason: String,
    /// What is wrong with them.
    pub errors: ActErrors,
    /// What else went wrong: its code, and what to do where that is known better than the code's own words.
    pub problem: Option<(Problem, Option<String>)>,
}

/// Draws the question.
#[must_use]
pub fn act_page(shell: ConsoleShell, model: ActPage) -> Page {
    let act = model.act;
    let owner = owner_name(&model.token, model.owner.as_ref());
    let title = act.ask(&model.token.serial, &owner);
    let back = routes::token(&model.slug, &model.token.serial);
    let above = vec![
        (text!(tokens.title).to_owned(), routes::admin(&model.slug, "tokens")),
        (model.token.serial.clone(), back.clone()),
    ];
    let consequences = consequences(&model, &owner);
    let banner = model.problem.clone().and_then(|(problem, words)| match words {
        Some(words) => {
            let title = words::error_title(problem.code).to_owned();
            Some(view! { <Banner tone=Tone::Warn icon=IconName::Clock title=title urgency=Urgency::Alert>{words}</Banner> }.into_any())
        }
        None => problem.banner(),
    });
    let fields = fields(model);
    let body = view! {
        <main id="main" class="page narrow">
            <Breadcrumb above=above here=act.title()/>
            {banner}
            <Dialog
                id="act"
                title=title.clone()
                consequences=consequences
                action=back.clone()
                confirm=act.button()
                keep=text!(tokens.keep)
                back=back
                harmless=!act.asks_reason()
            >
                <input type="hidden" name="do" value=act.word()/>
                {fields}
            </Dialog>
        </main>
    };
    Page::new(PageMeta::new(title, text!(tokens.token_description)), shell, body.into_any())
}

fn fields(model: ActPage) -> AnyView {
    let digits = model.token.oath.digits;
    let code = |name: &'static str, label: &'static str, value: String, error: Option<String>, focus: bool| {
        view! {
            <TextField
                name=name
                label=label
                kind=InputKind::Number
                hint=text!(tokens.code_hint, digits = digits)
                value=value
                error=error
                autocomplete="off"
                length_max=u32::from(digits)
                required=true
                focus=focus
            />
        }
    };
    let errors = model.errors;
    match model.act {
        Act::Assign => view! {
            <TextField
                name="upn"
                label=text!(tokens.upn)
                kind=InputKind::Email
                value=model.upn
                error=errors.upn
                autocomplete="off"
                length_max=UPN_CHARACTERS_MAX as u32
                required=true
                focus=true
            />
        }
        .into_any(),
        Act::Activate => code("code", text!(tokens.code), model.code, errors.code, true).into_any(),
        Act::Resync => view! {
            <div class="halves">
                {code("code", text!(tokens.code_first), model.code, errors.code, true)}
                {code("second", text!(tokens.code_second), model.second, errors.second, false)}
            </div>
        }
        .into_any(),
        Act::TakeBack | Act::Retire => view! {
            <ReasonField value=model.reason error=errors.reason/>
        }
        .into_any(),
    }
}

fn consequences(model: &ActPage, owner: &str) -> Vec<Consequence> {
    let owner = owner.to_owned();
    let good = |words: &str| Consequence::new(Tone::Ok, words);
    let plain = |words: &str| Consequence::new(Tone::Neutral, words);
    let mind = |words: &str| Consequence::new(Tone::Warn, words);
    let bad = |words: &str| Consequence::new(Tone::Bad, words);
    match model.act {
        Act::Assign => vec![
            plain(text!(tokens.assign_effect_waits)).with_icon(IconName::Clock),
            plain(text!(tokens.assign_effect_told)).with_icon(IconName::MethodMail),
        ],
        Act::Activate => vec![good(text!(tokens.activate_effect_counts)), mind(text!(tokens.activate_effect_wrong))],
        Act::Resync => vec![
            plain(text!(tokens.resync_effect_two)),
            plain(text!(tokens.resync_effect_used)),
            mind(text!(tokens.activate_effect_wrong)),
        ],
        Act::TakeBack => {
            let active = model.token.state == TokenState::Active;
            let lost = match active {
                true => bad(&text!(tokens.back_effect_method, owner = owner)),
                false => plain(&text!(tokens.back_effect_waiting, owner = owner)),
            };
            let others = model.owner.as_ref().map_or(0, |owner| owner.factors.len());
            let last = (active && others < 2).then(|| mind(text!(member.effect_last)));
            std::iter::once(lost).chain(last).chain([good(text!(tokens.back_effect_drawer))]).collect()
        }
        Act::Retire => vec![bad(text!(tokens.retire_effect_seed)), plain(text!(tokens.retire_effect_serial))],
    }
}

impl ActPage {
    /// A wrong code, with what to do on this kind of token.
    #[must_use]
    pub fn wrong_code(&self) -> &'static str {
        match (self.act, self.token.oath.kind) {
            (Act::Resync, OathKind::Totp) => text!(tokens.codes_wrong_time),
            (Act::Resync, OathKind::Hotp) => text!(tokens.codes_wrong_count),
            (_, OathKind::Totp) => text!(tokens.code_wrong_time),
            (_, OathKind::Hotp) => text!(tokens.code_wrong_count),
        }
    }
}
