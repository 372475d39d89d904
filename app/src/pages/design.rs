//! `GET /design`: every part in every state, in both shells. People, organisations and figures are invented; this page is for those who
//! build and check the product, so its words are English and stand here.

use axum::response::Html;
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

use crate::{
    assets::Assets,
    components::*,
    islands::{PasswordField, PasswordWords},
    render::{Page, PageMeta, document},
    shell::{ConsolePage, ConsoleShell, Frame, MemberAccount, MemberShell, Section},
    visit::Visit,
};

/// Which frame the parts are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DesignShell {
    /// Dense, as in the console.
    Console,
    /// Roomy, as on members' pages.
    Member,
    /// A list with an open drawer.
    Drawer,
}

impl DesignShell {
    /// Reads `?shell=`.
    #[must_use]
    pub fn parse(key: Option<&str>) -> Self {
        match key {
            Some("member") => Self::Member,
            Some("drawer") => Self::Drawer,
            _ => Self::Console,
        }
    }
}

/// The page.
pub fn page(assets: &Assets, visit: Visit, shell: DesignShell) -> Html<String> {
    let visit = visit.with_session_id("7K2M-9QXD-3F");
    let now = visit.now;
    document(assets, &visit, || {
        let meta = PageMeta::new("Components", "Every part of the design system in every state.");
        match shell {
            DesignShell::Console => Page::new(meta, console(0), console_view(now)),
            DesignShell::Member => Page::new(meta, member(), member_view(now)),
            DesignShell::Drawer => Page::new(meta, console(1), drawer_view()),
        }
    })
}

fn console_view(now: Timestamp) -> AnyView {
    view! {
        <ConsolePage
            title="Components"
            lead=|| view! { <p>"Every part, every state. A stepped gable with a lit door; the second half of the word is one step up."</p> }
            actions=|| view! {
                <LinkButton href="/design?shell=member">"In the member shell"</LinkButton>
                <LinkButton href="/design?shell=drawer">"With a drawer"</LinkButton>
            }
        >
            {foundations()}
            <div class="masonry">{parts(now)}</div>
            {table(None)}
        </ConsolePage>
    }
    .into_any()
}

fn member_view(now: Timestamp) -> AnyView {
    view! {
        <div class="stack wide">
            <div class="lead"><h1>"Components"</h1><p>"The same parts in the rhythm of members' pages."</p></div>
            {parts(now)}
        </div>
    }
    .into_any()
}

fn drawer_view() -> AnyView {
    view! {
        <ConsolePage
            title="Members"
            actions=|| view! {
                <Button kind="button" icon=IconName::Download>"CSV of these 84"</Button>
                <Button kind="button" look=ButtonLook::Primary icon=IconName::Plus>"Add members"</Button>
            }
            drawer=drawer
        >
            {facets()}
            {table(Some(0))}
        </ConsolePage>
    }
    .into_any()
}

fn console(current: usize) -> ConsoleShell {
    let items = [
        ("Needs attention", IconName::Flag),
        ("Members", IconName::Users),
        ("Sign-ins", IconName::Log),
        ("Support desk", IconName::Search),
        ("Methods", IconName::Shield),
        ("Tokens", IconName::MethodToken),
        ("Policies", IconName::Policy),
        ("Reports", IconName::Chart),
        ("Providers", IconName::Gateway),
        ("Integrations", IconName::Plug),
        ("Audit", IconName::Book),
        ("Settings", IconName::Gear),
    ];
    let mut items: Vec<NavItem> = items
        .into_iter()
        .enumerate()
        .map(|(index, (label, icon))| NavItem::new(label, "/design", icon, index == current))
        .collect();
    items[0].count = Some("6".to_owned());
    let tenant = |name: &str, detail: &str| TenantChoice {
        name: name.to_owned(),
        detail: detail.to_owned(),
        href: "/design".to_owned(),
    };
    ConsoleShell {
        home: "/design".to_owned(),
        tenant: Some(tenant("Hogeschool Duinmeer", "4,812 members")),
        other_tenants: vec![tenant("Waterschap Zuidlijn", "640 members"), tenant("Zorggroep Lindehof", "1,905 members")],
        items,
        search: "/design".to_owned(),
        query: String::new(),
        account: Account {
            name: "Marijke Stam".to_owned(),
            role: "authentication admin".to_owned(),
            security_info: "/security-info".to_owned(),
            sign_out: "/sign-out".to_owned(),
        },
        foot: "Tweestap 1.4.0 · node ams-2".to_owned(),
    }
}

fn member() -> MemberShell {
    MemberShell {
        frame: Frame::Wide,
        home: "/design".to_owned(),
        tenant: Some("Hogeschool Duinmeer".to_owned()),
        account: Some(MemberAccount {
            name: "Ann de Vries".to_owned(),
            upn: "ann.devries@duinmeer.example".to_owned(),
            sign_out: "/sign-out".to_owned(),
            links: vec![("Security info".to_owned(), "/security-info".to_owned())],
        }),
        help: Some("/help".to_owned()),
        privacy: Some("/privacy".to_owned()),
    }
}

fn part(id: &'static str, title: &'static str, note: &'static str, inside: AnyView) -> AnyView {
    view! { <Section id=id title=title note=move || view! { <p class="small">{note}</p> }>{inside}</Section> }.into_any()
}

fn foundations() -> AnyView {
    let colours = [
        "canvas",
        "surface",
        "raised",
        "sunken",
        "line",
        "line-input",
        "ink",
        "ink-2",
        "ink-3",
        "accent",
        "accent-soft",
        "accent-tint",
        "lamp",
        "ok",
        "ok-soft",
        "warn",
        "warn-soft",
        "bad",
        "bad-soft",
    ]
    .map(|name| {
        view! {
            <li class="swatch">
                <svg viewBox="0 0 40 24" aria-hidden="true"><rect class=format!("sw-{name}") x=".5" y=".5" width="39" height="23" rx="6"></rect></svg>
                <span class="code small">{format!("--{name}")}</span>
            </li>
        }
    })
    .collect_view();
    let methods = MethodKey::ALL.map(|method| view! { <li><MethodName method=method/></li> }).collect_view();
    let icons = IconName::ALL.map(|name| view! { <li title=name.id()><Icon name=name/></li> }).collect_view();
    view! {
        <div class="row loose"><Logo size=LogoSize::Large/></div>
        {part("d-colours", "Colours", "grachtengroen, paper, one lamp", view! { <ul class="swatches">{colours}</ul> }.into_any())}
        {part("d-methods", "Methods", "one icon, one name, one colour", view! { <ul class="row loose">{methods}</ul> }.into_any())}
        {part("d-icons", "Icons", "20 px, 1.5 px, round", view! { <ul class="row">{icons}</ul> }.into_any())}
    }
    .into_any()
}

fn parts(now: Timestamp) -> AnyView {
    view! {
        {part("d-button", "Button", "one primary a view", buttons())}
        {part("d-badge", "Badge and status", "word, icon and colour", badges())}
        {part("d-field", "Field", "label, hint, control, error", fields())}
        {part("d-code", "Code boxes", "one input, painted; paste and autofill work", codes())}
        {part("d-card", "Method card", "at rest, with a warning, as a choice, switched off", cards())}
        {part("d-step", "Number match, stepper, progress, QR", "the stair carries the lamp", steps(now))}
        {part("d-recovery", "Recovery codes", "shown once", recovery())}
        {part("d-banner", "Banner and toast", "say what to do next", banners())}
        {part("d-dialog", "Dialog", "names the object, the effect, asks the reason", dialog())}
        {part("d-empty", "Empty, three kinds", "never a dead end", empties())}
        {part("d-timeline", "Timeline and diagnosis", "the steps of an attempt", timeline())}
        {part("d-chart", "Charts", "numbers always one click behind", charts())}
        {part("d-tabs", "Tabs, breadcrumb, chips, stat", "", tabs())}
    }
    .into_any()
}

fn buttons() -> AnyView {
    let row = |look: ButtonLook, words: [&'static str; 3]| {
        view! {
            <div class="row">
                <Button kind="button" look=look>{words[0]}</Button>
                <Button kind="button" look=look state=ButtonState::Busy>{words[1]}</Button>
                <Button kind="button" look=look state=ButtonState::Disabled>{words[2]}</Button>
            </div>
        }
    };
    view! {
        <div class="stack tight">
            {row(ButtonLook::Primary, ["Save", "Saving", "Not yet"])}
            {row(ButtonLook::Plain, ["Edit", "Sending", "No rights"])}
            {row(ButtonLook::Quiet, ["Cancel", "Loading", "Nothing left"])}
            <div class="row">
                <Button kind="button" look=ButtonLook::Danger>"Block Gijs"</Button>
                <Button kind="button" look=ButtonLook::Sure>"Delete token"</Button>
                <Button kind="button" icon=IconName::Plus>"With an icon"</Button>
                <Button kind="button" size=ButtonSize::Small>"Small"</Button>
                <LinkButton href="/design">"A link"</LinkButton>
                <IconButton label="More" icon=IconName::More kind="button"/>
            </div>
        </div>
    }
    .into_any()
}

fn badges() -> AnyView {
    view! {
        <div class="row">
            <Badge tone=Tone::Ok>"Enforced"</Badge>
            <Badge tone=Tone::Info>"Enabled"</Badge>
            <Badge icon=IconName::MinusCircle>"Disabled"</Badge>
            <Badge tone=Tone::Bad icon=IconName::Lock>"Locked"</Badge>
            <Badge tone=Tone::Bad icon=IconName::Ban>"Blocked"</Badge>
            <Badge tone=Tone::Warn icon=IconName::Clock>"Expires soon"</Badge>
            <Badge tone=Tone::Info look=BadgeLook::Word>"Default"</Badge>
        </div>
        <div class="row loose">
            <Badge tone=Tone::Ok look=BadgeLook::Plain>"Allowed"</Badge>
            <Badge tone=Tone::Bad look=BadgeLook::Plain>"Denied"</Badge>
            <Badge tone=Tone::Info look=BadgeLook::Plain>"Interrupted"</Badge>
            <Badge look=BadgeLook::Plain>"Abandoned"</Badge>
        </div>
        <div class="row loose">
            <CopyBox text="7K2M-9QXD-3F"/>
            <CopyBox text="7K2M-9QXD-3F" look=CopyLook::Inline/>
            <CopyBox text="https://mfa.duinmeer.example/set-up/4KPX92WDQ7" look=CopyLook::Block button="Copy link"/>
            <span class="row"><Kbd>"g"</Kbd><Kbd>"u"</Kbd></span>
            <Avatar name="Ann de Vries"/>
            <Avatar name="Ann de Vries" size=AvatarSize::Large/>
        </div>
    }
    .into_any()
}

fn fields() -> AnyView {
    let words = PasswordWords {
        label: "New password".to_owned(),
        hint: "At least 12 characters. Three unrelated words are easier than one odd one.".to_owned(),
        meter: "Strength".to_owned(),
        too_short: "Too short still".to_owned(),
        weak: "Weak: repeats itself".to_owned(),
        fair: "Fair".to_owned(),
        strong: "Strong".to_owned(),
        personal: "Holds your name".to_owned(),
        common: "Well-known words hardly count".to_owned(),
        show: "Show".to_owned(),
        hide: "Hide".to_owned(),
    };
    view! {
        <div class="halves">
            <div class="stack">
                <TextField name="serial" label="Token serial number" hint="On the back, starts with DM".to_owned() value="DM-204417".to_owned()/>
                <TextField
                    name="network"
                    label="Trusted network"
                    value="192.0.2.0/33".to_owned()
                    error="A prefix is at most 32. Did you mean 192.0.2.0/24?".to_owned()
                />
                <TextField name="e-mail" label="Example inside" kind=InputKind::Email placeholder="e.g. name@duinmeer.example".to_owned()/>
                <PasswordInput name="current_password" label="Your password" show="Show" hide="Hide"/>
            </div>
            <div class="stack">
                <Select
                    name="language"
                    label="Language of calls"
                    options=vec![Choice::new("nl", "Nederlands"), Choice::new("en", "English")]
                    selected="nl".to_owned()
                />
                <TextArea
                    name="why"
                    label="Reason"
                    hint="Goes into the audit log".to_owned()
                    value="Phone stolen on the train, verified by push to tablet"
                />
                <TextField name="phone" label="Managed by the directory" kind=InputKind::Phone value="+31 6 •••• ••42".to_owned() disabled=true/>
            </div>
        </div>
        <form>
            <PasswordField name="new_password".to_owned() words=words length_min=12 personal=vec!["duinmeer".to_owned()] error=None icon=IconName::XCircle.href()/>
        </form>
        <div class="row loose">
            <Check name="a" checked=true>"Checked"</Check>
            <Check name="b">"Not"</Check>
            <Check name="c" checked=Checked::Some>"Some"</Check>
            <Check name="r" value="1" kind=CheckKind::Radio checked=true>"One"</Check>
            <Check name="r" value="2" kind=CheckKind::Radio>"Other"</Check>
            <Segmented
                label="Density"
                name="density"
                options=vec![("compact".to_owned(), "Compact".to_owned()), ("roomy".to_owned(), "Roomy".to_owned())]
                selected="compact"
            />
        </div>
    }
    .into_any()
}

fn codes() -> AnyView {
    view! {
        <div class="stack">
            <CodeBoxes label="Empty" id="k1".to_owned()/>
            <CodeBoxes label="Typing" id="k2".to_owned() value="4829".to_owned()/>
            <CodeBoxes label="Wrong" id="k3".to_owned() value="482913".to_owned() error="That code isn’t right. You can try twice more.".to_owned()/>
            <CodeBoxes label="Eight digits" id="k4".to_owned() digits=Digits::Eight value="48291307".to_owned()/>
        </div>
    }
    .into_any()
}

fn cards() -> AnyView {
    let more = || view! { <IconButton label="Options for this method" icon=IconName::More look=ButtonLook::Quiet kind="button"/> };
    view! {
        <ul class="stack tight">
            <MethodCard
                method=MethodKey::Push
                title="Approve in the app"
                badge=|| view! { <Badge tone=Tone::Info look=BadgeLook::Word>"First choice"</Badge> }
                menu=more
            >
                "Pixel 8, last used today"
            </MethodCard>
            <MethodCard
                method=MethodKey::Sms
                title="SMS code"
                badge=|| view! { <Badge tone=Tone::Warn icon=IconName::Clock>"Not used for a year"</Badge> }
                menu=more
                note=|| view! {
                    <Banner tone=Tone::Warn note=true action=|| view! { <Button kind="button" size=ButtonSize::Small>"Send a test"</Button> }>
                        "Is this number still yours?"
                    </Banner>
                }
            >
                "+31 6 •••• ••42"
            </MethodCard>
            <li>
                <MethodChoice method=MethodKey::Passkey title="Passkey" action=ChoiceAction::Link("/design".to_owned())>
                    "Face, fingerprint or PIN of this device"
                </MethodChoice>
            </li>
            <li>
                <MethodChoice
                    method=MethodKey::Mail
                    title="E-mail code"
                    action=ChoiceAction::Send { name: "method".to_owned(), value: "mail".to_owned() }
                >
                    "The same choice as a button of a form"
                </MethodChoice>
            </li>
            <MethodOff method=MethodKey::Voice title="Voice call">"Switched off by Hogeschool Duinmeer"</MethodOff>
        </ul>
    }
    .into_any()
}

fn steps(now: Timestamp) -> AnyView {
    let until = now + SignedDuration::from_secs(95);
    view! {
        <div class="stack">
            <NumberMatch number="47">"Only you see this number. Never read it to anyone."</NumberMatch>
            <div class="row loose">
                <Stepper step=1 of=2><b>"Step 1 of 2"</b>" · App"</Stepper>
                <Stepper step=2 of=2><b>"Step 2 of 2"</b>" · Way back in"</Stepper>
            </div>
            <div class="row loose">
                <Stepper step=1 of=1><b>"Step 1 of 1"</b></Stepper>
                <Stepper step=2 of=3><b>"Step 2 of 3"</b></Stepper>
                <Stepper step=3 of=4><b>"Step 3 of 4"</b></Stepper>
            </div>
            <p>"Valid for " <Countdown until=until/></p>
            <Progress
                label="Setting 391 members to enforced"
                done=268
                total=391
                words="268 of 391 set to enforced, 3 refused"
                action=|| view! { <Button kind="button" look=ButtonLook::Quiet>"Stop after this one"</Button> }
            />
            <QrFrame
                content="otpauth://totp/Duinmeer:ann.devries@duinmeer.example?secret=JV4VG2LOMVSSA43UMVYGCZDF&issuer=Duinmeer"
                label="QR code for your authenticator app"
            />
        </div>
    }
    .into_any()
}

fn recovery() -> AnyView {
    let codes = [
        "4KPX-92WD",
        "M7TQ-H3VB",
        "9FCR-6YZN",
        "W2GJ-D8KA",
        "QV5T-XM34",
        "7HNB-RP9E",
        "C6YW-2TKF",
        "JX8D-V4QM",
        "3ZRA-9GHS",
        "TB5P-K7WC",
    ];
    view! { <RecoveryCodes codes=codes.map(str::to_owned).to_vec() file_name="recovery-codes.txt"/> }.into_any()
}

fn banners() -> AnyView {
    view! {
        <div class="stack tight">
            <Banner title="Report-only until Friday".to_owned()>"Nobody is refused yet."</Banner>
            <Banner
                tone=Tone::Ok
                title="37 members are enforced".to_owned()
                action=|| view! { <Button kind="button" icon=IconName::Undo>"Undo"</Button> }
            >
                "Two were left out."
            </Banner>
            <Banner
                tone=Tone::Warn
                title="One method only".to_owned()
                action=|| view! { <Button kind="button">"Add one"</Button> }
            >
                "A lost phone would lock you out."
            </Banner>
            <Banner tone=Tone::Bad title="The message could not be sent".to_owned() urgency=Urgency::Alert>
                "Both gateways refused it. Use the app, or try again in 40 seconds. TS-3102, session "
                <span class="code">"W8RT-5NKC-0B"</span>
            </Banner>
            <Toast action=|| view! { <Button kind="button" look=ButtonLook::Quiet>"Undo"</Button> } attr:data-toast="stay">
                "Pass for Femke made, valid until 11:42"
            </Toast>
            <Toast tone=Tone::Bad action=|| view! { <Button kind="button" look=ButtonLook::Quiet>"Compare"</Button> }>
                "Not saved: someone else published version 15. TS-4090"
            </Toast>
        </div>
    }
    .into_any()
}

fn dialog() -> AnyView {
    let consequences = || {
        vec![
            Consequence::new(Tone::Bad, "Token DM-204417 stops working now and goes back to stock."),
            Consequence::new(Tone::Warn, "He keeps one method, App, code."),
            Consequence::new(Tone::Ok, "He gets a message about it.").with_icon(IconName::MethodMail),
        ]
    };
    view! {
        <Dialog
            id="d-remove"
            title="Remove Okke’s hardware token?"
            consequences=consequences()
            action="/design"
            confirm="Remove token"
            keep="Keep it"
            back="/design"
            reason="Reason, for the audit log".to_owned()
        />
        <p><Button kind="button" attr:data-open-dialog="d-remove-over">"The same over the page"</Button></p>
        <Dialog
            id="d-remove-over"
            title="Remove Okke’s hardware token?"
            consequences=consequences()
            action="/design"
            confirm="Remove token"
            keep="Keep it"
            back="/design"
            place=DialogPlace::Over
        />
    }
    .into_any()
}

fn empties() -> AnyView {
    view! {
        <div class="card flush list">
            <EmptyState
                icon=IconName::MethodToken
                title="No hardware tokens yet"
                words="Tokens show a code without a phone. Import the list your supplier sent, and members can claim theirs by serial number."
            >
                <Button kind="button" look=ButtonLook::Primary>"Import tokens"</Button>
            </EmptyState>
            <EmptyState
                icon=IconName::Filter
                title="Nobody matches these 3 filters"
                words="Without “Seen in the last 30 days” there are 6."
            >
                <div class="row">
                    <Button kind="button">"Drop that filter"</Button>
                    <Button kind="button" look=ButtonLook::Quiet>"Clear all"</Button>
                </div>
            </EmptyState>
            <EmptyState
                icon=IconName::Lock
                title="Statements are for billing admins"
                words="You are an authentication admin. Ask Teun Blom for the role."
            >
                <Button kind="button">"Ask Teun"</Button>
            </EmptyState>
        </div>
    }
    .into_any()
}

fn timeline() -> AnyView {
    let step = |time: &str, tone, icon, title: &str, detail: Option<&str>| TimelineStep {
        time: time.to_owned(),
        tone,
        icon,
        title: title.to_owned(),
        detail: detail.map(str::to_owned),
    };
    let steps = vec![
        step(
            "09:41:15",
            Tone::Neutral,
            Some(IconName::Door),
            "Page opened",
            Some("Firefox on Windows, Haarlem"),
        ),
        step("09:41:17", Tone::Ok, None, "Password right", None),
        step("09:41:18", Tone::Warn, None, "First SMS not delivered", Some("Kanaal Noord, then BelVast")),
        step("09:44:18", Tone::Bad, None, "Denied: code never entered", Some("180 seconds passed")),
    ];
    view! {
        <Diagnosis finding="Ann’s code was right, but she had used it 20 seconds earlier for the VPN.">
            "Each code works once. A new one came a second after she tried."
        </Diagnosis>
        <Timeline steps=steps/>
        <Facts>
            <Fact name="Member">"Not locked, not blocked"</Fact>
            <Fact name="Wrong in a row">"1 of 10"</Fact>
        </Facts>
        <Quote source="From the error page, 09:42">"“It keeps saying no. I’m sure the number is right!”"</Quote>
        <ul class="card flush list">
            <Fix icon=IconName::MethodPush title="Send a push instead" consequence="Goes to her Pixel 8 for this session only.">
                <Button kind="button">"Send push"</Button>
            </Fix>
            <Task tone=Tone::Warn title="Licences end in 9 days" reason="12 seats of 40 are in use.">
                <LinkButton href="/design">"Look"</LinkButton>
            </Task>
        </ul>
    }
    .into_any()
}

fn charts() -> AnyView {
    let days = [
        ("Mon", 820, 48),
        ("Tue", 790, 31),
        ("Wed", 861, 68),
        ("Thu", 811, 40),
        ("Fri", 640, 26),
        ("Sat", 210, 4),
        ("Sun", 240, 18),
    ];
    let columns = days
        .into_iter()
        .map(|(label, allowed, denied)| ColumnBar {
            label: label.to_owned(),
            parts: vec![(allowed, Ink::Accent), (denied, Ink::Bad)],
            words: format!("{label}: {allowed} allowed, {denied} denied"),
            href: Some("/design".to_owned()),
        })
        .collect();
    let rows = [("Mon", 8), ("Tue", 9), ("Sat", 3)]
        .into_iter()
        .map(|(label, height)| HeatRow {
            label: label.to_owned(),
            values: (0..24_u64)
                .map(|hour| height * 12_u64.saturating_sub(hour.abs_diff(9)) * 12_u64.saturating_sub(hour.abs_diff(9)) / 12)
                .collect(),
        })
        .collect();
    let bar = |label: &str, value, words: &str, ink, method| Bar {
        label: label.to_owned(),
        value,
        words: words.to_owned(),
        href: "/design".to_owned(),
        ink,
        method,
    };
    view! {
        <Chart
            title="Stacked bars"
            legend=vec![(Ink::Accent, "allowed".to_owned()), (Ink::Bad, "denied".to_owned())]
            numbers=|| view! { <p>"The same figures as a table."</p> }
        >
            <Columns label="Sign-ins of a week" columns=columns/>
        </Chart>
        <Chart title="Heat map"><Heat label="Sign-ins by hour" rows=rows/></Chart>
        <Chart title="Denied, by reason">
            <Bars bars=vec![
                bar("Wrong code", 96, "96", Ink::Bad, None),
                bar("Code already used", 41, "41", Ink::Mute, None),
                bar("Code never entered", 22, "22", Ink::Mute, None),
            ]/>
        </Chart>
        <Chart title="Methods in use">
            <Bars bars=vec![
                bar("App, approve", 2_910, "2,910", Ink::Accent, Some(MethodKey::Push)),
                bar("App, code", 1_204, "1,204", Ink::Accent, Some(MethodKey::App)),
                bar("SMS code", 318, "318", Ink::Accent, Some(MethodKey::Sms)),
            ]/>
        </Chart>
    }
    .into_any()
}

fn tabs() -> AnyView {
    let tab = |label: &str, count: Option<&str>, current| Tab {
        label: label.to_owned(),
        href: "/design".to_owned(),
        count: count.map(str::to_owned),
        current,
    };
    view! {
        <Breadcrumb above=vec![("Members".to_owned(), "/design".to_owned())] here="Femke Mulder"/>
        <Tabs label="Member" tabs=vec![tab("Overview", None, true), tab("Methods", None, false), tab("Sign-ins", Some("23"), false), tab("Audit", None, false)]/>
        <Chips>
            <Chip label="State" value="Enabled" remove="/design"/>
            <ChipLink href="/design" look=ChipLook::On>"Teachers"</ChipLink>
            <ChipLink href="/design">"Filter"</ChipLink>
            <ChipLink href="/design" look=ChipLook::Plain>"Denied abroad"</ChipLink>
        </Chips>
        <div class="tiles">
            <Stat label="Attempts" value="6,318" href="/design" delta=Some(Delta { tone: Tone::Neutral, icon: Some(IconName::ArrowUp), words: "3.5%".to_owned() })/>
            <Stat label="Denied" value="183" href="/design" delta=Some(Delta { tone: Tone::Warn, icon: Some(IconName::ArrowUp), words: "32 more".to_owned() })/>
            <Stat label="Second step" value="8.4 s" href="/design" delta=Some(Delta { tone: Tone::Ok, icon: Some(IconName::Check), words: "faster".to_owned() })/>
            <Stat label="Trend" value="88.9%" href="/design" picture=|| view! { <Sparkline values=vec![61, 64, 63, 70, 72, 78, 84, 83, 89] label="Rising for nine weeks"/> }/>
        </div>
        <NewRows href="/design" count=12/>
        <p><Live>"Live"</Live></p>
    }
    .into_any()
}

fn facets() -> AnyView {
    let facet = |count: &str, label: &str, chosen| Facet::new(count, label, "/design?shell=drawer", chosen);
    view! {
        <Facets groups=vec![
            vec![facet("4,812", "All", false), facet("314", "Disabled", false), facet("391", "Enabled", true), facet("4,107", "Enforced", false)],
            vec![facet("203", "No method", false), facet("868", "One method", false), facet("7", "Locked", false), facet("12", "Blocked", false)],
        ]/>
        <div class="stack tight">
            <div class="toolbar">
                <Search action="/design" label="Filter members" value="state:enabled group:teachers seen:<30d" key="f"/>
                <span class="end row">
                    <IconButton label="Columns" icon=IconName::Columns kind="button"/>
                    <IconButton label="Density: compact" icon=IconName::Density kind="button"/>
                </span>
            </div>
            <Chips>
                <Chip label="State" value="Enabled" remove="/design"/>
                <Chip label="Group" value="Teachers" remove="/design"/>
                <Chip label="Seen" value="Last 30 days" remove="/design"/>
                <ChipLink href="/design">"Filter"</ChipLink>
                <a class="small" href="/design">"Save this view"</a>
            </Chips>
        </div>
        <SelectionBar
            summary="37 selected"
            scope="of 84, 11 on this page"
            preview=vec![
                Tally { tone: Tone::Ok, count: "31".to_owned(), words: "notice nothing".to_owned() },
                Tally { tone: Tone::Warn, count: "4".to_owned(), words: "need an app password for their mail program".to_owned() },
                Tally { tone: Tone::Bad, count: "2".to_owned(), words: "would have no method left".to_owned() },
            ]
            exception=|| view! { <a href="/design" class="end">"Leave those 2 out"</a> }
        >
            <a class="small" href="/design">"All 84"</a>
            <a class="small" href="/design">"None"</a>
            <span class="end row">
                <label class="visually-hidden" for="bulk">"What to do with the selection"</label>
                <select class="input" id="bulk"><option>"Set to enforced"</option><option>"Set to disabled"</option></select>
                <Button kind="button" look=ButtonLook::Primary>"Set 37 to enforced"</Button>
            </span>
        </SelectionBar>
    }
    .into_any()
}

fn table(open: Option<usize>) -> AnyView {
    let people = [
        (
            "Femke Mulder",
            "f.mulder",
            vec![MethodKey::Sms],
            (Tone::Warn, "One method only"),
            "Today, 09:58",
        ),
        (
            "Gijs van den Berg",
            "g.vandenberg",
            vec![MethodKey::App, MethodKey::Sms],
            (Tone::Ok, "Ready"),
            "Today, 09:41",
        ),
        (
            "Hanna Kowalska",
            "h.kowalska",
            vec![MethodKey::Passkey, MethodKey::Push, MethodKey::App],
            (Tone::Ok, "Ready"),
            "Today, 09:12",
        ),
        ("Ibrahim El Amrani", "i.elamrani", vec![], (Tone::Bad, "No method yet"), "Yesterday"),
        (
            "Okke Postma",
            "o.postma",
            vec![MethodKey::App],
            (Tone::Bad, "Locked until 11:24"),
            "13 November",
        ),
    ];
    let rows = people
        .into_iter()
        .enumerate()
        .map(|(index, (name, account, methods, (tone, words), seen))| {
            let state = match (open, index) {
                (Some(open), index) if open == index => RowState::Open,
                (_, 1 | 2) => RowState::Selected,
                _ => RowState::Rest,
            };
            let methods = if methods.is_empty() {
                view! { <Badge tone=Tone::Bad>"None"</Badge> }.into_any()
            } else {
                view! { <MethodSet methods=methods/> }.into_any()
            };
            view! {
                <Row state=state href="/design".to_owned() look_href="/design?shell=drawer".to_owned()>
                    <td class="pick"><Check name="pick" value=account checked={state != RowState::Rest} label=format!("Select {name}")/></td>
                    <th scope="row"><Person name=name detail=format!("{account}@duinmeer.example") href="/design"/></th>
                    <td data-label="State"><Badge tone=Tone::Info>"Enabled"</Badge></td>
                    <td data-label="Methods">{methods}</td>
                    <td data-label="Can use MFA"><Badge tone=tone look=BadgeLook::Plain>{words}</Badge></td>
                    <td data-label="Last sign-in"><time class="nowrap">{seen}</time></td>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table
            caption="Members, sorted by last sign-in, newest first"
            columns=vec![
                Column::sortable("Member", "/design", None),
                Column::sortable("State", "/design", None),
                Column::new("Methods"),
                Column::new("Can use MFA"),
                Column::sortable("Last sign-in", "/design", Some(Sorted::Descending)),
            ]
            pick=|| view! { <Check name="page" checked=Checked::Some label="Select this page"/> }
            below=|| view! {
                <Pager
                    summary="Rows 1 to 5 of 84"
                    next="/design".to_owned()
                    help=|| view! {
                        <span class="faint row" data-needs-script=""><Kbd>"j"</Kbd><Kbd>"k"</Kbd>" move "<Kbd>"x"</Kbd>" select "<Kbd>"e"</Kbd>" look"</span>
                    }
                />
            }
        >
            {rows}
        </Table>
    }
    .into_any()
}

fn drawer() -> AnyView {
    let step = |time: &str, tone, title: &str, detail: &str| TimelineStep {
        time: time.to_owned(),
        tone,
        icon: None,
        title: title.to_owned(),
        detail: Some(detail.to_owned()),
    };
    let steps = vec![
        step("09:58", Tone::Ok, "Webmail", "SMS code, Haarlem"),
        step("09:56", Tone::Bad, "Webmail: incorrect code", "SMS code, 1 of 3 answers used"),
        step("yesterday", Tone::Ok, "Student records", "SMS code, Haarlem"),
    ];
    view! {
        <Drawer
            title="Femke Mulder"
            subtitle="f.mulder@duinmeer.example"
            mark=|| view! { <Avatar name="Femke Mulder" size=AvatarSize::Large/> }
            open="/design"
            close="/design"
            previous="/design".to_owned()
            next="/design".to_owned()
            foot=|| view! {
                <Button kind="button" icon=IconName::MethodPass>"Create pass"</Button>
                <Button kind="button" icon=IconName::Refresh>"Re-register"</Button>
                <IconButton kind="button" label="More actions" icon=IconName::More/>
            }
        >
            <DrawerSection title="Effective state">
                <p class="row"><Badge tone=Tone::Info>"Enabled"</Badge><Badge tone=Tone::Warn>"One method only"</Badge></p>
                <p class="small">"Must use MFA: set by Marijke Stam on 2 November, and by the policy Teachers everywhere. Can, with SMS."</p>
            </DrawerSection>
            <DrawerSection title="Last sign-ins"><Timeline steps=steps/></DrawerSection>
        </Drawer>
    }
    .into_any()
}
