//! A look beside the list. It pushes and never covers; on a phone it follows the list.

use leptos::prelude::*;

use super::{ButtonLook, IconButton, IconName, Kbd};

/// The drawer.
#[component]
pub fn Drawer(
    /// The name of the object.
    #[prop(into)]
    title: String,
    /// What stands under the name.
    #[prop(optional, into)]
    subtitle: String,
    /// What stands before the name, such as an avatar.
    #[prop(optional, into)]
    mark: ViewFnOnce,
    /// The page of the object; empty where the reader may not see it.
    #[prop(into)]
    open: String,
    /// The list without the drawer.
    #[prop(into)]
    close: String,
    /// The row before.
    #[prop(optional_no_strip, into)]
    previous: Option<String>,
    /// The row after.
    #[prop(optional_no_strip, into)]
    next: Option<String>,
    /// Actions at the foot.
    #[prop(optional, into)]
    foot: Option<ViewFnOnce>,
    /// `<DrawerSection>`s.
    children: Children,
) -> impl IntoView {
    let step =
        |href: Option<String>, label: &'static str, icon| href.map(|href| view! { <IconButton label=label icon=icon look=ButtonLook::Quiet href=href/> });
    let open_link = if open.is_empty() {
        view! { <span class="end"></span> }.into_any()
    } else {
        view! {
            <a class="button quiet end" href=open>
                {text!(components.open_page)}
                <Kbd attr:data-needs-script="">"Enter"</Kbd>
            </a>
        }
        .into_any()
    };
    view! {
            <aside class="drawer" aria-labelledby="drawer-title">
                <header>
                    <div class="tools">
                        {step(previous, text!(components.previous), IconName::ChevronLeft)}
                        {step(next, text!(components.next), IconName::ChevronRight)}
    {open_link}
                        <IconButton label=text!(components.close) icon=IconName::X look=ButtonLook::Quiet href=close attr:data-close-drawer=""/>
                    </div>
                    <div class="row">
                        {mark.run()}
                        <div class="grow"><h2 id="drawer-title">{title}</h2><p class="muted small">{subtitle}</p></div>
                    </div>
                </header>
                {children()}
                {foot.map(|foot| view! { <footer>{foot.run()}</footer> })}
            </aside>
        }
}

/// A part of a drawer.
#[component]
pub fn DrawerSection(
    /// Its heading.
    #[prop(into)]
    title: String,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    view! { <section><h3>{title}</h3>{children()}</section> }
}
