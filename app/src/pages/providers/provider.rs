//! One provider: its settings, a test, and what can be done; and the same form for one more. A secret is typed and never shown.

use domain::delivery::{
    ProviderKind, ProviderView,
    desk::{Figures, SettingTrouble, Tested, has_secret},
};
use leptos::prelude::*;
use model::{Channel, NAME_CHARACTERS_MAX};
use serde_json::Value;

use super::{
    ProviderDone, channel, counts,
    fields::{self, Setting, Shape},
    health, href, kind,
};
use crate::{
    components::{
        Banner, Breadcrumb, Button, ButtonLook, Choice, Consequence, Dialog, Fact, Facts, InputKind, LinkButton, Select, TextArea, TextField, Toast, Tone,
        Urgency,
    },
    render::{Page, PageMeta},
    routes,
    shell::{ConsolePage, ConsoleShell, PageWidth, Section},
};

/// Characters of a setting, and of certificates.
const SETTING_CHARACTERS_MAX: u32 = 300;
const ROOTS_CHARACTERS_MAX: u32 = 64 * 1024;

/// What is wrong with a field, until the language is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is missing.
    Missing,
    /// It cannot be used; why, in English.
    Bad(String),
    /// The name is none.
    Name,
    /// The name is taken.
    NameTaken,
    /// The secret has to be typed again.
    SecretAgain,
}

impl Wrong {
    fn words(&self) -> String {
        match self {
            Self::Missing => text!(providers.missing).to_owned(),
            Self::Bad(why) => text!(providers.setting_bad, why = why.clone()),
            Self::Name => text!(providers.name_bad).to_owned(),
            Self::NameTaken => text!(providers.name_taken).to_owned(),
            Self::SecretAgain => text!(providers.secret_again).to_owned(),
        }
    }
}

/// What is typed for a provider, and what is wrong with it. Never the secret.
#[derive(Clone, Debug)]
pub struct ProviderForm {
    /// Which protocol.
    pub kind: ProviderKind,
    /// What it carries.
    pub channel: Channel,
    /// Name.
    pub name: String,
    /// Short name of the one organisation it is for; empty for all.
    pub tenant: String,
    /// Settings by name.
    pub values: Vec<(String, String)>,
    /// A secret is stored.
    pub has_secret: bool,
    /// What is wrong, by field.
    pub wrong: Vec<(String, Wrong)>,
    /// What is unsafe is offered.
    pub development: bool,
}

impl ProviderForm {
    /// An empty form.
    #[must_use]
    pub fn new(kind: ProviderKind, development: bool) -> Self {
        let channel = [Channel::Sms, Channel::Voice, Channel::Mail].into_iter().find(|channel| kind.carries(*channel));
        Self {
            kind,
            channel: channel.unwrap_or(Channel::Sms),
            name: String::new(),
            tenant: String::new(),
            values: Vec::new(),
            has_secret: false,
            wrong: Vec::new(),
            development,
        }
    }

    /// The form of a provider that is there.
    #[must_use]
    pub fn of(provider: &ProviderView, development: bool) -> Self {
        let values = provider.settings.as_object().into_iter().flatten().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), value)
        });
        Self {
            name: provider.name.clone(),
            channel: provider.channel,
            values: values.collect(),
            has_secret: provider.has_secret,
            ..Self::new(provider.kind, development)
        }
    }

    /// What stands in a setting.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The settings as they are stored: what is empty is left out.
    #[must_use]
    pub fn settings(&self) -> Value {
        let filled = self.values.iter().filter(|(_, value)| !value.trim().is_empty());
        Value::Object(filled.map(|(name, value)| (name.clone(), Value::String(value.trim().to_owned()))).collect())
    }

    /// Marks what is missing; true when nothing is.
    pub fn complete(&mut self, typed_secret: bool) -> bool {
        let missing: Vec<String> = fields::settings(self.kind, self.development)
            .iter()
            .filter(|setting| setting.required && self.value(setting.name).trim().is_empty())
            .map(|setting| setting.name.to_owned())
            .collect();
        self.wrong.extend(missing.into_iter().map(|name| (name, Wrong::Missing)));
        if has_secret(self.kind, &self.settings()) && !typed_secret && !self.has_secret {
            self.wrong.push((String::from("secret"), Wrong::Missing));
        }
        self.wrong.is_empty()
    }

    /// Marks what whoever speaks the protocol cannot use.
    pub fn refuse(&mut self, trouble: SettingTrouble) {
        // The page says itself that it cannot be used.
        let why = trouble
            .why
            .trim_start_matches("cannot be used")
            .trim_start_matches(" here")
            .trim_start_matches(": ")
            .to_owned();
        self.wrong.push((trouble.field, Wrong::Bad(why)));
    }

    fn error(&self, name: &str) -> Option<String> {
        self.wrong.iter().find(|(field, _)| field == name).map(|(_, wrong)| wrong.words())
    }

    /// What is wrong and has no field.
    fn elsewhere(&self) -> Option<String> {
        let known = |field: &str| ["name", "secret"].contains(&field) || fields::settings(self.kind, self.development).iter().any(|s| s.name == field);
        self.wrong
            .iter()
            .find(|(field, _)| !known(field))
            .map(|(field, wrong)| format!("{field}: {}", wrong.words()))
    }

    fn view(&self) -> AnyView {
        let elsewhere = self.elsewhere().map(|words| {
            view! { <Banner tone=Tone::Bad title=text!(providers.problem_title).to_owned() urgency=Urgency::Alert>{words}</Banner> }
        });
        let settings: Vec<Setting> = fields::settings(self.kind, self.development);
        // Host and port belong together, and so do user and secret.
        let lines = settings.iter().map(|setting| self.field(setting)).collect_view();
        let secret = fields::secret_label(self.kind).map(|label| {
            let hint = if self.has_secret { text!(providers.secret_keep) } else { text!(providers.secret_hint) };
            view! {
                <TextField name="secret" label=label kind=InputKind::Password hint=hint.to_owned() error=self.error("secret") length_max=SETTING_CHARACTERS_MAX autocomplete="new-password"/>
            }
        });
        view! {
            {elsewhere}
            <TextField
                name="name"
                label=text!(providers.name)
                hint=text!(providers.name_hint).to_owned()
                value=self.name.clone()
                error=self.error("name")
                length_max=NAME_CHARACTERS_MAX as u32
                required=true
                autocomplete="off"
            />
            {lines}
            {secret}
        }
        .into_any()
    }

    fn field(&self, setting: &Setting) -> AnyView {
        let (name, label, hint) = (setting.name, fields::label(setting.name), fields::hint(setting.name).map(str::to_owned));
        let (value, error, required) = (self.value(name).to_owned(), self.error(name), setting.required);
        match setting.shape {
            Shape::Choice(words) => {
                let options = words.iter().map(|word| Choice::new(*word, fields::choice(word))).collect();
                let selected = if value.is_empty() { words[0].to_owned() } else { value };
                view! { <Select name=name label=label options=options selected=selected hint=hint error=error/> }.into_any()
            }
            Shape::Pem => view! { <TextArea name=name label=label value=value hint=hint error=error length_max=ROOTS_CHARACTERS_MAX/> }.into_any(),
            Shape::Text | Shape::Number | Shape::Url => {
                let kind = match setting.shape {
                    Shape::Number => InputKind::Number,
                    Shape::Url => InputKind::Url,
                    _ => InputKind::Text,
                };
                view! {
                    <TextField name=name label=label kind=kind value=value hint=hint error=error length_max=SETTING_CHARACTERS_MAX required=required autocomplete="off"/>
                }
                .into_any()
            }
        }
    }
}

/// What a setting is called, for whoever tells what changed.
#[must_use]
pub fn label_of(name: &str) -> &'static str {
    match name {
        "name" => text!(providers.name),
        name => fields::label(name),
    }
}

/// The kinds to choose from.
#[derive(Clone, Copy, Debug, Default)]
pub struct KindChoice {
    /// A developer's folder is offered.
    pub development: bool,
}

fn above() -> Vec<(String, String)> {
    vec![(text!(providers.title).to_owned(), routes::OPERATOR_PROVIDERS.to_owned())]
}

/// Draws the question which kind it is.
#[must_use]
pub fn choose_page(shell: ConsoleShell, model: KindChoice) -> Page {
    let about = |kind| match kind {
        ProviderKind::Smtp => text!(providers.about_smtp),
        ProviderKind::HttpSms => text!(providers.about_http_sms),
        ProviderKind::Smpp => text!(providers.about_smpp),
        ProviderKind::HttpVoice => text!(providers.about_http_voice),
        ProviderKind::Folder => text!(providers.about_folder),
    };
    let lines = ProviderKind::ALL
        .into_iter()
        .filter(|kind| model.development || *kind != ProviderKind::Folder)
        .map(|of| {
            let href = format!("{}?kind={}", routes::OPERATOR_PROVIDERS_NEW, of.as_str());
            view! {
                <li class="card stack tight">
                    <a href=href><b>{kind(of)}</b></a>
                    <span class="muted">{about(of)}</span>
                </li>
            }
        })
        .collect_view();
    let view = view! {
        <ConsolePage
            title=text!(providers.choose)
            above=|| view! { <Breadcrumb above=above() here=text!(providers.new_title)/> }
            width=PageWidth::Narrow
        >
            <ul class="stack plain">{lines}</ul>
        </ConsolePage>
    };
    Page::new(PageMeta::new(text!(providers.new_title), text!(providers.description)), shell, view.into_any())
}

/// The form for one more.
#[derive(Clone, Debug)]
pub struct NewProviderPage {
    /// What is typed.
    pub form: ProviderForm,
    /// Organisations: short name and name.
    pub tenants: Vec<(String, String)>,
}

/// Draws the form for one more.
#[must_use]
pub fn new_page(shell: ConsoleShell, model: NewProviderPage) -> Page {
    let form = model.form;
    let title = text!(providers.new_of, kind = kind(form.kind));
    let heading = title.clone();
    let channels: Vec<Choice> = [Channel::Sms, Channel::Voice, Channel::Mail]
        .into_iter()
        .filter(|of| form.kind.carries(*of))
        .map(|of| Choice::new(of.to_string(), channel(of)))
        .collect();
    let carries = match channels.len() {
        1 => view! { <input type="hidden" name="channel" value=form.channel.to_string()/> }.into_any(),
        _ => view! { <Select name="channel" label=text!(providers.channel) options=channels selected=form.channel.to_string()/> }.into_any(),
    };
    let tenants = std::iter::once(Choice::new("", text!(providers.everybody)))
        .chain(model.tenants.into_iter().map(|(slug, name)| Choice::new(slug, name)))
        .collect();
    let (fields, word, tenant) = (form.view(), form.kind.as_str(), form.tenant.clone());
    let view = view! {
        <ConsolePage
            title=title
            above=|| view! { <Breadcrumb above=above() here=text!(providers.new_title)/> }
            width=PageWidth::Narrow
        >
            <form class="stack" method="post" action=routes::OPERATOR_PROVIDERS_NEW>
                <input type="hidden" name="kind" value=word/>
                {carries}
                <Select name="tenant" label=text!(providers.tenant) options=tenants selected=tenant/>
                {fields}
                <div class="row">
                    <Button look=ButtonLook::Primary>{text!(providers.add)}</Button>
                    <LinkButton href=routes::OPERATOR_PROVIDERS look=ButtonLook::Quiet>{text!(providers.cancel)}</LinkButton>
                </div>
            </form>
        </ConsolePage>
    };
    Page::new(PageMeta::new(heading, text!(providers.description)), shell, view.into_any())
}

/// How a test went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// The provider was asked.
    Told(Tested),
    /// What was typed is no place to go.
    BadAddress,
    /// No sender fits.
    NoSender,
    /// It was tried a moment ago.
    TooSoon,
}

/// What is typed for a test, and how it went.
#[derive(Clone, Debug, Default)]
pub struct TestForm {
    /// Where it goes.
    pub to: String,
    /// How it went.
    pub outcome: Option<TestOutcome>,
}

/// The page of a provider.
#[derive(Clone, Debug)]
pub struct ProviderPage {
    /// The provider as it is.
    pub provider: ProviderView,
    /// What is typed.
    pub form: ProviderForm,
    /// What came of its messages.
    pub figures: Option<Figures>,
    /// Its only organisation.
    pub tenant: Option<String>,
    /// A test.
    pub test: TestForm,
    /// What was done.
    pub done: Option<ProviderDone>,
    /// Somebody else was faster: these fields are different now.
    pub conflict: Option<Vec<String>>,
}

/// Draws the page of a provider.
#[must_use]
pub fn provider_page(shell: ConsoleShell, model: ProviderPage) -> Page {
    let provider = model.provider.clone();
    let (name, here) = (provider.name.clone(), href(provider.id));
    let done = model.done.as_ref().map(|done| {
        let words = done.words();
        view! { <Toast>{words}</Toast> }
    });
    let conflict = model.conflict.as_ref().map(|changes| {
        let changes = match changes.is_empty() {
            true => text!(providers.conflict_same).to_owned(),
            false => changes.iter().map(|name| label_of(name)).collect::<Vec<_>>().join(", "),
        };
        let words = text!(providers.conflict_words, changes = changes);
        view! { <Banner tone=Tone::Warn title=text!(providers.conflict_title).to_owned() urgency=Urgency::Alert>{words}</Banner> }
    });
    let test = test(&model, &here);
    let outcome = outcome(&model);
    let (version, fields, action) = (provider.version.to_string(), model.form.view(), here.clone());
    let tenant = model.tenant.clone().map(|name| view! { <Fact name=text!(providers.tenant)>{name}</Fact> });
    let (hour, day) = model.figures.map_or_else(Default::default, |figures| (figures.hour, figures.day));
    let carries = format!("{} · {}", channel(provider.channel), kind(provider.kind));
    let (health, hour, day) = (health(&provider), counts(hour), counts(day));
    let facts = view! {
        <Facts>
            <Fact name=text!(providers.channel)>{carries}</Fact>
            {tenant}
            <Fact name=text!(providers.c_health)>{health}</Fact>
            <Fact name=text!(providers.c_hour)>{hour}</Fact>
            <Fact name=text!(providers.c_day)>{day}</Fact>
        </Facts>
    };
    let (switch_word, switch_label) = match provider.enabled {
        true => ("off", text!(providers.switch_off)),
        false => ("on", text!(providers.switch_on)),
    };
    let (switch_action, switch_version, remove) = (here.clone(), version.clone(), format!("{here}?do=remove"));
    let (title, crumb) = (name.clone(), name.clone());
    let view = view! {
        <ConsolePage title=title above=move || view! { <Breadcrumb above=above() here=crumb/> }>
            {done}
            {conflict}
            {outcome}
            <div class="columns">
                <div class="stack wide">
                    <Section id="settings" title=text!(providers.settings)>
                        <form class="stack card" method="post" action=action>
                            <input type="hidden" name="do" value="change"/>
                            <input type="hidden" name="version" value=version/>
                            {fields}
                            <div class="row"><Button look=ButtonLook::Primary>{text!(providers.save)}</Button></div>
                        </form>
                    </Section>
                </div>
                <aside class="stack" aria-label=text!(providers.c_health)>
                    <div class="card stack">
                        {facts}
                        <form class="row" method="post" action=switch_action>
                            <input type="hidden" name="do" value=switch_word/>
                            <input type="hidden" name="version" value=switch_version/>
                            <Button>{switch_label}</Button>
                            <LinkButton href=remove look=ButtonLook::Danger>{text!(providers.remove)}</LinkButton>
                        </form>
                    </div>
                    {test}
                </aside>
            </div>
        </ConsolePage>
    };
    Page::new(PageMeta::new(name, text!(providers.description)), shell, view.into_any())
}

fn test(model: &ProviderPage, here: &str) -> AnyView {
    let voice = model.provider.channel == Channel::Voice;
    let error = match model.test.outcome {
        Some(TestOutcome::BadAddress) if model.provider.channel == Channel::Mail => Some(text!(providers.test_mail_bad).to_owned()),
        Some(TestOutcome::BadAddress) => Some(text!(providers.test_phone_bad).to_owned()),
        Some(TestOutcome::TooSoon) => Some(text!(providers.test_too_soon).to_owned()),
        _ => None,
    };
    let (title, lead, send) = match voice {
        true => (text!(providers.test_voice_title), text!(providers.test_voice_lead), text!(providers.test_ask)),
        false => (text!(providers.test_title), text!(providers.test_lead), text!(providers.test_send)),
    };
    let to = model.test.to.clone();
    let field = match model.provider.channel {
        Channel::Mail => view! { <TextField name="to" label=text!(providers.test_mail) kind=InputKind::Email value=to error=error length_max=254 required=true autocomplete="off"/> }.into_any(),
        Channel::Sms | Channel::Voice => view! {
            <TextField name="to" label=text!(providers.test_phone) kind=InputKind::Phone hint=text!(providers.test_phone_hint).to_owned() value=to error=error length_max=40 required=true autocomplete="off"/>
        }
        .into_any(),
    };
    let action = here.to_owned();
    view! {
        <Section id="test" title=title>
            <form class="stack card" method="post" action=action>
                <input type="hidden" name="do" value="test"/>
                <p class="muted">{lead}</p>
                {field}
                <div class="row"><Button>{send}</Button></div>
            </form>
        </Section>
    }
    .into_any()
}

fn outcome(model: &ProviderPage) -> Option<AnyView> {
    let name = model.provider.name.clone();
    Some(match model.test.outcome.as_ref()? {
        TestOutcome::BadAddress | TestOutcome::TooSoon => return None,
        TestOutcome::NoSender => view! {
            <Banner
                tone=Tone::Warn
                title=text!(providers.test_failed_title).to_owned()
                action=|| view! { <LinkButton href=routes::OPERATOR_SENDERS>{text!(providers.test_no_sender_link)}</LinkButton> }
            >
                {text!(providers.test_no_sender)}
            </Banner>
        }
        .into_any(),
        TestOutcome::Told(Tested::Taken { delivered, sender }) => {
            let words = match delivered {
                true => text!(providers.test_arrived_words, sender = sender.clone()),
                false => text!(providers.test_taken_words, sender = sender.clone()),
            };
            view! { <Banner tone=Tone::Ok title=text!(providers.test_taken_title, name = name)>{words}</Banner> }.into_any()
        }
        TestOutcome::Told(Tested::Answers) => {
            view! { <Banner tone=Tone::Ok title=text!(providers.test_answers_title, name = name)>{text!(providers.test_answers_words)}</Banner> }.into_any()
        }
        TestOutcome::Told(Tested::Failed(error)) => {
            let words = error.to_string();
            view! {
                <Banner tone=Tone::Bad title=text!(providers.test_failed_title).to_owned() urgency=Urgency::Alert><span lang="en">{words}</span></Banner>
            }
            .into_any()
        }
    })
}

/// The question before a provider is removed.
#[derive(Clone, Debug)]
pub struct RemoveProvider {
    /// Which one.
    pub provider: ProviderView,
    /// Nobody else carries its channel.
    pub last: bool,
    /// Messages that wait for it.
    pub waiting: i64,
    /// Somebody has changed it since.
    pub conflict: bool,
}

/// Draws the question.
#[must_use]
pub fn remove_page(shell: ConsoleShell, model: RemoveProvider) -> Page {
    let (name, here) = (model.provider.name.clone(), href(model.provider.id));
    let above = {
        let mut above = above();
        above.push((name.clone(), here.clone()));
        above
    };
    let title = text!(providers.remove_ask, name = name);
    let (next, tone) = match model.last {
        true => (text!(providers.effect_last), Tone::Bad),
        false => (text!(providers.effect_next), Tone::Neutral),
    };
    let consequences = vec![
        Consequence::new(tone, next),
        Consequence::new(Tone::Warn, text!(providers.effect_remove)),
        Consequence::new(Tone::Neutral, text!(providers.effect_journal)),
    ];
    let waiting = (model.waiting > 0).then(|| {
        let words = text!(providers.under_way, count = model.waiting.unsigned_abs() as usize);
        view! { <Banner tone=Tone::Warn title=text!(providers.under_way_title).to_owned() urgency=Urgency::Alert>{words}</Banner> }
    });
    let conflict = model
        .conflict
        .then(|| view! { <Banner tone=Tone::Warn title=text!(providers.conflict_title).to_owned()>{text!(providers.conflict_again)}</Banner> });
    let (action, version) = (here.clone(), model.provider.version.to_string());
    let body = view! {
        <main id="main" class="page narrow">
            <Breadcrumb above=above here=text!(providers.remove)/>
            {waiting}
            {conflict}
            <Dialog
                id="act"
                title=title.clone()
                consequences=consequences
                action=action
                confirm=text!(providers.remove)
                keep=text!(providers.keep)
                back=here
            >
                <input type="hidden" name="do" value="remove"/>
                <input type="hidden" name="version" value=version/>
            </Dialog>
        </main>
    };
    Page::new(PageMeta::new(title, text!(providers.description)), shell, body.into_any())
}
