//! Stroke icons from `icons.svg`. Always beside a word, so always hidden from screen readers.

use leptos::prelude::*;

use crate::visit::assets;

/// Every icon of the sprite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconName {
    /// `m-app`
    MethodApp,
    /// `m-push`
    MethodPush,
    /// `m-token`
    MethodToken,
    /// `m-sms`
    MethodSms,
    /// `m-voice`
    MethodVoice,
    /// `m-mail`
    MethodMail,
    /// `m-passkey`
    MethodPasskey,
    /// `m-recovery`
    MethodRecovery,
    /// `m-pass`
    MethodPass,
    /// `m-apppw`
    MethodApppw,
    /// `m-questions`
    MethodQuestions,
    /// `search`
    Search,
    /// `check`
    Check,
    /// `check-circle`
    CheckCircle,
    /// `x`
    X,
    /// `x-circle`
    XCircle,
    /// `alert`
    Alert,
    /// `info`
    Info,
    /// `clock`
    Clock,
    /// `minus-circle`
    MinusCircle,
    /// `half-circle`
    HalfCircle,
    /// `dash-circle`
    DashCircle,
    /// `chevron-down`
    ChevronDown,
    /// `chevron-right`
    ChevronRight,
    /// `chevron-left`
    ChevronLeft,
    /// `updown`
    Updown,
    /// `sort`
    Sort,
    /// `arrow-right`
    ArrowRight,
    /// `arrow-up`
    ArrowUp,
    /// `plus`
    Plus,
    /// `more`
    More,
    /// `copy`
    Copy,
    /// `print`
    Print,
    /// `download`
    Download,
    /// `filter`
    Filter,
    /// `columns`
    Columns,
    /// `density`
    Density,
    /// `pause`
    Pause,
    /// `play`
    Play,
    /// `refresh`
    Refresh,
    /// `flag`
    Flag,
    /// `users`
    Users,
    /// `user`
    User,
    /// `log`
    Log,
    /// `shield`
    Shield,
    /// `policy`
    Policy,
    /// `chart`
    Chart,
    /// `plug`
    Plug,
    /// `gateway`
    Gateway,
    /// `book`
    Book,
    /// `gear`
    Gear,
    /// `key`
    Key,
    /// `globe`
    Globe,
    /// `laptop`
    Laptop,
    /// `phone`
    Phone,
    /// `lock`
    Lock,
    /// `unlock`
    Unlock,
    /// `ban`
    Ban,
    /// `star`
    Star,
    /// `eye`
    Eye,
    /// `send`
    Send,
    /// `undo`
    Undo,
    /// `menu`
    Menu,
    /// `pin`
    Pin,
    /// `history`
    History,
    /// `door`
    Door,
    /// `code`
    Code,
    /// `wand`
    Wand,
}

impl IconName {
    /// Every icon, for the design page.
    pub const ALL: [Self; 68] = [
        Self::MethodApp,
        Self::MethodPush,
        Self::MethodToken,
        Self::MethodSms,
        Self::MethodVoice,
        Self::MethodMail,
        Self::MethodPasskey,
        Self::MethodRecovery,
        Self::MethodPass,
        Self::MethodApppw,
        Self::MethodQuestions,
        Self::Search,
        Self::Check,
        Self::CheckCircle,
        Self::X,
        Self::XCircle,
        Self::Alert,
        Self::Info,
        Self::Clock,
        Self::MinusCircle,
        Self::HalfCircle,
        Self::DashCircle,
        Self::ChevronDown,
        Self::ChevronRight,
        Self::ChevronLeft,
        Self::Updown,
        Self::Sort,
        Self::ArrowRight,
        Self::ArrowUp,
        Self::Plus,
        Self::More,
        Self::Copy,
        Self::Print,
        Self::Download,
        Self::Filter,
        Self::Columns,
        Self::Density,
        Self::Pause,
        Self::Play,
        Self::Refresh,
        Self::Flag,
        Self::Users,
        Self::User,
        Self::Log,
        Self::Shield,
        Self::Policy,
        Self::Chart,
        Self::Plug,
        Self::Gateway,
        Self::Book,
        Self::Gear,
        Self::Key,
        Self::Globe,
        Self::Laptop,
        Self::Phone,
        Self::Lock,
        Self::Unlock,
        Self::Ban,
        Self::Star,
        Self::Eye,
        Self::Send,
        Self::Undo,
        Self::Menu,
        Self::Pin,
        Self::History,
        Self::Door,
        Self::Code,
        Self::Wand,
    ];

    /// The id of the symbol in the sprite.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::MethodApp => "m-app",
            Self::MethodPush => "m-push",
            Self::MethodToken => "m-token",
            Self::MethodSms => "m-sms",
            Self::MethodVoice => "m-voice",
            Self::MethodMail => "m-mail",
            Self::MethodPasskey => "m-passkey",
            Self::MethodRecovery => "m-recovery",
            Self::MethodPass => "m-pass",
            Self::MethodApppw => "m-apppw",
            Self::MethodQuestions => "m-questions",
            Self::Search => "search",
            Self::Check => "check",
            Self::CheckCircle => "check-circle",
            Self::X => "x",
            Self::XCircle => "x-circle",
            Self::Alert => "alert",
            Self::Info => "info",
            Self::Clock => "clock",
            Self::MinusCircle => "minus-circle",
            Self::HalfCircle => "half-circle",
            Self::DashCircle => "dash-circle",
            Self::ChevronDown => "chevron-down",
            Self::ChevronRight => "chevron-right",
            Self::ChevronLeft => "chevron-left",
            Self::Updown => "updown",
            Self::Sort => "sort",
            Self::ArrowRight => "arrow-right",
            Self::ArrowUp => "arrow-up",
            Self::Plus => "plus",
            Self::More => "more",
            Self::Copy => "copy",
            Self::Print => "print",
            Self::Download => "download",
            Self::Filter => "filter",
            Self::Columns => "columns",
            Self::Density => "density",
            Self::Pause => "pause",
            Self::Play => "play",
            Self::Refresh => "refresh",
            Self::Flag => "flag",
            Self::Users => "users",
            Self::User => "user",
            Self::Log => "log",
            Self::Shield => "shield",
            Self::Policy => "policy",
            Self::Chart => "chart",
            Self::Plug => "plug",
            Self::Gateway => "gateway",
            Self::Book => "book",
            Self::Gear => "gear",
            Self::Key => "key",
            Self::Globe => "globe",
            Self::Laptop => "laptop",
            Self::Phone => "phone",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Ban => "ban",
            Self::Star => "star",
            Self::Eye => "eye",
            Self::Send => "send",
            Self::Undo => "undo",
            Self::Menu => "menu",
            Self::Pin => "pin",
            Self::History => "history",
            Self::Door => "door",
            Self::Code => "code",
            Self::Wand => "wand",
        }
    }
}

impl IconName {
    /// The address of its drawing.
    #[must_use]
    pub fn href(self) -> String {
        format!("{}#{}", assets().url("icons.svg"), self.id())
    }
}

/// How large an icon is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IconSize {
    /// 20 pixels.
    #[default]
    Normal,
    /// 16 pixels.
    Small,
}

/// One icon.
#[component]
pub fn Icon(
    /// Which one.
    name: IconName,
    /// How large.
    #[prop(optional)]
    size: IconSize,
) -> impl IntoView {
    let class = match size {
        IconSize::Normal => "icon",
        IconSize::Small => "icon sm",
    };
    let href = name.href();
    view! { <svg class=class aria-hidden="true"><use href=href></use></svg> }
}
