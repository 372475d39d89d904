//! `/api/docs`: the interface as a page, without a script; and `/api/v1/openapi.json` for programs.

use std::sync::LazyLock;

use app::edge::{Routes, Who};
use axum::http::header;
use axum::response::{Html, IntoResponse};
use model::ErrorCode;
use utoipa::OpenApi;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::Operation;

use super::openapi::{self, Description};
use crate::state::Service;

static JSON: LazyLock<String> = LazyLock::new(|| openapi::json().unwrap_or_default());
static PAGE: LazyLock<String> = LazyLock::new(page);

pub(super) fn routes() -> Routes<Service> {
    Routes::new()
        .get("/api/v1/openapi.json", Who::Anyone, description)
        .get("/api/docs", Who::Anyone, async || Html(PAGE.as_str()))
}

async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], JSON.as_str())
}

/// One section a call, then the table of error codes that problem documents point to.
fn page() -> String {
    let description = Description::openapi();
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Tweestap REST interface</title></head><body><main><h1>Tweestap REST interface</h1>\
         <p>Every call carries an API key: <code>Authorization: Bearer tsk_…</code>. Lists come in pages: pass <code>next_cursor</code> as \
         <code>cursor</code>. The machine-readable description, with every field: <a href=\"/api/v1/openapi.json\">openapi.json</a>.</p>",
    );
    for (path, item) in &description.paths.paths {
        let operations: [(&str, &Option<Operation>); 5] = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                section(&mut page, method, path, operation);
            }
        }
    }
    page.push_str("<h2>Error codes</h2><dl>");
    for code in ErrorCode::ALL {
        page.push_str(&format!(
            "<dt id=\"{code}\">{code} · {} · {}</dt><dd>{}</dd>",
            code.status(),
            escape(code.title()),
            escape(code.next())
        ));
    }
    page.push_str("</dl></main></body></html>");
    page
}

fn section(page: &mut String, method: &str, path: &str, operation: &Operation) {
    let summary = operation.summary.as_deref().unwrap_or_default();
    let more = operation.description.as_deref().unwrap_or_default();
    page.push_str(&format!(
        "<section><h2><code>{method} {}</code></h2><p>{}</p><p>{}</p>",
        escape(path),
        escape(summary),
        escape(more)
    ));
    if let Some(parameters) = operation.parameters.as_ref().filter(|parameters| !parameters.is_empty()) {
        page.push_str("<dl>");
        for parameter in parameters {
            let RefOr::T(parameter) = parameter else { continue };
            let words = parameter.description.as_deref().unwrap_or_default();
            page.push_str(&format!("<dt><code>{}</code></dt><dd>{}</dd>", escape(&parameter.name), escape(words)));
        }
        page.push_str("</dl>");
    }
    page.push_str("</section>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
