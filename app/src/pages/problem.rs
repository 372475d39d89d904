//! What went wrong on a page: the words, and the details a person can copy for the service desk (error code, session id, page, account,
//! time).

use domain::tickets::rules;
use jiff::Timestamp;
use leptos::prelude::*;
use model::ErrorCode;

use super::words;
use crate::{
    components::{Banner, CopyButton, Countdown, Digits, Fact, Facts, IconName, Tone, Urgency},
    format,
    visit::visit,
};

/// A problem to tell on the page where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What went wrong.
    pub code: ErrorCode,
    /// How often it may still be tried.
    pub tries_left: Option<u8>,
    /// When it may be tried again, or when the next code comes.
    pub until: Option<Timestamp>,
}

impl Problem {
    /// A problem that only has a code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            tries_left: None,
            until: None,
        }
    }

    /// No code went out; `until` is when the next one may, where waiting helps.
    #[must_use]
    pub fn not_sent(until: Option<Timestamp>) -> Self {
        Self {
            until,
            ..Self::new(ErrorCode::NotSent)
        }
    }

    /// The line under the field.
    pub(crate) fn line(&self, digits: impl Into<Digits>) -> String {
        let what = match self.code {
            ErrorCode::WrongPassword => text!(problems.wrong_password).to_owned(),
            ErrorCode::WrongCode => text!(problems.wrong_code).to_owned(),
            ErrorCode::CodeForm => digits.into().wrong_form(),
            ErrorCode::CodeReused => text!(problems.reused).to_owned(),
            ErrorCode::ResetRefused => text!(reset.not_right).to_owned(),
            ErrorCode::NameForm => format!("{}. {}", words::error_title(ErrorCode::NameForm), words::error_next(ErrorCode::NameForm)),
            other => format!("{}.", words::error_title(other)),
        };
        match self.tries_left {
            None | Some(0) => what,
            Some(1) => format!("{what} {}", text!(problems.try_once)),
            Some(2) => format!("{what} {}", text!(problems.try_twice)),
            Some(more) => format!("{what} {}", text!(problems.try_more, count = more)),
        }
    }

    /// The line under the field of a code. That nothing more was sent is no fault of what stands there.
    pub(crate) fn code_line(&self, digits: impl Into<Digits>) -> Option<String> {
        (self.code != ErrorCode::NotSent).then(|| self.line(digits))
    }

    /// Whether the line under the field is enough: the person knows what to do.
    fn speaks_for_itself(&self) -> bool {
        matches!(self.code, ErrorCode::WrongPassword | ErrorCode::WrongCode | ErrorCode::CodeForm)
    }

    /// What to do, with the time in it.
    fn next(&self) -> String {
        if let (ErrorCode::Blocked, Some(until)) = (self.code, self.until) {
            return text!(problems.blocked_next, until = format::moment(until));
        }
        let seconds = self.until.map(|until| until.duration_since(visit().now).as_secs().max(1).unsigned_abs());
        match (self.code, seconds.map(format::duration)) {
            (ErrorCode::CodeReused, Some(wait)) => text!(problems.reused_next_in, wait = wait),
            (ErrorCode::CodeReused, None) => text!(problems.reused_next).to_owned(),
            (ErrorCode::NotSent, Some(wait)) => text!(problems.not_sent_next, wait = wait),
            (ErrorCode::Throttled, Some(wait)) => text!(problems.throttled_next, wait = wait),
            (ErrorCode::Locked, Some(wait)) => text!(problems.locked_next, wait = wait),
            (ErrorCode::PasswordThrottled, Some(wait)) => text!(problems.password_throttled_next, wait = wait),
            (other, _) => words::error_next(other).to_owned(),
        }
    }

    /// The banner over the form, when the line under the field does not say enough.
    pub(crate) fn banner(&self) -> Option<AnyView> {
        if self.speaks_for_itself() {
            return None;
        }
        let icon = if self.until.is_some() { IconName::Clock } else { IconName::Alert };
        let next = self.next();
        let title = words::error_title(self.code).to_owned();
        Some(view! { <Banner tone=Tone::Warn icon=icon title=title urgency=Urgency::Alert>{next}</Banner> }.into_any())
    }

    /// Title, words and countdown for a page of their own.
    pub(crate) fn headline(&self) -> AnyView {
        self.headline_with(self.next())
    }

    /// The same with other words about what to do next.
    pub(crate) fn headline_with(&self, next: String) -> AnyView {
        let wait = self
            .until
            // Nobody waits for the end of a block with a clock in front of him.
            .filter(|_| self.code != ErrorCode::Blocked)
            .map(|until| view! { <p>{text!(sign_in.wait_left)}" "<strong><Countdown until=until/></strong></p> });
        view! { <div class="lead"><h1>{words::error_title(self.code)}</h1><p>{next}</p>{wait}</div> }.into_any()
    }
}

/// What goes into the details.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    pub code: Option<ErrorCode>,
    pub page: String,
    pub account: Option<String>,
    pub request_id: Option<String>,
}

impl Details {
    pub(crate) fn new(code: ErrorCode, page: &str, account: Option<String>) -> Self {
        Self {
            code: Some(code),
            page: page.to_owned(),
            account,
            request_id: None,
        }
    }

    fn facts(self) -> Vec<(&'static str, String)> {
        let visit = visit();
        [
            (text!(problems.error), self.code.map(|code| code.to_string())),
            (text!(problems.session), visit.session_id.clone()),
            (text!(problems.request), self.request_id),
            (text!(problems.page), Some(self.page)),
            (text!(problems.account), self.account),
            (text!(problems.time), Some(format::full(visit.now))),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
        .collect()
    }

    /// The facts with one button that copies them all.
    pub(crate) fn open(self) -> AnyView {
        let more = self.code.map(|code| view! { <a href=super::help::error_href(code)>{text!(help.more)}</a> });
        let send = {
            let visit = visit();
            let href = super::request::href(&rules::page(&visit.here), self.code, visit.session_id.as_deref());
            view! { <a href=href>{text!(tickets.link_send)}</a> }
        };
        let facts = self.facts();
        let all = facts.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n");
        let facts = facts
            .into_iter()
            .map(|(name, value)| view! { <Fact name=name><span class=letters(name)>{value}</span></Fact> })
            .collect_view();
        view! { <div class="stack tight details"><Facts>{facts}</Facts><div><CopyButton text=all>{text!(problems.copy_details)}</CopyButton></div><p class="row small">{send}{more}</p></div> }
            .into_any()
    }

    /// The same behind a word, where the page has something better to show.
    pub(crate) fn folded(self) -> AnyView {
        view! { <details class="small"><summary class="muted">{text!(problems.details)}</summary>{self.open()}</details> }.into_any()
    }
}

/// Codes and numbers are read out letter by letter, words are not.
fn letters(name: &str) -> Option<&'static str> {
    let read_out = [text!(problems.error), text!(problems.session), text!(problems.request)];
    read_out.contains(&name).then_some("code wraps")
}
