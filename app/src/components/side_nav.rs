//! Navigation of the console by task; on a phone behind one menu button.

use leptos::prelude::*;

use super::{Icon, IconName, Logo};

/// One page of the console.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// Its name.
    pub label: String,
    /// Its address.
    pub href: String,
    /// Its icon.
    pub icon: IconName,
    /// How many things wait there.
    pub count: Option<String>,
    /// Whether it is the page shown.
    pub current: bool,
}

impl NavItem {
    /// A page where nothing waits.
    pub fn new(label: impl Into<String>, href: impl Into<String>, icon: IconName, current: bool) -> Self {
        Self {
            label: label.into(),
            href: href.into(),
            icon,
            count: None,
            current,
        }
    }
}

/// A tenant the reader may work in.
#[derive(Clone, Debug)]
pub struct TenantChoice {
    /// Its name.
    pub name: String,
    /// What stands under the name, such as the number of members.
    pub detail: String,
    /// Where the same page of that tenant is.
    pub href: String,
}

/// The navigation.
#[component]
pub fn SideNav(
    /// Where the logo leads.
    #[prop(into)]
    home: String,
    /// The tenant being worked in; none for the operator.
    #[prop(optional_no_strip)]
    tenant: Option<TenantChoice>,
    /// Other tenants to switch to.
    #[prop(optional)]
    others: Vec<TenantChoice>,
    /// The pages.
    items: Vec<NavItem>,
    /// What stands at the foot, such as the version.
    #[prop(optional, into)]
    foot: String,
) -> impl IntoView {
    view! {
        <nav class="side-nav" aria-label=text!(shell.console)>
            <Logo href=home/>
            {tenant.clone().map(|tenant| tenant_switch(tenant, others.clone(), "tenant-switch wide"))}
            <ul>{links(&items)}</ul>
            <div class="foot">
                <button class="link" type="button" data-keys data-needs-script>{text!(shell.keys)}</button>
                <span>{foot}</span>
            </div>
            <details class="menu">
                <summary><Icon name=IconName::Menu/>{text!(shell.menu)}</summary>
                {tenant.map(|tenant| tenant_switch(tenant, others, "tenant-switch"))}
                <ul aria-label=text!(shell.menu)>{links(&items)}</ul>
            </details>
        </nav>
    }
}

fn links(items: &[NavItem]) -> AnyView {
    items
        .iter()
        .cloned()
        .map(|item| {
            view! {
                <li>
                    <a href=item.href aria-current=item.current.then_some("page")>
                        <Icon name=item.icon/>
                        {item.label}
                        {item.count.map(|count| view! { <span class="count">{count}</span> })}
                    </a>
                </li>
            }
        })
        .collect_view()
        .into_any()
}

/// The name of the tenant; a list of the others opens under it.
fn tenant_switch(tenant: TenantChoice, others: Vec<TenantChoice>, class: &'static str) -> AnyView {
    let whole = tenant.name.clone();
    let name = view! { <span><b title=whole>{tenant.name}</b>{tenant.detail}</span> };
    if others.is_empty() {
        return view! { <div class=format!("{class} only")>{name}</div> }.into_any();
    }
    let others = others
        .into_iter()
        .map(|other| view! { <li><a href=other.href><b>{other.name}</b>{other.detail}</a></li> })
        .collect_view();
    view! {
        <details class=class>
            <summary title=text!(shell.switch_tenant)>{name}<Icon name=IconName::Updown size=super::IconSize::Small/></summary>
            <ul>{others}</ul>
        </details>
    }
    .into_any()
}
