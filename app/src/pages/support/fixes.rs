//! What fixes it, in words, and which of it can be done here and now.

use domain::{
    actor::Permission,
    journal::{CaseView, diagnosis::Fix},
};
use model::Role;

use super::findings::first_name;
use crate::{
    components::{Consequence, IconName, Tone},
    format,
    pages::words,
};

/// Something support can do on the case page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Clear locks and waits.
    Unlock,
    /// Require registration again.
    Reregister,
    /// Make a set-up link.
    Link,
    /// Switch the account on.
    Enable,
    /// Lift the block.
    Unblock,
}

impl Act {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Unlock, Self::Reregister, Self::Link, Self::Enable, Self::Unblock];

    /// Its word in addresses and forms.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Unlock => "unlock",
            Self::Reregister => "reregister",
            Self::Link => "link",
            Self::Enable => "enable",
            Self::Unblock => "unblock",
        }
    }

    /// The act of a word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.key() == text)
    }

    /// What it needs.
    #[must_use]
    pub const fn needs(self) -> Permission {
        match self {
            Self::Unlock => Permission::Unlock,
            Self::Reregister | Self::Unblock => Permission::ManageMfa,
            Self::Link | Self::Enable => Permission::ManageMembers,
        }
    }

    /// The act that a fix comes to.
    #[must_use]
    pub fn of(fix: &Fix) -> Option<Self> {
        match fix {
            Fix::Unlock => Some(Self::Unlock),
            Fix::RequireReregistration => Some(Self::Reregister),
            Fix::SendSetUpLink => Some(Self::Link),
            Fix::EnableAccount => Some(Self::Enable),
            Fix::LiftBlock => Some(Self::Unblock),
            Fix::NothingToDo
            | Fix::TellNextCode
            | Fix::TellRightAccount
            | Fix::TellStartAgain
            | Fix::TellToWait { .. }
            | Fix::TellRightName
            | Fix::TellRightPassword
            | Fix::TellToFinish
            | Fix::TellAppPassword
            | Fix::ResyncClock
            | Fix::GivePass
            | Fix::CheckPolicy { .. }
            | Fix::TellOperator => None,
        }
    }

    /// Whether it can be done for the member of a case as it is now.
    #[must_use]
    pub fn fits(self, case: &CaseView) -> bool {
        let Some(member) = case.member.as_ref().filter(|member| !member.removed) else {
            return false;
        };
        match self {
            // The organisation may be what is switched off, and that is not for the desk.
            Self::Enable => member.disabled,
            // The block may have ended since.
            Self::Unblock => member.blocked,
            Self::Unlock | Self::Reregister | Self::Link => true,
        }
    }

    /// The words on the button.
    pub(crate) fn button(self) -> &'static str {
        match self {
            Self::Unlock => text!(support.do_unlock),
            Self::Reregister => text!(support.do_reregister),
            Self::Link => text!(support.do_link),
            Self::Enable => text!(support.do_enable),
            Self::Unblock => text!(support.do_unblock),
        }
    }

    /// What is said when it is done.
    pub(crate) fn done(self) -> &'static str {
        match self {
            Self::Unlock => text!(support.done_unlock),
            Self::Reregister => text!(support.done_reregister),
            Self::Link => "",
            Self::Enable => text!(support.done_enable),
            Self::Unblock => text!(support.done_unblock),
        }
    }

    /// The question before it is done.
    pub(crate) fn question(self, who: String) -> String {
        match self {
            Self::Unlock => text!(support.ask_unlock, who = who),
            Self::Reregister => text!(support.ask_reregister, who = who),
            Self::Link => text!(support.ask_link, who = who),
            Self::Enable => text!(support.ask_enable, who = who),
            Self::Unblock => text!(support.ask_unblock, who = who),
        }
    }

    /// What it does.
    pub(crate) fn effects(self) -> Vec<Consequence> {
        let sure = Consequence::new(Tone::Warn, text!(support.sure_caller)).with_icon(IconName::MethodVoice);
        match self {
            Self::Unlock => vec![
                Consequence::new(Tone::Ok, text!(support.eff_unlock)),
                Consequence::new(Tone::Ok, text!(support.eff_on)),
                Consequence::new(Tone::Warn, text!(support.eff_guess)),
            ],
            Self::Reregister => vec![
                Consequence::new(Tone::Bad, text!(support.eff_removed)),
                Consequence::new(Tone::Bad, text!(support.eff_sessions)),
                Consequence::new(Tone::Ok, text!(support.eff_kept)),
                Consequence::new(Tone::Info, text!(support.eff_next)),
                sure,
            ],
            Self::Link => vec![
                Consequence::new(Tone::Info, text!(support.eff_link_once)),
                Consequence::new(Tone::Warn, text!(support.eff_link_password)),
                Consequence::new(Tone::Warn, text!(support.eff_link_earlier)),
                sure,
            ],
            Self::Enable => vec![Consequence::new(Tone::Ok, text!(support.eff_enable)), sure],
            Self::Unblock => vec![
                Consequence::new(Tone::Ok, text!(support.eff_unblock)),
                Consequence::new(Tone::Warn, text!(support.eff_unblock_why)),
                sure,
            ],
        }
    }

    /// Whether a reason is asked: a link by itself changes nothing about the member.
    #[must_use]
    pub fn asks_reason(self) -> bool {
        self != Self::Link
    }

    /// Whether something is lost by it.
    pub(crate) fn takes_away(self) -> bool {
        self == Self::Reregister
    }
}

/// Icon, title and consequence of a fix.
pub(crate) fn in_words(fix: &Fix) -> (IconName, String, &'static str) {
    let (icon, title, then) = match fix {
        Fix::NothingToDo => (IconName::CheckCircle, text!(support.fix_nothing), text!(support.fix_nothing_then)),
        Fix::TellNextCode => (IconName::Clock, text!(support.fix_next_code), text!(support.fix_next_code_then)),
        Fix::TellRightAccount => (IconName::MethodApp, text!(support.fix_right_account), text!(support.fix_right_account_then)),
        Fix::TellStartAgain => (IconName::Refresh, text!(support.fix_start_again), text!(support.fix_start_again_then)),
        Fix::TellToWait { until } => {
            let title = text!(support.fix_wait, until = format::moment(*until));
            return (IconName::Clock, title, text!(support.fix_wait_then));
        }
        Fix::TellRightName => (IconName::User, text!(support.fix_right_name), text!(support.fix_right_name_then)),
        Fix::TellRightPassword => (IconName::Key, text!(support.fix_right_password), text!(support.fix_right_password_then)),
        Fix::TellToFinish => (IconName::ArrowRight, text!(support.fix_finish), text!(support.fix_finish_then)),
        Fix::TellAppPassword => (IconName::MethodApppw, text!(support.fix_app_password), text!(support.fix_app_password_then)),
        Fix::ResyncClock => (IconName::Clock, text!(support.fix_clock), text!(support.fix_clock_then)),
        Fix::Unlock => (IconName::Unlock, text!(support.fix_unlock), text!(support.fix_unlock_then)),
        Fix::RequireReregistration => (IconName::Refresh, text!(support.fix_reregister), text!(support.fix_reregister_then)),
        Fix::SendSetUpLink => (IconName::Send, text!(support.fix_link), text!(support.fix_link_then)),
        Fix::GivePass => (IconName::MethodPass, text!(support.fix_pass), text!(support.fix_pass_then)),
        Fix::EnableAccount => (IconName::User, text!(support.fix_enable), text!(support.fix_enable_then)),
        Fix::LiftBlock => (IconName::Ban, text!(support.fix_lift_block), text!(support.fix_lift_block_then)),
        Fix::CheckPolicy { rule: Some(rule) } => {
            let title = text!(support.fix_policy_rule, rule = rule.clone());
            return (IconName::Policy, title, text!(support.fix_policy_then));
        }
        Fix::CheckPolicy { rule: None } => (IconName::Policy, text!(support.fix_policy), text!(support.fix_policy_then)),
        Fix::TellOperator => (IconName::Info, text!(support.fix_operator), text!(support.fix_operator_then)),
    };
    (icon, title.to_owned(), then)
}

/// Whom to ask, when one's own role does not do.
pub(crate) fn not_yours(permission: Permission) -> String {
    let role = permission.roles().first().copied().unwrap_or(Role::GlobalAdmin);
    text!(support.fix_not_yours, role = words::role(role))
}

/// The member's name for a question.
pub(crate) fn whom(case: &CaseView) -> String {
    case.member.as_ref().map_or_else(|| first_name(case), super::findings::member_name)
}
