//! What is asked in a call and what an answer means. Pure: no gateway, no clock, no randomness.
//!
//! A member hears a digit that was drawn for this call and presses it, then hash. A mailbox or an answering machine cannot do
//! that, so it never approves (abuse case F8). In PIN mode he types his PIN and hash first; whether it is right is for the caller to say.

use super::{channel::Language, texts::plain_name};
use crate::vault::Secret;
use model::FRAUD_CODE_DIGITS_MAX;
use std::fmt;

/// The most keys an answer may have. A fax that sings into the line stops here.
pub const ANSWER_KEYS_MAX: usize = 32;

/// The digit of one call, 1 to 9: zero is kept for reporting fraud. Printing it does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PressDigit(u8);

impl PressDigit {
    /// A digit of 1 to 9; whoever calls draws it anew for each call.
    pub const fn new(digit: u8) -> Option<Self> {
        match digit {
            1..=9 => Some(Self(digit)),
            _ => None,
        }
    }

    /// The digit itself, to be kept until the call is over.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The key.
    pub(crate) const fn key(self) -> char {
        (b'0' + self.0) as char
    }
}

impl fmt::Debug for PressDigit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PressDigit(…)")
    }
}

/// How a member confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallMode {
    /// He presses the digit he hears.
    Standard {
        /// Drawn for this call.
        digit: PressDigit,
    },
    /// He types his PIN; the digit comes after it.
    Pin,
}

/// What the call is about, as it is said in its first words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occasion {
    /// Somebody signs in.
    #[default]
    SignIn,
    /// Somebody wants to change something about the account.
    Change,
    /// Somebody wants this phone to be a method.
    NewPhone,
}

/// What is asked in one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallScript {
    mode: CallMode,
    occasion: Occasion,
    fraud_code: Option<String>,
    service: String,
}

/// Why a script makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallScriptError {
    /// Not what can be pressed.
    #[error("The code that reports fraud has 1 to {FRAUD_CODE_DIGITS_MAX} digits.")]
    FraudCode,
    /// One key would mean two things.
    #[error("The digit of the call and the code that reports fraud may not be the same.")]
    SameKey,
}

/// What the keys that came back mean.
#[derive(Clone, Debug)]
pub enum Heard {
    /// It is clear.
    Clear(Verdict),
    /// A PIN, to be compared by the caller: right is [`Verdict::Approved`], wrong is [`Verdict::WrongPin`].
    Pin(Secret<String>),
}

/// How one turn of a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// He confirmed.
    Approved,
    /// Another digit than the one spoken.
    WrongDigit,
    /// Not his PIN.
    WrongPin,
    /// Something that is no answer: a star, or far too many keys, as of a fax.
    InvalidInput,
    /// No key: nobody there, or a mailbox.
    NothingPressed,
    /// It was not him who signs in.
    FraudReported,
}

/// Whether a member may try again in this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// He may.
    Left,
    /// This was the last.
    Spent,
}

/// What is said next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The first words of a call.
    Greeting,
    /// After a wrong answer, with the question again.
    AfterMistake,
    /// After silence, with the question again.
    AfterSilence,
    /// The PIN was right: the digit comes next.
    AfterPin,
    /// Last words: confirmed.
    Approved,
    /// Last words: not confirmed.
    Denied,
    /// First and last words: there is no PIN that could be typed.
    NoPin,
    /// Last words: reported.
    FraudReported,
}

impl Line {
    /// True if an answer is waited for.
    pub const fn asks(self) -> bool {
        matches!(self, Self::Greeting | Self::AfterMistake | Self::AfterSilence | Self::AfterPin)
    }
}

impl Verdict {
    /// What is said after it.
    pub const fn line(self, tries: Tries) -> Line {
        match (self, tries) {
            (Self::Approved, _) => Line::Approved,
            (Self::FraudReported, _) => Line::FraudReported,
            (Self::NothingPressed, Tries::Left) => Line::AfterSilence,
            (Self::WrongDigit | Self::WrongPin | Self::InvalidInput, Tries::Left) => Line::AfterMistake,
            (Self::WrongDigit | Self::WrongPin | Self::InvalidInput | Self::NothingPressed, Tries::Spent) => Line::Denied,
        }
    }
}

impl CallScript {
    /// Makes a script. The service is named as its administrator wrote it.
    pub fn new(mode: CallMode, fraud_code: Option<String>, service: &str) -> Result<Self, CallScriptError> {
        if let Some(code) = &fraud_code {
            let length_fits = (1..=FRAUD_CODE_DIGITS_MAX).contains(&code.len());
            if !length_fits || !code.bytes().all(|b| b.is_ascii_digit()) {
                return Err(CallScriptError::FraudCode);
            }
            if matches!(mode, CallMode::Standard { digit } if code.chars().eq([digit.key()])) {
                return Err(CallScriptError::SameKey);
            }
        }
        let service = plain_name(service);
        Ok(Self {
            mode,
            occasion: Occasion::default(),
            fraud_code,
            service,
        })
    }

    /// One that is only to end a call: it asks nothing, and nothing that is pressed approves.
    pub fn of_last_words(service: &str) -> Self {
        Self {
            mode: CallMode::Pin,
            occasion: Occasion::default(),
            fraud_code: None,
            service: plain_name(service),
        }
    }

    /// The same, with the PIN asked for in place of the digit.
    #[must_use]
    pub fn for_pin(self) -> Self {
        Self { mode: CallMode::Pin, ..self }
    }

    /// The same, about something else than signing in.
    #[must_use]
    pub fn about(self, occasion: Occasion) -> Self {
        Self { occasion, ..self }
    }

    /// How the member confirms.
    pub const fn mode(&self) -> CallMode {
        self.mode
    }

    /// What he presses to report fraud, where the tenant allows it.
    pub fn fraud_code(&self) -> Option<&str> {
        self.fraud_code.as_deref()
    }

    /// The service, as it is spoken.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// What the keys mean that were pressed before hash. `None` or no keys: nothing was pressed.
    pub fn hear(&self, keys: Option<&str>) -> Heard {
        let keys = keys.unwrap_or_default().trim().trim_end_matches('#');
        if keys.is_empty() {
            return Heard::Clear(Verdict::NothingPressed);
        }
        if keys.len() > ANSWER_KEYS_MAX || !keys.bytes().all(|b| b.is_ascii_digit()) {
            return Heard::Clear(Verdict::InvalidInput);
        }
        if self.fraud_code.as_deref() == Some(keys) {
            return Heard::Clear(Verdict::FraudReported);
        }
        match self.mode {
            CallMode::Standard { digit } if keys.chars().eq([digit.key()]) => Heard::Clear(Verdict::Approved),
            CallMode::Standard { .. } => Heard::Clear(Verdict::WrongDigit),
            CallMode::Pin => Heard::Pin(Secret::new(keys.to_owned())),
        }
    }

    /// The words of a line.
    pub fn words(&self, line: Line, language: Language) -> String {
        let question = self.question(language);
        let service = &self.service;
        match (language, line) {
            (Language::En, Line::Greeting) => format!("Hello. This is {service}. {} {question}", self.why(language)),
            (Language::En, Line::AfterMistake) => format!("That was not right. {question}"),
            (Language::En, Line::AfterSilence) => format!("We did not hear a key. {question}"),
            (Language::En, Line::AfterPin) => format!("Thank you. {question}"),
            (Language::En, Line::NoPin) => format!(
                "Hello. This is {service}. {} You have no PIN for calls yet, so this call cannot confirm it. If it is you, use another way, and choose a PIN \
                 at your security info. If it is not you, tell your service desk. Goodbye.",
                self.why(language)
            ),
            (Language::En, Line::Approved) => "Thank you. It is confirmed. Goodbye.".to_owned(),
            (Language::En, Line::Denied) => "It is not confirmed. Goodbye.".to_owned(),
            (Language::En, Line::FraudReported) => "Thank you. We have reported it and stopped the sign-in. Goodbye.".to_owned(),
            (Language::Nl, Line::Greeting) => format!("Hallo. Dit is {service}. {} {question}", self.why(language)),
            (Language::Nl, Line::AfterMistake) => format!("Dat klopte niet. {question}"),
            (Language::Nl, Line::AfterSilence) => format!("We hebben geen toets gehoord. {question}"),
            (Language::Nl, Line::AfterPin) => format!("Dank je wel. {question}"),
            (Language::Nl, Line::NoPin) => format!(
                "Hallo. Dit is {service}. {} Je hebt nog geen pincode voor gesprekken, dus dit gesprek kan niets bevestigen. Ben jij dat? Gebruik dan een \
                 andere manier en kies een pincode bij je beveiligingsgegevens. Ben jij het niet? Vertel het je servicedesk. Tot ziens.",
                self.why(language)
            ),
            (Language::Nl, Line::Approved) => "Dank je wel. Het is bevestigd. Tot ziens.".to_owned(),
            (Language::Nl, Line::Denied) => "Het is niet bevestigd. Tot ziens.".to_owned(),
            (Language::Nl, Line::FraudReported) => "Dank je wel. We hebben het gemeld en de aanmelding gestopt. Tot ziens.".to_owned(),
        }
    }

    /// What is said to an operator before the member is on the line.
    pub fn words_to_operator(&self, extension: &str, language: Language) -> String {
        let (service, extension) = (&self.service, spoken_keys(extension, language));
        match language {
            Language::En => format!("Hello. This is an automatic call from {service}. Please connect me to extension {extension}."),
            Language::Nl => format!("Hallo. Dit is een automatisch gesprek van {service}. Verbind me alstublieft door met toestel {extension}."),
        }
    }

    const fn why(&self, language: Language) -> &'static str {
        match (language, self.occasion) {
            (Language::En, Occasion::SignIn) => "Somebody is signing in with your account.",
            (Language::En, Occasion::Change) => "Somebody wants to change something about your account.",
            (Language::En, Occasion::NewPhone) => "Somebody wants to confirm an account by this phone from now on.",
            (Language::Nl, Occasion::SignIn) => "Iemand meldt zich aan met jouw account.",
            (Language::Nl, Occasion::Change) => "Iemand wil iets veranderen aan jouw account.",
            (Language::Nl, Occasion::NewPhone) => "Iemand wil een account voortaan bevestigen met deze telefoon.",
        }
    }

    fn question(&self, language: Language) -> String {
        let ask = match (language, self.mode) {
            (Language::En, CallMode::Standard { digit }) => {
                format!("If it is you, press {}, then the hash key.", spoken_keys(&digit.key().to_string(), language))
            }
            (Language::En, CallMode::Pin) => "If it is you, type your PIN, then press the hash key.".to_owned(),
            (Language::Nl, CallMode::Standard { digit }) => {
                format!(
                    "Ben jij dat? Druk dan op {} en daarna op hekje.",
                    spoken_keys(&digit.key().to_string(), language)
                )
            }
            (Language::Nl, CallMode::Pin) => "Ben jij dat? Typ dan je pincode en druk daarna op hekje.".to_owned(),
        };
        let Some(code) = &self.fraud_code else { return ask };
        let code = spoken_keys(code, language);
        match language {
            Language::En => format!("{ask} If it is not you, press {code}, then the hash key, to report it."),
            Language::Nl => format!("{ask} Ben jij het niet? Druk dan op {code} en daarna op hekje om het te melden."),
        }
    }
}

/// Keys as words, one by one: a voice that reads `5678` as a number helps nobody.
pub fn spoken_keys(keys: &str, language: Language) -> String {
    let words: Vec<_> = keys.chars().filter_map(|key| spoken_key(key, language)).collect();
    words.join(", ")
}

fn spoken_key(key: char, language: Language) -> Option<&'static str> {
    const EN: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    const NL: [&str; 10] = ["nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"];
    match (key, language) {
        ('*', Language::En) => Some("star"),
        ('*', Language::Nl) => Some("sterretje"),
        ('#', Language::En) => Some("hash"),
        ('#', Language::Nl) => Some("hekje"),
        (key, Language::En) => EN.get(key.to_digit(10)? as usize).copied(),
        (key, Language::Nl) => NL.get(key.to_digit(10)? as usize).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(digit: u8) -> CallScript {
        let mode = CallMode::Standard {
            digit: PressDigit::new(digit).expect("1 to 9"),
        };
        CallScript::new(mode, Some("0".to_owned()), "Contoso").expect("makes sense")
    }

    fn verdict(script: &CallScript, keys: Option<&str>) -> Verdict {
        match script.hear(keys) {
            Heard::Clear(verdict) => verdict,
            Heard::Pin(_) => panic!("a PIN was not asked for"),
        }
    }

    #[test]
    fn f8_only_the_digit_of_this_call_approves() {
        for digit in 1..=9 {
            let script = script(digit);
            for pressed in 0..=9 {
                let expected = match pressed {
                    0 => Verdict::FraudReported,
                    n if n == digit => Verdict::Approved,
                    _ => Verdict::WrongDigit,
                };
                assert_eq!(verdict(&script, Some(&pressed.to_string())), expected);
            }
        }
    }

    #[test]
    fn f8_silence_and_noise_never_approve() {
        let script = script(7);
        for keys in [None, Some(""), Some("#"), Some("##"), Some(" ")] {
            assert_eq!(verdict(&script, keys), Verdict::NothingPressed, "{keys:?}");
        }
        for keys in ["*", "7*", "A", "٧", &"7".repeat(33)] {
            assert_eq!(verdict(&script, Some(keys)), Verdict::InvalidInput, "{keys}");
        }
        for keys in ["77", "1", "123456789", "07", "00"] {
            assert_eq!(verdict(&script, Some(keys)), Verdict::WrongDigit, "{keys}");
        }
        assert_eq!(verdict(&script, Some("7#")), Verdict::Approved, "gateways that keep the hash");
    }

    #[test]
    fn a_pin_is_handed_back_unseen() {
        let script = CallScript::new(CallMode::Pin, Some("0".to_owned()), "Contoso").expect("makes sense");
        let Heard::Pin(pin) = script.hear(Some("4821")) else { panic!("no PIN") };
        assert_eq!(pin.expose(), "4821");
        assert!(!format!("{:?}", script.hear(Some("4821"))).contains("4821"));
        assert!(matches!(script.hear(Some("0")), Heard::Clear(Verdict::FraudReported)));
        assert!(matches!(script.hear(Some("48*21")), Heard::Clear(Verdict::InvalidInput)));
        assert!(matches!(script.hear(None), Heard::Clear(Verdict::NothingPressed)));
    }

    #[test]
    fn one_key_never_means_two_things() {
        let seven = CallMode::Standard {
            digit: PressDigit::new(7).expect("1 to 9"),
        };
        assert_eq!(CallScript::new(seven, Some("7".to_owned()), "x"), Err(CallScriptError::SameKey));
        for wrong in ["", "1234", "a", "#"] {
            assert_eq!(CallScript::new(seven, Some(wrong.to_owned()), "x"), Err(CallScriptError::FraudCode), "{wrong}");
        }
        assert!(PressDigit::new(0).is_none() && PressDigit::new(10).is_none());
        let long = CallScript::new(seven, Some("112".to_owned()), "x").expect("three digits");
        assert_eq!(verdict(&long, Some("112#")), Verdict::FraudReported);
        assert_eq!(verdict(&long, Some("11")), Verdict::WrongDigit);
        assert!(
            long.words(Line::AfterMistake, Language::Nl)
                .contains("Druk dan op één, één, twee en daarna op hekje om het te melden.")
        );
        let without = CallScript::new(seven, None, "x").expect("reporting may be off");
        assert_eq!(verdict(&without, Some("0")), Verdict::WrongDigit);
        assert!(!without.words(Line::Greeting, Language::En).contains("report"));
    }

    #[test]
    fn the_words_name_the_digit_in_both_languages() {
        assert_eq!(
            script(7).words(Line::Greeting, Language::En),
            "Hello. This is Contoso. Somebody is signing in with your account. If it is you, press seven, then the hash key. \
             If it is not you, press zero, then the hash key, to report it."
        );
        assert_eq!(
            script(1).words(Line::Greeting, Language::Nl),
            "Hallo. Dit is Contoso. Iemand meldt zich aan met jouw account. Ben jij dat? Druk dan op één en daarna op hekje. \
             Ben jij het niet? Druk dan op nul en daarna op hekje om het te melden."
        );
        assert_eq!(spoken_keys("50,8#", Language::Nl), "vijf, nul, acht, hekje");
        let then = script(4).words(Line::AfterPin, Language::Nl);
        assert!(then.starts_with("Dank je wel. Ben jij dat? Druk dan op vier en daarna op hekje."), "{then}");
        let pin = script(4).for_pin().words(Line::Greeting, Language::En);
        assert!(
            pin.contains("type your PIN, then press the hash key. If it is not you, press zero") && !pin.contains("four"),
            "{pin}"
        );
        for language in [Language::En, Language::Nl] {
            let none = CallScript::of_last_words("Contoso").words(Line::NoPin, language);
            assert!(none.contains("Contoso") && !Line::NoPin.asks(), "{none}");
        }
        let added = script(2).about(Occasion::NewPhone).words(Line::Greeting, Language::En);
        assert!(added.contains("by this phone from now on. If it is you, press two"), "{added}");
    }

    #[test]
    fn what_follows_a_verdict() {
        assert_eq!(Verdict::NothingPressed.line(Tries::Left), Line::AfterSilence);
        assert_eq!(Verdict::WrongDigit.line(Tries::Left), Line::AfterMistake);
        assert_eq!(Verdict::WrongPin.line(Tries::Spent), Line::Denied);
        assert_eq!(Verdict::Approved.line(Tries::Spent), Line::Approved);
        assert!(Line::AfterSilence.asks() && !Line::Approved.asks());
    }

    #[test]
    fn printing_a_script_does_not_tell_the_digit() {
        let printed = format!("{:?}", script(7));
        assert!(!printed.contains('7'), "{printed}");
    }
}
