//! `/notices/{token}`: "this wasn't me". Looking shows what the notice was about and what the button does; the button is the only thing that acts.
//!
//! Form (POST to the same address): nothing.

use jiff::Timestamp;
use leptos::prelude::*;
use model::ErrorCode;

use super::problem::{Details, Problem};
use crate::{
    components::{Badge, Banner, Button, ButtonLook, ButtonSize, Consequence, Consequences, Fact, Facts, IconName, LinkButton, Tone},
    format,
    render::{Page, PageMeta},
    shell::{Frame, MemberShell},
};

/// What stands at the address.
#[derive(Clone, Debug)]
pub enum NoticePage {
    /// What it is about, and the button.
    Ask {
        /// The address of the page, with the token; the form goes back to it.
        action: String,
        /// What the notice was about.
        subject: String,
        /// The sign-in name, masked: a mail may lie open.
        account: String,
        /// The tenant.
        tenant: String,
        /// When it happened.
        at: Timestamp,
        /// The tenant blocks an account by this.
        blocks: bool,
    },
    /// It is done.
    Done {
        /// The tenant.
        tenant: String,
        /// The account is blocked.
        blocked: bool,
    },
    /// The link no longer works.
    Gone,
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn page(shell: MemberShell, model: NoticePage) -> Page {
    let shell = MemberShell { frame: Frame::Framed, ..shell };
    Page::new(PageMeta::new(text!(notices.title), text!(notices.description)), shell, view(model))
}

fn view(model: NoticePage) -> AnyView {
    let inside = match model {
        NoticePage::Ask {
            action,
            subject,
            account,
            tenant,
            at,
            blocks,
        } => ask(action, (subject, account, format::moment_capital(at)), tenant, blocks),
        NoticePage::Done { tenant, blocked } => done(tenant, blocked),
        NoticePage::Gone => gone(),
    };
    view! { <div class="stack screen-stack">{inside}</div> }.into_any()
}

fn ask(action: String, (subject, account, when): (String, String, String), tenant: String, blocks: bool) -> AnyView {
    let mut effects = vec![
        Consequence::new(Tone::Warn, text!(notices.effect_sessions)),
        Consequence::new(Tone::Warn, text!(notices.effect_methods)),
        Consequence::new(Tone::Warn, text!(notices.effect_given)),
    ];
    if blocks {
        effects.push(Consequence::new(Tone::Bad, text!(notices.effect_block)));
    }
    effects.push(Consequence::new(Tone::Neutral, text!(notices.effect_admins)));
    view! {
        <div class="lead">
            <h1>{text!(notices.ask_title)}</h1>
            <p>{rich!(notices.ask_lead, tenant = tenant.clone(), <b> = <strong/>)}</p>
        </div>
        <div class="card">
            <Facts>
                <Fact name=text!(notices.what)>{subject}</Fact>
                <Fact name=text!(notices.account)>{account}</Fact>
                <Fact name=text!(notices.when)>{when}</Fact>
            </Facts>
        </div>
        <div class="stack tight">
            <p><strong>{text!(notices.then)}</strong></p>
            <Consequences consequences=effects/>
        </div>
        <form method="post" action=action>
            <Button look=ButtonLook::Sure size=ButtonSize::Block>{text!(notices.act)}</Button>
        </form>
        <p class="small muted">{text!(notices.keep)}</p>
    }
    .into_any()
}

fn done(tenant: String, blocked: bool) -> AnyView {
    let blocked = blocked.then(|| view! { <Banner tone=Tone::Warn note=true>{text!(notices.done_blocked)}</Banner> });
    let steps = [
        (IconName::Phone, text!(notices.next_desk)),
        (IconName::Lock, text!(notices.next_password)),
        (IconName::Eye, text!(notices.next_look)),
    ];
    let steps = steps
        .into_iter()
        .map(|(icon, step)| Consequence::new(Tone::Neutral, step).with_icon(icon))
        .collect();
    view! {
        <div class="lead">
            <h1>{text!(notices.done_title)}</h1>
            <p>{rich!(notices.done_lead, tenant = tenant.clone(), <b> = <strong/>)}</p>
        </div>
        {blocked}
        <div class="stack tight">
            <h2>{text!(notices.next)}</h2>
            <Consequences consequences=steps/>
        </div>
        <LinkButton href=super::sign_in::PATH size=ButtonSize::Block>{text!(notices.sign_in)}</LinkButton>
    }
    .into_any()
}

fn gone() -> AnyView {
    let code = ErrorCode::NoticeLinkUsed;
    view! {
        <div><Badge tone=Tone::Warn icon=IconName::Clock>{code.to_string()}</Badge></div>
        {Problem::new(code).headline()}
        <LinkButton href=super::sign_in::PATH size=ButtonSize::Block>{text!(notices.sign_in)}</LinkButton>
        {Details::new(code, text!(notices.page), None).open()}
    }
    .into_any()
}
