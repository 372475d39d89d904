//! One icon, one name, one colour for each way to prove who you are.

use leptos::prelude::*;

use super::{Icon, IconName};

/// The ways that have an icon. The pages map their own kinds onto these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodKey {
    /// Passkey or security key.
    Passkey,
    /// Approval in the app.
    Push,
    /// Code from the app.
    App,
    /// Code from a hardware token.
    Token,
    /// Code by SMS.
    Sms,
    /// A call.
    Voice,
    /// Code by e-mail.
    Mail,
    /// A code from the saved list.
    Recovery,
    /// Temporary pass.
    Pass,
    /// Password for a program.
    AppPassword,
    /// Security questions.
    Questions,
}

impl MethodKey {
    /// Every one, strongest first.
    pub const ALL: [Self; 11] = [
        Self::Passkey,
        Self::Push,
        Self::App,
        Self::Token,
        Self::Sms,
        Self::Voice,
        Self::Mail,
        Self::Recovery,
        Self::Pass,
        Self::AppPassword,
        Self::Questions,
    ];

    /// The word in the style sheet that gives it its colour.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Push => "push",
            Self::App => "app",
            Self::Token => "token",
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Mail => "mail",
            Self::Recovery => "recovery",
            Self::Pass => "pass",
            Self::AppPassword => "apppw",
            Self::Questions => "questions",
        }
    }

    fn icon(self) -> IconName {
        match self {
            Self::Passkey => IconName::MethodPasskey,
            Self::Push => IconName::MethodPush,
            Self::App => IconName::MethodApp,
            Self::Token => IconName::MethodToken,
            Self::Sms => IconName::MethodSms,
            Self::Voice => IconName::MethodVoice,
            Self::Mail => IconName::MethodMail,
            Self::Recovery => IconName::MethodRecovery,
            Self::Pass => IconName::MethodPass,
            Self::AppPassword => IconName::MethodApppw,
            Self::Questions => IconName::MethodQuestions,
        }
    }

    /// Its short name, as in tables: "App, code".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passkey => text!(components.method_passkey),
            Self::Push => text!(components.method_push),
            Self::App => text!(components.method_app),
            Self::Token => text!(components.method_token),
            Self::Sms => text!(components.method_sms),
            Self::Voice => text!(components.method_voice),
            Self::Mail => text!(components.method_mail),
            Self::Recovery => text!(components.method_recovery),
            Self::Pass => text!(components.method_pass),
            Self::AppPassword => text!(components.method_app_password),
            Self::Questions => text!(components.method_questions),
        }
    }

    /// Its name inside a sentence: "code from the app".
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            Self::Passkey => text!(components.said_passkey),
            Self::Push => text!(components.said_push),
            Self::App => text!(components.said_app),
            Self::Token => text!(components.said_token),
            Self::Sms => text!(components.said_sms),
            Self::Voice => text!(components.said_voice),
            Self::Mail => text!(components.said_mail),
            Self::Recovery => text!(components.said_recovery),
            Self::Pass => text!(components.said_pass),
            Self::AppPassword => text!(components.said_app_password),
            Self::Questions => text!(components.said_questions),
        }
    }

    /// Its name in a member's words: "Code from your app".
    #[must_use]
    pub fn plain_name(self) -> &'static str {
        match self {
            Self::Push => text!(components.plain_push),
            Self::App => text!(components.plain_app),
            Self::Token => text!(components.plain_token),
            _ => self.name(),
        }
    }
}

/// How large the icon is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MethodSize {
    /// 40 pixels: in a card.
    #[default]
    Normal,
    /// 24 pixels: in a row.
    Small,
}

/// The icon in its colour.
#[component]
pub fn MethodIcon(
    /// Which method.
    method: MethodKey,
    /// How large.
    #[prop(optional)]
    size: MethodSize,
) -> impl IntoView {
    let class = match size {
        MethodSize::Normal => "method-icon",
        MethodSize::Small => "method-icon sm",
    };
    view! { <span class=class data-method=method.key()><Icon name=method.icon()/></span> }
}

/// Icon and short name in a row.
#[component]
pub fn MethodName(
    /// Which method.
    method: MethodKey,
) -> impl IntoView {
    view! {
        <span class="method"><MethodIcon method=method size=MethodSize::Small/><span>{method.name()}</span></span>
    }
}

/// The icons of all methods of somebody, read out as words.
#[component]
pub fn MethodSet(
    /// Which methods, strongest first.
    methods: Vec<MethodKey>,
) -> impl IntoView {
    let words = methods.iter().map(|method| method.name()).collect::<Vec<_>>().join(", ");
    let icons = methods
        .into_iter()
        .map(|method| view! { <MethodIcon method=method size=MethodSize::Small/> })
        .collect_view();
    view! { <span class="method-set" role="img" aria-label=words>{icons}</span> }
}
