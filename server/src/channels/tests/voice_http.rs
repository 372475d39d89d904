//! Calls by HTTP, from the first ring to the last word: the stand-in listens to our documents and presses what it hears.

use super::{
    misbehaving::{Misbehaving, callbacks},
    peer::Peer,
    sms_http::{account_at, token},
};
use crate::channels::{
    gateway::{CallbackFields, GatewayUrl},
    voice_documents::{document, opening, pressed_keys},
    voice_http::{AnsweredBy, CallReport, CallStage, MachineDetection, VoiceConfig, VoiceHttp, parse_status_callback},
};
use domain::delivery::{
    call::{CallMode, CallScript, Heard, PressDigit, Tries, Verdict},
    channel::{Channel, Content, DeliveryStatus, Extension, Language, Message, Recipient, SendError},
};
use std::sync::{Arc, Mutex, OnceLock};
use uuid::Uuid;

/// The most turns of a call in these tests.
const TURNS_MAX: usize = 3;

fn script() -> CallScript {
    let mode = CallMode::Standard {
        digit: PressDigit::new(7).expect("1 to 9"),
    };
    CallScript::new(mode, Some("0".to_owned()), "Contoso").expect("makes sense")
}

fn call_to(e164: &str, extension: Option<&str>, language: Language) -> Message {
    Message {
        id: Uuid::now_v7(),
        to: Recipient::Phone {
            e164: e164.to_owned(),
            extension: extension.map(|text| Extension::parse(text).expect("an extension")),
        },
        from: "+15550100100".to_owned(),
        language,
        content: Content::Call { script: script() },
    }
}

/// Our side of a call, as the server will have it: documents at `/calls/<id>`, reports at `/reports/<id>`.
struct OurSide {
    server: Misbehaving,
    verdicts: Arc<Mutex<Vec<Verdict>>>,
    reports: Arc<Mutex<Vec<CallReport>>>,
}

impl OurSide {
    async fn listen(language: Language) -> Self {
        let (verdicts, reports) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (kept, told) = (verdicts.clone(), reports.clone());
        let port = Arc::new(OnceLock::<u16>::new());
        let known = port.clone();
        let server = callbacks(move |request| {
            let url = format!("http://127.0.0.1:{}{}", known.wait(), request.path);
            let fields = CallbackFields::signed(&request.body, &url, request.signature.as_deref(), &token()).expect("signed");
            if request.path.starts_with("/reports/") {
                told.lock().expect("unpoisoned").push(parse_status_callback(&fields).expect("whole"));
                return String::new();
            }
            let answer_url = format!("{}?turn=1", url.split('?').next().unwrap_or_default());
            if !request.path.contains("?turn") {
                return opening(&script(), None, language, &answer_url);
            }
            let Heard::Clear(verdict) = script().hear(pressed_keys(&fields)) else {
                panic!("no PIN was asked for")
            };
            let mut verdicts = kept.lock().expect("unpoisoned");
            verdicts.push(verdict);
            let tries = if verdicts.len() < TURNS_MAX { Tries::Left } else { Tries::Spent };
            document(&script(), verdict.line(tries), language, &answer_url)
        })
        .await;
        port.set(server.port).expect("set once");
        Self { server, verdicts, reports }
    }

    fn channel(&self, gateway: u16) -> VoiceHttp {
        let config = VoiceConfig {
            gateway: account_at(&format!("http://127.0.0.1:{gateway}"), Some(self.server.port)),
            documents: GatewayUrl::parse(&format!("http://127.0.0.1:{}/calls", self.server.port)).expect("loopback"),
            machine_detection: MachineDetection::Background,
        };
        VoiceHttp::new(config).expect("configured")
    }

    /// Places a call and waits until it is over.
    async fn call(language: Language, number: &str) -> (Vec<Verdict>, Vec<CallReport>) {
        let mut peer = Peer::start("gateway_peer.py", &[]).await;
        let ours = Self::listen(language).await;
        let handed_over = ours.channel(peer.port).hand_over(&call_to(number, None, language)).await.expect("taken");
        assert_eq!(handed_over.status, DeliveryStatus::Queued);
        peer.tells("call_over").await;
        let (verdicts, reports) = (
            ours.verdicts.lock().expect("unpoisoned").clone(),
            ours.reports.lock().expect("unpoisoned").clone(),
        );
        assert!(reports.iter().all(|report| Some(&report.delivery.reference) == handed_over.reference.as_ref()));
        assert_eq!(reports.last().expect("reports").stage, CallStage::Completed);
        (verdicts, reports)
    }
}

#[tokio::test]
async fn who_presses_what_he_hears_is_approved_in_both_languages() {
    for language in [Language::En, Language::Nl] {
        let (verdicts, reports) = OurSide::call(language, "+15550100100").await;
        assert_eq!(verdicts, [Verdict::Approved]);
        assert_eq!(reports[1].answered_by, Some(AnsweredBy::Human));
    }
}

#[tokio::test]
async fn who_reports_fraud_is_heard() {
    assert_eq!(OurSide::call(Language::Nl, "+15550100101").await.0, [Verdict::FraudReported]);
}

#[tokio::test]
async fn f8_a_mailbox_never_approves() {
    let (verdicts, reports) = OurSide::call(Language::En, "+15550100102").await;
    assert_eq!(verdicts, [Verdict::NothingPressed; 3]);
    assert_eq!(reports[1].answered_by, Some(AnsweredBy::Machine));
}

#[tokio::test]
async fn a_wrong_key_may_be_made_good() {
    assert_eq!(OurSide::call(Language::En, "+15550100103").await.0, [Verdict::WrongDigit, Verdict::Approved]);
}

#[tokio::test]
async fn a_call_goes_out_as_documented() {
    let mut peer = Peer::start("gateway_peer.py", &[]).await;
    let ours = OurSide::listen(Language::En).await;
    let channel = ours.channel(peer.port);
    channel.check().await.expect("knows the account");
    let message = call_to("+15550100100", Some("x5678"), Language::En);
    channel.hand_over(&message).await.expect("taken");
    let request = peer.tells("request").await;
    assert_eq!(request["path"], "/2010-04-01/Accounts/AC0123456789/Calls.json");
    let form = &request["form"];
    assert_eq!(form["From"][0], "+15550100100", "S57: the caller id is always sent");
    assert_eq!(form["SendDigits"][0], "wwww5678");
    assert_eq!(form["Timeout"][0], "25");
    assert_eq!(form["Url"][0], format!("http://127.0.0.1:{}/calls/{}", ours.server.port, message.id));
    assert_eq!(
        form["StatusCallback"][0],
        format!("http://127.0.0.1:{}/reports/{}", ours.server.port, message.id)
    );
    assert_eq!(form["StatusCallbackEvent"].as_array().expect("several").len(), 4);
    assert_eq!(form["AsyncAmd"][0], "true");
    peer.tells("call_over").await;
}

#[tokio::test]
async fn a_call_from_nobody_or_to_a_wrong_number_is_not_placed() {
    let peer = Peer::start("gateway_peer.py", &[]).await;
    let ours = OurSide::listen(Language::En).await;
    let channel = ours.channel(peer.port);
    let mut nameless = call_to("+15550100100", None, Language::En);
    nameless.from = String::new();
    assert!(matches!(channel.hand_over(&nameless).await, Err(SendError::Misconfigured(_))));
    let wrong = SendError::Refused {
        provider_code: "21211".to_owned(),
        permanent: true,
    };
    assert_eq!(channel.hand_over(&call_to("+15550100111", None, Language::En)).await, Err(wrong));
    let text = super::text_to("+15550100100");
    assert!(matches!(channel.hand_over(&text).await, Err(SendError::Unsendable(_))));
}
