//! What can be done with a member: each on a page of its own (`?do=`) that names the member and the effect and asks why.

use domain::{directory::MemberView, methods::MethodView};
use leptos::prelude::*;
use model::{MethodKind, MfaState, Role};

use crate::{
    components::{Breadcrumb, Button, ButtonLook, Check, Consequence, Dialog, IconName, LinkButton, Tone},
    format,
    pages::{
        Problem,
        members::{self, role_checks},
        reason::ReasonField,
        words,
    },
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth},
};

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// State enabled.
    Enable,
    /// State enforced.
    Enforce,
    /// State disabled.
    Disable,
    /// Require registration again.
    Reregister,
    /// Clear counters and locks.
    Unlock,
    /// End sessions.
    Sessions,
    /// A new set-up link.
    Link,
    /// Give and take roles.
    Roles,
    /// Switch the account off.
    Off,
    /// Switch the account on.
    On,
    /// Remove a method.
    Remove,
    /// Give a Temporary Access Pass.
    Pass,
    /// Take the pass back.
    PassEnd,
    /// Block the member.
    Block,
    /// Lift the block.
    Unblock,
    /// Open a one-time bypass.
    Bypass,
    /// Close it.
    BypassEnd,
    /// Remove the security questions.
    Questions,
    /// The PIN of calls goes.
    CallPin,
}

impl Act {
    /// The act of a word in an address or form.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "enabled" => Self::Enable,
            "enforced" => Self::Enforce,
            "disabled" => Self::Disable,
            "reregister" => Self::Reregister,
            "unlock" => Self::Unlock,
            "sessions" => Self::Sessions,
            "link" => Self::Link,
            "roles" => Self::Roles,
            "off" => Self::Off,
            "on" => Self::On,
            "remove" => Self::Remove,
            "pass" => Self::Pass,
            "pass-end" => Self::PassEnd,
            "block" => Self::Block,
            "unblock" => Self::Unblock,
            "bypass" => Self::Bypass,
            "bypass-end" => Self::BypassEnd,
            "questions" => Self::Questions,
            "call-pin" => Self::CallPin,
            _ => return None,
        })
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Enable => "enabled",
            Self::Enforce => "enforced",
            Self::Disable => "disabled",
            Self::Reregister => "reregister",
            Self::Unlock => "unlock",
            Self::Sessions => "sessions",
            Self::Link => "link",
            Self::Roles => "roles",
            Self::Off => "off",
            Self::On => "on",
            Self::Remove => "remove",
            Self::Pass => "pass",
            Self::PassEnd => "pass-end",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Bypass => "bypass",
            Self::BypassEnd => "bypass-end",
            Self::Questions => "questions",
            Self::CallPin => "call-pin",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Enable => text!(member.enabled_title),
            Self::Enforce => text!(member.enforced_title),
            Self::Disable => text!(member.disabled_title),
            Self::Reregister => text!(member.reregister_title),
            Self::Unlock => text!(member.unlock_title),
            Self::Sessions => text!(member.sessions_title),
            Self::Link => text!(member.link_title),
            Self::Roles => text!(member.roles_title),
            Self::Off => text!(member.off_title),
            Self::On => text!(member.on_title),
            Self::Remove => text!(member.remove_title),
            Self::Pass => text!(member.pass_act_title),
            Self::PassEnd => text!(member.pass_end_title),
            Self::Block => text!(member.block_title),
            Self::Unblock => text!(member.unblock_title),
            Self::Bypass => text!(member.bypass_title),
            Self::BypassEnd => text!(member.bypass_end_title),
            Self::Questions => text!(member.questions_title),
            Self::CallPin => text!(member.pin_title),
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Enable => text!(member.enabled_words),
            Self::Enforce => text!(member.enforced_words),
            Self::Disable => text!(member.disabled_words),
            Self::Reregister => text!(member.reregister_words),
            Self::Unlock => text!(member.unlock_words),
            Self::Sessions => text!(member.sessions_words),
            Self::Link => text!(member.link_words),
            Self::Roles => text!(member.roles_words),
            Self::Off => text!(member.off_words),
            Self::On => text!(member.on_words),
            Self::Remove => text!(member.remove_words),
            Self::Pass => text!(member.pass_act_words),
            Self::PassEnd => text!(member.pass_end_words),
            Self::Block => text!(member.block_words),
            Self::Unblock => text!(member.unblock_words),
            Self::Bypass => text!(member.bypass_words),
            Self::BypassEnd => text!(member.bypass_end_words),
            Self::Questions => text!(member.questions_words),
            Self::CallPin => text!(member.pin_words),
        }
    }

    pub(super) fn button(self) -> &'static str {
        match self {
            Self::Enable => text!(member.enabled_do),
            Self::Enforce => text!(member.enforced_do),
            Self::Disable => text!(member.disabled_do),
            Self::Reregister => text!(member.reregister_do),
            Self::Unlock => text!(member.unlock_do),
            Self::Sessions => text!(member.sessions_do),
            Self::Link => text!(member.link_do),
            Self::Roles => text!(member.roles_do),
            Self::Off => text!(member.off_do),
            Self::On => text!(member.on_do),
            Self::Remove => text!(member.remove_do),
            Self::Pass => text!(member.pass_act_do),
            Self::PassEnd => text!(member.pass_end_do),
            Self::Block => text!(member.block_do),
            Self::Unblock => text!(member.unblock_do),
            Self::Bypass => text!(member.bypass_do),
            Self::BypassEnd => text!(member.bypass_end_do),
            Self::Questions => text!(member.questions_do),
            Self::CallPin => text!(member.pin_do),
        }
    }

    pub(super) fn done(self, name: &str) -> String {
        let name = name.to_owned();
        match self {
            Self::Enable => text!(member.enabled_done, name = name),
            Self::Enforce => text!(member.enforced_done, name = name),
            Self::Disable => text!(member.disabled_done, name = name),
            Self::Reregister => text!(member.reregister_done, name = name),
            Self::Unlock => text!(member.unlock_done, name = name),
            Self::Sessions => text!(member.sessions_done, name = name),
            Self::Link => text!(member.link_done, name = name),
            Self::Roles => text!(member.roles_done, name = name),
            Self::Off => text!(member.off_done, name = name),
            Self::On => text!(member.on_done, name = name),
            Self::Remove => text!(member.remove_done, name = name),
            Self::Pass => text!(member.pass_act_done, name = name),
            Self::PassEnd => text!(member.pass_end_done, name = name),
            Self::Block => text!(member.block_done, name = name),
            Self::Unblock => text!(member.unblock_done, name = name),
            Self::Bypass => text!(member.bypass_done, name = name),
            Self::BypassEnd => text!(member.bypass_end_done, name = name),
            Self::Questions => text!(member.questions_done, name = name),
            Self::CallPin => text!(member.pin_done, name = name),
        }
    }

    pub(super) fn ask(self, name: &str, what: &str) -> String {
        let name = name.to_owned();
        match self {
            Self::Enable => text!(member.enabled_ask, name = name),
            Self::Enforce => text!(member.enforced_ask, name = name),
            Self::Disable => text!(member.disabled_ask, name = name),
            Self::Reregister => text!(member.reregister_ask, name = name),
            Self::Unlock => text!(member.unlock_ask, name = name),
            Self::Sessions => text!(member.sessions_ask, name = name),
            Self::Link => text!(member.link_ask, name = name),
            Self::Roles => text!(member.roles_ask, name = name),
            Self::Off => text!(member.off_ask, name = name),
            Self::On => text!(member.on_ask, name = name),
            Self::Remove => text!(member.remove_ask, name = name, what = what.to_owned()),
            Self::Pass => text!(member.pass_act_ask, name = name),
            Self::PassEnd => text!(member.pass_end_ask, name = name),
            Self::Block => text!(member.block_ask, name = name),
            Self::Unblock => text!(member.unblock_ask, name = name),
            Self::Bypass => text!(member.bypass_ask, name = name),
            Self::BypassEnd => text!(member.bypass_end_ask, name = name),
            Self::Questions => text!(member.questions_ask, name = name),
            Self::CallPin => text!(member.pin_ask, name = name),
        }
    }

    /// Whether a reason is asked: every loss and every help at somebody's word.
    #[must_use]
    pub fn asks_reason(self) -> bool {
        !matches!(self, Self::Link | Self::Roles)
    }
}

/// The question.
#[derive(Clone, Debug)]
pub struct ActPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The member.
    pub member: MemberView,
    /// What is asked for.
    pub act: Act,
    /// Which method, when one is to be removed.
    pub method: Option<MethodView>,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong with it.
    pub reason_error: Option<String>,
    /// The warning was ticked.
    pub confirmed: bool,
    /// What went wrong.
    pub problem: Option<Problem>,
}

pub(super) fn above(slug: &str, member: &MemberView) -> Vec<(String, String)> {
    vec![
        (text!(members.title).to_owned(), routes::admin(slug, "users")),
        (member.name(), members::href(slug, member)),
    ]
}

/// Draws the question.
#[must_use]
pub fn act_page(shell: ConsoleShell, model: ActPage) -> Page {
    let name = model.member.name();
    let what = model
        .method
        .as_ref()
        .map(|method| format!("{} “{}”", words::method_key(method.kind).said(), method.label))
        .unwrap_or_default();
    let title = format::capital(&model.act.ask(&name, &what));
    let back = members::href(&model.slug, &model.member);
    let above = above(&model.slug, &model.member);
    let (here, act) = (model.act.title(), model.act);
    let consequences = consequences(&model, &name);
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let harmless = matches!(act, Act::Enable | Act::Enforce | Act::Unlock | Act::Link | Act::On | Act::Unblock);
    let method = model.method.as_ref().map(|method| method.id.to_string());
    let needs_tick = act == Act::Enforce && !model.member.can_satisfy;
    let tick = needs_tick.then(|| view! { <Check name="confirmed" checked=model.confirmed required=true>{text!(member.effect_confirm)}</Check> });
    let reason = act.asks_reason().then(|| {
        view! {
            <ReasonField value=model.reason error=model.reason_error/>
        }
    });
    let body = view! {
        <main id="main" class="page narrow">
            <Breadcrumb above=above here=here/>
            {banner}
            <Dialog
                id="act"
                title=title.clone()
                consequences=consequences
                action=back.clone()
                confirm=act.button()
                keep=text!(member.keep)
                back=back
                harmless=harmless
            >
                <input type="hidden" name="do" value=act.word()/>
                {method.map(|id| view! { <input type="hidden" name="method" value=id/> })}
                {tick}
                {reason}
            </Dialog>
        </main>
    };
    Page::new(PageMeta::new(title, text!(member.description)), shell, body.into_any())
}

fn consequences(model: &ActPage, name: &str) -> Vec<Consequence> {
    let name = || name.to_owned();
    let member = &model.member;
    let good = |words: &str| Consequence::new(Tone::Ok, words);
    let plain = |words: &str| Consequence::new(Tone::Neutral, words);
    let mind = |words: &str| Consequence::new(Tone::Warn, words);
    let bad = |words: &str| Consequence::new(Tone::Bad, words);
    match model.act {
        Act::Enable if member.can_satisfy => vec![good(text!(member.effect_straight))],
        Act::Enable => vec![plain(text!(member.effect_asked))],
        Act::Enforce if member.can_satisfy => vec![good(text!(member.effect_every))],
        Act::Enforce => vec![bad(text!(member.effect_nothing_registered))],
        Act::Disable if member.rank() > 0 => vec![plain(text!(member.effect_role)), good(text!(member.effect_methods_stay))],
        Act::Disable => vec![bad(text!(member.effect_free)), good(text!(member.effect_methods_stay))],
        Act::Reregister => {
            let mut lost: Vec<_> = member
                .methods
                .iter()
                .chain(&member.methods_off)
                .copied()
                .filter(|kind| *kind != MethodKind::Passkey)
                .collect();
            lost.sort();
            lost.dedup();
            let names = lost.into_iter().map(|kind| words::method_key(kind).said()).collect::<Vec<_>>().join(", ");
            let lost = (!names.is_empty()).then(|| bad(&text!(member.effect_loses, what = names)));
            let rest = [
                mind(text!(member.effect_sessions)),
                good(text!(member.effect_stays)),
                plain(text!(member.effect_asked_after)),
            ];
            lost.into_iter().chain(rest).collect()
        }
        Act::Unlock => vec![
            plain(text!(member.effect_counters)),
            plain(text!(member.effect_methods_on)),
            mind(&text!(member.effect_be_sure, name = name())),
        ],
        Act::Sessions => vec![mind(text!(member.effect_sessions))],
        Act::Link => vec![
            mind(text!(member.effect_link)),
            plain(text!(member.effect_links_end)),
            mind(&text!(member.effect_be_sure, name = name())),
        ],
        Act::Off => vec![
            bad(&text!(member.effect_no_entry, name = name())),
            mind(text!(member.effect_sessions)),
            good(text!(member.effect_undo)),
        ],
        Act::On => vec![plain(&text!(member.effect_entry, name = name()))],
        Act::Remove => {
            let last = (member.factors.len() < 2).then(|| mind(text!(member.effect_last)));
            std::iter::once(bad(text!(member.effect_removed))).chain(last).collect()
        }
        Act::PassEnd => vec![mind(text!(member.effect_pass_end))],
        Act::Unblock => vec![
            plain(&text!(member.effect_unblock, name = name())),
            mind(&text!(member.effect_unblock_why, name = name())),
        ],
        Act::BypassEnd => vec![plain(text!(member.effect_bypass_end))],
        Act::Questions => vec![bad(text!(member.effect_questions)), good(text!(member.effect_questions_new))],
        Act::CallPin => vec![bad(text!(member.effect_pin)), good(text!(member.effect_pin_new))],
        Act::Roles | Act::Pass | Act::Block | Act::Bypass => Vec::new(),
    }
}

/// What can be done with this member at all, in the order of need: nothing is offered that changes nothing.
#[must_use]
pub fn sensible(member: &MemberView, locked: bool) -> Vec<Act> {
    let any_off = !member.methods_off.is_empty();
    let acts = [
        (Act::On, member.disabled),
        (Act::Unblock, member.blocked),
        (Act::Unlock, locked || member.wrong_in_row > 0 || any_off),
        (
            Act::Enable,
            member.mfa_state == MfaState::Disabled || (member.mfa_state == MfaState::Enabled && member.can_satisfy),
        ),
        (Act::Enforce, member.mfa_state != MfaState::Enforced && !member.can_satisfy),
        (Act::Disable, member.mfa_state != MfaState::Disabled),
        (Act::Reregister, true),
        (Act::Pass, !member.disabled && !member.blocked),
        (Act::Bypass, !member.disabled && !member.blocked && member.can_satisfy),
        (Act::Link, !member.disabled && !member.blocked),
        (Act::Sessions, true),
        (Act::Roles, true),
        (Act::Block, !member.blocked),
        (Act::Off, !member.disabled),
    ];
    acts.into_iter().filter(|(_, offered)| *offered).map(|(act, _)| act).collect()
}

/// The roles.
#[derive(Clone, Debug)]
pub struct RolesPage {
    /// Short name of the tenant.
    pub slug: String,
    /// The member.
    pub member: MemberView,
    /// Roles ticked.
    pub chosen: Vec<Role>,
    /// What went wrong.
    pub problem: Option<Problem>,
}

/// Draws the roles.
#[must_use]
pub fn roles_page(shell: ConsoleShell, model: RolesPage) -> Page {
    let title = Act::Roles.ask(&model.member.name(), "");
    let back = members::href(&model.slug, &model.member);
    let above = above(&model.slug, &model.member);
    let banner = model.problem.as_ref().and_then(Problem::banner);
    let checks = role_checks(&model.chosen);
    let action = back.clone();
    let body = view! {
        <ConsolePage
            title=title.clone()
            above=move || view! { <Breadcrumb above=above here=Act::Roles.title()/> }
            width=PageWidth::Narrow
        >
            {banner}
            <form class="stack" method="post" action=action>
                <input type="hidden" name="do" value=Act::Roles.word()/>
                {checks}
                <div class="row">
                    <Button look=ButtonLook::Primary icon=IconName::Check>{text!(member.save_roles)}</Button>
                    <LinkButton href=back look=ButtonLook::Quiet>{text!(member.keep)}</LinkButton>
                </div>
            </form>
        </ConsolePage>
    };
    Page::new(PageMeta::new(title, text!(member.description)), shell, body.into_any())
}
