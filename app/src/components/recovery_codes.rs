//! Codes that are shown once, with the ways to keep them.

use leptos::prelude::*;

use super::{Icon, IconName};

/// The codes, and buttons to print, download and copy them where script runs.
#[component]
pub fn RecoveryCodes(
    /// The codes.
    codes: Vec<String>,
    /// The name of the file when downloaded.
    #[prop(into)]
    file_name: String,
) -> impl IntoView {
    let all = codes.join("\n");
    let lines = codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view();
    view! {
        <ol class="recovery-codes">{lines}</ol>
        <div class="row keep-codes" data-needs-script>
            <button class="button small" type="button" data-print>
                <Icon name=IconName::Print/>
                {text!(components.print)}
            </button>
            <button class="button small" type="button" data-download=all.clone() data-file=file_name>
                <Icon name=IconName::Download/>
                {text!(components.download)}
            </button>
            <button class="button small" type="button" data-copy=all data-done=text!(components.copied)>
                <Icon name=IconName::Copy/>
                {text!(components.copy_all)}
            </button>
        </div>
    }
}
