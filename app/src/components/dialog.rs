//! The confirmation of a loss: names the object, lists the consequences, asks the reason; the way back comes first.

use leptos::prelude::*;

use super::{Button, ButtonLook, Icon, IconName, LinkButton, TextField, Tone};

/// One consequence of an action.
#[derive(Clone, Debug)]
pub struct Consequence {
    /// Good, doubtful or bad.
    pub tone: Tone,
    /// Another icon than the usual one.
    pub icon: Option<IconName>,
    /// What happens.
    pub words: String,
}

impl Consequence {
    /// A consequence with the usual icon.
    pub fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self {
            tone,
            icon: None,
            words: words.into(),
        }
    }

    /// The same consequence with another icon.
    #[must_use]
    pub fn with_icon(mut self, icon: IconName) -> Self {
        self.icon = Some(icon);
        self
    }
}

/// Consequences as a list.
#[component]
pub fn Consequences(
    /// The consequences.
    consequences: Vec<Consequence>,
) -> impl IntoView {
    let lines = consequences
        .into_iter()
        .map(|effect| {
            view! {
                <li class=effect.tone.class()>
                    <Icon name=effect.icon.unwrap_or_else(|| effect.tone.icon())/>
                    <span>{effect.words}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="effects">{lines}</ul> }
}

/// Where the question stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialogPlace {
    /// On a page of its own address; works without script.
    #[default]
    Page,
    /// Over the page, opened by a button with `data-open-dialog` where script runs.
    Over,
}

/// The question, as a form that posts to `action`.
#[component]
pub fn Dialog(
    /// The id, for the button that opens it.
    #[prop(into)]
    id: String,
    /// The question, with the name of the object in it.
    #[prop(into)]
    title: String,
    /// What happens.
    consequences: Vec<Consequence>,
    /// Where it posts to.
    #[prop(into)]
    action: String,
    /// The words on the button that does it.
    #[prop(into)]
    confirm: String,
    /// The words on the button that does not.
    #[prop(into)]
    keep: String,
    /// The page to go back to.
    #[prop(into)]
    back: String,
    /// The label of the reason for the audit log; without it no reason is asked.
    #[prop(optional_no_strip, into)]
    reason: Option<String>,
    /// What is wrong with the reason.
    #[prop(optional_no_strip, into)]
    reason_error: Option<String>,
    /// Nothing is lost by it: the button is an ordinary one.
    #[prop(optional)]
    harmless: bool,
    /// Where it stands.
    #[prop(optional)]
    place: DialogPlace,
    /// Hidden fields, and anything more to ask.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let reason_id = format!("{id}-reason");
    let keep = match place {
        DialogPlace::Page => view! { <LinkButton href=back>{keep}</LinkButton> }.into_any(),
        DialogPlace::Over => view! { <Button kind="button" attr:data-close-dialog="">{keep}</Button> }.into_any(),
    };
    let heading = match place {
        DialogPlace::Page => view! { <h1 id=title_id.clone()>{title}</h1> }.into_any(),
        DialogPlace::Over => view! { <h2 id=title_id.clone()>{title}</h2> }.into_any(),
    };
    let form = view! {
        <form method="post" action=action>
            {heading}
            <Consequences consequences=consequences/>
            {children.map(|children| children())}
            {reason.map(|reason| view! {
                <TextField id=reason_id name="reason" label=reason error=reason_error length_max=200 required=true/>
            })}
            <footer class="buttons">{keep}<Button look=if harmless { ButtonLook::Primary } else { ButtonLook::Sure }>{confirm}</Button></footer>
        </form>
    };
    match place {
        DialogPlace::Page => view! { <section class="dialog" id=id aria-labelledby=title_id>{form}</section> }.into_any(),
        DialogPlace::Over => view! { <dialog class="dialog over" id=id aria-labelledby=title_id>{form}</dialog> }.into_any(),
    }
}
