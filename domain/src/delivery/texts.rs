//! What is written to people, in English and Dutch. Pure.
//!
//! Names come from people who may mean harm: before one of them goes into a message it is made plain ([`plain_name`]), so that a
//! tenant called `http://example.com` gives no link and one with a line break gives no header (abuse case D10).

use super::{
    channel::{Content, Language},
    gsm7,
};
use crate::vault::Secret;
use unicode_normalization::UnicodeNormalization;

/// The most characters of a name in a message.
pub const NAME_CHARACTERS_MAX: usize = 60;

/// The longest host that still leaves room for everything else in a text message.
pub const SMS_HOST_CHARACTERS_MAX: usize = 80;

/// What a code message says, whichever way it goes.
#[derive(Clone, Copy, Debug)]
pub struct CodeMessage<'a> {
    /// The code: 6 or 8 digits.
    pub code: &'a Secret<String>,
    /// The service or tenant, as its administrator wrote it.
    pub service: &'a str,
    /// The host of the page that waits for the code.
    pub host: &'a str,
    /// How long the code lives.
    pub minutes: u32,
    /// It is to be read back to the desk by whoever has called it: no page waits for it.
    pub read_back: bool,
}

/// The text of an SMS with a code: at most 160 septets, whatever the name. The name is shortened, the code never.
///
/// The last line binds the code to its page, so that a browser fills it in there and nowhere else (WICG "Origin-bound one-time
/// codes delivered via SMS"). A host too long for it is left out rather than cut, for half a host is another host.
pub fn sms_code(message: CodeMessage<'_>, language: Language) -> Secret<String> {
    let code = message.code.expose();
    if message.read_back {
        return sms_read_back(&message, language);
    }
    let bound = match is_host(message.host) {
        true => format!("\n@{} #{code}", message.host),
        false => String::new(),
    };
    let words = |name: &str| match (language, name.is_empty()) {
        (Language::En, false) => format!("Your code for {name} is {code}. Never share it, not even with us.{bound}"),
        (Language::En, true) => format!("Your code is {code}. Never share it, not even with us.{bound}"),
        (Language::Nl, false) => format!("Je code voor {name} is {code}. Deel hem met niemand, ook niet met ons.{bound}"),
        (Language::Nl, true) => format!("Je code is {code}. Deel hem met niemand, ook niet met ons.{bound}"),
    };
    let mut name = in_gsm7(&plain_name(message.service));
    while !name.is_empty() && !fits(&words(&name)) {
        name.pop();
        name.truncate(name.trim_end().len());
    }
    Secret::new(words(&name))
}

/// The same for a caller, who reads the code to the desk. Whoever is called by somebody who wants it must read none.
fn sms_read_back(message: &CodeMessage<'_>, language: Language) -> Secret<String> {
    let code = message.code.expose();
    let words = |name: &str| match (language, name.is_empty()) {
        (Language::En, false) => {
            format!("Did YOU call the service desk of {name}? Then read this code out: {code}. Did somebody call you? Say nothing and hang up.")
        }
        (Language::En, true) => format!("Did YOU call the service desk? Then read this code out: {code}. Did somebody call you? Say nothing and hang up."),
        (Language::Nl, false) => format!("Belde JIJ de servicedesk van {name}? Lees dan deze code voor: {code}. Word je gebeld? Zeg niets en hang op."),
        (Language::Nl, true) => format!("Belde JIJ de servicedesk? Lees dan deze code voor: {code}. Word je gebeld? Zeg niets en hang op."),
    };
    let mut name = in_gsm7(&plain_name(message.service));
    while !name.is_empty() && !fits(&words(&name)) {
        name.pop();
        name.truncate(name.trim_end().len());
    }
    Secret::new(words(&name))
}

fn fits(text: &str) -> bool {
    gsm7::length(text).is_some_and(|septets| septets <= gsm7::SEPTETS_MAX)
}

fn is_host(host: &str) -> bool {
    (1..=SMS_HOST_CHARACTERS_MAX).contains(&host.len()) && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// What an operator sends to see whether a provider works: no code, nothing to do.
pub const fn test(language: Language) -> &'static str {
    match language {
        Language::En => "This is a test of Tweestap. It holds no code, and there is nothing to do.",
        Language::Nl => "Dit is een test van Tweestap. Er staat geen code in en je hoeft niets te doen.",
    }
}

/// The subject of the same as a mail.
pub const fn test_subject(language: Language) -> &'static str {
    match language {
        Language::En => "A test of Tweestap",
        Language::Nl => "Een test van Tweestap",
    }
}

/// A mail with a code, as text and as HTML. The subject never holds the code.
pub fn mail_code(message: CodeMessage<'_>, language: Language) -> Content {
    let (code, name) = (message.code.expose(), plain_name(message.service));
    let words = match message.read_back {
        true => MailWords::to_read_back(&name, message.minutes, language),
        false => MailWords::new(&name, message.minutes, language),
    };
    let text = format!("{}\n\n    {code}\n\n{}\n\n{}\n", words.lead, words.life, words.doubt);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{subject}</title></head>\n\
         <body style=\"font-family: sans-serif; line-height: 1.5\">\n\
         <p>{lead}</p>\n\
         <p style=\"font-size: 2em; font-weight: bold; letter-spacing: 0.15em\">{code}</p>\n\
         <p>{life}</p>\n<p>{doubt}</p>\n</body></html>\n",
        lang = words.lang,
        subject = escape(&words.subject),
        lead = escape(&words.lead),
        code = escape(code),
        life = escape(&words.life),
        doubt = escape(&words.doubt),
    );
    Content::Mail {
        subject: words.subject,
        text: Secret::new(text),
        html: Some(Secret::new(html)),
    }
}

struct MailWords {
    lang: &'static str,
    subject: String,
    lead: String,
    life: String,
    doubt: String,
}

impl MailWords {
    fn new(name: &str, minutes: u32, language: Language) -> Self {
        match language {
            Language::En => Self {
                lang: "en",
                subject: format!("Your code for {name}"),
                lead: format!("Your code for {name} is:"),
                life: match minutes {
                    1 => "It is valid for one minute. Never share it: we will never ask you for it.".to_owned(),
                    _ => format!("It is valid for {minutes} minutes. Never share it: we will never ask you for it."),
                },
                doubt: "Did you not ask for a code? Then somebody may know your password. Tell your service desk.".to_owned(),
            },
            Language::Nl => Self {
                lang: "nl",
                subject: format!("Je code voor {name}"),
                lead: format!("Je code voor {name} is:"),
                life: match minutes {
                    1 => "Hij is één minuut geldig. Deel hem met niemand: wij vragen er nooit om.".to_owned(),
                    _ => format!("Hij is {minutes} minuten geldig. Deel hem met niemand: wij vragen er nooit om."),
                },
                doubt: "Heb je niet om een code gevraagd? Dan kent iemand misschien je wachtwoord. Vertel het de servicedesk.".to_owned(),
            },
        }
    }
}

impl MailWords {
    /// For a caller, who reads the code to the desk.
    fn to_read_back(name: &str, minutes: u32, language: Language) -> Self {
        match language {
            Language::En => Self {
                lang: "en",
                subject: format!("Code for your call to {name}"),
                lead: format!("Did you call the service desk of {name}? Then read this code to them:"),
                life: match minutes {
                    1 => "It is valid for one minute and opens nothing.".to_owned(),
                    _ => format!("It is valid for {minutes} minutes and opens nothing."),
                },
                doubt: "Did somebody call you and ask for it? Say nothing, hang up, and call your service desk at the number you know.".to_owned(),
            },
            Language::Nl => Self {
                lang: "nl",
                subject: format!("Code voor je gesprek met {name}"),
                lead: format!("Heb je de servicedesk van {name} gebeld? Lees dan deze code voor:"),
                life: match minutes {
                    1 => "Hij is één minuut geldig en opent niets.".to_owned(),
                    _ => format!("Hij is {minutes} minuten geldig en opent niets."),
                },
                doubt: "Belde iemand jou die erom vraagt? Zeg niets, hang op en bel je servicedesk op het nummer dat je kent.".to_owned(),
            },
        }
    }
}

/// A name without anything that a phone, a mail program or a header could take for more than a name: one line, no marks that
/// cannot be seen, no tags, nothing that becomes a link.
pub fn plain_name(text: &str) -> String {
    let visible = text
        .chars()
        .map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c })
        .filter(|c| !is_unwanted(*c));
    let short: String = visible.take(NAME_CHARACTERS_MAX * 4).collect();
    let words: Vec<_> = short.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(NAME_CHARACTERS_MAX).collect();
    without_links(short.trim_end())
}

/// Angle brackets, and what is written without being seen (Unicode: format characters that mislead).
fn is_unwanted(c: char) -> bool {
    matches!(c, '<' | '>' | '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFD}' | '\u{E0000}'..='\u{E007F}')
}

/// `http://example.com` becomes `http[:]//example[.]com`, while `Acme B.V.` stays what it is: a dot is one of an address if two letters or
/// digits follow it.
fn without_links(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut plain = String::with_capacity(text.len() + 8);
    for (at, c) in characters.iter().enumerate() {
        let mut following = characters[at + 1..].iter();
        let dot = matches!(c, '.' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}');
        let joins = at > 0 && characters[at - 1].is_alphanumeric() && following.clone().take(2).filter(|c| c.is_alphanumeric()).count() == 2;
        if dot && joins {
            plain.push_str("[.]");
        } else if *c == ':' && following.next() == Some(&'/') {
            plain.push_str("[:]");
        } else {
            plain.push(*c);
        }
    }
    plain
}

/// The text in the alphabet of text messages: accents that it lacks are dropped, letters it lacks become their nearest or nothing.
pub(crate) fn in_gsm7(text: &str) -> String {
    let is_known = |c: &char| gsm7::length(c.encode_utf8(&mut [0; 4])).is_some();
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_known(&c) => kept.push(c),
            'Ł' => kept.push('L'),
            'ł' => kept.push('l'),
            'Đ' | 'Ð' => kept.push('D'),
            'đ' | 'ð' => kept.push('d'),
            'ı' => kept.push('i'),
            '\u{2018}' | '\u{2019}' => kept.push('\''),
            '\u{201C}' | '\u{201D}' | '\u{201E}' => kept.push('"'),
            '\u{2010}'..='\u{2015}' => kept.push('-'),
            c => kept.extend(std::iter::once(c).nfkd().filter(is_known)),
        }
    }
    let words: Vec<_> = kept.split_whitespace().collect();
    words.join(" ")
}

/// Text as it may stand in HTML or XML, between tags or in quotes. What XML cannot hold (1.0, 2.2) is left out.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {}
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sms(service: &str, host: &str, language: Language) -> String {
        let code = Secret::new("428913".to_owned());
        let message = CodeMessage {
            code: &code,
            service,
            host,
            minutes: 5,
            read_back: false,
        };
        sms_code(message, language).expose().clone()
    }

    /// C8: what a caller reads back says when it may be read out, binds itself to no page, and fits, whatever the name.
    #[test]
    fn c8_what_is_read_back_says_to_whom() {
        let code = Secret::new("428913".to_owned());
        for language in [Language::En, Language::Nl] {
            for service in ["Contoso", "", &"Zeer lange naam ".repeat(9), "http://evil.example"] {
                let message = CodeMessage {
                    code: &code,
                    service,
                    host: "mfa.example.com",
                    minutes: 5,
                    read_back: true,
                };
                let text = sms_code(message, language).expose().clone();
                assert!(gsm7::length(&text).is_some_and(|n| n <= 160), "{text}");
                let (you, hang_up) = match language {
                    Language::En => ("Did YOU call", "hang up"),
                    Language::Nl => ("Belde JIJ", "hang op"),
                };
                assert!(text.contains(you) && text.contains(hang_up) && text.contains("428913"), "{text}");
                assert!(!text.contains(['@', '\n']) && !text.contains("://"), "{text}");
                let Content::Mail { subject, text, .. } = mail_code(message, language) else {
                    panic!("a mail")
                };
                assert!(!subject.contains("428913") && text.expose().contains("    428913\n"));
            }
        }
    }

    #[test]
    fn a_text_message_reads_well_in_both_languages() {
        assert_eq!(
            sms("Contoso", "mfa.example.com", Language::En),
            "Your code for Contoso is 428913. Never share it, not even with us.\n@mfa.example.com #428913"
        );
        assert_eq!(
            sms("Gemeente Súdwest-Fryslân", "mfa.example.nl", Language::Nl),
            "Je code voor Gemeente Sudwest-Fryslan is 428913. Deel hem met niemand, ook niet met ons.\n@mfa.example.nl #428913"
        );
    }

    #[test]
    fn a_long_name_is_shortened_and_the_code_is_not() {
        let name = "Stichting tot Behoud van de Historische Binnenvaart in de Noordelijke Provincies en Omstreken";
        let text = sms(name, "aanmelden.historische-binnenvaart-noord.example.org", Language::Nl);
        assert!(gsm7::length(&text).expect("in the alphabet") <= 160, "{text}");
        assert!(text.starts_with("Je code voor Stichting tot"), "{text}");
        assert!(text.ends_with(".\n@aanmelden.historische-binnenvaart-noord.example.org #428913"), "{text}");
    }

    #[test]
    fn a_name_that_cannot_be_written_is_left_out() {
        assert_eq!(
            sms("日本語", "mfa.example.com", Language::En),
            "Your code is 428913. Never share it, not even with us.\n@mfa.example.com #428913"
        );
    }

    #[test]
    fn a_host_that_is_too_long_or_no_host_is_left_out_whole() {
        let long = format!("{}.example.com", "a".repeat(80));
        for host in [long.as_str(), "", "example.com\n@other.example", "bücher.example"] {
            let text = sms("Contoso", host, Language::En);
            assert!(text.ends_with("not even with us."), "{text}");
        }
    }

    #[test]
    fn d10_a_name_stays_a_name() {
        for (name, plain) in [
            ("http://evil.example", "http[:]//evil[.]example"),
            ("Acme B.V.", "Acme B.V."),
            ("J.P. de Vries", "J.P. de Vries"),
            ("evil\u{FF0E}example", "evil[.]example"),
            ("<a href=x>Click</a>", "a href=xClick/a"),
            ("Ann\r\nBcc: eve@evil.example", "Ann Bcc: eve@evil[.]example"),
            ("a\u{202E}b\u{200B}c", "abc"),
            ("  many   spaces ", "many spaces"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
        assert_eq!(plain_name(&"x".repeat(10_000)).len(), NAME_CHARACTERS_MAX);
    }

    #[test]
    fn a_mail_has_the_code_in_its_body_only_and_escapes_the_name() {
        let code = Secret::new("428913".to_owned());
        for language in [Language::En, Language::Nl] {
            let message = CodeMessage {
                code: &code,
                service: "Q&A \"Ann's\" <b>",
                host: "mfa.example.com",
                minutes: 1,
                read_back: false,
            };
            let Content::Mail { subject, text, html } = mail_code(message, language) else {
                panic!("not a mail")
            };
            let html = html.expect("has HTML");
            assert!(!subject.contains("428913"));
            assert!(text.expose().contains("    428913\n") && html.expose().contains(">428913<"));
            assert!(html.expose().contains("Q&amp;A &quot;Ann&#39;s&quot; b"), "{}", html.expose());
        }
    }

    proptest! {
        #[test]
        fn every_text_message_fits_and_ends_with_its_code(name in any::<String>(), host in "[a-z0-9.-]{0,120}", dutch in any::<bool>()) {
            let text = sms(&name, &host, if dutch { Language::Nl } else { Language::En });
            prop_assert!(gsm7::length(&text).is_some_and(|n| n <= 160), "{}", text);
            prop_assert!(text.contains("is 428913."));
            prop_assert!(text.lines().count() <= 2);
        }

        #[test]
        fn no_name_leaves_a_link_or_a_line(name in any::<String>()) {
            let plain = plain_name(&name);
            prop_assert!(!plain.contains(['\n', '\r', '<', '>']) && !plain.contains("://"));
        }
    }
}
