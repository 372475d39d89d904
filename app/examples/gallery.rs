//! Writes the design page, every state of the members' pages and some of the console's as files, to look at them without a server or a database:
//! `cargo run -p app --features ssr --example gallery -- DIR [DIR/assets.json]`, then serve DIR with the built `pkg` in it. All people are invented.

use std::{error::Error, fs, path::PathBuf};

use app::{
    assets::Assets,
    components::{Account, Digits, IconName, NavItem, TenantChoice},
    locale::{self, Locale},
    pages::{
        Problem,
        activity::{self, ActivityPage, ActivityRow},
        alarms::{self, AlarmsPage, ResumeQuestion, TermsForm},
        design::{self, DesignShell},
        emergency,
        error::{self, ErrorPage},
        fate::Awaited,
        notices::{self, NoticePage},
        passkey_models::{self, ModelAsk, ModelQuestion},
        register::{self, InWizard, Mode, Offer, RegisterPage, RegisterStep, Registered, Skip, Square},
        reset::{self, ResetPage, Stand},
        security_info::{
            self, AddToken, AddressCode, AddressForm, Browser, CallPinForm, Confirm, MethodState, MethodView, Notice, OffView, OffWhy, Proves, QuestionRow,
            QuestionsForm, Remove, RemoveEffect, Replaced, SecurityInfo, SecurityInfoPage,
        },
        set_up::{self, SetUpPage},
        sign_in::{self, Asked, Call, Help, NameNote, SignInPage, SignInStep, Way},
    },
    render::{Page, PageMeta, document},
    shell::{ConsolePage, ConsoleShell, Frame, MemberAccount, MemberShell},
    theme::Theme,
    visit::Visit,
};
use domain::{
    delivery::alarm::{AlarmTerms, AlarmView, Alarms},
    directory::block::BypassView,
    methods::{
        call_pin::CallPinView,
        own_bypass::OwnBypass,
        question::{Flaw, QuestionsView},
    },
    vault::Secret,
    verification::{CallState, Fate},
};
use jiff::Timestamp;
use leptos::prelude::*;
use model::{
    AttemptId, CallRules, Decision, ErrorCode, MethodKind, OathParams, PinFlaw, Purpose, Reason, RegistrationReason, SecurityQuestion, SessionId, TenantId,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(&folder)?;
    let assets = match std::env::args().nth(2) {
        Some(manifest) => Assets::from_json(&fs::read_to_string(manifest)?)?,
        None => Assets::unhashed(),
    };
    for locale in locale::ALL {
        for theme in [Theme::Light, Theme::Dark] {
            let save = |name: &str, html: String| fs::write(folder.join(format!("{name}.{}.{}.html", locale::tag_of(locale), theme.key())), html);
            for (name, shell) in [
                ("design", DesignShell::Console),
                ("design-member", DesignShell::Member),
                ("design-drawer", DesignShell::Drawer),
            ] {
                save(name, design::page(&assets, visit(locale, theme), shell).0)?;
            }
            for (name, page) in pages() {
                save(name, document(&assets, &visit(locale, theme).with_session_id("7K2M-9QXD-3F"), page).0)?;
            }
        }
    }
    Ok(())
}

fn visit(locale: Locale, theme: Theme) -> Visit {
    Visit::example(locale, theme, at("2026-11-17T09:41:29Z"), "/design")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_default()
}

fn shell() -> MemberShell {
    MemberShell {
        frame: Frame::Framed,
        home: "/".to_owned(),
        tenant: Some("Hogeschool Duinmeer".to_owned()),
        account: None,
        help: Some("/help".to_owned()),
        privacy: Some("/privacy".to_owned()),
    }
}

fn signed_in() -> MemberShell {
    let account = MemberAccount {
        name: "Ann de Vries".to_owned(),
        upn: UPN.to_owned(),
        sign_out: "/sign-out".to_owned(),
        links: vec![("Activity".to_owned(), "/activity".to_owned())],
    };
    MemberShell {
        account: Some(account),
        ..shell()
    }
}

const UPN: &str = "ann.devries@duinmeer.example";
type Draw = Box<dyn Fn() -> Page>;

fn pages() -> Vec<(&'static str, Draw)> {
    let mut pages: Vec<(&'static str, Draw)> = Vec::new();
    pages.extend(sign_ins());
    pages.extend(registers());
    pages.extend(security_infos());
    pages.extend(consoles());
    pages.push(("set-up", Box::new(|| set_up::page(shell(), set_up_password(None)))));
    pages.push((
        "set-up-weak",
        Box::new(|| set_up::page(shell(), set_up_password(Some(Problem::new(ErrorCode::PasswordTooWeak))))),
    ));
    pages.extend(notices());
    pages.extend(resets());
    pages.push(("set-up-gone", Box::new(|| set_up::page(shell(), SetUpPage::Gone))));
    let emergency = |problem: Option<Problem>| emergency::EmergencyPage {
        upn: problem.as_ref().map_or_else(String::new, |_| UPN.to_owned()),
        problem,
    };
    pages.push(("emergency", Box::new(move || emergency::page(shell(), emergency(None)))));
    pages.push((
        "emergency-wrong",
        Box::new(move || emergency::page(shell(), emergency(Some(Problem::new(ErrorCode::EmergencyKeyRefused))))),
    ));
    for (name, code) in [
        ("error-403", ErrorCode::Forbidden),
        ("error-404", ErrorCode::NotFound),
        ("error-421", ErrorCode::UnknownHost),
        ("error-429", ErrorCode::TooBusy),
        ("error-500", ErrorCode::Internal),
        ("error-503", ErrorCode::DatabaseGone),
    ] {
        pages.push((
            name,
            Box::new(move || {
                let model = ErrorPage {
                    code,
                    until: None,
                    request_id: Some("019a9b2c-7d11-7e02-9f6a-0d7d6b5f4c21".to_owned()),
                    account: Some(UPN.to_owned()),
                    home: None,
                };
                error::page(shell(), model)
            }),
        ));
    }
    pages
}

/// The link of a notice: asked, done and past.
fn notices() -> Vec<(&'static str, Draw)> {
    let ask = |blocks| NoticePage::Ask {
        action: "/notices/example".to_owned(),
        subject: "Sign-in method added".to_owned(),
        account: "a•••@duinmeer.example".to_owned(),
        tenant: "Hogeschool Duinmeer".to_owned(),
        at: at("2026-11-17T09:12:00Z"),
        blocks,
    };
    let done = |blocked| NoticePage::Done {
        tenant: "Hogeschool Duinmeer".to_owned(),
        blocked,
    };
    vec![
        ("notice", Box::new(move || notices::page(shell(), ask(false)))),
        ("notice-blocks", Box::new(move || notices::page(shell(), ask(true)))),
        ("notice-done", Box::new(move || notices::page(shell(), done(false)))),
        ("notice-done-blocked", Box::new(move || notices::page(shell(), done(true)))),
        ("notice-gone", Box::new(|| notices::page(shell(), NoticePage::Gone))),
    ]
}

/// A forgotten password, from the name to the new one.
fn resets() -> Vec<(&'static str, Draw)> {
    let draw = |model: fn() -> ResetPage| -> Draw { Box::new(move || reset::page(shell(), model())) };
    fn stand(gate: usize) -> Stand {
        Stand {
            upn: UPN.to_owned(),
            gate,
            gates: 2,
        }
    }
    fn ways(gate: usize, ways: &[MethodKind]) -> ResetPage {
        ResetPage::Ways {
            at: stand(gate),
            ways: ways.to_vec(),
            problem: None,
        }
    }
    fn code(kind: MethodKind, problem: Option<Problem>) -> ResetPage {
        ResetPage::Code {
            at: stand(1),
            kind,
            until: kind.channel().map(|_| at("2026-11-17T09:43:00Z")),
            problem,
        }
    }
    fn password(problem: Option<Problem>) -> ResetPage {
        ResetPage::Password {
            action: "/reset/example".to_owned(),
            upn: UPN.to_owned(),
            names: vec!["Ann".to_owned(), "Hogeschool Duinmeer".to_owned()],
            length_min: 8,
            until: at("2026-11-17T09:56:00Z"),
            problem,
        }
    }
    fn stopped(code: ErrorCode, until: Option<&str>) -> ResetPage {
        ResetPage::Stopped {
            problem: Problem {
                until: until.map(at),
                ..Problem::new(code)
            },
            upn: Some(UPN.to_owned()),
        }
    }
    fn refused() -> Option<Problem> {
        Some(Problem {
            tries_left: Some(2),
            ..Problem::new(ErrorCode::ResetRefused)
        })
    }
    use MethodKind::{Email, HardwareToken, SecurityQuestions, Sms, Totp};
    let empty = || ResetPage::Name {
        upn: String::new(),
        problem: None,
    };
    let questions = || ResetPage::Questions {
        at: stand(2),
        questions: SecurityQuestion::ALL[..3].to_vec(),
        problem: None,
    };
    vec![
        ("reset", draw(empty)),
        ("reset-ways", draw(|| ways(1, &[Totp, HardwareToken, Sms, Email, SecurityQuestions]))),
        ("reset-ways-more", draw(|| ways(2, &[HardwareToken, Sms, Email]))),
        ("reset-code", draw(|| code(Totp, None))),
        ("reset-code-wrong", draw(|| code(Totp, refused()))),
        ("reset-mail", draw(|| code(Email, None))),
        ("reset-sms", draw(|| code(Sms, None))),
        ("reset-questions", draw(questions)),
        ("reset-password", draw(|| password(None))),
        ("reset-password-banned", draw(|| password(Some(Problem::new(ErrorCode::PasswordBanned))))),
        ("reset-password-common", draw(|| password(Some(Problem::new(ErrorCode::PasswordCommon))))),
        ("reset-done", draw(|| ResetPage::Done)),
        ("reset-none", draw(|| stopped(ErrorCode::ResetNotOffered, None))),
        ("reset-gone", draw(|| stopped(ErrorCode::ResetLinkUsed, None))),
        ("reset-ended", draw(|| stopped(ErrorCode::TooManyCodes, None))),
        ("reset-wait", draw(|| stopped(ErrorCode::Throttled, Some("2026-11-18T09:41:29Z")))),
    ]
}

fn set_up_password(problem: Option<Problem>) -> SetUpPage {
    SetUpPage::Password {
        action: "/set-up/example".to_owned(),
        name: Some("Bram".to_owned()),
        family: None,
        upn: "b.visser@duinmeer.example".to_owned(),
        tenant: "Hogeschool Duinmeer".to_owned(),
        length_min: 12,
        until: at("2026-11-18T09:41:29Z"),
        problem,
    }
}

fn sign_ins() -> Vec<(&'static str, Draw)> {
    let draw = |step: fn() -> SignInStep| -> Draw {
        Box::new(move || {
            sign_in::page(
                shell(),
                SignInPage {
                    application: Some("Webmail".to_owned()),
                    step: step(),
                },
            )
        })
    };
    fn help() -> Help {
        Help {
            lost_phone: Some("/lost".to_owned()),
            forgot_password: Some("/reset".to_owned()),
        }
    }
    fn name(note: Option<NameNote>, problem: Option<Problem>) -> SignInStep {
        SignInStep::Name {
            upn: String::new(),
            domain: Some("duinmeer.example".to_owned()),
            note,
            problem,
            help: help(),
        }
    }
    fn asked(kind: MethodKind) -> Asked {
        Asked {
            kind,
            method: "019a9b2c".to_owned(),
            digits: Digits::Six,
            issuer: "Duinmeer".to_owned(),
            sent_to: (kind == MethodKind::Sms).then(|| "42".to_owned()),
            valid_until: (kind == MethodKind::Sms).then(|| at("2026-11-17T09:44:10Z")),
            awaited: None,
        }
    }
    fn code(kind: MethodKind, typed: &str, problem: Option<Problem>) -> SignInStep {
        SignInStep::Code {
            upn: UPN.to_owned(),
            asked: asked(kind),
            typed: (!typed.is_empty()).then(|| typed.to_owned()),
            problem,
            remember_days: Some(14),
            other_ways: true,
        }
    }
    fn problem(code: ErrorCode, tries_left: Option<u8>, until: Option<&str>) -> Problem {
        Problem {
            code,
            tries_left,
            until: until.map(at),
        }
    }
    fn stopped(code: ErrorCode, until: Option<&str>) -> SignInStep {
        SignInStep::Stopped {
            problem: problem(code, None, until),
            upn: Some(UPN.to_owned()),
            help: Some("/help".to_owned()),
        }
    }
    vec![
        ("sign-in", draw(|| name(None, None))),
        ("sign-in-signed-out", draw(|| name(Some(NameNote::SignedOut), None))),
        (
            "sign-in-password",
            draw(|| SignInStep::Password {
                upn: UPN.to_owned(),
                problem: None,
                help: help(),
            }),
        ),
        (
            "sign-in-password-wrong",
            draw(|| SignInStep::Password {
                upn: UPN.to_owned(),
                problem: Some(Problem::new(ErrorCode::WrongPassword)),
                help: help(),
            }),
        ),
        (
            "sign-in-password-wait",
            draw(|| SignInStep::Password {
                upn: UPN.to_owned(),
                problem: Some(problem(ErrorCode::PasswordThrottled, None, Some("2026-11-17T09:43:29Z"))),
                help: help(),
            }),
        ),
        (
            "sign-in-instead-pass",
            draw(|| SignInStep::Pass {
                upn: UPN.to_owned(),
                problem: None,
            }),
        ),
        (
            "sign-in-instead-pass-wrong",
            draw(|| SignInStep::Pass {
                upn: UPN.to_owned(),
                problem: Some(Problem::new(ErrorCode::WrongCode)),
            }),
        ),
        (
            "sign-in-instead-pass-ended",
            draw(|| SignInStep::Pass {
                upn: UPN.to_owned(),
                problem: Some(Problem::new(ErrorCode::PassUnusable)),
            }),
        ),
        (
            "sign-in-passkey",
            draw(|| SignInStep::Passkey {
                upn: UPN.to_owned(),
                problem: None,
                other_ways: true,
            }),
        ),
        (
            "sign-in-passkey-refused",
            draw(|| SignInStep::Passkey {
                upn: UPN.to_owned(),
                problem: Some(Problem::new(ErrorCode::PasskeyRefused)),
                other_ways: true,
            }),
        ),
        ("sign-in-pass", draw(|| code(MethodKind::Pass, "", None))),
        ("sign-in-code", draw(|| code(MethodKind::Totp, "", None))),
        (
            "sign-in-code-wrong",
            draw(|| code(MethodKind::Totp, "482913", Some(problem(ErrorCode::WrongCode, Some(2), None)))),
        ),
        (
            "sign-in-code-used",
            draw(|| {
                code(
                    MethodKind::Totp,
                    "482913",
                    Some(problem(ErrorCode::CodeReused, Some(2), Some("2026-11-17T09:41:41Z"))),
                )
            }),
        ),
        (
            "sign-in-code-wait",
            draw(|| code(MethodKind::Totp, "", Some(problem(ErrorCode::Throttled, None, Some("2026-11-17T09:43:29Z"))))),
        ),
        ("sign-in-sms", draw(|| code(MethodKind::Sms, "", None))),
        ("sign-in-call", draw(|| call(CallState::Calling))),
        ("sign-in-call-no-pin", draw(|| call(CallState::Over(Reason::PinMissing)))),
        ("sign-in-call-busy", draw(|| call(CallState::Over(Reason::Busy)))),
        ("sign-in-call-reported", draw(|| stopped(ErrorCode::SignInReported, None))),
        ("sign-in-token", draw(|| code(MethodKind::HardwareToken, "", None))),
        ("sign-in-recovery", draw(|| code(MethodKind::RecoveryCode, "", None))),
        (
            "sign-in-recovery-wrong",
            draw(|| code(MethodKind::RecoveryCode, "4KPX-92WD", Some(problem(ErrorCode::WrongCode, Some(1), None)))),
        ),
        (
            "sign-in-another-way",
            draw(|| {
                let way = |kind, device: Option<&str>, sent_to: Option<&str>, left| Way {
                    kind,
                    method: "019a9b2c".to_owned(),
                    device: device.map(str::to_owned),
                    sent_to: sent_to.map(str::to_owned),
                    left,
                };
                let ways = vec![
                    way(MethodKind::Passkey, None, None, None),
                    way(MethodKind::Push, Some("Pixel 8"), None, None),
                    way(MethodKind::Totp, Some("Pixel 8"), None, None),
                    way(MethodKind::Sms, None, Some("42"), None),
                    way(MethodKind::RecoveryCode, None, None, Some(2)),
                ];
                SignInStep::Ways {
                    ways,
                    unable: Some("/lost".to_owned()),
                    problem: None,
                }
            }),
        ),
        ("sign-in-expired", draw(|| stopped(ErrorCode::SignInExpired, None))),
        ("sign-in-locked", draw(|| stopped(ErrorCode::Locked, Some("2026-11-17T09:56:29Z")))),
        ("sign-in-blocked", draw(|| stopped(ErrorCode::BlockedByPolicy, None))),
        ("sign-in-account-blocked", draw(|| stopped(ErrorCode::Blocked, Some("2027-02-15T09:41:00Z")))),
        ("sign-in-too-many", draw(|| stopped(ErrorCode::TooManyCodes, None))),
    ]
}

fn call(state: CallState) -> SignInStep {
    SignInStep::Call {
        upn: UPN.to_owned(),
        call: Call {
            sent_to: "42".to_owned(),
            until: at("2026-11-17T09:43:29Z"),
            state,
            asks: CallRules {
                pin: state == CallState::Over(Reason::PinMissing),
                ..CallRules::default()
            },
        },
        problem: None,
        other_ways: true,
    }
}

fn registers() -> Vec<(&'static str, Draw)> {
    fn interrupt(reasons: Vec<RegistrationReason>, skip: Skip) -> Mode {
        Mode::Interrupt {
            reasons,
            application: Some("Webmail".to_owned()),
            skip,
        }
    }
    fn square() -> Square {
        Square {
            issuer: "Duinmeer".to_owned(),
            otpauth: "otpauth://totp/Duinmeer:b.visser@duinmeer.example?secret=JV4VG2LOMVSSA43UMVYGCZDF&issuer=Duinmeer".to_owned(),
            key: "JV4VG2LOMVSSA43UMVYGCZDF".to_owned(),
            params: OathParams::default(),
        }
    }
    fn draw(mode: Mode, progress: (u8, u8), step: fn() -> RegisterStep) -> Draw {
        Box::new(move || {
            let model = RegisterPage {
                mode: mode.clone(),
                tenant: "Hogeschool Duinmeer".to_owned(),
                step: step(),
                progress,
                passkey: false,
            };
            register::page(shell(), model)
        })
    }
    let asked = || interrupt(vec![RegistrationReason::RegistrationPolicy], Skip::Days(9));
    let choose: fn() -> RegisterStep = || RegisterStep::Choose {
        offers: vec![
            Offer { kind: MethodKind::Totp },
            Offer {
                kind: MethodKind::HardwareToken,
            },
        ],
        problem: None,
    };
    vec![
        ("register-choose", draw(interrupt(RegistrationReason::ALL.to_vec(), Skip::No), (1, 3), choose)),
        ("register-choose-manage", draw(Mode::Manage, (1, 2), choose)),
        ("register", draw(asked(), (1, 2), || RegisterStep::Scan(square()))),
        (
            "register-test",
            draw(asked(), (1, 2), || RegisterStep::Test {
                issuer: "Duinmeer".to_owned(),
                digits: 6,
                device: String::new(),
                typed: None,
                problem: None,
                square: None,
            }),
        ),
        (
            "register-test-wrong",
            draw(asked(), (1, 2), || RegisterStep::Test {
                issuer: "Duinmeer".to_owned(),
                digits: 6,
                device: "Galaxy A55".to_owned(),
                typed: Some("482913".to_owned()),
                problem: Some(Problem::new(ErrorCode::WrongCode)),
                square: Some(square()),
            }),
        ),
        (
            "register-recovery",
            draw(asked(), (2, 2), || RegisterStep::Codes {
                codes: recovery_codes(),
                unticked: false,
            }),
        ),
        (
            "register-recovery-unticked",
            draw(asked(), (2, 2), || RegisterStep::Codes {
                codes: recovery_codes(),
                unticked: true,
            }),
        ),
        (
            "register-done",
            draw(asked(), (2, 2), || RegisterStep::Done {
                name: Some("Bram".to_owned()),
                registered: vec![
                    Registered {
                        kind: MethodKind::Totp,
                        device: Some("Samsung Galaxy A55".to_owned()),
                        left: None,
                        first_choice: true,
                    },
                    Registered {
                        kind: MethodKind::RecoveryCode,
                        device: None,
                        left: Some(10),
                        first_choice: false,
                    },
                ],
                next: "/".to_owned(),
            }),
        ),
        ("register-phone", Box::new(move || phone(false))),
        ("register-phone-wrong", Box::new(move || phone(true))),
        (
            "register-phone-code",
            Box::new(|| {
                let model = AddressCode {
                    kind: MethodKind::Sms,
                    proves: Proves::New,
                    sent_to: "+31 •••••••42".to_owned(),
                    until: at("2026-11-17T09:43:29Z"),
                    awaited: Awaited {
                        attempt: AttemptId(uuid::Uuid::nil()),
                        fate: Fate::OnItsWay,
                    },
                    typed: None,
                    problem: None,
                    wizard: Some(wizard()),
                };
                security_info::address_code(shell(), model)
            }),
        ),
        (
            "register-token",
            Box::new(|| {
                let model = AddToken {
                    wizard: Some(wizard()),
                    ..AddToken::default()
                };
                security_info::add_token(shell(), model)
            }),
        ),
    ]
}

/// The wizard around a phone or a token, for somebody who adds a device.
fn wizard() -> InWizard {
    InWizard {
        mode: Mode::Interrupt {
            reasons: vec![RegistrationReason::DeviceRegistration],
            application: None,
            skip: Skip::No,
        },
        tenant: "Hogeschool Duinmeer".to_owned(),
        progress: (1, 2),
    }
}

fn phone(wrong: bool) -> Page {
    let model = AddressForm {
        kind: MethodKind::Sms,
        replaces: None,
        typed: if wrong { "06 1234".to_owned() } else { String::new() },
        error: None,
        pin: None,
        problem: wrong.then(|| Problem::new(ErrorCode::NotSent)),
        wizard: Some(wizard()),
    };
    security_info::address_form(shell(), model)
}

fn recovery_codes() -> Vec<String> {
    [
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
    ]
    .map(str::to_owned)
    .to_vec()
}

fn method(kind: MethodKind, name: Option<&str>, added: &str, used: Option<&str>, state: MethodState) -> MethodView {
    MethodView {
        id: "019a9b2c".to_owned(),
        kind,
        name: name.map(str::to_owned),
        added: at(added),
        last_used: used.map(at),
        first_choice: false,
        state,
        reset: None,
        can_be_first: true,
        can_be_tried: true,
        can_be_changed: kind.channel().is_some(),
        can_be_renamed: true,
        can_be_removed: true,
    }
}

fn rows() -> Vec<ActivityRow> {
    let row = |moment: &str, decision, reason, application: &str, method, place: &str| ActivityRow {
        purpose: Purpose::SignIn,
        at: at(moment),
        decision,
        reason,
        application: application.to_owned(),
        method,
        place: Some(place.to_owned()),
        session_id: SessionId::from_bits(moment.len() as u64 * 982_451_653 + moment.bytes().map(u64::from).sum::<u64>() * 7_919_333),
        reported: Some(false),
    };
    vec![
        row(
            "2026-11-17T09:12:04Z",
            Decision::Allowed,
            Reason::RightCode,
            "Webmail",
            Some(MethodKind::Totp),
            "Haarlem",
        ),
        row(
            "2026-11-16T18:40:51Z",
            Decision::Denied,
            Reason::CodeReused,
            "VPN",
            Some(MethodKind::Totp),
            "Haarlem",
        ),
        row(
            "2026-11-16T08:55:20Z",
            Decision::Allowed,
            Reason::RecoveryCodeUsed,
            "Student records",
            Some(MethodKind::RecoveryCode),
            "Firefox on Windows",
        ),
        row(
            "2026-11-15T03:17:00Z",
            Decision::Denied,
            Reason::CodeNeverEntered,
            "Webmail",
            None,
            "Gdańsk, Poland",
        ),
        ActivityRow {
            purpose: Purpose::SignIn,
            reported: Some(true),
            ..row(
                "2026-11-09T12:01:00Z",
                Decision::Interrupted,
                Reason::RegistrationRequired,
                "Library",
                None,
                "Haarlem",
            )
        },
    ]
}

fn overview(methods: Vec<MethodView>, notice: Option<Notice>) -> SecurityInfo {
    let browser = |name: &str, phone, this| Browser {
        id: "1".to_owned(),
        name: name.to_owned(),
        place: Some("Haarlem".to_owned()),
        at: at("2026-11-29T09:00:00Z"),
        phone,
        this,
    };
    let some = !methods.is_empty();
    SecurityInfo::Overview(Box::new(SecurityInfoPage {
        tenant: "Hogeschool Duinmeer".to_owned(),
        methods,
        off: vec![OffView {
            kind: MethodKind::Voice,
            why: OffWhy::Admin,
        }],
        add: Some("/register".to_owned()),
        waiting: Vec::new(),
        pass: None,
        questions: QuestionsView::default(),
        app_passwords: None,
        call_pin: CallPinView::default(),
        bypass: OwnBypass::default(),
        lost: some.then(|| "/lost".to_owned()),
        for_reset: None,
        activity: if some { rows() } else { Vec::new() },
        browsers: if some {
            vec![browser("Firefox on Windows", false, true), browser("Chrome on Pixel 8", true, false)]
        } else {
            Vec::new()
        },
        sessions: Vec::new(),
        notice,
        problem: None,
        signal: None,
    }))
}

/// The overview with the PIN of calls as it stands.
fn with_pin(chosen: bool, method: MethodView) -> SecurityInfo {
    let phone = MethodView {
        id: "7".to_owned(),
        kind: MethodKind::Voice,
        name: Some("•• •• •• 42".to_owned()),
        first_choice: false,
        ..method.clone()
    };
    let SecurityInfo::Overview(mut model) = overview(vec![method, phone], None) else {
        return SecurityInfo::RemoveQuestions;
    };
    model.off = Vec::new();
    model.call_pin = CallPinView {
        asked: true,
        set_at: chosen.then(|| at("2026-03-03T10:00:00Z")),
    };
    SecurityInfo::Overview(model)
}

/// The overview with a bypass that is open, or may be opened.
fn with_bypass(open: bool, method: MethodView) -> SecurityInfo {
    let SecurityInfo::Overview(mut model) = overview(vec![method], None) else {
        return SecurityInfo::RemoveQuestions;
    };
    model.bypass = OwnBypass {
        offered: true,
        open: open.then(|| BypassView {
            reason: "The key stays at the office".to_owned(),
            opened_at: at("2026-11-17T09:41:00Z"),
            until: at("2026-11-17T09:46:00Z"),
        }),
    };
    SecurityInfo::Overview(model)
}

fn pin_form(wrong: Option<PinFlaw>) -> CallPinForm {
    CallPinForm {
        tenant: "Hogeschool Duinmeer".to_owned(),
        replaces: wrong.is_some(),
        wrong,
        problem: None,
    }
}

/// The overview with security questions as they stand.
fn with_questions(registered: i64, allowed: bool, method: MethodView) -> SecurityInfo {
    let SecurityInfo::Overview(mut model) = overview(vec![method], None) else {
        return SecurityInfo::RemoveQuestions;
    };
    model.questions = QuestionsView {
        allowed,
        registered,
        made_at: Some(at("2026-03-03T10:00:00Z")),
        register: 5,
        answer: if registered < 5 { 4 } else { 3 },
    };
    SecurityInfo::Overview(model)
}

fn questions(rows: Vec<QuestionRow>) -> QuestionsForm {
    QuestionsForm {
        rows,
        asked: 3,
        replaces: false,
        problem: None,
    }
}

/// A fresh code, before a change or to try the app out.
fn confirm(tries: Option<MethodKind>) -> SecurityInfo {
    let asked = Asked {
        kind: MethodKind::Totp,
        method: "1".to_owned(),
        digits: Digits::Six,
        issuer: "Duinmeer".to_owned(),
        sent_to: None,
        valid_until: None,
        awaited: None,
    };
    SecurityInfo::Confirm(Confirm {
        handle: String::new(),
        asked: Some(asked),
        call: None,
        passkey: None,
        sends: Vec::new(),
        tries,
        typed: None,
        problem: None,
    })
}

fn security_infos() -> Vec<(&'static str, Draw)> {
    fn draw(model: fn() -> SecurityInfo) -> Draw {
        Box::new(move || security_info::page(signed_in(), model()))
    }
    fn app() -> MethodView {
        let mut app = method(
            MethodKind::Totp,
            Some("Pixel 8"),
            "2024-03-03T10:00:00Z",
            Some("2026-11-17T09:12:04Z"),
            MethodState::Good,
        );
        app.first_choice = true;
        app
    }
    vec![
        (
            "security-info",
            draw(|| {
                let methods = vec![
                    app(),
                    method(
                        MethodKind::HardwareToken,
                        Some("DM-204417"),
                        "2026-01-14T10:00:00Z",
                        Some("2026-11-16T08:00:00Z"),
                        MethodState::Good,
                    ),
                    method(
                        MethodKind::Totp,
                        Some("iPhone 8"),
                        "2021-08-30T10:00:00Z",
                        Some("2025-10-09T08:00:00Z"),
                        MethodState::Stale,
                    ),
                    method(
                        MethodKind::HardwareToken,
                        Some("DM-100032"),
                        "2023-08-30T10:00:00Z",
                        None,
                        MethodState::SwitchedOff,
                    ),
                    method(
                        MethodKind::RecoveryCode,
                        None,
                        "2024-03-03T10:00:00Z",
                        Some("2026-09-02T08:00:00Z"),
                        MethodState::Codes { left: 2, total: 10 },
                    ),
                ];
                overview(methods, Some(Notice::Renamed("Pixel 8".to_owned())))
            }),
        ),
        ("security-info-one", draw(|| overview(vec![app()], None))),
        ("security-info-empty", draw(|| overview(Vec::new(), None))),
        (
            "security-info-rename",
            draw(|| SecurityInfo::Rename {
                method: app(),
                name: "Pixel 8".to_owned(),
                error: None,
            }),
        ),
        (
            "security-info-remove",
            draw(|| {
                SecurityInfo::Remove(Remove {
                    method: app(),
                    effect: RemoveEffect::NextIsFirst(MethodKind::HardwareToken),
                })
            }),
        ),
        ("security-info-renew", draw(|| SecurityInfo::Renew { left: 2 })),
        ("security-info-pin-missing", draw(|| with_pin(false, app()))),
        ("security-info-pin", draw(|| with_pin(true, app()))),
        ("security-info-pin-form", Box::new(|| security_info::call_pin_form(signed_in(), pin_form(None)))),
        (
            "security-info-pin-weak",
            Box::new(|| security_info::call_pin_form(signed_in(), pin_form(Some(PinFlaw::Run)))),
        ),
        (
            "security-info-add-call-pin",
            Box::new(|| {
                let form = AddressForm {
                    kind: MethodKind::Voice,
                    replaces: None,
                    typed: "+31 20 794 6000 x5678".to_owned(),
                    error: None,
                    pin: Some(Some(PinFlaw::Differs)),
                    wizard: None,
                    problem: None,
                };
                security_info::address_form(signed_in(), form)
            }),
        ),
        (
            "security-info-change-phone",
            Box::new(|| {
                let form = AddressForm {
                    kind: MethodKind::Sms,
                    replaces: Some(Replaced {
                        id: String::new(),
                        name: String::from("+31 •••••••78"),
                    }),
                    typed: String::new(),
                    error: None,
                    pin: None,
                    wizard: None,
                    problem: None,
                };
                security_info::address_form(signed_in(), form)
            }),
        ),
        ("security-info-bypass-offered", draw(|| with_bypass(false, app()))),
        ("security-info-bypass-open", draw(|| with_bypass(true, app()))),
        (
            "security-info-bypass",
            draw(|| SecurityInfo::Bypass {
                reason: String::new(),
                wrong: true,
            }),
        ),
        ("security-info-questions-offered", draw(|| with_questions(0, true, app()))),
        ("security-info-questions", draw(|| with_questions(5, true, app()))),
        ("security-info-questions-lacking", draw(|| with_questions(3, true, app()))),
        ("security-info-questions-off", draw(|| with_questions(5, false, app()))),
        ("security-info-questions-remove", draw(|| SecurityInfo::RemoveQuestions)),
        (
            "security-info-add-questions",
            Box::new(|| {
                let rows = (0..5).map(|_| QuestionRow::empty()).collect();
                security_info::questions_form(signed_in(), questions(rows))
            }),
        ),
        (
            "security-info-add-questions-wrong",
            Box::new(|| {
                let row = |question, answer: &str, flaw| QuestionRow {
                    question,
                    answer: Secret::new(answer.to_owned()),
                    flaw,
                };
                let rows = vec![
                    row(Some(SecurityQuestion::HidingPlace), "Behind the greenhouse", None),
                    row(Some(SecurityQuestion::SwimmingLessons), "swim", Some(Flaw::InQuestion)),
                    row(Some(SecurityQuestion::HidingPlace), "Under the stairs", Some(Flaw::QuestionTwice)),
                    row(None, "", Some(Flaw::NoQuestion)),
                    row(Some(SecurityQuestion::FirstWages), "behind the  greenhouse", Some(Flaw::AnswerTwice)),
                ];
                let form = QuestionsForm {
                    replaces: true,
                    ..questions(rows)
                };
                security_info::questions_form(signed_in(), form)
            }),
        ),
        (
            "security-info-codes",
            draw(|| SecurityInfo::Codes {
                codes: recovery_codes(),
                unticked: false,
            }),
        ),
        ("security-info-confirm", draw(|| confirm(None))),
        ("security-info-try", draw(|| confirm(Some(MethodKind::Totp)))),
        (
            "activity",
            Box::new(|| {
                let model = ActivityPage {
                    rows: rows(),
                    newer: None,
                    older: Some("/activity?before=1".to_owned()),
                    reported: false,
                };
                activity::page(signed_in(), model)
            }),
        ),
        (
            "activity-empty",
            Box::new(|| {
                activity::page(
                    signed_in(),
                    ActivityPage {
                        rows: Vec::new(),
                        newer: None,
                        older: None,
                        reported: false,
                    },
                )
            }),
        ),
    ]
}

/// Pages of the console that the browser tests do not come by: an alarm takes an hour of codes that nobody enters.
fn consoles() -> Vec<(&'static str, Draw)> {
    vec![
        ("console-alarms-raised", Box::new(|| alarms::page(console(), raised()))),
        ("console-alarms-resume", Box::new(|| alarms::resume_page(console(), resume()))),
        ("console-alarms-banner", Box::new(banners)),
        (
            "console-passkey-model-outside",
            Box::new(|| passkey_models::question_page(console(), outside())),
        ),
    ]
}

fn console() -> ConsoleShell {
    let item = |label: &str, icon, current| NavItem::new(label, "/design", icon, current);
    ConsoleShell {
        home: "/admin".to_owned(),
        tenant: Some(TenantChoice {
            name: "Hogeschool Duinmeer".to_owned(),
            detail: "1.204".to_owned(),
            href: "/admin/duinmeer".to_owned(),
        }),
        other_tenants: Vec::new(),
        items: vec![item("Members", IconName::Users, false), item("Sent codes", IconName::MethodSms, true)],
        search: "/support".to_owned(),
        query: String::new(),
        account: Account {
            name: "Sanne de Boer".to_owned(),
            role: "Policy admin".to_owned(),
            security_info: "/security-info".to_owned(),
            sign_out: "/sign-out".to_owned(),
        },
        foot: "Tweestap".to_owned(),
    }
}

fn alarm(country: &str, (entered, sent): (i32, i32), paused: bool, resumed: Option<&str>) -> AlarmView {
    AlarmView {
        tenant: TenantId(uuid::Uuid::nil()),
        country: country.to_owned(),
        raised_at: at(if resumed.is_some() { "2026-11-15T07:40:00Z" } else { "2026-11-17T08:12:00Z" }),
        sent,
        entered,
        paused,
        resumed_at: resumed.map(at),
    }
}

fn raised() -> AlarmsPage {
    let terms = AlarmTerms {
        sends: 30,
        percent: 20,
        pauses: true,
    };
    AlarmsPage {
        slug: "duinmeer".to_owned(),
        alarms: Alarms {
            recent: vec![
                alarm("GB", (3, 64), true, None),
                alarm("BE", (9, 51), false, None),
                alarm("DE", (0, 40), true, Some("2026-11-15T12:30:00Z")),
            ],
            paused: vec!["GB".to_owned()],
            terms,
        },
        form: Some(TermsForm::of(&terms)),
        done: None,
    }
}

fn resume() -> ResumeQuestion {
    ResumeQuestion {
        slug: "duinmeer".to_owned(),
        country: "GB".to_owned(),
        reason: String::new(),
        reason_error: None,
    }
}

/// What stands over the sign-ins, both ways.
fn banners() -> Page {
    let body = [alarm("GB", (3, 64), true, None), alarm("BE", (9, 51), false, None)].map(|alarm| alarms::banner("duinmeer", &alarm));
    let view = view! { <ConsolePage title="Sign-ins"><div class="stack">{body.into_iter().collect_view()}</div></ConsolePage> };
    Page::new(PageMeta::new("Sign-ins", "Sign-ins"), console(), view.into_any())
}

fn outside() -> ModelQuestion {
    ModelQuestion {
        slug: "duinmeer".to_owned(),
        ask: ModelAsk::Proof,
        last: false,
        outside: 37,
        reason: String::new(),
        reason_error: None,
    }
}
