//! `/security-info`: a card for each method, what to do about it, recent activity, and the browsers that skip the second step.
//!
//! Forms (POST `/security-info`): `step=first method` · `step=rename method name` · `step=remove method` · `step=renew` ·
//! `step=codes saved` · `step=confirm method code` (a fresh second factor, then the change goes on) · `step=forget browser` ·
//! `step=end session` · `step=not_me session`.
//! Links (GET): `/security-info?rename=ID`, `?remove=ID`, `?renew`.

mod add;
mod address;
mod app_passwords;
mod call_pin;
mod change;
mod confirm;
mod methods;
mod own_bypass;
mod passkey;
mod questions;

pub use add::{AddChoice, AddToken, AddTokenErrors, Closed, NoChoice, Stale, WhyNot, add_choice, add_token, closed};
pub use address::{AddressCall, AddressCode, AddressForm, Proves, Replaced, address_call, address_code, address_form};
pub use app_passwords::{AppPasswords, app_passwords};
pub use call_pin::{CallPinForm, call_pin_form};
pub use change::{Remove, RemoveEffect};
pub use confirm::Confirm;
pub(super) use methods::to_try;
pub use methods::{MethodState, MethodView, OffView, OffWhy};
pub(super) use passkey::words as passkey_words;
pub use passkey::{AddPasskey, add_passkey};
pub use questions::{QUESTIONS, QuestionRow, QuestionsForm, question_text, questions_form};

use domain::methods::{
    call_pin::CallPinView,
    own_bypass::OwnBypass,
    pass::{PassState, PassView},
    question::QuestionsView,
};
use jiff::Timestamp;
use leptos::prelude::*;

use super::{
    activity::{self, ActivityRow},
    problem::Problem,
};
use crate::{
    components::{Badge, BadgeLook, Banner, Button, ButtonLook, ButtonSize, EmptyState, Icon, IconName, LinkButton, Toast, Tone},
    format,
    pages::register,
    render::{Page, PageMeta},
    shell::{Frame, MemberShell, Section},
};

/// The path of the page and of its forms.
pub const PATH: &str = "/security-info";
/// What `done` says of a method that was tried.
pub const TRIED: &str = "tried";

/// The page.
#[derive(Clone, Debug)]
pub struct SecurityInfoPage {
    /// The name of the tenant.
    pub tenant: String,
    /// What is set up, the first choice first.
    pub methods: Vec<MethodView>,
    /// What cannot be used, and why.
    pub off: Vec<OffView>,
    /// Where a method is added; nothing when none may be.
    pub add: Option<String>,
    /// Serial numbers of hardware tokens that wait for their first code.
    pub waiting: Vec<String>,
    /// The Temporary Access Pass that is open or will be.
    pub pass: Option<PassView>,
    /// Security questions.
    pub questions: QuestionsView,
    /// How many app passwords there are; nothing where there are none and none may be made.
    pub app_passwords: Option<usize>,
    /// The PIN of calls.
    pub call_pin: CallPinView,
    /// The one-time bypass that is open, or may be opened.
    pub bypass: OwnBypass,
    /// Where somebody goes who has lost a phone.
    pub lost: Option<String>,
    /// How one stands to a forgotten password; nothing where there is nothing to say.
    pub for_reset: Option<ForReset>,
    /// The last few sign-ins.
    pub activity: Vec<ActivityRow>,
    /// Browsers that skip the second step.
    pub browsers: Vec<Browser>,
    /// Where somebody is signed in.
    pub sessions: Vec<Browser>,
    /// What has just been done.
    pub notice: Option<Notice>,
    /// What went wrong.
    pub problem: Option<Problem>,
    /// What the passkey manager of this browser is told, as JSON.
    pub signal: Option<String>,
}

/// A browser that is remembered, or signed in.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Sent back as `browser` or `session`.
    pub id: String,
    /// "Firefox on Windows".
    pub name: String,
    /// "Haarlem".
    pub place: Option<String>,
    /// Until when it is remembered, or since when it is signed in.
    pub at: Timestamp,
    /// Whether it is a phone.
    pub phone: bool,
    /// Whether it is this one.
    pub this: bool,
}

/// How one stands to a forgotten password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForReset {
    /// Something is missing.
    Lacks,
    /// What there is has not been looked at for long.
    Stale,
    /// All is there now; this leads on to what was asked for.
    Ready(Option<String>),
}

/// What has just been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A method was added.
    Added(String),
    /// A method was removed.
    Removed(String),
    /// A method has another name.
    Renamed(String),
    /// Another method is asked for first.
    First(String),
    /// A method that was lost is in use again.
    Found(String),
    /// A number or mailbox took the place of another one.
    Changed(String),
    /// A method was tried and works.
    Tried(String),
    /// A browser is no longer remembered.
    Forgotten(String),
    /// A session was ended.
    Ended,
    /// All other sessions were ended and all browsers forgotten.
    AllEnded,
    /// A sign-in was reported.
    Reported,
    /// Security questions were answered.
    Questions,
    /// Security questions were removed.
    QuestionsRemoved,
    /// A PIN for calls was chosen.
    Pin,
    /// The one-time bypass was ended.
    BypassEnded,
}

impl Notice {
    pub(super) fn words(self) -> String {
        match self {
            Self::Added(what) => text!(security_info.done_added, what = what),
            Self::Removed(what) => text!(security_info.done_removed, what = what),
            Self::Renamed(what) => text!(security_info.done_renamed, what = what),
            Self::First(what) => text!(security_info.done_first, what = what),
            Self::Found(what) => text!(security_info.done_found, what = what),
            Self::Changed(what) => text!(security_info.done_changed, what = what),
            Self::Tried(what) => text!(security_info.done_tried, what = what),
            Self::Forgotten(what) => text!(security_info.done_forgotten, what = what),
            Self::Ended => text!(security_info.done_ended).to_owned(),
            Self::AllEnded => text!(security_info.done_all_ended).to_owned(),
            Self::Reported => text!(security_info.done_reported).to_owned(),
            Self::Questions => text!(security_info.done_questions).to_owned(),
            Self::QuestionsRemoved => text!(security_info.done_removed, what = crate::components::MethodKey::Questions.plain_name()),
            Self::Pin => text!(security_info.done_pin).to_owned(),
            Self::BypassEnded => text!(security_info.done_bypass_ended).to_owned(),
        }
    }
}

/// What stands at `/security-info`.
#[derive(Clone, Debug)]
pub enum SecurityInfo {
    /// The cards.
    Overview(Box<SecurityInfoPage>),
    /// Another name for a method.
    Rename {
        /// The method.
        method: MethodView,
        /// What was typed.
        name: String,
        /// What is wrong with it.
        error: Option<model::TextError>,
    },
    /// Is this to be removed?
    Remove(Remove),
    /// Are the security questions to be removed?
    RemoveQuestions,
    /// Is the second step to be skipped once?
    Bypass {
        /// Why, as typed.
        reason: String,
        /// It is missing, or cannot be one.
        wrong: bool,
    },
    /// Are new recovery codes to be made?
    Renew {
        /// How many are left of the old set.
        left: u8,
    },
    /// New recovery codes, shown once. The answer must not be compressed.
    Codes {
        /// The codes.
        codes: Vec<String>,
        /// The box was not ticked.
        unticked: bool,
    },
    /// A fresh code first.
    Confirm(Confirm),
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: SecurityInfo) -> Page {
    let frame = if matches!(model, SecurityInfo::Overview(_)) {
        Frame::Wide
    } else {
        Frame::Framed
    };
    let shell = MemberShell { frame, ..shell };
    let refresh = match &model {
        SecurityInfo::Confirm(Confirm {
            call: Some(call),
            problem: None,
            ..
        }) => call.refresh(),
        _ => None,
    };
    let meta = PageMeta {
        refresh,
        ..PageMeta::new(text!(security_info.title), text!(security_info.description))
    };
    let view = match model {
        SecurityInfo::Overview(model) => overview(*model),
        SecurityInfo::Rename { method, name, error } => change::rename(method, name, error),
        SecurityInfo::Remove(remove) => change::remove(remove),
        SecurityInfo::RemoveQuestions => questions::remove(),
        SecurityInfo::Bypass { reason, wrong } => own_bypass::ask(reason, wrong),
        SecurityInfo::Renew { left } => change::renew(left),
        SecurityInfo::Codes { codes, unticked } => view! {
            <div class="stack screen-stack">
                <div class="lead"><h1>{text!(register.codes_title)}</h1><p>{text!(register.codes_lead)}</p></div>
                {register::saved_form(codes, unticked, PATH)}
            </div>
        }
        .into_any(),
        SecurityInfo::Confirm(confirm) => confirm::view(confirm),
    };
    Page::new(meta, shell, view)
}

fn overview(model: SecurityInfoPage) -> AnyView {
    let SecurityInfoPage {
        tenant,
        methods,
        off,
        add,
        waiting,
        pass,
        questions,
        app_passwords,
        call_pin,
        bypass,
        lost,
        for_reset,
        activity,
        browsers,
        sessions,
        notice,
        problem,
        signal,
    } = model;
    let second_factors = methods.iter().filter(|method| method.can_be_first).count();
    let has_codes = methods.iter().any(|method| method.kind == model::MethodKind::RecoveryCode);
    let toast = notice.map(|notice| view! { <Toast>{notice.words()}</Toast> });
    let add_button = (!methods.is_empty()).then(|| add.clone()).flatten().map(|href| {
        view! { <LinkButton href=href look=ButtonLook::Primary icon=IconName::Plus>{text!(security_info.add)}</LinkButton> }
    });
    let only_one = (second_factors == 1 && !has_codes).then(|| {
        let add = add.clone();
        view! {
            <Banner
                tone=Tone::Warn
                title=text!(security_info.one_title).to_owned()
                action=move || add.map(|href| view! { <LinkButton href=href size=ButtonSize::Small>{text!(security_info.add)}</LinkButton> })
            >
                {text!(security_info.one_words)}
            </Banner>
        }
    });
    let no_codes = (second_factors > 0 && !has_codes).then(|| {
        view! {
            <Banner
                icon=IconName::MethodRecovery
                title=text!(security_info.no_codes_title).to_owned()
                action=|| view! { <LinkButton href=format!("{PATH}?renew") size=ButtonSize::Small>{text!(security_info.make_codes)}</LinkButton> }
            >
                {text!(security_info.no_codes_words)}
            </Banner>
        }
    });
    let (bypass_open, bypass_offer) = own_bypass::parts(bypass);
    let called = methods.iter().any(|method| method.kind == model::MethodKind::Voice);
    let call_pin = call_pin::section(call_pin, called, &tenant);
    let questions = questions::section(questions, &tenant);
    let app_passwords = app_passwords.map(app_passwords::section);
    let cards = if methods.is_empty() {
        view! {
            <div class="card flush">
                <EmptyState icon=IconName::Shield title=text!(security_info.empty_title) words=text!(security_info.empty_words)>
                    {add.map(|href| view! { <LinkButton href=href look=ButtonLook::Primary icon=IconName::Plus>{text!(security_info.add)}</LinkButton> })}
                </EmptyState>
            </div>
        }
        .into_any()
    } else {
        methods::list(methods)
    };
    let off = (!off.is_empty()).then(|| methods::off_list(off, &tenant));
    let lost = lost.map(|href| {
        view! {
            <Banner
                icon=IconName::Phone
                title=text!(security_info.lost_title).to_owned()
                action=move || view! { <LinkButton href=href size=ButtonSize::Small>{text!(security_info.lost)}</LinkButton> }
            >
                {text!(security_info.lost_words)}
            </Banner>
        }
    });
    let activity = (!activity.is_empty()).then(|| {
        view! {
            <Section
                id="activity"
                title=text!(security_info.activity)
                note=|| view! { <a class="end" href=activity::PATH>{text!(security_info.all_activity)}</a> }
            >
                {activity::list(activity)}
            </Section>
        }
    });
    let elsewhere = (!browsers.is_empty() || sessions.iter().any(|session| !session.this)).then(end_others);
    let browsers = (!browsers.is_empty()).then(|| {
        view! {
            <Section
                id="browsers"
                title=text!(security_info.browsers)
                note=|| view! { <p class="small">{text!(security_info.browsers_words)}</p> }
            >
                {browser_list(browsers, BrowserUse::Remembered)}
            </Section>
        }
    });
    let sessions = (!sessions.is_empty()).then(|| {
        view! { <Section id="sessions" title=text!(security_info.sessions)>{browser_list(sessions, BrowserUse::SignedIn)}</Section> }
    });
    view! {
        <div class="stack wide">
            <div class="row apart top loose">
                <div class="lead grow"><h1>{text!(security_info.title)}</h1><p>{text!(security_info.lead)}</p></div>
                {add_button}
            </div>
            {toast}
        {signal.map(|told| view! { <div hidden data-passkey-signal=told></div> })}
            {problem.and_then(|problem| problem.banner())}
            {pass.map(open_pass)}
            {bypass_open}
            {waiting.into_iter().map(add::waiting).collect_view()}
            {for_reset.map(reset_banner)}
            {only_one}
            <section class="section" aria-label=text!(security_info.methods)>{cards}{off}</section>
            {call_pin}
            {no_codes}
            {questions}
            {app_passwords}
            {bypass_offer}
            {lost}
            {activity}
            {browsers}
            {sessions}
            {elsewhere}
        </div>
    }
    .into_any()
}

/// That somebody has given a pass, so that nobody uses one unseen.
fn open_pass(pass: PassView) -> AnyView {
    let (from, until) = (format::moment(pass.valid_from), format::moment(pass.valid_until));
    let words = match (pass.state, pass.one_time) {
        (PassState::Early, _) => text!(security_info.pass_early, from = from, until = until),
        (_, true) => text!(security_info.pass_once, until = until),
        (_, false) => text!(security_info.pass_several, until = until),
    };
    let title = match pass.state {
        PassState::Early => text!(security_info.pass_title_early),
        _ => text!(security_info.pass_title),
    };
    view! { <Banner tone=Tone::Info icon=IconName::MethodPass title=title.to_owned()>{words}</Banner> }.into_any()
}

/// Whether one could set a new password on the day one forgets it, and where that is put right.
fn reset_banner(stands: ForReset) -> AnyView {
    let wizard = || Some((register::FOR_RESET.to_owned(), text!(security_info.reset_lacks_link)));
    let (tone, title, words, link) = match stands {
        ForReset::Lacks => (
            Tone::Info,
            text!(security_info.reset_lacks_title),
            Some(text!(security_info.reset_lacks_words)),
            wizard(),
        ),
        ForReset::Stale => (
            Tone::Info,
            text!(register.reset_stale_title),
            Some(text!(security_info.reset_stale_words)),
            wizard(),
        ),
        ForReset::Ready(on) => (Tone::Ok, text!(security_info.reset_ready), None, on.map(|href| (href, text!(register.go_on)))),
    };
    let action = move || link.map(|(href, words)| view! { <LinkButton href=href size=ButtonSize::Small>{words}</LinkButton> });
    view! { <Banner tone=tone title=title.to_owned() action=action>{words}</Banner> }.into_any()
}

/// Everything elsewhere at once.
fn end_others() -> AnyView {
    view! {
        <form class="row apart" method="post" action=PATH>
            <input type="hidden" name="step" value="end-others"/>
            <p class="muted small grow">{text!(security_info.end_others_words)}</p>
            <Button size=ButtonSize::Small>{text!(security_info.end_others)}</Button>
        </form>
    }
    .into_any()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BrowserUse {
    Remembered,
    SignedIn,
}

fn browser_list(browsers: Vec<Browser>, use_: BrowserUse) -> AnyView {
    let lines = browsers
        .into_iter()
        .map(|browser| {
            let (step, field, button, date) = match use_ {
                BrowserUse::Remembered => (
                    "forget",
                    "browser",
                    text!(security_info.forget),
                    text!(security_info.until, date = format::date(browser.at)),
                ),
                BrowserUse::SignedIn => (
                    "end",
                    "session",
                    text!(security_info.sign_out_there),
                    text!(security_info.signed_in, date = format::moment(browser.at)),
                ),
            };
            let label = match use_ {
                BrowserUse::Remembered => text!(security_info.forget_what, what = browser.name.clone()),
                BrowserUse::SignedIn => format!("{button}: {}", browser.name),
            };
            let icon = if browser.phone { IconName::Phone } else { IconName::Laptop };
            let detail = browser.place.map_or_else(|| date.clone(), |place| format!("{place} · {date}"));
            let this = browser
                .this
                .then(|| view! { <span><Badge look=BadgeLook::Word>{text!(security_info.this_browser)}</Badge></span> });
            // One signs out here with the menu, like everybody else.
            let action = (use_ == BrowserUse::Remembered || !browser.this).then(|| {
                view! {
                    <form method="post" action=PATH>
                        <input type="hidden" name="step" value=step/>
                        <input type="hidden" name=field value=browser.id/>
                        <Button size=ButtonSize::Small label=label>{button}</Button>
                    </form>
                }
            });
            view! {
                <li>
                    <div class="list-line">
                        <Icon name=icon/>
                        <div class="grow"><span class="strong">{browser.name}</span><span class="muted small">{detail}</span>{this}</div>
                        {action}
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="card flush list inset">{lines}</ul> }.into_any()
}
