//! The frame of members' pages: logo and tenant above, session id and help below, one thing in between.

use leptos::prelude::*;

use crate::{
    components::{Avatar, CopyBox, CopyLook, LanguageSwitch, Logo, ThemeSwitch},
    visit::{assets, visit},
};

/// How the page stands in its frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frame {
    /// On a sheet before a row of gables: a single question.
    #[default]
    Framed,
    /// In a wider column on the canvas: a page one comes back to.
    Wide,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct MemberAccount {
    /// The name.
    pub name: String,
    /// The name they sign in with.
    pub upn: String,
    /// Where the sign-out form posts to.
    pub sign_out: String,
    /// Links of the menu: words and address, such as security info, activity, and the console for staff.
    pub links: Vec<(String, String)>,
}

/// What the frame shows.
#[derive(Clone, Debug, Default)]
pub struct MemberShell {
    /// How the page stands in it.
    pub frame: Frame,
    /// Where the logo leads.
    pub home: String,
    /// The name of the tenant, once it is known.
    pub tenant: Option<String>,
    /// Who is signed in.
    pub account: Option<MemberAccount>,
    /// The help page of the service desk.
    pub help: Option<String>,
    /// The privacy statement.
    pub privacy: Option<String>,
}

impl MemberShell {
    pub(super) fn body_class(&self) -> &'static str {
        match (self.frame, self.account.is_some()) {
            (Frame::Framed, false) => "member-shell framed",
            (Frame::Framed, true) => "member-shell framed known",
            (Frame::Wide, false) => "member-shell wide",
            (Frame::Wide, true) => "member-shell wide known",
        }
    }

    pub(super) fn around(self, page: AnyView) -> AnyView {
        let session = visit().session_id.map(|id| {
            view! { <span class="row">{text!(shell.session)}<CopyBox text=id look=CopyLook::Inline/></span> }
        });
        let gables = (self.frame == Frame::Framed).then(|| {
            let href = format!("{}#gables", assets().url("icons.svg"));
            view! {
                <svg class="gables" viewBox="0 0 1664 192" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
                    <use href=href></use>
                </svg>
            }
        });
        let home = if self.home.is_empty() { "/".to_owned() } else { self.home };
        view! {
            <a class="skip" href="#main">{text!(shell.skip)}</a>
            <header>
                <Logo href=home/>
                {self.tenant.map(tenant)}
                <div class="tools end"><LanguageSwitch/>{self.account.map(menu)}</div>
            </header>
            <main id="main">{page}</main>
            {gables}
            <footer>
                {session}
                {self.help.map(|help| view! { <a href=help>{text!(shell.help)}</a> })}
                {self.privacy.map(|privacy| view! { <a href=privacy>{text!(shell.privacy)}</a> })}
                <details class="appearance">
                    <summary>{text!(shell.theme)}</summary>
                    <div class="pop up"><ThemeSwitch/></div>
                </details>
            </footer>
        }
        .into_any()
    }
}

/// Whose pages these are: its logo, on a light ground by night too, or its name.
fn tenant(name: String) -> AnyView {
    match visit().brand.logo {
        Some(logo) => view! { <span class="tenant"><img class="brand" src=logo alt=name height="28"/></span> }.into_any(),
        None => view! { <span class="tenant">{name}</span> }.into_any(),
    }
}

fn menu(account: MemberAccount) -> AnyView {
    let label = text!(shell.account_of, name = account.name.clone(), role = account.upn.clone());
    let links = account.links.into_iter().map(|(words, href)| view! { <a href=href>{words}</a> }).collect_view();
    view! {
        <details class="account">
            <summary class="button quiet"><Avatar name=account.name.clone()/><span class="visually-hidden">{label}</span></summary>
            <div class="pop">
                <p><b>{account.name}</b><span class="muted">{account.upn}</span></p>
                <LanguageSwitch/>
                {links}
                <form method="post" action=account.sign_out>
                    <button class="button small" type="submit">{text!(shell.sign_out)}</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}
