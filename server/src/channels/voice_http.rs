//! Calls through an HTTP gateway that speaks Twilio's Calls format.
//!
//! The gateway calls, then asks our address for a document, says it, gathers keys and posts them to our address for the next: `voice_documents`.

use super::gateway::{CallbackError, CallbackFields, Field, Gateway, GatewayConfig, GatewayUrl, status_of};
use async_trait::async_trait;
use domain::delivery::channel::{Channel, ChannelKind, DeliveryReport, Extension, HandedOver, Message, SendError, is_e164};
use uuid::Uuid;

/// How long a phone rings: short enough that most mailboxes have not picked up.
pub(crate) const RING_SECONDS: u32 = 25;

/// The most keys that the gateway dials after an answer.
const SEND_DIGITS_MAX: usize = 32;

/// Half-second waits before an extension is dialled, while the switchboard speaks.
const WAITS_BEFORE_EXTENSION: usize = 4;

/// Half-second waits for a comma.
const WAITS_FOR_COMMA: usize = 4;

/// Whether the gateway listens for an answering machine, and tells us later what it heard. Nothing is decided by it: a machine
/// never approves because it does not know the digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MachineDetection {
    /// It does not listen.
    #[default]
    Off,
    /// It listens during the call, without making anybody wait.
    Background,
}

/// An account at a gateway, and where our documents are.
#[derive(Clone, Debug)]
pub(crate) struct VoiceConfig {
    /// The account.
    pub(crate) gateway: GatewayConfig,
    /// Where the gateway finds our documents: our own address, to which the id of the call is added.
    pub(crate) documents: GatewayUrl,
    /// Whether it listens for machines.
    pub(crate) machine_detection: MachineDetection,
}

/// Calls by HTTP.
pub(crate) struct VoiceHttp {
    gateway: Gateway,
    documents: GatewayUrl,
    machine_detection: MachineDetection,
}

impl VoiceHttp {
    /// Makes the channel. Connects to nothing yet.
    pub(crate) fn new(config: VoiceConfig) -> Result<Self, SendError> {
        Ok(Self {
            gateway: Gateway::new(config.gateway)?,
            documents: config.documents,
            machine_detection: config.machine_detection,
        })
    }

    fn document_url(&self, id: Uuid) -> String {
        self.documents.with(&[&id.to_string()]).into()
    }

    fn callbacks(&self, id: Uuid) -> Vec<Field<'static>> {
        let Some(url) = self.gateway.status_callback(id) else { return Vec::new() };
        let mut fields = vec![("StatusCallback", url.clone())];
        fields.extend(["initiated", "ringing", "answered", "completed"].map(|event| ("StatusCallbackEvent", event.to_owned())));
        if self.machine_detection == MachineDetection::Background {
            fields.push(("MachineDetection", "Enable".to_owned()));
            fields.push(("AsyncAmd", "true".to_owned()));
            fields.push(("AsyncAmdStatusCallback", url));
        }
        fields
    }
}

#[async_trait]
impl Channel for VoiceHttp {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Voice
    }

    async fn hand_over(&self, message: &Message) -> Result<HandedOver, SendError> {
        let (to, extension, _) = message.as_call()?;
        if !is_e164(to) {
            return Err(SendError::Unsendable("the number is not in E.164 form"));
        }
        // The caller id is always sent (S57); a call from nobody is one that nobody should answer.
        if message.from.is_empty() {
            return Err(SendError::misconfigured("the number that calls come from is empty"));
        }
        let mut fields: Vec<Field<'_>> = vec![
            ("To", to.to_owned()),
            ("From", message.from.clone()),
            ("Url", self.document_url(message.id)),
            ("Timeout", RING_SECONDS.to_string()),
        ];
        if let Some(digits) = send_digits(extension)? {
            fields.push(("SendDigits", digits));
        }
        fields.extend(self.callbacks(message.id));
        self.gateway.create("Calls.json", message.id, &fields).await
    }

    async fn check(&self) -> Result<(), SendError> {
        self.gateway.check().await
    }
}

/// The keys the gateway dials once the switchboard has answered. `w` waits half a second. An operator is asked in words instead.
fn send_digits(extension: Option<&Extension>) -> Result<Option<String>, SendError> {
    let Some(Extension::Dialled(keys)) = extension else { return Ok(None) };
    let keys = keys.replace(',', &"w".repeat(WAITS_FOR_COMMA));
    let digits = format!("{}{keys}", "w".repeat(WAITS_BEFORE_EXTENSION));
    match digits.len() {
        0..=SEND_DIGITS_MAX => Ok(Some(digits)),
        _ => Err(SendError::Unsendable("the extension is longer than can be dialled")),
    }
}

/// Who answered, as far as the gateway could hear. Only recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnsweredBy {
    /// A person.
    Human,
    /// An answering machine or a mailbox.
    Machine,
    /// A fax.
    Fax,
    /// It could not tell.
    Unknown,
}

/// How far a call has come: finer than a message's status, for each end has a result of its own in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallStage {
    /// It waits at the gateway.
    Queued,
    /// It is being dialled, or rings.
    Ringing,
    /// Somebody, or something, answered.
    Answered,
    /// It was answered and is over.
    Completed,
    /// Somebody is speaking on that line.
    Busy,
    /// It rang until we gave up.
    NoAnswer,
    /// The network could not.
    Failed,
    /// We called it off.
    Canceled,
    /// A word we do not know.
    Unknown,
}

/// What a gateway reports about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallReport {
    /// What it has in common with every report.
    pub(crate) delivery: DeliveryReport,
    /// How far the call has come.
    pub(crate) stage: CallStage,
    /// Who answered, where the gateway listened.
    pub(crate) answered_by: Option<AnsweredBy>,
}

/// Reads a report about a call; the fields were checked to be signed. Reports about machines come without a stage.
pub(crate) fn parse_status_callback(fields: &CallbackFields) -> Result<CallReport, CallbackError> {
    let answered_by = fields.get("AnsweredBy").map(answered_by);
    let word = match answered_by {
        Some(_) => fields.get("CallStatus").unwrap_or("in-progress"),
        None => fields.need("CallStatus")?,
    };
    let (error_code, bad_recipient) = fields.error_code();
    // A busy line is no error to the gateway; the timeline is to say it.
    let ended = matches!(word, "busy" | "no-answer" | "failed" | "canceled").then(|| word.to_owned());
    let error_code = error_code.or(ended);
    // Another gateway would find the same line busy, and the same phone left to ring.
    let bad_recipient = bad_recipient || matches!(word, "busy" | "no-answer");
    let delivery = DeliveryReport {
        reference: fields.reference("CallSid")?,
        status: status_of(word),
        error_code,
        bad_recipient,
    };
    let stage = stage_of(word);
    Ok(CallReport { delivery, stage, answered_by })
}

fn stage_of(word: &str) -> CallStage {
    match word {
        "queued" => CallStage::Queued,
        "initiated" | "ringing" => CallStage::Ringing,
        "in-progress" | "answered" => CallStage::Answered,
        "completed" => CallStage::Completed,
        "busy" => CallStage::Busy,
        "no-answer" => CallStage::NoAnswer,
        "failed" => CallStage::Failed,
        "canceled" => CallStage::Canceled,
        _ => CallStage::Unknown,
    }
}

fn answered_by(word: &str) -> AnsweredBy {
    match word {
        "human" => AnsweredBy::Human,
        "fax" => AnsweredBy::Fax,
        machine if machine.starts_with("machine") => AnsweredBy::Machine,
        _ => AnsweredBy::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::delivery::channel::DeliveryStatus;

    #[test]
    fn an_extension_is_dialled_after_a_wait() {
        let digits = |text: &str| send_digits(Some(&Extension::parse(text).expect("an extension")));
        assert_eq!(digits("x5678"), Ok(Some("wwww5678".to_owned())));
        assert_eq!(digits("1,2#"), Ok(Some("wwww1wwww2#".to_owned())));
        assert_eq!(digits("@5678"), Ok(None), "an operator is asked in words");
        assert_eq!(send_digits(None), Ok(None));
        assert!(matches!(digits("1,,,,,,,,2"), Err(SendError::Unsendable(_))));
    }

    #[test]
    fn reports_are_read() {
        let report = |body: &str| parse_status_callback(&CallbackFields::parse(body.as_bytes()).expect("small"));
        let busy = report("CallSid=CA1&CallStatus=busy").expect("whole");
        assert_eq!((busy.stage, busy.delivery.status), (CallStage::Busy, DeliveryStatus::Failed));
        assert_eq!((busy.delivery.error_code.as_deref(), busy.delivery.bad_recipient), (Some("busy"), true));
        let machine = report("CallSid=CA1&AnsweredBy=machine_start").expect("whole");
        assert_eq!((machine.answered_by, machine.stage), (Some(AnsweredBy::Machine), CallStage::Answered));
        assert_eq!(report("CallSid=CA1"), Err(CallbackError::Missing("CallStatus")));
        assert_eq!(report("CallStatus=busy"), Err(CallbackError::Missing("CallSid")));
        let done = report("CallSid=CA1&CallStatus=completed&CallDuration=12").expect("whole");
        assert_eq!((done.stage, done.delivery.status), (CallStage::Completed, DeliveryStatus::Delivered));
    }
}
