//! The bar over the sheet: search everywhere, language, theme, account.

use leptos::prelude::*;

use super::{Avatar, LanguageSwitch, Search, ThemeSwitch};

/// Who is signed in to the console.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The role, in words.
    pub role: String,
    /// Their own security info.
    pub security_info: String,
    /// Where the sign-out form posts to.
    pub sign_out: String,
}

/// The bar.
#[component]
pub fn TopBar(
    /// The page that answers a search.
    #[prop(into)]
    search: String,
    /// What was searched for.
    #[prop(optional, into)]
    query: String,
    /// Who is signed in.
    account: Account,
) -> impl IntoView {
    let label = text!(shell.account_of, name = account.name.clone(), role = account.role.clone());
    view! {
        <header class="top-bar">
            <Search
                id="q-top"
                action=search
                label=text!(shell.search_label)
                placeholder=text!(shell.search_placeholder)
                value=query
                key="/"
            />
            <div class="tools">
                <LanguageSwitch/>
                <details class="account">
                    <summary class="button quiet"><Avatar name=account.name.clone()/><span class="visually-hidden">{label}</span></summary>
                    <div class="pop">
                        <p><b>{account.name}</b><span class="muted">{account.role}</span></p>
                        <LanguageSwitch/>
                        <ThemeSwitch/>
                        <a href=account.security_info>{text!(shell.my_security_info)}</a>
                        <form method="post" action=account.sign_out>
                            <button class="button" type="submit">{text!(shell.sign_out)}</button>
                        </form>
                    </div>
                </details>
            </div>
        </header>
    }
}
