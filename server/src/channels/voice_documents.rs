//! The documents (TwiML) that tell a gateway what to say in a call and which keys to wait for.

use domain::delivery::{
    call::{CallScript, Line},
    channel::{Extension, Language},
    texts::escape,
};
use domain::verification::Spoken;

use super::gateway::CallbackFields;

/// How long a key is waited for after the last word.
pub(crate) const KEY_WAIT_SECONDS: u32 = 10;

/// How long an operator has to put the call through.
pub(crate) const OPERATOR_WAIT_SECONDS: u32 = 15;

/// The document for what is said next; a first line asks an operator before, where there is one.
pub(crate) fn of(spoken: &Spoken, answer_url: &str) -> String {
    match spoken.line {
        Line::Greeting => opening(&spoken.script, spoken.extension.as_ref(), spoken.language, answer_url),
        line => document(&spoken.script, line, spoken.language, answer_url),
    }
}

/// The first document of a call: asks an operator where there is one, then greets and waits for keys.
pub(crate) fn opening(script: &CallScript, extension: Option<&Extension>, language: Language, answer_url: &str) -> String {
    let before = match extension {
        Some(Extension::Operator(extension)) => {
            let words = say(&script.words_to_operator(extension, language), language);
            format!("{words}<Pause length=\"2\"/>{words}<Pause length=\"{OPERATOR_WAIT_SECONDS}\"/>")
        }
        Some(Extension::Dialled(_)) | None => String::new(),
    };
    response(&format!("{before}{}", body(script, Line::Greeting, language, answer_url)))
}

/// A later document of a call: a line, and if it asks, the wait for keys.
pub(crate) fn document(script: &CallScript, line: Line, language: Language, answer_url: &str) -> String {
    response(&body(script, line, language, answer_url))
}

/// A question is said twice, for many a phone is still on its way to an ear. If no key is pressed, the gateway goes on to the redirect
/// and asks our address without keys.
fn body(script: &CallScript, line: Line, language: Language, answer_url: &str) -> String {
    let words = say(&script.words(line, language), language);
    if !line.asks() {
        return format!("{words}<Hangup/>");
    }
    let url = escape(answer_url);
    format!(
        "<Gather input=\"dtmf\" finishOnKey=\"#\" timeout=\"{KEY_WAIT_SECONDS}\" action=\"{url}\" method=\"POST\">\
         {words}<Pause length=\"1\"/>{words}</Gather>\
         <Redirect method=\"POST\">{url}</Redirect>"
    )
}

fn say(words: &str, language: Language) -> String {
    let code = match language {
        Language::En => "en-GB",
        Language::Nl => "nl-NL",
    };
    format!("<Say language=\"{code}\">{}</Say>", escape(words))
}

fn response(inside: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{inside}</Response>")
}

/// What a gateway posts when it wants the next document; the fields were checked to be signed.
pub(crate) fn pressed_keys(fields: &CallbackFields) -> Option<&str> {
    fields.get("Digits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::delivery::call::{CallMode, PressDigit};

    const URL: &str = "https://mfa.example.com/calls/1?a=1&b=2";

    fn script(service: &str) -> CallScript {
        let mode = CallMode::Standard {
            digit: PressDigit::new(7).expect("1 to 9"),
        };
        CallScript::new(mode, Some("0".to_owned()), service).expect("makes sense")
    }
    #[test]
    fn a_greeting_asks_twice_and_then_asks_us() {
        assert_eq!(
            document(&script("Q&A"), Line::AfterSilence, Language::Nl, URL),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>\
             <Gather input=\"dtmf\" finishOnKey=\"#\" timeout=\"10\" action=\"https://mfa.example.com/calls/1?a=1&amp;b=2\" method=\"POST\">\
             <Say language=\"nl-NL\">We hebben geen toets gehoord. Ben jij dat? Druk dan op zeven en daarna op hekje. Ben jij het niet? Druk dan op nul en daarna op hekje om het te melden.</Say>\
             <Pause length=\"1\"/>\
             <Say language=\"nl-NL\">We hebben geen toets gehoord. Ben jij dat? Druk dan op zeven en daarna op hekje. Ben jij het niet? Druk dan op nul en daarna op hekje om het te melden.</Say>\
             </Gather><Redirect method=\"POST\">https://mfa.example.com/calls/1?a=1&amp;b=2</Redirect></Response>"
        );
        let greeting = opening(&script("Q&A <Say>"), None, Language::En, URL);
        assert!(greeting.contains("This is Q&amp;A Say."), "{greeting}");
    }

    #[test]
    fn last_words_hang_up() {
        let document = document(&script("Contoso"), Line::Denied, Language::En, URL);
        assert!(
            document.ends_with("<Say language=\"en-GB\">It is not confirmed. Goodbye.</Say><Hangup/></Response>"),
            "{document}"
        );
        assert!(!document.contains("Gather"));
    }

    #[test]
    fn an_operator_is_asked_before_the_greeting() {
        let extension = Extension::parse("@56").expect("an extension");
        let document = opening(&script("Contoso"), Some(&extension), Language::En, URL);
        let asked = document.find("connect me to extension five, six.").expect("asks");
        assert!(asked < document.find("<Gather").expect("gathers"));
        let dialled = Extension::parse("x56").expect("an extension");
        assert!(!opening(&script("Contoso"), Some(&dialled), Language::En, URL).contains("extension"));
    }
}
