//! `/lost`: "I lost my phone". What happens, what is lost, what was ended, and how to get in again.
//!
//! Form (POST `/lost`): `method`, as often as something is ticked.

use domain::sign_in::lost::Receipt;
use leptos::prelude::*;
use model::{ErrorCode, MethodKind};

use super::{sign_in, words::method_key};
use crate::{
    components::{
        Badge, Banner, Button, ButtonLook, ButtonSize, Check, Consequence, Consequences, CopyBox, CopyLook, Icon, IconName, LinkButton, Stepper, Tone,
    },
    render::{Page, PageMeta},
    routes,
    shell::{Frame, MemberShell},
};

/// The path of the page and of its form.
pub const PATH: &str = routes::LOST;
/// Saying who one is, what is lost, proving it is oneself, the new phone.
const STEPS: u8 = 4;

/// What stands at the address.
#[derive(Clone, Debug)]
pub enum LostPage {
    /// What happens here; the first thing is to say who one is.
    Start,
    /// What is lost?
    Choose {
        /// What there is to lose.
        methods: Vec<Losable>,
        /// He is signed in: the way in need not be looked for.
        signed_in: bool,
        /// Nothing was ticked.
        unticked: bool,
        /// Nothing is left to sign in with, either.
        stranded: Option<Stranded>,
    },
    /// What was ended.
    Receipt {
        /// What was ended.
        receipt: Receipt,
        /// He is signed in.
        signed_in: bool,
        /// The session id to tell the service desk; none for somebody who is signed in.
        session: Option<String>,
        /// The tenant, whose service desk helps.
        tenant: String,
    },
}

/// What somebody tells the service desk who has nothing left.
#[derive(Clone, Debug)]
pub struct Stranded {
    /// The session id.
    pub session: Option<String>,
    /// The tenant, whose service desk helps.
    pub tenant: String,
}

/// A method that can be lost.
#[derive(Clone, Debug)]
pub struct Losable {
    /// Sent back as `method`.
    pub id: String,
    /// Its kind.
    pub kind: MethodKind,
    /// Its name.
    pub name: String,
    /// It has been reported already.
    pub gone: bool,
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: LostPage) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    let body = match model {
        LostPage::Start => start(),
        LostPage::Choose {
            methods,
            signed_in,
            unticked,
            stranded,
        } => choose(methods, signed_in, unticked, stranded),
        LostPage::Receipt {
            receipt,
            signed_in,
            session,
            tenant,
        } => done(receipt, signed_in, session, tenant),
    };
    let view = view! { <div class="stack screen-stack">{body}</div> };
    Page::new(PageMeta::new(text!(lost.title), text!(lost.description)), shell, view.into_any())
}

fn start() -> AnyView {
    let steps = [
        (IconName::User, text!(lost.step_who)),
        (IconName::Phone, text!(lost.step_what)),
        (IconName::Shield, text!(lost.step_prove)),
        (IconName::Plus, text!(lost.step_new)),
    ];
    let steps = steps
        .into_iter()
        .map(|(icon, words)| Consequence::new(Tone::Neutral, words).with_icon(icon))
        .collect();
    view! {
        <Stepper step=1 of=STEPS>{text!(lost.at, step = 1, of = STEPS)}</Stepper>
        <div class="lead"><h1>{text!(lost.title)}</h1><p>{text!(lost.lead)}</p></div>
        <Consequences consequences=steps/>
        <LinkButton href=format!("{}?show=name&back={PATH}", sign_in::PATH) look=ButtonLook::Primary size=ButtonSize::Block>{text!(lost.begin)}</LinkButton>
        <p class="small muted">{text!(lost.no_password)}</p>
    }
    .into_any()
}

fn choose(methods: Vec<Losable>, signed_in: bool, unticked: bool, without: Option<Stranded>) -> AnyView {
    let (gone, there): (Vec<_>, Vec<_>) = methods.into_iter().partition(|method| method.gone);
    let reported = (!gone.is_empty()).then(|| {
        let names = gone.iter().map(Losable::words).collect::<Vec<_>>().join(", ");
        view! { <Banner tone=Tone::Info title=text!(lost.reported_title).to_owned()>{text!(lost.reported_words, what = names)}</Banner> }
    });
    let nothing_ticked =
        unticked.then(|| view! { <div class="field"><p class="error" role="alert"><Icon name=IconName::XCircle/>{text!(lost.unticked)}</p></div> });
    let form = (!there.is_empty()).then(|| {
        let rows = there
            .into_iter()
            .map(|method| {
                let words = method.words();
                view! { <li><div class="list-line"><Check name="method" value=method.id>{words}</Check></div></li> }
            })
            .collect_view();
        let effects = vec![
            Consequence::new(Tone::Warn, text!(lost.effect_methods)),
            Consequence::new(
                Tone::Warn,
                if signed_in {
                    text!(lost.effect_sessions_mine)
                } else {
                    text!(lost.effect_sessions)
                },
            ),
            Consequence::new(Tone::Neutral, text!(security_info.remove_message)).with_icon(IconName::MethodMail),
        ];
        view! {
            <form class="stack" method="post" action=PATH>
                <fieldset class="stack tight">
                    <legend class="visually-hidden">{text!(lost.choose_title)}</legend>
                    <ul class="card flush list inset">{rows}</ul>
                    {nothing_ticked}
                </fieldset>
                <Consequences consequences=effects/>
                <Button look=ButtonLook::Sure size=ButtonSize::Block>{text!(lost.act)}</Button>
            </form>
        }
    });
    let none = form.is_none();
    let on = none.then(|| match without {
        Some(Stranded { session, tenant }) => stranded(session, tenant),
        None => next(signed_in),
    });
    let (href, words) = match signed_in {
        true => (routes::SECURITY_INFO, text!(activity.back)),
        false => (sign_in::PATH, text!(lost.back)),
    };
    let back = view! { <LinkButton href=href look=ButtonLook::Quiet size=ButtonSize::Block icon=IconName::ChevronLeft>{words}</LinkButton> };
    let (step, title, lead) = match (none, signed_in) {
        (false, _) => (2, text!(lost.choose_title), text!(lost.choose_lead)),
        (true, true) => (STEPS, text!(lost.new_title), text!(lost.new_lead)),
        (true, false) => (3, text!(lost.nothing_title), text!(lost.nothing_lead)),
    };
    view! {
        <Stepper step=step of=STEPS>{text!(lost.at, step = step, of = STEPS)}</Stepper>
        <div class="lead"><h1>{title}</h1><p>{lead}</p></div>
        {reported}
        {form}
        {on}
        {back}
    }
    .into_any()
}

fn done(receipt: Receipt, signed_in: bool, session: Option<String>, tenant: String) -> AnyView {
    let names = receipt.methods.iter().map(|(kind, name)| words(*kind, name)).collect::<Vec<_>>().join(", ");
    let mut ended = vec![Consequence::new(Tone::Ok, text!(lost.ended_methods, what = names))];
    let counts = [
        (receipt.sessions, text!(lost.ended_sessions, count = receipt.sessions)),
        (receipt.browsers, text!(lost.ended_browsers, count = receipt.browsers)),
        (receipt.app_passwords, text!(lost.ended_app_passwords, count = receipt.app_passwords)),
    ];
    ended.extend(
        counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(_, words)| Consequence::new(Tone::Ok, words)),
    );
    let next = match (signed_in, receipt.way_left) {
        (_, false) => stranded(session, tenant),
        (signed_in, true) => go_on(signed_in),
    };
    view! {
        <Stepper step=3 of=STEPS>{text!(lost.at, step = 3, of = STEPS)}</Stepper>
        <div class="lead">
            <Badge tone=Tone::Ok>{text!(lost.done_badge)}</Badge>
            <h1>{text!(lost.done_title)}</h1>
            <p>{text!(lost.done_lead)}</p>
        </div>
        <Consequences consequences=ended/>
        {next}
    }
    .into_any()
}

/// With something left: another way in, or the new phone at once.
fn go_on(signed_in: bool) -> AnyView {
    let words = if signed_in { text!(lost.next_new) } else { text!(lost.next_prove) };
    view! { <p>{words}</p>{next(signed_in)} }.into_any()
}

fn next(signed_in: bool) -> AnyView {
    let (href, words) = match signed_in {
        true => (routes::SECURITY_INFO_ADD, text!(lost.set_up)),
        false => (sign_in::PATH, text!(lost.prove)),
    };
    view! { <LinkButton href=href look=ButtonLook::Primary size=ButtonSize::Block>{words}</LinkButton> }.into_any()
}

/// With nothing left only the service desk helps.
fn stranded(session: Option<String>, tenant: String) -> AnyView {
    let steps = [
        (IconName::Phone, text!(lost.desk_call)),
        (IconName::Shield, text!(lost.desk_check)),
        (IconName::MethodPass, text!(lost.desk_pass)),
    ];
    let steps = steps
        .into_iter()
        .map(|(icon, words)| Consequence::new(Tone::Neutral, words).with_icon(icon))
        .collect();
    let words = match &session {
        Some(_) => text!(lost.desk_words, tenant = tenant),
        None => text!(lost.desk_words_alone, tenant = tenant),
    };
    view! {
        <Banner tone=Tone::Warn title=text!(lost.desk_title).to_owned()>{words}</Banner>
        {session.map(|id| view! { <CopyBox text=id look=CopyLook::Block button=text!(lost.copy).to_owned()/> })}
        <Consequences consequences=steps/>
        <LinkButton href=super::request::href(PATH, Some(ErrorCode::NoMethods), None) size=ButtonSize::Block>{text!(tickets.link_ask)}</LinkButton>
        <form method="post" action=sign_in::PATH>
            <input type="hidden" name="step" value="restart"/>
            <Button size=ButtonSize::Block>{text!(lost.have_pass)}</Button>
        </form>
    }
    .into_any()
}

impl Losable {
    fn words(&self) -> String {
        words(self.kind, &self.name)
    }
}

/// "Code from your app, Pixel 8".
fn words(kind: MethodKind, name: &str) -> String {
    let plain = method_key(kind).plain_name();
    if name.is_empty() { plain.to_owned() } else { format!("{plain}: {name}") }
}
