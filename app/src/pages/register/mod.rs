//! `/register`: the wizard, during sign-in (interrupt) or from the security info (manage). Choose, scan, try once, recovery codes, done;
//! it can be left and taken up again, because the server knows how far it is.
//!
//! A phone, a call and a hardware token have their pages in the security info; in the wizard they stand in its frame ([`InWizard`]).
//!
//! Forms (POST `/register`): `step=choose kind` · `step=send kind address` · `step=again kind attempt` · `step=code kind attempt code` ·
//! `step=token serial code name` · `step=scanned` · `step=back` (to the square) · `step=test code device` ·
//! `step=passkey ceremony response` · `step=codes saved` · `step=skip`. Link (GET): `/register?show=choose`.

mod choose;
mod codes;
mod done;
mod passkey;
mod reset;
mod scan;
mod test;

pub use choose::Offer;
pub(super) use choose::offer_words;
pub(crate) use codes::saved_form;
pub use done::Registered;
pub use reset::ForReset;
pub use scan::Square;

use leptos::prelude::*;
use model::RegistrationReason;

use super::problem::Problem;
use crate::{
    components::{ButtonLook, ButtonSize, LinkButton, Stepper},
    render::{Page, PageMeta},
    shell::{Frame, MemberShell},
};

/// The path of the page and of its forms.
pub const PATH: &str = "/register";

/// The page about a forgotten password.
pub const FOR_RESET: &str = "/register?show=reset";

/// How somebody came here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the middle of a sign-in, for these reasons, strictest first.
    Interrupt {
        /// Why they are asked.
        reasons: Vec<RegistrationReason>,
        /// What they want to go on to.
        application: Option<String>,
        /// How it may be put off.
        skip: Skip,
    },
    /// By their own wish.
    Manage,
}

/// The wizard around a page that whoever is signed in sees without it.
#[derive(Clone, Debug)]
pub struct InWizard {
    /// Why somebody is here.
    pub mode: Mode,
    /// The name of the organisation.
    pub tenant: String,
    /// The step, and of how many.
    pub progress: (u8, u8),
}

impl InWizard {
    /// The stair.
    pub(in crate::pages) fn stair(&self, part: &'static str) -> Option<AnyView> {
        stair(self.progress, part)
    }

    /// Why it is asked.
    pub(in crate::pages) fn why(&self) -> Option<AnyView> {
        reasons(&self.mode, &self.tenant)
    }

    /// Other ways: another method, or later where that is allowed.
    pub(in crate::pages) fn others(&self) -> AnyView {
        view! { <div class="row apart small"><a href=format!("{PATH}?show=choose")>{text!(register.something_else)}</a>{skip(&self.mode)}</div> }.into_any()
    }
}

/// How registration may be put off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// It may not.
    No,
    /// For this many days yet.
    Days(u16),
    /// The sign-in is over; this leads on.
    To(String),
}

/// The wizard.
#[derive(Clone, Debug)]
pub struct RegisterPage {
    /// How somebody came here.
    pub mode: Mode,
    /// The name of the tenant.
    pub tenant: String,
    /// Where the wizard is.
    pub step: RegisterStep,
    /// The number of the step and how many there are: 1 of 2.
    pub progress: (u8, u8),
    /// A passkey is offered before the app, where the device can make one.
    pub passkey: bool,
}

/// Where the wizard is.
#[derive(Clone, Debug)]
pub enum RegisterStep {
    /// Which method?
    Choose {
        /// What may be set up, strongest first; the first is recommended.
        offers: Vec<Offer>,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// What a reset of the password takes.
    ForReset(ForReset),
    /// The device makes a passkey.
    Passkey {
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// The square to scan.
    Scan(Square),
    /// Try the code once.
    Test {
        /// The name of the account in the app.
        issuer: String,
        /// How many digits the code has.
        digits: u8,
        /// The name of the device, as typed.
        device: String,
        /// What was typed.
        typed: Option<String>,
        /// What went wrong.
        problem: Option<Problem>,
        /// The square, to look at again.
        square: Option<Square>,
    },
    /// Recovery codes, shown once. The answer must not be compressed.
    Codes {
        /// The codes.
        codes: Vec<String>,
        /// The box was not ticked.
        unticked: bool,
    },
    /// All done.
    Done {
        /// The first name.
        name: Option<String>,
        /// What is registered now, the default first.
        registered: Vec<Registered>,
        /// Where to go on to.
        next: String,
    },
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: RegisterPage) -> Page {
    let title = match (&model.step, &model.mode) {
        (RegisterStep::Codes { .. }, _) => text!(register.codes_title),
        (RegisterStep::Done { .. }, _) => text!(register.done_title_plain),
        (RegisterStep::ForReset(_), _) => text!(register.reset_title),
        (_, Mode::Manage) => text!(register.title_manage),
        (_, Mode::Interrupt { .. }) => text!(register.title),
    };
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    Page::new(PageMeta::new(title, text!(register.description)), shell, view(model))
}

fn view(model: RegisterPage) -> AnyView {
    let RegisterPage {
        mode,
        tenant,
        step,
        progress,
        passkey,
    } = model;
    let inside = match step {
        RegisterStep::Choose { offers, problem } => choose::view(&mode, &tenant, offers, problem, progress),
        RegisterStep::ForReset(model) => reset::view(&mode, &tenant, model),
        RegisterStep::Passkey { problem } => passkey::view(&mode, &tenant, problem, progress),
        RegisterStep::Scan(square) => scan::view(&mode, &tenant, square, passkey, progress),
        RegisterStep::Test {
            issuer,
            digits,
            device,
            typed,
            problem,
            square,
        } => test::view(
            &mode,
            test::TestForm {
                issuer,
                digits,
                device,
                typed,
                problem,
                square,
            },
            progress,
        ),
        RegisterStep::Codes { codes, unticked } => codes::view(codes, unticked, progress),
        RegisterStep::Done { name, registered, next } => done::view(&mode, name, registered, next),
    };
    view! { <div class="stack screen-stack">{inside}</div> }.into_any()
}

/// "Step 1 of 2 · App", on the stair; a single step is not counted.
fn stair((step, of): (u8, u8), part: &'static str) -> Option<AnyView> {
    (of > 1).then(|| view! { <Stepper step=step of=of><b>{text!(register.step_of, step = step, of = of)}</b>" · "{part}</Stepper> }.into_any())
}

/// The way back to the security info, for who came from there.
fn cancel(mode: &Mode) -> Option<AnyView> {
    (*mode == Mode::Manage)
        .then(|| view! { <LinkButton href="/security-info" look=ButtonLook::Quiet size=ButtonSize::Block>{text!(register.cancel)}</LinkButton> }.into_any())
}

/// Why somebody is asked, one sentence a reason; nothing when they came by their own wish.
fn reasons(mode: &Mode, tenant: &str) -> Option<AnyView> {
    let Mode::Interrupt { reasons, application, .. } = mode else { return None };
    let sentences = reasons
        .iter()
        .map(|reason| view! { <p>{super::words::registration_reason(*reason, tenant, application.as_deref())}</p> })
        .collect_view();
    Some(sentences.into_any())
}

/// "Skip for now", where that is allowed.
fn skip(mode: &Mode) -> Option<AnyView> {
    let days = match mode {
        Mode::Interrupt { skip: Skip::Days(days), .. } => days,
        Mode::Interrupt { skip: Skip::To(href), .. } => {
            let href = href.clone();
            return Some(view! { <p class="small"><a href=href>{text!(register.skip_plain)}</a></p> }.into_any());
        }
        _ => return None,
    };
    let words = if *days == 0 {
        text!(register.skip_plain).to_owned()
    } else {
        text!(register.skip, count = *days)
    };
    Some(
        view! {
            <form method="post" action=PATH>
                <input type="hidden" name="step" value="skip"/>
                <button class="link" type="submit">{words}</button>
            </form>
        }
        .into_any(),
    )
}
