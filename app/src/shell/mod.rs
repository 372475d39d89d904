//! The frame around a page: one for members, one for the console.

mod console;
mod member;
mod page;

pub use console::ConsoleShell;
pub use member::{Frame, MemberAccount, MemberShell};
pub use page::*;

use leptos::prelude::AnyView;

/// Which frame a page stands in.
#[derive(Clone, Debug)]
pub enum Shell {
    /// One thing a page, big targets.
    Member(MemberShell),
    /// Navigation on the left, work on a sheet.
    Console(Box<ConsoleShell>),
}

impl Shell {
    /// The classes of `<body>`, which set the rhythm of every component inside.
    #[must_use]
    pub fn body_class(&self) -> &'static str {
        match self {
            Self::Member(shell) => shell.body_class(),
            Self::Console(_) => "console",
        }
    }

    /// The page in its frame.
    pub(crate) fn around(self, page: AnyView) -> AnyView {
        match self {
            Self::Member(shell) => shell.around(page),
            Self::Console(shell) => shell.around(page),
        }
    }
}

impl From<MemberShell> for Shell {
    fn from(shell: MemberShell) -> Self {
        Self::Member(shell)
    }
}

impl From<ConsoleShell> for Shell {
    fn from(shell: ConsoleShell) -> Self {
        Self::Console(Box::new(shell))
    }
}
