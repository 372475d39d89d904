//! What notices say, in English and Dutch, as plain text. Pure. Names and labels come from people who may mean harm: each is made plain first (abuse case
//! D10), and no link is made of anything but the configured address (abuse case C3).

use super::rules::Kind;
use crate::delivery::{
    channel::Language,
    texts::{in_gsm7, plain_name},
};
use jiff::{Timestamp, tz::TimeZone};
use model::MethodKind;
use serde_json::Value;

/// The most septets of one text message.
const SMS_SEPTETS_MAX: usize = crate::delivery::gsm7::SEPTETS_MAX;

/// All that a notice is made of.
#[derive(Clone, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) kind: Kind,
    pub(crate) language: Language,
    /// What the tenant calls itself.
    pub(crate) tenant: &'a str,
    /// Sign-in name of the member it is about.
    pub(crate) upn: &'a str,
    /// First name of whoever reads it.
    pub(crate) name: Option<&'a str>,
    /// Before and after, as the verb wrote them.
    pub(crate) before: &'a Value,
    pub(crate) after: &'a Value,
    pub(crate) at: Timestamp,
    pub(crate) zone: &'a TimeZone,
    /// Address and browser it came from.
    pub(crate) place: Option<String>,
    /// "This wasn't me".
    pub(crate) link: Option<String>,
    /// The case, or the member's page, for admins.
    pub(crate) case: Option<String>,
}

/// Subject and body.
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// A mail about what has happened.
pub(crate) fn mail(told: &Told<'_>) -> Letter {
    // A sign-in name has been checked and is of the tenant's own domain: it stays as it is.
    let (tenant, upn) = (plain_name(told.tenant), told.upn);
    let said = happened(told);
    let en = told.language == Language::En;
    let mut lines: Vec<String> = Vec::new();
    match (told.name.map(plain_name).filter(|name| !name.is_empty()), en) {
        (Some(name), true) => lines.push(format!("Hello {name},")),
        (Some(name), false) => lines.push(format!("Dag {name},")),
        (None, true) => lines.push(String::from("Hello,")),
        (None, false) => lines.push(String::from("Dag,")),
    }
    lines.push(String::new());
    lines.push(said.sentence);
    lines.push(String::new());
    if told.kind == Kind::TicketAnswered {
        lines.extend(answer_lines(told.after));
        lines.push(String::new());
    }
    let mut fact = |english: &str, dutch: &str, value: &str| {
        let label = if en { english } else { dutch };
        lines.push(format!("{:<10}{value}", format!("{label}:")));
    };
    fact("Account", "Account", &format!("{upn} ({tenant})"));
    fact("When", "Wanneer", &moment(told.at, told.zone, told.language));
    if let Some(place) = &told.place {
        fact("Where", "Waar", place);
    }
    lines.push(String::new());
    lines.extend(what_to_do(told));
    lines.push(String::new());
    lines.push(String::from(match en {
        true => "This message was sent by itself. We never ask for your code or your password.",
        false => "Dit bericht is vanzelf verstuurd. We vragen nooit om je code of je wachtwoord.",
    }));
    Letter {
        subject: format!("{} - {tenant}", said.subject),
        text: lines.join("\n") + "\n",
    }
}

/// What is to be done about it, in some lines.
fn what_to_do(told: &Told<'_>) -> Vec<String> {
    let line = |text: &str| vec![text.to_owned()];
    match (told.language, told.kind, &told.link, &told.case) {
        (Language::En, Kind::FraudAlert, _, Some(case)) => vec!["What happened, step by step:".to_owned(), case.clone()],
        (Language::Nl, Kind::FraudAlert, _, Some(case)) => vec!["Wat er stap voor stap is gebeurd:".to_owned(), case.clone()],
        (Language::En, _, Some(link), _) => vec![
            "Was this you? Then there is nothing to do.".to_owned(),
            "Was it not you? Open this page within seven days and say so. Everybody is signed out, and what was added since is switched off:".to_owned(),
            link.clone(),
            "Then tell your service desk.".to_owned(),
        ],
        (Language::Nl, _, Some(link), _) => vec![
            "Was jij dit? Dan hoef je niets te doen.".to_owned(),
            "Was jij dit niet? Open binnen zeven dagen deze pagina en zeg het daar. Iedereen wordt afgemeld, en wat sindsdien is toegevoegd gaat uit:"
                .to_owned(),
            link.clone(),
            "Vertel het daarna je servicedesk.".to_owned(),
        ],
        (Language::En, Kind::Frozen | Kind::FraudReported, ..) => line("Think of a new password, and tell your service desk what was not you."),
        (Language::Nl, Kind::Frozen | Kind::FraudReported, ..) => line("Bedenk een nieuw wachtwoord en vertel je servicedesk wat jij niet was."),
        (Language::En, Kind::TicketFiled, ..) => {
            line("Was it not you? Tell your service desk. It never calls to ask for a code, and never asks for your password.")
        }
        (Language::Nl, Kind::TicketFiled, ..) => {
            line("Was jij dit niet? Vertel het je servicedesk. Die belt nooit om een code te vragen, en vraagt nooit om je wachtwoord.")
        }
        (Language::En, Kind::TicketAnswered, ..) => line("Does it not help? Call your service desk and name the number."),
        (Language::Nl, Kind::TicketAnswered, ..) => line("Helpt dit niet? Bel je servicedesk en noem het nummer."),
        (Language::En, Kind::Locked | Kind::MethodSwitchedOff, ..) => {
            line("Was it not you? Then somebody may know your password. Change it, and tell your service desk.")
        }
        (Language::Nl, Kind::Locked | Kind::MethodSwitchedOff, ..) => {
            line("Was jij dit niet? Dan kent iemand misschien je wachtwoord. Verander het en vertel het je servicedesk.")
        }
        (Language::En, ..) => line("Does this surprise you? Ask your service desk."),
        (Language::Nl, ..) => line("Verbaast dit je? Vraag het je servicedesk."),
    }
}

/// What the desk wrote, each line marked as somebody's words.
fn answer_lines(after: &Value) -> Vec<String> {
    let answer = after["answer"].as_str().unwrap_or_default();
    answer.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect()
}

/// Why a member cannot set a new password without help.
fn why_no_reset(after: &Value, english: bool) -> &'static str {
    match (after["why"].as_str(), english) {
        (Some("no_methods"), true) => "too few of your sign-in methods can be used for it at this moment",
        (Some("no_methods"), false) => "te weinig van je aanmeldmethoden kunnen er op dit moment voor worden gebruikt",
        (Some("blocked"), true) => "the account is blocked",
        (Some("blocked"), false) => "het account is geblokkeerd",
        (Some("disabled"), true) => "the account is switched off",
        (Some("disabled"), false) => "het account staat uit",
        (_, true) => "your organisation does not offer it for this account",
        (_, false) => "je organisatie biedt het voor dit account niet aan",
    }
}

/// A text message to a number that is told of a change of phones or mailboxes: no link and no number, for texts with links teach people to trust them.
pub(crate) fn sms(told: &Told<'_>) -> String {
    let removed = matches!(told.kind, Kind::Deleted | Kind::DeletedByAdmin | Kind::ReregistrationRequired);
    let mail = told.after["kind"] == "email" || told.before["kind"] == "email";
    let text = |tenant: &str| match (told.language, removed, mail) {
        (Language::En, false, false) => {
            format!("{tenant}: a phone was added to the account that uses this number. Was it not you? Call your service desk now.")
        }
        (Language::En, false, true) => {
            format!("{tenant}: a mailbox was added to the account that uses this number. Was it not you? Call your service desk now.")
        }
        (Language::En, true, _) => format!("{tenant}: this number no longer belongs to your account. Was it not you? Call your service desk now."),
        (Language::Nl, false, false) => {
            format!("{tenant}: bij het account van dit nummer is een telefoon toegevoegd. Was jij dat niet? Bel nu je servicedesk.")
        }
        (Language::Nl, false, true) => {
            format!("{tenant}: bij het account van dit nummer is een mailadres toegevoegd. Was jij dat niet? Bel nu je servicedesk.")
        }
        (Language::Nl, true, _) => format!("{tenant}: dit nummer hoort niet meer bij je account. Was jij dat niet? Bel nu je servicedesk."),
    };
    let mut name = in_gsm7(&plain_name(told.tenant));
    if name.is_empty() {
        name = String::from("Tweestap");
    }
    while name.chars().count() > 3 && crate::delivery::gsm7::length(&text(&name)).is_none_or(|septets| septets > SMS_SEPTETS_MAX) {
        name.pop();
        name.truncate(name.trim_end().len());
    }
    text(&name)
}

/// Day and time where the tenant is, with the name of the zone.
fn moment(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    let there = at.to_zoned(zone.clone());
    let months = match language {
        Language::En => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Language::Nl => [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
    };
    let month = months[usize::from(there.month().unsigned_abs().saturating_sub(1)).min(11)];
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{} {month} {}, {:02}:{:02} ({name})", there.day(), there.year(), there.hour(), there.minute())
}

/// A browser by well-known words of its description; the rest is "another browser".
pub(crate) fn browser(agent: &str, language: Language) -> String {
    let first = |words: &[(&str, &'static str)]| words.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name);
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system, language) {
        (Some(name), Some(system), Language::En) => format!("{name} on {system}"),
        (Some(name), Some(system), Language::Nl) => format!("{name} op {system}"),
        (Some(name), None, _) => name.to_owned(),
        (None, _, Language::En) => String::from("another browser or program"),
        (None, _, Language::Nl) => String::from("een andere browser of een programma"),
    }
}

/// A subject for lists of mail, and a whole sentence.
pub(crate) struct Happened {
    pub(crate) subject: String,
    pub(crate) sentence: String,
}

/// What has happened, for each kind there is.
pub(crate) fn happened(told: &Told<'_>) -> Happened {
    let (en, nl) = match told.language {
        Language::En => (true, false),
        Language::Nl => (false, true),
    };
    let say = |english: (&str, String), dutch: (&str, String)| {
        let (subject, sentence) = if nl { dutch } else { english };
        Happened {
            subject: subject.to_owned(),
            sentence,
        }
    };
    let (new, old) = (what(told.after, told.language), what(told.before, told.language));
    let serial = [told.after, told.before].iter().find_map(|v| v["serial"].as_str()).map(plain_name);
    let token = match (&serial, en) {
        (Some(serial), true) => format!("Hardware token {serial}"),
        (Some(serial), false) => format!("Hardwaretoken {serial}"),
        (None, true) => String::from("A hardware token"),
        (None, false) => String::from("Een hardwaretoken"),
    };
    let number = told.after["number"].as_str().map(plain_name).unwrap_or_default();
    match told.kind {
        Kind::Registered => say(
            ("Sign-in method added", format!("A way to sign in was added to your account: {new}.")),
            (
                "Aanmeldmethode toegevoegd",
                format!("Aan je account is een manier om je aan te melden toegevoegd: {new}."),
            ),
        ),
        Kind::RegisteredByAdmin => say(
            (
                "Sign-in method added by an admin",
                format!("An admin added a way to sign in to your account: {new}."),
            ),
            (
                "Aanmeldmethode toegevoegd door een beheerder",
                format!("Een beheerder heeft aan je account een manier om je aan te melden toegevoegd: {new}."),
            ),
        ),
        Kind::Updated if told.after.get("default").is_some() => say(
            (
                "First sign-in method changed",
                String::from("Another of your sign-in methods is asked for first from now on."),
            ),
            (
                "Eerste aanmeldmethode veranderd",
                String::from("Voortaan wordt eerst om een andere van je aanmeldmethoden gevraagd."),
            ),
        ),
        Kind::Updated if told.after["on"] == true => say(
            (
                "Sign-in method in use again",
                format!("A sign-in method that was reported as lost is in use again: {new}."),
            ),
            (
                "Aanmeldmethode weer in gebruik",
                format!("Een aanmeldmethode die als kwijt was gemeld, is weer in gebruik: {new}."),
            ),
        ),
        Kind::Updated => say(
            ("Sign-in method renamed", format!("A sign-in method has another name: {new}.")),
            ("Aanmeldmethode heet anders", format!("Een aanmeldmethode heeft een andere naam: {new}.")),
        ),
        Kind::Deleted => say(
            ("Sign-in method removed", format!("A way to sign in was removed from your account: {old}.")),
            (
                "Aanmeldmethode verwijderd",
                format!("Van je account is een manier om je aan te melden verwijderd: {old}."),
            ),
        ),
        Kind::DeletedByAdmin => say(
            (
                "Sign-in method removed by an admin",
                format!("An admin removed a way to sign in from your account: {old}."),
            ),
            (
                "Aanmeldmethode verwijderd door een beheerder",
                format!("Een beheerder heeft van je account een manier om je aan te melden verwijderd: {old}."),
            ),
        ),
        Kind::Lost => {
            let gone: Vec<String> = told.after["methods"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|about| what(about, told.language))
                .collect();
            let gone = gone.join(", ");
            let count = |field: &str| told.after[field].as_u64().unwrap_or(0);
            let (sessions, browsers, passwords) = (count("sessions_ended"), count("browsers_forgotten"), count("app_passwords_removed"));
            say(
                (
                    "Reported as lost",
                    format!(
                        "You reported this as lost, and it opens nothing any more: {gone}. Signed out elsewhere: {sessions}. Browsers that ask for a second step again: {browsers}. App passwords removed: {passwords}."
                    ),
                ),
                (
                    "Als kwijt gemeld",
                    format!(
                        "Je hebt dit als kwijt gemeld, en het opent niets meer: {gone}. Elders afgemeld: {sessions}. Browsers die weer om een tweede stap vragen: {browsers}. Verwijderde app-wachtwoorden: {passwords}."
                    ),
                ),
            )
        }
        Kind::TokenAssigned => say(
            (
                "Hardware token ready",
                format!("{token} lies ready for you. It counts from the first code that you type of it."),
            ),
            (
                "Hardwaretoken ligt klaar",
                format!("{token} ligt voor je klaar. Het telt vanaf de eerste code die je ervan typt."),
            ),
        ),
        Kind::TokenActivated => say(
            ("Hardware token added", format!("{token} was added to your account and can be used to sign in.")),
            (
                "Hardwaretoken toegevoegd",
                format!("{token} is aan je account toegevoegd; je kunt je ermee aanmelden."),
            ),
        ),
        Kind::TokenReturned => say(
            ("Hardware token taken back", format!("{token} is no longer yours and opens nothing any more.")),
            ("Hardwaretoken ingenomen", format!("{token} is niet meer van jou en opent niets meer.")),
        ),
        Kind::TokenResynchronised => say(
            ("Hardware token set right", format!("{token} was set right by two codes in a row.")),
            ("Hardwaretoken gelijkgezet", format!("{token} is gelijkgezet met twee codes achter elkaar.")),
        ),
        Kind::RecoveryCodesMade => say(
            (
                "New recovery codes",
                String::from("New recovery codes were made for your account. The old ones no longer work."),
            ),
            (
                "Nieuwe herstelcodes",
                String::from("Er zijn nieuwe herstelcodes voor je account gemaakt. De oude werken niet meer."),
            ),
        ),
        Kind::RecoveryCodeUsed => {
            let left = told.after["left"].as_i64().unwrap_or_default();
            say(
                (
                    "Recovery code used",
                    format!("Somebody signed in to your account with a recovery code. Codes left: {left}."),
                ),
                (
                    "Herstelcode gebruikt",
                    format!("Iemand heeft zich met een herstelcode bij je account aangemeld. Codes over: {left}."),
                ),
            )
        }
        Kind::PassGiven => say(
            (
                "Temporary pass given",
                String::from("An admin gave out a temporary pass for your account. Whoever has it can sign in as you for a while."),
            ),
            (
                "Tijdelijke pas gegeven",
                String::from("Een beheerder heeft een tijdelijke pas voor je account gegeven. Wie hem heeft, kan zich een tijd als jou aanmelden."),
            ),
        ),
        Kind::PassWithdrawn => say(
            (
                "Temporary pass withdrawn",
                String::from("The temporary pass for your account was taken back and opens nothing any more."),
            ),
            (
                "Tijdelijke pas ingetrokken",
                String::from("De tijdelijke pas voor je account is ingetrokken en opent niets meer."),
            ),
        ),
        Kind::PassUsed => say(
            (
                "Temporary pass used",
                String::from("Somebody signed in to your account with the temporary pass."),
            ),
            (
                "Tijdelijke pas gebruikt",
                String::from("Iemand heeft zich met de tijdelijke pas bij je account aangemeld."),
            ),
        ),
        Kind::AppPasswordMade => say(
            (
                "App password made",
                format!("An app password was made for your account{}.", named(told.after, "for")),
            ),
            (
                "App-wachtwoord gemaakt",
                format!("Er is een app-wachtwoord voor je account gemaakt{}.", named(told.after, "voor")),
            ),
        ),
        Kind::AppPasswordRemoved => say(
            (
                "App password removed",
                format!("An app password of your account was removed{}.", named(told.before, "for")),
            ),
            (
                "App-wachtwoord verwijderd",
                format!("Een app-wachtwoord van je account is verwijderd{}.", named(told.before, "voor")),
            ),
        ),
        Kind::CallPinSet => say(
            (
                "PIN for calls chosen",
                String::from("A new PIN was chosen that we ask for when we call you to confirm a sign-in."),
            ),
            (
                "Pincode voor gesprekken gekozen",
                String::from("Er is een nieuwe pincode gekozen waar we om vragen als we je bellen om een aanmelding te bevestigen."),
            ),
        ),
        Kind::CallPinCleared => say(
            (
                "PIN for calls taken away",
                String::from(
                    "An admin took the PIN for calls of your account away. Until you choose a new one at your security info, our calls confirm nothing.",
                ),
            ),
            (
                "Pincode voor gesprekken gewist",
                String::from(
                    "Een beheerder heeft de pincode voor gesprekken van je account gewist. Zolang je bij je beveiligingsgegevens geen nieuwe kiest, bevestigen onze gesprekken niets.",
                ),
            ),
        ),
        Kind::PasswordSet => say(
            ("Password changed", String::from("An admin set a new password for your account.")),
            (
                "Wachtwoord veranderd",
                String::from("Een beheerder heeft een nieuw wachtwoord voor je account ingesteld."),
            ),
        ),
        Kind::SetUpLinkMade => say(
            (
                "Set-up link given",
                String::from("An admin made a set-up link for your account. Whoever opens it chooses the password."),
            ),
            (
                "Instel-link gemaakt",
                String::from("Een beheerder heeft een instel-link voor je account gemaakt. Wie hem opent, kiest het wachtwoord."),
            ),
        ),
        Kind::PasswordReset => say(
            (
                "Password changed",
                String::from("A new password was set for your account on the page for forgotten passwords. Everybody was signed out, and app passwords ended."),
            ),
            (
                "Wachtwoord veranderd",
                String::from(
                    "Op de pagina voor een vergeten wachtwoord is een nieuw wachtwoord voor je account ingesteld. Iedereen is afgemeld, en app-wachtwoorden werken niet meer.",
                ),
            ),
        ),
        Kind::PasswordResetOfAdmin => say(
            (
                "Password of an admin changed",
                String::from(
                    "An admin set a new password on the page for forgotten passwords, after showing who it was in two ways. The account is named below.",
                ),
            ),
            (
                "Wachtwoord van een beheerder veranderd",
                String::from(
                    "Een beheerder heeft op de pagina voor een vergeten wachtwoord een nieuw wachtwoord ingesteld, na op twee manieren te hebben laten zien wie het was. Het account staat hieronder.",
                ),
            ),
        ),
        Kind::ResetRefused => say(
            (
                "A new password could not be set",
                format!(
                    "Somebody asked for a new password for your account. It cannot be done without help: {}.",
                    why_no_reset(told.after, true)
                ),
            ),
            (
                "Er kon geen nieuw wachtwoord worden ingesteld",
                format!(
                    "Iemand vroeg om een nieuw wachtwoord voor je account. Dat kan niet zonder hulp: {}.",
                    why_no_reset(told.after, false)
                ),
            ),
        ),
        Kind::TicketFiled => say(
            (
                "Your request for help",
                format!("The service desk was asked for help with your account. The request has the number {number}; whoever calls you about it names it."),
            ),
            (
                "Je vraag om hulp",
                format!("De servicedesk is om hulp gevraagd voor je account. De vraag heeft nummer {number}; wie jou daarover belt, noemt het."),
            ),
        ),
        Kind::TicketAnswered => say(
            (
                "The service desk has answered",
                format!("The service desk has answered your request {number}. Its answer stands below."),
            ),
            (
                "De servicedesk heeft geantwoord",
                format!("De servicedesk heeft je vraag {number} beantwoord. Het antwoord staat hieronder."),
            ),
        ),
        Kind::SetUpLinkUsed => say(
            (
                "Password changed",
                String::from("A new password was chosen for your account through a set-up link."),
            ),
            (
                "Wachtwoord veranderd",
                String::from("Met een instel-link is een nieuw wachtwoord voor je account gekozen."),
            ),
        ),
        Kind::MemberChanged => say(
            (
                "Account details changed",
                String::from("An admin changed your name, sign-in name or mail address in the directory."),
            ),
            (
                "Accountgegevens veranderd",
                String::from("Een beheerder heeft je naam, aanmeldnaam of mailadres in de adreslijst veranderd."),
            ),
        ),
        Kind::MfaStateChanged => match told.after["mfa_state"].as_str() {
            Some("disabled") => say(
                (
                    "Second step switched off",
                    String::from("An admin switched the second step of your account off. Your methods stay."),
                ),
                (
                    "Tweede stap uitgezet",
                    String::from("Een beheerder heeft de tweede stap van je account uitgezet. Je methoden blijven staan."),
                ),
            ),
            _ => say(
                (
                    "Second step switched on",
                    String::from("An admin switched the second step of your account on. You are asked for it when you sign in."),
                ),
                (
                    "Tweede stap aangezet",
                    String::from("Een beheerder heeft de tweede stap van je account aangezet. We vragen erom als je je aanmeldt."),
                ),
            ),
        },
        Kind::ReregistrationRequired => say(
            (
                "Sign-in methods reset",
                String::from("An admin removed the apps, tokens, phones and mailboxes of your account. You register again at your next sign-in."),
            ),
            (
                "Aanmeldmethoden gewist",
                String::from(
                    "Een beheerder heeft de apps, tokens, telefoons en mailadressen van je account verwijderd. Bij je volgende aanmelding stel je ze opnieuw in.",
                ),
            ),
        ),
        Kind::Blocked => say(
            (
                "Account blocked",
                String::from("An admin blocked your account. You cannot sign in until the block ends or is lifted."),
            ),
            (
                "Account geblokkeerd",
                String::from("Een beheerder heeft je account geblokkeerd. Je kunt je niet aanmelden tot de blokkering voorbij is of wordt opgeheven."),
            ),
        ),
        Kind::Unblocked => say(
            ("Account no longer blocked", String::from("An admin lifted the block. You can sign in again.")),
            (
                "Account niet meer geblokkeerd",
                String::from("Een beheerder heeft de blokkering opgeheven. Je kunt je weer aanmelden."),
            ),
        ),
        Kind::BypassOpened if told.after["own"] == true => say(
            (
                "Second step skipped once",
                String::from("At your security info it was asked that your account may skip the second step once, within five minutes."),
            ),
            (
                "Tweede stap eenmalig overgeslagen",
                String::from("Bij je beveiligingsgegevens is gevraagd om de tweede stap van je account eenmalig over te slaan, binnen vijf minuten."),
            ),
        ),
        Kind::BypassOpened => say(
            (
                "Second step skipped once",
                String::from("An admin let your account skip the second step once, within a few minutes."),
            ),
            (
                "Tweede stap eenmalig overgeslagen",
                String::from("Een beheerder laat je account de tweede stap één keer overslaan, binnen enkele minuten."),
            ),
        ),
        Kind::Locked => say(
            (
                "Account locked for a while",
                String::from("There were too many wrong codes for your account. It is locked for a while."),
            ),
            (
                "Account tijdelijk vergrendeld",
                String::from("Er waren te veel foute codes voor je account. Het is een tijd vergrendeld."),
            ),
        ),
        Kind::MethodSwitchedOff => say(
            (
                "Sign-in method switched off",
                String::from("A sign-in method of your account was switched off after too many wrong codes."),
            ),
            (
                "Aanmeldmethode uitgezet",
                String::from("Een aanmeldmethode van je account is uitgezet na te veel foute codes."),
            ),
        ),
        Kind::PasskeySuspect => say(
            (
                "A passkey may have been copied",
                format!(
                    "A passkey of your account answered as a copy would{}. Remove it and make a new one.",
                    quoted(told.after)
                ),
            ),
            (
                "Een passkey is misschien gekopieerd",
                format!(
                    "Een passkey van je account antwoordde zoals een kopie het zou doen{}. Verwijder hem en maak een nieuwe.",
                    quoted(told.after)
                ),
            ),
        ),
        Kind::WeakerMethod => say(
            (
                "Signed in with a weaker method",
                String::from("Somebody signed in to your account with a weaker method than you usually use."),
            ),
            (
                "Aangemeld met een zwakkere methode",
                String::from("Iemand heeft zich bij je account aangemeld met een zwakkere methode dan je meestal gebruikt."),
            ),
        ),
        Kind::EmergencyUsed => say(
            (
                "Emergency key used",
                String::from(
                    "An emergency key was used: every method of the account is void, and a new password is being set. This should happen only when nothing else works.",
                ),
            ),
            (
                "Noodsleutel gebruikt",
                String::from(
                    "Er is een noodsleutel gebruikt: alle methoden van het account zijn vervallen en er wordt een nieuw wachtwoord ingesteld. Dat hoort alleen te gebeuren als niets anders werkt.",
                ),
            ),
        ),
        Kind::EmergencyRefused => say(
            (
                "Somebody tries emergency keys",
                String::from(
                    "Wrong emergency keys were typed several times in a row. None of them opened anything. If it was none of you, somebody is guessing.",
                ),
            ),
            (
                "Iemand probeert noodsleutels",
                String::from(
                    "Er zijn meermaals achter elkaar verkeerde noodsleutels ingetypt. Geen ervan heeft iets geopend. Was het niemand van jullie, dan zit iemand te raden.",
                ),
            ),
        ),
        Kind::FraudReported => {
            let (got_in, blocked) = (told.after["got_in"] == true, told.after["blocked"] == true);
            let (said_en, said_nl) = match got_in {
                true => (
                    "You said that a sign-in was not yours. Everybody was signed out, and what was added since is off.",
                    "Je hebt gemeld dat een aanmelding niet van jou was. Iedereen is afgemeld, en wat sindsdien is toegevoegd staat uit.",
                ),
                false => (
                    "You said that somebody else was trying to sign in. The attempt was stopped.",
                    "Je hebt gemeld dat iemand anders zich probeerde aan te melden. De poging is gestopt.",
                ),
            };
            let (then_en, then_nl) = match blocked {
                true => (
                    " Your account is blocked until an admin has looked.",
                    " Je account is geblokkeerd tot een beheerder ernaar heeft gekeken.",
                ),
                false => ("", ""),
            };
            say(
                ("Your report was received", format!("{said_en}{then_en}")),
                ("Je melding is binnen", format!("{said_nl}{then_nl}")),
            )
        }
        Kind::FraudAlert => fraud_alert(told, say),
        Kind::Frozen => {
            let blocked = told.after["blocked"] == true;
            say(
                (
                    "Account made safe",
                    match blocked {
                        true => String::from(
                            "You said that a change was not yours. Everybody was signed out, what was added since is off, and your account is blocked until an admin has looked.",
                        ),
                        false => String::from("You said that a change was not yours. Everybody was signed out, and what was added since is off."),
                    },
                ),
                (
                    "Account veiliggesteld",
                    match blocked {
                        true => String::from(
                            "Je hebt gezegd dat een wijziging niet van jou was. Iedereen is afgemeld, wat sindsdien is toegevoegd staat uit, en je account is geblokkeerd tot een beheerder ernaar heeft gekeken.",
                        ),
                        false => {
                            String::from("Je hebt gezegd dat een wijziging niet van jou was. Iedereen is afgemeld, en wat sindsdien is toegevoegd staat uit.")
                        }
                    },
                ),
            )
        }
        Kind::Other => say(
            (
                "Something about your account changed",
                String::from("Something about how you sign in has changed."),
            ),
            (
                "Er is iets aan je account veranderd",
                String::from("Er is iets veranderd aan hoe je je aanmeldt."),
            ),
        ),
    }
}

/// For admins: who reported, how, and whether the account is blocked.
fn fraud_alert(told: &Told<'_>, say: impl Fn((&str, String), (&str, String)) -> Happened) -> Happened {
    let upn = told.upn;
    let (by_en, by_nl) = match told.after["how"].as_str() {
        Some("link") => ("by the link of a notice", "met de link van een bericht"),
        Some("list") => ("in the list of their own sign-ins", "in de lijst van eigen aanmeldingen"),
        Some("voice") => ("in a telephone call", "in een telefoongesprek"),
        _ => ("when asked for a second step", "bij de vraag om een tweede stap"),
    };
    let (then_en, then_nl) = match told.after["blocked"] == true {
        true => ("The account is blocked.", "Het account is geblokkeerd."),
        false => ("The account is not blocked.", "Het account is niet geblokkeerd."),
    };
    say(
        (
            "Somebody reported fraud",
            format!("{upn} reported {by_en} that somebody else is trying to get in. {then_en}"),
        ),
        (
            "Er is fraude gemeld",
            format!("{upn} heeft {by_nl} gemeld dat iemand anders probeert binnen te komen. {then_nl}"),
        ),
    )
}

/// A method in words, with its name or its masked number.
fn what(about: &Value, language: Language) -> String {
    let kind = about["kind"].as_str().and_then(MethodKind::from_text);
    let detail = ["to", "label"].iter().find_map(|field| about[*field].as_str()).map(plain_name);
    let words = match (kind, language) {
        (Some(MethodKind::Passkey), _) => "passkey",
        (Some(MethodKind::Totp), Language::En) => "authenticator app",
        (Some(MethodKind::Totp), Language::Nl) => "authenticator-app",
        (Some(MethodKind::HardwareToken), Language::En) => "hardware token",
        (Some(MethodKind::HardwareToken), Language::Nl) => "hardwaretoken",
        (Some(MethodKind::Push), Language::En) => "approval in the app",
        (Some(MethodKind::Push), Language::Nl) => "goedkeuren in de app",
        (Some(MethodKind::Sms), Language::En) => "phone for text messages",
        (Some(MethodKind::Sms), Language::Nl) => "telefoon voor sms-codes",
        (Some(MethodKind::Voice), Language::En) => "phone for calls",
        (Some(MethodKind::Voice), Language::Nl) => "telefoon voor oproepen",
        (Some(MethodKind::Email), Language::En) => "mailbox",
        (Some(MethodKind::Email), Language::Nl) => "mailadres",
        (Some(MethodKind::RecoveryCode), Language::En) => "recovery codes",
        (Some(MethodKind::RecoveryCode), Language::Nl) => "herstelcodes",
        (Some(MethodKind::Pass), Language::En) => "temporary pass",
        (Some(MethodKind::Pass), Language::Nl) => "tijdelijke pas",
        (Some(MethodKind::AppPassword), Language::En) => "app password",
        (Some(MethodKind::AppPassword), Language::Nl) => "app-wachtwoord",
        (Some(MethodKind::SecurityQuestions), Language::En) => "security questions",
        (Some(MethodKind::SecurityQuestions), Language::Nl) => "beveiligingsvragen",
        (None, Language::En) => "sign-in method",
        (None, Language::Nl) => "aanmeldmethode",
    };
    match detail.filter(|detail| !detail.is_empty()) {
        Some(detail) => format!("{words} ({detail})"),
        None => words.to_owned(),
    }
}

fn named(about: &Value, word: &str) -> String {
    let name = about["label"].as_str().map(plain_name).filter(|name| !name.is_empty());
    name.map(|name| format!(" {word} {name}")).unwrap_or_default()
}

fn quoted(about: &Value) -> String {
    let name = about["label"].as_str().map(plain_name).filter(|name| !name.is_empty());
    name.map(|name| format!(" ({name})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn told<'a>(kind: Kind, language: Language, after: &'a Value, zone: &'a TimeZone) -> Told<'a> {
        Told {
            kind,
            language,
            tenant: "Gemeente Noord",
            upn: "ann@noord.example",
            name: Some("Ann"),
            before: &Value::Null,
            after,
            at: "2026-11-17T09:41:00Z".parse().expect("a moment"),
            zone,
            place: Some(String::from("203.0.113.24, Firefox op Linux")),
            link: kind.carries_link().then(|| String::from("https://login.noord.example/notices/abc")),
            case: kind
                .is_for_admins()
                .then(|| String::from("https://login.noord.example/support/sessions/7K2M-9QXD-3F")),
        }
    }

    #[test]
    fn a_mail_reads_well_in_both_languages() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC);
        let after = json!({ "kind": "sms", "to": "+31 •••••••78" });
        let letter = mail(&told(Kind::Registered, Language::Nl, &after, &zone));
        assert_eq!(letter.subject, "Aanmeldmethode toegevoegd - Gemeente Noord");
        assert_eq!(
            letter.text,
            "Dag Ann,\n\nAan je account is een manier om je aan te melden toegevoegd: telefoon voor sms-codes (+31 •••••••78).\n\n\
             Account:  ann@noord.example (Gemeente Noord)\nWanneer:  17 november 2026, 10:41 (Europe/Amsterdam)\nWaar:     203.0.113.24, Firefox op Linux\n\n\
             Was jij dit? Dan hoef je niets te doen.\n\
             Was jij dit niet? Open binnen zeven dagen deze pagina en zeg het daar. Iedereen wordt afgemeld, en wat sindsdien is toegevoegd gaat uit:\n\
             https://login.noord.example/notices/abc\nVertel het daarna je servicedesk.\n\n\
             Dit bericht is vanzelf verstuurd. We vragen nooit om je code of je wachtwoord.\n"
        );
        let english = mail(&told(Kind::Registered, Language::En, &after, &zone));
        assert!(
            english.text.contains("When:     17 November 2026, 10:41 (Europe/Amsterdam)\n"),
            "{}",
            english.text
        );
    }

    /// Every kind has a subject and a sentence of its own in both languages, and a link or advice.
    #[test]
    fn every_kind_has_its_text() {
        let zone = TimeZone::UTC;
        let after = json!({ "kind": "passkey", "label": "Sleutel", "serial": "123", "left": 4 });
        for language in [Language::En, Language::Nl] {
            let mut seen = std::collections::BTreeSet::new();
            for kind in Kind::ALL {
                let letter = mail(&told(*kind, language, &after, &zone));
                let sentence = happened(&told(*kind, language, &after, &zone)).sentence;
                assert!(seen.insert(sentence.clone()), "{kind:?} says the same as another: {sentence}");
                assert!(sentence.ends_with('.') && sentence.len() > 30, "{kind:?}: {sentence}");
                assert!(letter.subject.chars().count() <= 80 && letter.subject.is_ascii(), "{}", letter.subject);
                assert_eq!(letter.text.contains("/notices/"), kind.carries_link(), "{kind:?}");
                assert_eq!(letter.text.contains("/support/sessions/"), kind.is_for_admins(), "{kind:?}");
                let other = happened(&told(Kind::Other, language, &after, &zone)).sentence;
                assert_ne!(sentence, other, "{kind:?} has no text of its own");
            }
        }
    }

    proptest! {
        /// D10: whatever somebody calls himself, his tenant or his method: no line, no link and no subject is made of it.
        #[test]
        fn d10_no_name_makes_a_line_or_a_link(name in any::<String>(), label in any::<String>()) {
            let zone = TimeZone::UTC;
            let after = json!({ "kind": "totp", "label": label });
            let mut words = told(Kind::Registered, Language::En, &after, &zone);
            let lines = mail(&words).text.lines().count();
            words.tenant = &name;
            words.name = None;
            let letter = mail(&words);
            prop_assert_eq!(letter.text.lines().count(), lines);
            prop_assert!(!letter.subject.contains(['\n', '\r']));
            prop_assert_eq!(letter.text.matches("://").count(), 1, "only our own link");
            let text = sms(&words);
            prop_assert!(crate::delivery::gsm7::length(&text).is_some_and(|n| n <= 160) && !text.contains("://"), "{}", text);
        }
    }
}
