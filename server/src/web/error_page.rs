//! The page that says what went wrong, where no handler was there to say it. When even that page cannot be drawn, a plain one is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use app::assets::Assets;
use app::locale::Locale;
use app::pages::error::{ErrorPage, page};
use app::render::document;
use app::shell::MemberShell;
use app::visit::Visit;
use axum::http::{HeaderMap, Uri};
use domain::clock::Clock;
use jiff::tz::TimeZone;

use super::Problem;

/// What the page needs to know about the request.
pub(super) struct Asked {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) nonce: String,
    pub(super) request_id: String,
}

/// The page for a person, in the language of the browser.
pub(super) fn render(assets: &Assets, problem: &Problem, asked: &Asked) -> String {
    let draw = || {
        let visit = Visit::read(
            &asked.uri,
            &asked.headers,
            Locale::en,
            Clock::system().now(),
            TimeZone::UTC,
            asked.nonce.clone(),
        );
        let visit = match problem.session_id {
            Some(id) => visit.with_session_id(id.to_string()),
            None => visit,
        };
        let shell = MemberShell {
            home: app::routes::HOME.to_owned(),
            ..MemberShell::default()
        };
        let model = ErrorPage {
            code: problem.code,
            until: None,
            request_id: Some(asked.request_id.clone()),
            account: None,
            home: None,
        };
        document(assets, &visit, || page(shell, model)).0
    };
    catch_unwind(AssertUnwindSafe(draw)).unwrap_or_else(|_| plain(problem, &asked.request_id))
}

/// Everything in it is ours and needs no escaping: a code, its English title, a number.
fn plain(problem: &Problem, request_id: &str) -> String {
    let title = problem.code.title();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1><p>{}</p><p>{} · {request_id}</p></body></html>",
        problem.code.next(),
        problem.code,
    )
}
