//! The word that an action is done; errors stay until they are closed.

use leptos::prelude::*;

use super::{ButtonLook, Icon, IconButton, IconName, Tone};

/// The toast. Where script runs it leaves after six seconds, unless it is an error, hovered or focused.
#[component]
pub fn Toast(
    /// What it means: `Ok` or `Bad`.
    #[prop(default = Tone::Ok)]
    tone: Tone,
    /// A way back, or to the object.
    #[prop(optional, into)]
    action: ViewFnOnce,
    /// What happened.
    children: Children,
) -> impl IntoView {
    let bad = tone == Tone::Bad;
    view! {
        <div class=if bad { "toast bad" } else { "toast" } role="status" data-toast=if bad { "stay" } else { "leave" }>
            <Icon name=if bad { IconName::XCircle } else { IconName::CheckCircle }/>
            <span>{children()}</span>
            {action.run()}
            <span data-needs-script>
                <IconButton label=text!(components.close) icon=IconName::X look=ButtonLook::Quiet kind="button" attr:data-dismiss=""/>
            </span>
        </div>
    }
}
