//! What messages and calls have in common when they go to an HTTP gateway that speaks Twilio's format (2010-04-01): where it is,
//! how it is asked, what its answers mean, and how its callbacks are believed.
//!
//! A gateway is not trusted: its answers are bounded in size and time, redirects are not followed, and nothing it says in words is
//! repeated, for it may quote the number or the text.

use super::{
    Patience,
    tls::{Roots, is_loopback},
};
use data_encoding::BASE64;
use domain::{
    delivery::channel::{DeliveryStatus, HandedOver, SendError, Trouble},
    vault::Secret,
};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Response, StatusCode, Url, header::RETRY_AFTER, redirect::Policy};
use serde::Deserialize;
use sha1::Sha1;
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

/// The longest answer that is read. Real ones have about a thousand bytes.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The longest callback that is read, and the most fields in it.
pub(crate) const CALLBACK_BYTES_MAX: usize = 64 * 1024;
/// See [`CALLBACK_BYTES_MAX`].
pub(crate) const CALLBACK_FIELDS_MAX: usize = 100;

/// The longest name a gateway may give a message. Real ones have 34 characters.
pub(crate) const REFERENCE_CHARACTERS_MAX: usize = 64;

/// The longest wait that a gateway may ask of us.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// Carries the id of a message. Twilio sends a header of this name with its own callbacks and does not document that it heeds it
/// in requests; gateways that copy its format may. It does no harm, and nothing relies on it.
const IDEMPOTENCY_HEADER: &str = "I-Twilio-Idempotency-Token";

/// Where a gateway is: encrypted, or on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GatewayUrl(Url);

impl GatewayUrl {
    /// Reads an address such as `https://api.example.com`. It may have a path, but no name, password, query or fragment.
    pub(crate) fn parse(text: &str) -> Result<Self, SendError> {
        let wrong = |why: &str| SendError::misconfigured(format!("the address of the gateway {why}"));
        let url = Url::parse(text).map_err(|_| wrong("is not a URL"))?;
        let host = url.host_str().ok_or_else(|| wrong("has no host"))?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(host)) {
            return Err(wrong("does not start with https"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("holds more than host and path"));
        }
        Ok(Self(url))
    }

    /// The address with parts added to its path; each is escaped.
    pub(crate) fn with(&self, parts: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    /// True without encryption.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// True for this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.0.host_str().is_some_and(is_loopback)
    }
}

/// An account at a gateway.
#[derive(Clone, Debug)]
pub(crate) struct GatewayConfig {
    /// Where the gateway is.
    pub(crate) base: GatewayUrl,
    /// The name of the account (`AC…`), also the name for HTTP basic authentication.
    pub(crate) account: String,
    /// Its token: the password, and the key by which callbacks are signed.
    pub(crate) token: Secret<String>,
    /// Whose certificates are believed.
    pub(crate) roots: Roots,
    /// How long it is waited for.
    pub(crate) patience: Patience,
    /// Where the gateway reports: our own address, to which the id of the message is added. With the id in it, a report that
    /// comes before the answer to our request still finds its message.
    pub(crate) status_callbacks: Option<GatewayUrl>,
}

/// A connection to an account.
pub(crate) struct Gateway {
    config: GatewayConfig,
    client: Client,
}

/// One field of a form.
pub(crate) type Field<'a> = (&'a str, String);

impl Gateway {
    pub(crate) fn new(config: GatewayConfig) -> Result<Self, SendError> {
        if config.account.is_empty() || !config.account.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(SendError::misconfigured("the name of the gateway account has more than letters and digits"));
        }
        let mut client = Client::builder()
            .tls_backend_preconfigured(config.roots.client_config()?)
            .redirect(Policy::none())
            .connect_timeout(config.patience.connect)
            .timeout(config.patience.whole)
            .referer(false);
        // A proxy of the installation is for the world outside, never for this machine.
        if config.base.is_loopback() {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|_| SendError::misconfigured("the HTTP client could not be made"))?;
        Ok(Self { config, client })
    }

    /// Where reports about a message are to go.
    pub(crate) fn status_callback(&self, id: Uuid) -> Option<String> {
        let base = self.config.status_callbacks.as_ref()?;
        Some(base.with(&[&id.to_string()]).into())
    }

    /// Creates a message or a call.
    pub(crate) async fn create(&self, resource: &str, id: Uuid, fields: &[Field<'_>]) -> Result<HandedOver, SendError> {
        let url = self.account_url(&[resource]);
        let request = self.client.post(url).header(IDEMPOTENCY_HEADER, id.to_string()).form(fields);
        let response = self.signed(request).send().await.map_err(|e| trouble_of(&e))?;
        judge(response).await
    }

    /// Reads the account: an answer means that gateway, name and token are good.
    pub(crate) async fn check(&self) -> Result<(), SendError> {
        let url = self.config.base.with(&["2010-04-01", "Accounts", &format!("{}.json", self.config.account)]);
        let asked = self.signed(self.client.get(url)).send().await;
        // Nothing is ever sent by a check, so nothing of it is uncertain.
        let response = asked.map_err(|e| unreachable_for(trouble_of(&e)))?;
        match response.status() {
            StatusCode::OK => Ok(()),
            _ => judge(response).await.map(|_| ()).map_err(unreachable_for),
        }
    }

    fn account_url(&self, parts: &[&str]) -> Url {
        let path = [["2010-04-01", "Accounts", &self.config.account].as_slice(), parts].concat();
        self.config.base.with(&path)
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.config.account, Some(self.config.token.expose()))
    }
}

fn unreachable_for(error: SendError) -> SendError {
    match error {
        SendError::Uncertain(trouble) => SendError::Unreachable(trouble),
        other => other,
    }
}

/// Before the connection stood nothing can have been sent; after that, anything can.
fn trouble_of(error: &reqwest::Error) -> SendError {
    let trouble = if error.is_timeout() { Trouble::TimeOut } else { Trouble::Connection };
    if error.is_connect() || error.is_builder() {
        SendError::Unreachable(trouble)
    } else {
        SendError::Uncertain(trouble)
    }
}

/// The answer to a created message or call.
#[derive(Deserialize)]
struct Created {
    sid: String,
    status: String,
    error_code: Option<u32>,
}

/// The answer to what was refused.
#[derive(Deserialize)]
struct Failure {
    code: u32,
}

/// What an answer means. An error of the gateway itself (5xx) is uncertain: some send first and stumble after (fault 23).
async fn judge(response: Response) -> Result<HandedOver, SendError> {
    let (status, retry_after) = (response.status(), retry_after(&response));
    if status.is_server_error() {
        return Err(SendError::Uncertain(Trouble::Provider));
    }
    let body = bounded(response).await;
    if status.is_success() {
        return accepted(&body?);
    }
    let code = body
        .ok()
        .and_then(|body| serde_json::from_slice::<Failure>(&body).ok())
        .map(|failure| failure.code);
    Err(refused(status, code, retry_after))
}

fn accepted(body: &[u8]) -> Result<HandedOver, SendError> {
    let created: Created = serde_json::from_slice(body).map_err(|_| SendError::Uncertain(Trouble::Answer))?;
    if !is_reference(&created.sid) {
        return Err(SendError::Uncertain(Trouble::Answer));
    }
    let status = status_of(&created.status);
    // A message can be created and have failed in one breath.
    if let (DeliveryStatus::Failed, Some(code)) = (status, created.error_code) {
        return Err(error_of(code, None));
    }
    Ok(HandedOver {
        reference: Some(created.sid),
        status,
    })
}

/// True for what can be a gateway's name of a message; anything else would only make trouble where it is kept and shown.
fn is_reference(text: &str) -> bool {
    (1..=REFERENCE_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn refused(status: StatusCode, code: Option<u32>, retry_after: Option<Duration>) -> SendError {
    match (status, code) {
        (StatusCode::TOO_MANY_REQUESTS, _) => SendError::Busy { retry_after },
        (status, _) if status.is_redirection() => SendError::misconfigured("the gateway answers with a redirect, which is not followed"),
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, None) => SendError::misconfigured("the gateway does not accept the account or its token"),
        (StatusCode::NOT_FOUND, None) => SendError::misconfigured("the gateway knows no such account or resource"),
        (_, Some(code)) => error_of(code, retry_after),
        (status, None) => SendError::Refused {
            provider_code: format!("http-{}", status.as_u16()),
            permanent: false,
        },
    }
}

/// What a gateway's error code tells us to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeMeaning {
    /// The number is no good: tell the member, try no other provider.
    BadNumber,
    /// This provider cannot, another may.
    NextProvider,
    /// Too fast.
    Wait,
    /// The account, the sender or an address of ours is wrong.
    OurMistake,
}

/// What is known of error codes. Twilio adds new ones and warns not to rely on the list, so an unknown one means: try the next.
pub(crate) const fn code_meaning(code: u32) -> CodeMeaning {
    match code {
        // Not a number, not reachable by this medium, or he asked not to be written to (21610).
        21211 | 21214 | 21217 | 21265 | 21268 | 21401 | 21407 | 21610 | 21614 | 21635 | 13223 | 13224 | 30004 | 30005 | 30006 => CodeMeaning::BadNumber,
        // Authentication, sender, addresses for callbacks, trial accounts, messaging services, suspended.
        20003 | 20005 | 20404 | 21205 | 21210 | 21212 | 21213 | 21266 | 21267 | 21603 | 21606 | 21608 | 21609 | 21659 | 21660 | 21661 | 21701 | 21703
        | 21704 | 21705 | 30002 | 30034 => CodeMeaning::OurMistake,
        14107 | 20429 | 21611 | 30001 | 30022 => CodeMeaning::Wait,
        // Among the rest: 21215 and 21408 (region not enabled), 21612 (no route), 30003 (switched off), 30007 (filtered), 30008 (unknown).
        _ => CodeMeaning::NextProvider,
    }
}

fn error_of(code: u32, retry_after: Option<Duration>) -> SendError {
    match code_meaning(code) {
        CodeMeaning::Wait => SendError::Busy { retry_after },
        CodeMeaning::OurMistake => SendError::misconfigured(format!("the gateway answers with its code {code}")),
        meaning => SendError::Refused {
            provider_code: code.to_string(),
            permanent: meaning == CodeMeaning::BadNumber,
        },
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// The body, unless it is longer than any real answer or does not come.
async fn bounded(mut response: Response) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| trouble_of(&e))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(SendError::Uncertain(Trouble::Answer));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// How far a message or a call has come, in the gateway's words.
pub(crate) fn status_of(word: &str) -> DeliveryStatus {
    match word {
        "accepted" | "scheduled" | "queued" | "sending" | "initiated" => DeliveryStatus::Queued,
        "sent" | "ringing" | "in-progress" => DeliveryStatus::Sent,
        "delivered" | "read" | "completed" => DeliveryStatus::Delivered,
        "undelivered" | "failed" | "canceled" | "busy" | "no-answer" => DeliveryStatus::Failed,
        _ => DeliveryStatus::Unknown,
    }
}

/// The fields of a callback, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallbackFields(Vec<(String, String)>);

/// Why a callback was not believed. To be answered with 403 or 400 and no more words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallbackError {
    /// Too long, or too many fields.
    #[error("The callback is longer than any real one.")]
    TooLarge,
    /// The signature is missing or wrong.
    #[error("The callback is not signed by the gateway.")]
    NotSigned,
    /// A field that every callback has is missing.
    #[error("The callback lacks the field {0}.")]
    Missing(&'static str),
}

impl CallbackFields {
    /// Reads a form (`application/x-www-form-urlencoded`).
    pub(crate) fn parse(body: &[u8]) -> Result<Self, CallbackError> {
        if body.len() > CALLBACK_BYTES_MAX {
            return Err(CallbackError::TooLarge);
        }
        let fields: Vec<_> = form_urlencoded::parse(body).into_owned().take(CALLBACK_FIELDS_MAX + 1).collect();
        match fields.len() {
            0..=CALLBACK_FIELDS_MAX => Ok(Self(fields)),
            _ => Err(CallbackError::TooLarge),
        }
    }

    /// Reads a form and believes it only if the gateway signed it. The address is the whole one that the gateway was given, query and
    /// all: behind a proxy that is not the one this server saw.
    pub(crate) fn signed(body: &[u8], url: &str, signature: Option<&str>, token: &Secret<String>) -> Result<Self, CallbackError> {
        let fields = Self::parse(body)?;
        match signature.is_some_and(|signature| fields.is_signed(url, signature, token)) {
            true => Ok(fields),
            false => Err(CallbackError::NotSigned),
        }
    }

    /// Checks `X-Twilio-Signature`: base64 of HMAC-SHA-1 over the address and every field's name and value, sorted, without doubles.
    /// Takes the same time for every wrong signature.
    pub(crate) fn is_signed(&self, url: &str, signature: &str, token: &Secret<String>) -> bool {
        let Ok(signature) = BASE64.decode(signature.as_bytes()) else { return false };
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.expose().as_bytes()) else {
            return false;
        };
        mac.update(url.as_bytes());
        let sorted: BTreeSet<_> = self.0.iter().collect();
        for (name, value) in sorted {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac.verify_slice(&signature).is_ok()
    }

    /// The first field of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first field of a name that every such callback has.
    pub(crate) fn need(&self, name: &'static str) -> Result<&str, CallbackError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or(CallbackError::Missing(name))
    }

    /// The gateway's name of the message or call.
    pub(crate) fn reference(&self, name: &'static str) -> Result<String, CallbackError> {
        let reference = self.need(name)?;
        is_reference(reference).then(|| reference.to_owned()).ok_or(CallbackError::Missing(name))
    }

    /// The gateway's error code and whether it says that the number is no good.
    pub(crate) fn error_code(&self) -> (Option<String>, bool) {
        let code = self.get("ErrorCode").and_then(|code| code.parse::<u32>().ok()).filter(|code| *code != 0);
        let bad = code.is_some_and(|code| code_meaning(code) == CodeMeaning::BadNumber);
        (code.map(|code| code.to_string()), bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Secret<String> {
        Secret::new("12345".to_owned())
    }

    /// The example of Twilio's own documentation ("Validating signatures from Twilio").
    const DOCUMENTED_URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const DOCUMENTED_BODY: &[u8] = b"Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";
    const DOCUMENTED_SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

    #[test]
    fn the_documented_signature_is_accepted() {
        let signed = CallbackFields::signed(DOCUMENTED_BODY, DOCUMENTED_URL, Some(DOCUMENTED_SIGNATURE), &token());
        assert_eq!(signed.expect("signed").get("Digits"), Some("1234"));
        // From the tests of Twilio's own libraries: fields that come twice.
        let repeated = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
        let fields = CallbackFields::parse(repeated).expect("small");
        assert!(fields.is_signed(DOCUMENTED_URL, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", &token()));
    }

    #[test]
    fn a_forged_callback_is_refused() {
        let other_body = b"Digits=9999&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";
        let with = |body: &[u8], url: &str, signature: Option<&str>, token: &Secret<String>| CallbackFields::signed(body, url, signature, token).err();
        let no = Some(CallbackError::NotSigned);
        assert_eq!(with(other_body, DOCUMENTED_URL, Some(DOCUMENTED_SIGNATURE), &token()), no);
        assert_eq!(
            with(DOCUMENTED_BODY, "https://mycompany.com/myapp.php?foo=1", Some(DOCUMENTED_SIGNATURE), &token()),
            no
        );
        assert_eq!(with(DOCUMENTED_BODY, DOCUMENTED_URL, None, &token()), no);
        for signature in ["", "====", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "ü"] {
            assert_eq!(with(DOCUMENTED_BODY, DOCUMENTED_URL, Some(signature), &token()), no, "{signature}");
        }
        let stranger = Secret::new("12346".to_owned());
        assert_eq!(with(DOCUMENTED_BODY, DOCUMENTED_URL, Some(DOCUMENTED_SIGNATURE), &stranger), no);
    }

    #[test]
    fn a_huge_callback_is_refused_unread() {
        assert_eq!(CallbackFields::parse(&vec![b'a'; CALLBACK_BYTES_MAX + 1]).err(), Some(CallbackError::TooLarge));
        assert_eq!(CallbackFields::parse("a=1&".repeat(101).as_bytes()).err(), Some(CallbackError::TooLarge));
        assert!(CallbackFields::parse("a=1&".repeat(100).as_bytes()).is_ok());
    }

    #[test]
    fn a_gateway_is_encrypted_or_here() {
        for good in [
            "https://api.example.com",
            "https://api.example.com/twilio/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(GatewayUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.example.com",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "https://user:pw@api.example.com",
            "https://api.example.com/?a=1",
            "https://api.example.com/#a",
            "api.example.com",
            "",
        ] {
            assert!(matches!(GatewayUrl::parse(bad), Err(SendError::Misconfigured(_))), "{bad}");
        }
        let base = GatewayUrl::parse("https://api.example.com/x/").expect("good");
        assert_eq!(base.with(&["a/b", "c"]).as_str(), "https://api.example.com/x/a%2Fb/c");
    }

    #[test]
    fn codes_mean_what_the_gateway_says() {
        assert_eq!(code_meaning(21211), CodeMeaning::BadNumber);
        assert_eq!(code_meaning(21614), CodeMeaning::BadNumber);
        assert_eq!(code_meaning(21408), CodeMeaning::NextProvider);
        assert_eq!(code_meaning(30003), CodeMeaning::NextProvider);
        assert_eq!(code_meaning(99999), CodeMeaning::NextProvider);
        assert_eq!(code_meaning(20003), CodeMeaning::OurMistake);
        assert_eq!(code_meaning(20429), CodeMeaning::Wait);
    }
}
