//! The form of a passkey: the page's script asks the browser, writes the answer into hidden fields and sends it. Where there is no script or no passkeys it
//! stays hidden, and the words beside it say what to do instead.

use leptos::prelude::*;

use crate::components::{Button, ButtonLook, ButtonSize, Icon, IconName};

/// What is done with a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// An existing one is asked for.
    Get,
    /// A new one is made.
    Create,
}

/// The words of what may go wrong in the browser.
pub(crate) struct Words {
    pub(crate) button: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) known: &'static str,
    pub(crate) failed: &'static str,
}

/// Where the form asks and where it sends the answer.
pub(crate) struct PasskeyForm {
    pub(crate) act: Act,
    pub(crate) action: String,
    pub(crate) options: String,
    /// Other fields: name and value.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Also offered among the suggestions of the name field.
    pub(crate) autofill: bool,
    pub(crate) look: ButtonLook,
    pub(crate) words: Words,
}

impl PasskeyForm {
    /// Draws it; what is inside stands above the button.
    pub(crate) fn view(self, inside: Option<AnyView>) -> AnyView {
        let act = match self.act {
            Act::Get => "get",
            Act::Create => "create",
        };
        let fields = self
            .fields
            .into_iter()
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
            .collect_view();
        view! {
            <form
                class="stack"
                method="post"
                action=self.action
                hidden
                data-passkey=act
                data-passkey-options=self.options
                data-passkey-autofill=self.autofill
                data-words-cancelled=self.words.cancelled
                data-words-known=self.words.known
                data-words-failed=self.words.failed
            >
                {fields}
                <input type="hidden" name="ceremony"/>
                <input type="hidden" name="response"/>
                {inside}
                <Button look=self.look size=ButtonSize::Block><Icon name=IconName::MethodPasskey/>{self.words.button}</Button>
                <p class="muted small passkey-said" role="status"></p>
            </form>
        }
        .into_any()
    }
}

/// What stands there in a browser without passkeys or scripts.
pub(crate) fn unavailable(words: &'static str) -> AnyView {
    view! { <p class="muted" data-passkey-else>{words}</p> }.into_any()
}
