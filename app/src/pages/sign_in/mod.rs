//! `/sign-in`: name, password, second step. One page at one address; the server knows from the visitor's cookie how far the attempt is,
//! and `step` says which form came back.
//!
//! Forms (POST `/sign-in`): `step=name upn` · `step=password upn password` · `step=code method code remember` ·
//! `step=passkey-alone ceremony response` (in place of name and password) · `step=passkey ceremony response` · `step=pass code` (in place of the password) · `step=way method` (choose another way) · `step=again` (send the code again) · `step=restart`.
//! Links (GET): `/sign-in?show=pass`, `/sign-in?show=ways`, `/sign-in?show=name`.

mod call;
mod code;
mod name;
mod passkey;
mod stopped;
mod ways;

pub use call::Call;
pub(crate) use call::{Again, body as call_body, lead as call_lead, title as call_title};
pub use code::Asked;
pub use name::NameNote;
pub(crate) use name::{pass_field, pass_line};
pub use ways::Way;

use leptos::prelude::*;
use model::ErrorCode;

use super::problem::Problem;
use crate::{
    components::{ButtonLook, ButtonSize, LinkButton, Stepper},
    render::{Page, PageMeta},
    shell::{Frame, MemberShell},
};

/// The path of the page and of its forms.
pub const PATH: &str = "/sign-in";

/// The page.
#[derive(Clone, Debug)]
pub struct SignInPage {
    /// The application somebody wants to go on to.
    pub application: Option<String>,
    /// How far the sign-in is.
    pub step: SignInStep,
}

/// How far a sign-in is.
#[derive(Clone, Debug)]
pub enum SignInStep {
    /// Who are you?
    Name {
        /// What was typed.
        upn: String,
        /// The domain of the example, when the tenant is known.
        domain: Option<String>,
        /// Something to say first.
        note: Option<NameNote>,
        /// What went wrong.
        problem: Option<Problem>,
        /// Links of help, where they exist.
        help: Help,
    },
    /// Something you know.
    Password {
        /// The name that was typed.
        upn: String,
        /// What went wrong.
        problem: Option<Problem>,
        /// Links of help, where they exist.
        help: Help,
    },
    /// A Temporary Access Pass in place of the password. Offered to every name, whether it has one or not.
    Pass {
        /// The name that was typed.
        upn: String,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// Something you have.
    Code {
        /// The name that was typed.
        upn: String,
        /// What is asked for.
        asked: Asked,
        /// What was typed, when it is worth showing again.
        typed: Option<String>,
        /// What went wrong.
        problem: Option<Problem>,
        /// Days that a browser may be remembered; nothing when the organisation does not allow it.
        remember_days: Option<u16>,
        /// Whether there is another way.
        other_ways: bool,
    },
    /// A call that waits for the right keys.
    Call {
        /// The name that was typed.
        upn: String,
        /// The call.
        call: Call,
        /// What went wrong.
        problem: Option<Problem>,
        /// Whether there is another way.
        other_ways: bool,
    },
    /// A passkey as the second step.
    Passkey {
        /// The name that was typed.
        upn: String,
        /// What went wrong.
        problem: Option<Problem>,
        /// Whether there is another way.
        other_ways: bool,
    },
    /// Which of them do you have with you?
    Ways {
        /// Strongest first.
        ways: Vec<Way>,
        /// Where somebody goes who can use none.
        unable: Option<String>,
        /// Why the way that was chosen does not work now.
        problem: Option<Problem>,
    },
    /// This sign-in has ended, or cannot begin.
    Stopped {
        /// Why, and until when.
        problem: Problem,
        /// The name that was typed.
        upn: Option<String>,
        /// Where to get help, such as a set-up link.
        help: Option<String>,
    },
}

/// Addresses of help; what does not exist is not offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// "I lost my phone".
    pub lost_phone: Option<String>,
    /// "I forgot my password".
    pub forgot_password: Option<String>,
}

impl Help {
    fn view(self) -> Option<AnyView> {
        let links: Vec<_> = [
            self.lost_phone.map(|href| (href, text!(sign_in.lost_phone))),
            self.forgot_password.map(|href| (href, text!(sign_in.forgot_password))),
        ]
        .into_iter()
        .flatten()
        .map(|(href, words)| view! { <a href=href>{words}</a> })
        .collect();
        (!links.is_empty()).then(|| view! { <p class="small row loose">{links}</p> }.into_any())
    }
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: SignInPage) -> Page {
    let title = match &model.step {
        SignInStep::Stopped { problem, .. } => super::words::error_title(problem.code),
        SignInStep::Password { .. } => text!(sign_in.password_title),
        SignInStep::Pass { .. } => text!(sign_in.code_title_pass),
        SignInStep::Passkey { .. } => text!(sign_in.passkey_title),
        SignInStep::Ways { .. } => text!(sign_in.another_way),
        SignInStep::Name { .. } | SignInStep::Code { .. } | SignInStep::Call { .. } => text!(sign_in.title),
    };
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    let meta = PageMeta {
        refresh: refresh(&model.step),
        ..PageMeta::new(title, text!(sign_in.description))
    };
    Page::new(meta, shell, view(model))
}

/// What there is besides; for whoever has nothing besides, what to do when it is gone.
fn other_way(other_ways: bool) -> AnyView {
    let (href, words) = match other_ways {
        true => (format!("{PATH}?show=ways"), text!(sign_in.another_way)),
        false => (crate::routes::LOST.to_owned(), text!(sign_in.cannot)),
    };
    view! { <LinkButton href=href look=ButtonLook::Quiet size=ButtonSize::Block>{words}</LinkButton> }.into_any()
}

/// A page with words about a problem is left alone until they have been read.
fn refresh(step: &SignInStep) -> Option<u8> {
    match step {
        SignInStep::Call { call, problem: None, .. } => call.refresh(),
        _ => None,
    }
}

fn view(model: SignInPage) -> AnyView {
    let inside = match model.step {
        SignInStep::Name {
            upn,
            domain,
            note,
            problem,
            help,
        } => name::name(model.application, upn, domain, note, problem, help),
        SignInStep::Password { upn, problem, help } => name::password(upn, problem, help),
        SignInStep::Pass { upn, problem } => name::pass(upn, problem),
        SignInStep::Code {
            upn,
            asked,
            typed,
            problem,
            remember_days,
            other_ways,
        } => {
            let form = code::CodeForm {
                upn,
                asked,
                typed,
                problem,
                remember_days,
                other_ways,
            };
            code::view(form)
        }
        SignInStep::Call {
            upn,
            call,
            problem,
            other_ways,
        } => call::view(upn, call, problem, other_ways),
        SignInStep::Passkey { upn, problem, other_ways } => passkey::view(upn, problem, other_ways),
        SignInStep::Ways { ways, unable, problem } => ways::view(ways, unable, problem),
        SignInStep::Stopped { problem, upn, help } => stopped::view(problem, upn, help),
    };
    view! { <div class="stack screen-stack">{inside}</div> }.into_any()
}

/// "Password done. One more step", on the stair.
pub(super) fn one_more_step() -> AnyView {
    view! { <Stepper step=2 of=2>{rich!(sign_in.one_more_step, <b> = <b/>)}</Stepper> }.into_any()
}

/// The line under a password field, or nothing.
fn password_line(problem: Option<&Problem>) -> Option<String> {
    problem
        .filter(|problem| problem.code == ErrorCode::WrongPassword)
        .map(|problem| problem.line(0))
}
