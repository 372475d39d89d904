//! `/security-info/app-passwords`: passwords for programs that cannot ask for a second step: what there is, a new one, shown once, and what removing does.
//!
//! Form (POST to the same address): `step=make name` · `step=remove id` (without an id: all of them). Links: `?remove=ID`, `?remove=all`.

use domain::methods::app_password::AppPasswordView;
use leptos::prelude::*;
use model::{APP_PASSWORDS_MAX, NAME_CHARACTERS_MAX, TextError};

use super::{PATH, add::framed, change::name_words};
use crate::{
    components::{
        Badge, Banner, Button, ButtonLook, ButtonSize, Consequence, Consequences, CopyBox, CopyLook, Dialog, EmptyState, Icon, IconName, LinkButton, TextField,
        Toast, Tone,
    },
    format,
    pages::problem::Problem,
    render::{Page, PageMeta},
    routes::SECURITY_INFO_APP_PASSWORDS as HERE,
    shell::{Frame, MemberShell, Section},
};

/// What stands at the address.
#[derive(Clone, Debug)]
pub enum AppPasswords {
    /// The list, and the form for one more.
    List {
        /// The tenant, for saying who has switched them off.
        tenant: String,
        /// Oldest first.
        items: Vec<AppPasswordView>,
        /// More may be made.
        allowed: bool,
        /// What was typed as a name.
        name: String,
        /// What is wrong with it.
        error: Option<TextError>,
        /// What has just been removed.
        removed: Option<String>,
        /// What went wrong.
        problem: Option<Problem>,
    },
    /// A new one, shown once. The answer must not be compressed.
    Made {
        /// For which program.
        label: String,
        /// The sixteen letters.
        letters: String,
    },
    /// Is it to be removed?
    Remove(AppPasswordView),
    /// Are all of them?
    RemoveAll {
        /// How many there are.
        count: usize,
    },
}

/// Draws the page. The frame is set here; the rest of the shell is the caller's.
#[must_use]
pub fn app_passwords(shell: MemberShell, model: AppPasswords) -> Page {
    match model {
        AppPasswords::List {
            tenant,
            items,
            allowed,
            name,
            error,
            removed,
            problem,
        } => {
            let toast = removed.map(|what| view! { <Toast>{text!(security_info.done_removed, what = what)}</Toast> });
            let banner = problem.as_ref().and_then(Problem::banner);
            let form = allowed.then(|| new_one(items.len(), name, error));
            let off = (!allowed).then(|| {
                view! {
                    <Banner tone=Tone::Warn title=text!(app_passwords.off_title).to_owned()>{text!(app_passwords.off_words, tenant = tenant.clone())}</Banner>
                }
            });
            let body = view! {
                <div class="stack wide">
                    <div class="lead"><h1>{text!(app_passwords.title)}</h1><p>{text!(app_passwords.lead)}</p></div>
                    {toast}
                    {banner}
                    {off}
                    {list(items, allowed)}
                    {form}
                    {when_to()}
                    <p class="small"><a href=PATH>{text!(activity.back)}</a></p>
                </div>
            };
            let shell = MemberShell { frame: Frame::Wide, ..shell };
            let meta = PageMeta::new(text!(app_passwords.title), text!(app_passwords.description));
            Page::new(meta, shell, body.into_any())
        }
        AppPasswords::Made { label, letters } => framed(shell, text!(app_passwords.made_title), made(label, letters)),
        AppPasswords::Remove(password) => framed(shell, text!(app_passwords.title), remove(password)),
        AppPasswords::RemoveAll { count } => framed(shell, text!(app_passwords.title), remove_all(count)),
    }
}

/// The way here from the overview.
pub(super) fn section(count: usize) -> AnyView {
    let words = match count {
        0 => text!(app_passwords.section_none).to_owned(),
        1 => text!(app_passwords.section_one).to_owned(),
        count => text!(app_passwords.section_some, count = count.to_string()),
    };
    view! {
        <Section id="app-passwords" title=text!(app_passwords.title)>
            <Banner
                icon=IconName::MethodApppw
                title=words
                action=|| view! { <LinkButton href=HERE size=ButtonSize::Small>{text!(app_passwords.open)}</LinkButton> }
            >
                {text!(app_passwords.section_words)}
            </Banner>
        </Section>
    }
    .into_any()
}

fn list(items: Vec<AppPasswordView>, allowed: bool) -> AnyView {
    if items.is_empty() {
        let words = if allowed {
            text!(app_passwords.empty_words)
        } else {
            text!(app_passwords.empty_off)
        };
        return view! { <div class="card flush"><EmptyState icon=IconName::MethodApppw title=text!(app_passwords.empty_title) words=words/></div> }.into_any();
    }
    let all = (items.len() > 1).then(|| {
        view! { <a class="end" href=format!("{HERE}?remove=all")>{text!(app_passwords.remove_all)}</a> }
    });
    let lines = items.into_iter().map(line).collect_view();
    view! {
        <Section id="app-passwords" title=text!(app_passwords.yours) note=move || all>
            <ul class="card flush list inset">{lines}</ul>
        </Section>
    }
    .into_any()
}

fn line(password: AppPasswordView) -> AnyView {
    let made = text!(security_info.made, date = format::date_with_year(password.made_at));
    let used = match password.last_used_at {
        None => text!(security_info.never_used).to_owned(),
        Some(at) => {
            let place = [password.last_protocol, password.last_used_ip]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ");
            let used = text!(security_info.last_used, date = format::moment(at));
            if place.is_empty() { used } else { format!("{used} ({place})") }
        }
    };
    let label = text!(app_passwords.remove_what, what = password.label.clone());
    view! {
        <li>
            <div class="list-line folds">
                <Icon name=IconName::MethodApppw/>
                <div class="grow"><span class="strong">{password.label}</span><span class="muted small">{format!("{made} · {used}")}</span></div>
                <a class="button small" href=format!("{HERE}?remove={}", password.id) aria-label=label>{text!(security_info.remove)}</a>
            </div>
        </li>
    }
    .into_any()
}

fn new_one(there: usize, name: String, error: Option<TextError>) -> AnyView {
    if there as i64 >= APP_PASSWORDS_MAX {
        return view! { <Banner tone=Tone::Warn note=true>{text!(app_passwords.full, max = APP_PASSWORDS_MAX)}</Banner> }.into_any();
    }
    view! {
        <Section id="new" title=text!(app_passwords.new)>
            <form class="card stack" method="post" action=HERE>
                <input type="hidden" name="step" value="make"/>
                <TextField
                    name="name"
                    label=text!(app_passwords.name)
                    hint=text!(app_passwords.name_hint).to_owned()
                    value=name
                    focus=error.is_some()
                    error=error.map(name_words)
                    autocomplete="off"
                    length_max=NAME_CHARACTERS_MAX as u32
                    required=true
                />
                <div class="row"><Button look=ButtonLook::Primary icon=IconName::Plus>{text!(app_passwords.make)}</Button></div>
            </form>
        </Section>
    }
    .into_any()
}

/// Which programs need one, and which do not.
fn when_to() -> AnyView {
    let points = [
        (IconName::MethodMail, text!(app_passwords.when_old)),
        (IconName::Check, text!(app_passwords.when_new)),
        (IconName::Lock, text!(app_passwords.when_password)),
    ];
    let points = points
        .into_iter()
        .map(|(icon, words)| Consequence::new(Tone::Neutral, words).with_icon(icon))
        .collect();
    view! { <Section id="when" title=text!(app_passwords.when)><Consequences consequences=points/></Section> }.into_any()
}

fn made(label: String, letters: String) -> AnyView {
    // In fours, as people read and copy them; programs get them with or without the spaces.
    let groups: Vec<String> = letters
        .as_bytes()
        .chunks(4)
        .map(|four| four.iter().map(|byte| char::from(*byte)).collect())
        .collect();
    let steps = [text!(app_passwords.made_type), text!(app_passwords.made_keep), text!(app_passwords.made_once)];
    let steps = steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view();
    view! {
        <div class="stack screen-stack">
            <div class="lead">
                <Badge tone=Tone::Ok>{text!(register.ready)}</Badge>
                <h1>{text!(app_passwords.made_title)}</h1>
                <p>{rich!(app_passwords.made_lead, what = label.clone(), <b> = <strong/>)}</p>
            </div>
            <CopyBox text=groups.join(" ") look=CopyLook::Block button=text!(app_passwords.copy).to_owned()/>
            <ol class="numbered">{steps}</ol>
            <LinkButton href=HERE look=ButtonLook::Primary size=ButtonSize::Block>{text!(app_passwords.made_done)}</LinkButton>
        </div>
    }
    .into_any()
}

fn remove(password: AppPasswordView) -> AnyView {
    let consequences = vec![
        Consequence::new(Tone::Bad, text!(app_passwords.remove_stops)),
        Consequence::new(Tone::Neutral, text!(security_info.remove_message)).with_icon(IconName::MethodMail),
    ];
    view! {
        <Dialog
            id="remove"
            title=text!(security_info.remove_title, what = password.label)
            consequences=consequences
            action=HERE
            confirm=text!(security_info.remove_confirm)
            keep=text!(security_info.keep)
            back=HERE
        >
            <input type="hidden" name="step" value="remove"/>
            <input type="hidden" name="method" value=password.id.to_string()/>
        </Dialog>
    }
    .into_any()
}

fn remove_all(count: usize) -> AnyView {
    let consequences = vec![
        Consequence::new(Tone::Bad, text!(app_passwords.remove_all_stops)),
        Consequence::new(Tone::Neutral, text!(security_info.remove_message)).with_icon(IconName::MethodMail),
    ];
    view! {
        <Dialog
            id="remove"
            title=text!(app_passwords.remove_all_title, count = count.to_string())
            consequences=consequences
            action=HERE
            confirm=text!(app_passwords.remove_all_confirm)
            keep=text!(security_info.keep)
            back=HERE
        >
            <input type="hidden" name="step" value="remove"/>
        </Dialog>
    }
    .into_any()
}
