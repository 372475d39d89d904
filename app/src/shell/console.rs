//! The frame of the console: navigation on the canvas, work on a sheet, an optional drawer beside it.

use leptos::prelude::*;

use crate::components::{Account, Kbd, NavItem, SideNav, TenantChoice, TopBar};

/// What the frame shows.
#[derive(Clone, Debug)]
pub struct ConsoleShell {
    /// Where the logo leads.
    pub home: String,
    /// The tenant being worked in; none for the operator.
    pub tenant: Option<TenantChoice>,
    /// Other tenants to switch to.
    pub other_tenants: Vec<TenantChoice>,
    /// The pages this role may see.
    pub items: Vec<NavItem>,
    /// The page that answers the search everywhere.
    pub search: String,
    /// What was searched for.
    pub query: String,
    /// Who is signed in.
    pub account: Account,
    /// Version and node.
    pub foot: String,
}

impl ConsoleShell {
    /// Pages are a [`super::ConsolePage`], which brings its own `<main>`, so that a drawer can stand beside it.
    pub(super) fn around(self, page: AnyView) -> AnyView {
        view! {
            <a class="skip" href="#main">{text!(shell.skip)}</a>
            <SideNav home=self.home tenant=self.tenant others=self.other_tenants items=self.items foot=self.foot/>
            <TopBar search=self.search query=self.query account=self.account/>
            <div class="sheet">{page}</div>
            {keys()}
        }
        .into_any()
    }
}

/// The list of keys, opened by `?`.
fn keys() -> AnyView {
    let lines = [
        (vec!["/"], text!(shell.key_search)),
        (vec!["f"], text!(shell.key_filter)),
        (vec!["j", "k"], text!(shell.key_move)),
        (vec!["x"], text!(shell.key_select)),
        (vec!["e"], text!(shell.key_look)),
        (vec!["Enter"], text!(shell.key_open)),
        (vec!["n"], text!(shell.key_new_rows)),
        (vec!["Esc"], text!(shell.key_close)),
        (vec!["?"], text!(shell.key_help)),
    ]
    .into_iter()
    .map(|(keys, words)| {
        let keys = keys.into_iter().map(|key| view! { <Kbd>{key}</Kbd>" " }).collect_view();
        view! { <dt>{keys}</dt><dd>{words}</dd> }
    })
    .collect_view();
    view! {
        <dialog class="dialog over" id="keys" aria-labelledby="keys-title">
            <form method="dialog">
                <h2 id="keys-title">{text!(shell.keys)}</h2>
                <dl class="facts tall">{lines}</dl>
                <footer><button class="button" type="submit">{text!(components.close)}</button></footer>
            </form>
        </dialog>
    }
    .into_any()
}
