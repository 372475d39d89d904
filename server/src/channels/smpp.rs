//! Text messages through a message centre that speaks SMPP 3.4.
//!
//! One connection is held for as long as the channel lives: it is bound as a transceiver, kept alive with enquire_link, and set up
//! again, with growing pauses, when it breaks. Delivery receipts come over it whenever they like and go into a queue.

use super::{
    Patience,
    smpp_session::{NoAnswer, Session},
    tls::{Roots, is_loopback},
};
use async_trait::async_trait;
use domain::{
    delivery::{
        channel::{Channel, ChannelKind, DeliveryReport, DeliveryStatus, Development, HandedOver, Message, SendError, Trouble, is_e164},
        gsm7,
    },
    vault::Secret,
};
use rusmpp::{
    Command, CommandStatus, Pdu,
    pdus::{BindTransceiver, DeliverSm, SubmitSm},
    tlvs::TlvValue,
    types::{COctetString, OctetString},
    values::{DataCoding, EsmClass, InterfaceVersion, MCDeliveryReceipt, MessageState, MessageType, Npi, RegisteredDelivery, Ton},
};
use rustls::pki_types::ServerName;
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_rustls::TlsConnector;

/// How often we ask whether the other side is still there.
pub(crate) const ENQUIRE_INTERVAL: Duration = Duration::from_secs(30);

/// The longest pause before connecting again.
pub(crate) const PAUSE_LONGEST: Duration = Duration::from_secs(60);

/// A connection that lived this long was a good one: the next pause is the first again.
const GOOD_LIFE: Duration = Duration::from_secs(60);

/// Receipts that wait to be read. When there are more, the centre is told to send the next ones again later.
pub(crate) const RECEIPTS_WAITING_MAX: usize = 1_000;

/// UTF-16 units that fit one message.
const UCS2_UNITS_MAX: usize = 70;

/// How the connection is protected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SmppSecurity {
    /// TLS from the first byte.
    Tls,
    /// Not at all, but through a tunnel or private line that the operator of the installation vouches for: SMPP has no encryption of
    /// its own, and many centres offer none.
    PrivateLine,
    /// Not at all: only in development and only to this machine.
    Plain(Development),
}

/// A message centre.
#[derive(Clone, Debug)]
pub(crate) struct SmppConfig {
    /// Its name, as its certificate has it.
    pub(crate) host: String,
    /// Its port; often 2775, or 3550 with TLS.
    pub(crate) port: u16,
    /// How the connection is protected.
    pub(crate) security: SmppSecurity,
    /// Whose certificates are believed.
    pub(crate) roots: Roots,
    /// How long it is waited for.
    pub(crate) patience: Patience,
    /// Our name there: at most 15 characters.
    pub(crate) system_id: String,
    /// The password: at most 8 characters, as SMPP has it.
    pub(crate) password: Secret<String>,
    /// The kind of system, where the centre wants one.
    pub(crate) system_type: String,
}

/// Text messages by SMPP.
pub(crate) struct Smpp {
    links: watch::Receiver<Link>,
    patience: Patience,
    keeper: JoinHandle<()>,
}

/// What there is to send over.
#[derive(Clone, Debug)]
enum Link {
    /// Not now, and why.
    Down(SendError),
    /// Bound and ready.
    Up(Session),
}

impl Smpp {
    /// Makes the channel and begins to connect. Receipts go into the queue of [`RECEIPTS_WAITING_MAX`] that is handed back. Needs a
    /// running tokio; the connection ends when the channel is dropped.
    pub(crate) fn start(config: SmppConfig) -> Result<(Self, mpsc::Receiver<DeliveryReport>), SendError> {
        let patience = config.patience;
        let centre = Centre::new(config)?;
        let (reports, queue) = mpsc::channel(RECEIPTS_WAITING_MAX);
        let (link, links) = watch::channel(Link::Down(SendError::Unreachable(Trouble::Reconnecting)));
        let keeper = tokio::spawn(keep(centre, link, reports));
        Ok((Self { links, patience, keeper }, queue))
    }

    /// The connection, if it stands or does so soon.
    async fn session(&self) -> Result<Session, SendError> {
        let mut links = self.links.clone();
        let standing = timeout(
            self.patience.connect,
            links.wait_for(|link| matches!(link, Link::Up(session) if session.is_up())),
        );
        if let Ok(Ok(link)) = standing.await
            && let Link::Up(session) = &*link
        {
            return Ok(session.clone());
        }
        match &*self.links.borrow() {
            Link::Down(why) => Err(why.clone()),
            Link::Up(_) => Err(SendError::Unreachable(Trouble::Reconnecting)),
        }
    }
}

impl Drop for Smpp {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

#[async_trait]
impl Channel for Smpp {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    async fn hand_over(&self, message: &Message) -> Result<HandedOver, SendError> {
        let command = submit(message)?;
        let deadline = Instant::now() + self.patience.whole;
        let session = self.session().await?;
        // From here on the command may be on the wire.
        match timeout_at(deadline, session.ask(command)).await {
            Ok(Ok(answer)) => accepted(&answer),
            Ok(Err(NoAnswer::NotWritten)) => Err(SendError::Unreachable(Trouble::Connection)),
            Ok(Err(NoAnswer::Lost)) => Err(SendError::Uncertain(Trouble::Connection)),
            Err(_) => Err(SendError::Uncertain(Trouble::TimeOut)),
        }
    }

    async fn check(&self) -> Result<(), SendError> {
        let session = self.session().await?;
        match timeout(self.patience.whole, session.ask(Pdu::EnquireLink)).await {
            Ok(Ok(answer)) if answer.status() == CommandStatus::EsmeRok => Ok(()),
            Ok(Ok(_)) => Err(SendError::Unreachable(Trouble::Provider)),
            Ok(Err(_)) => Err(SendError::Unreachable(Trouble::Connection)),
            Err(_) => Err(SendError::Unreachable(Trouble::TimeOut)),
        }
    }
}

/// Holds a connection for ever: connect, serve, pause, again.
async fn keep(centre: Centre, link: watch::Sender<Link>, reports: mpsc::Sender<DeliveryReport>) {
    let pause_first = centre.config.patience.pause;
    let mut pause = pause_first;
    loop {
        let begun = Instant::now();
        match centre.connect(reports.clone()).await {
            Ok((session, ended)) => {
                link.send_replace(Link::Up(session));
                // It ends by itself; how, its askers were told.
                let _ = ended.await;
                link.send_replace(Link::Down(SendError::Unreachable(Trouble::Reconnecting)));
            }
            Err(error) => {
                tracing::warn!(%error, "the message centre cannot be used");
                link.send_replace(Link::Down(error));
            }
        }
        if begun.elapsed() >= GOOD_LIFE {
            pause = pause_first;
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_LONGEST);
    }
}

/// Puts a receipt into the queue, or has the centre keep it while there is no room.
fn keep_receipt(delivered: &DeliverSm, reports: &mpsc::Sender<DeliveryReport>) -> CommandStatus {
    match receipt(delivered).map(|report| reports.try_send(report)) {
        None | Some(Ok(())) => CommandStatus::EsmeRok,
        Some(Err(_)) => CommandStatus::EsmeRxTAppn,
    }
}

/// A centre, with everything checked that can be checked before connecting.
struct Centre {
    config: SmppConfig,
    bind: BindTransceiver,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Centre {
    fn new(config: SmppConfig) -> Result<Self, SendError> {
        let tls = match config.security {
            SmppSecurity::Tls => {
                let name = ServerName::try_from(config.host.clone()).map_err(|_| SendError::misconfigured("the host of the message centre is not a name"))?;
                Some((TlsConnector::from(Arc::new(config.roots.client_config()?)), name))
            }
            SmppSecurity::PrivateLine => None,
            SmppSecurity::Plain(_) if is_loopback(&config.host) => None,
            SmppSecurity::Plain(_) => {
                return Err(SendError::misconfigured("without encryption the message centre must be on this machine"));
            }
        };
        let bind = BindTransceiver::builder()
            .system_id(short("system id", &config.system_id)?)
            .password(short("password", config.password.expose())?)
            .system_type(short("system type", &config.system_type)?)
            .interface_version(InterfaceVersion::Smpp3_4)
            .addr_ton(Ton::Unknown)
            .addr_npi(Npi::Unknown)
            .build();
        Ok(Self { config, bind, tls })
    }

    async fn connect(&self, reports: mpsc::Sender<DeliveryReport>) -> Result<(Session, JoinHandle<()>), SendError> {
        let late = |_| SendError::Unreachable(Trouble::TimeOut);
        let (session, ended) = timeout(self.config.patience.connect, self.link(reports)).await.map_err(late)??;
        match timeout(self.config.patience.whole, session.ask(self.bind.clone())).await.map_err(late)? {
            Ok(answer) => bound(&answer).map(|()| (session, ended)),
            Err(_) => Err(SendError::Unreachable(Trouble::Connection)),
        }
    }

    async fn link(&self, reports: mpsc::Sender<DeliveryReport>) -> Result<(Session, JoinHandle<()>), SendError> {
        let server = (self.config.host.as_str(), self.config.port);
        let stream = TcpStream::connect(server).await.map_err(|_| SendError::Unreachable(Trouble::Connection))?;
        // Commands are small, and each is waited for.
        let _ = stream.set_nodelay(true);
        let delivered = move |message: &DeliverSm| keep_receipt(message, &reports);
        match &self.tls {
            None => Ok(Session::begin(stream, ENQUIRE_INTERVAL, delivered)),
            Some((connector, name)) => {
                let encrypted = connector.connect(name.clone(), stream).await;
                let encrypted = encrypted.map_err(|_| SendError::Unreachable(Trouble::Tls))?;
                Ok(Session::begin(encrypted, ENQUIRE_INTERVAL, delivered))
            }
        }
    }
}

/// A text of SMPP: ASCII, and no longer than its field.
fn short<const MAX: usize>(what: &str, text: &str) -> Result<COctetString<1, MAX>, SendError> {
    let no = || SendError::misconfigured(format!("the {what} for the message centre does not fit its field"));
    if text.contains('\0') {
        return Err(no());
    }
    COctetString::from_string(text.to_owned()).map_err(|_| no())
}

fn submit(message: &Message) -> Result<SubmitSm, SendError> {
    let (to, text) = message.as_sms()?;
    if !is_e164(to) {
        return Err(SendError::Unsendable("the number is not in E.164 form"));
    }
    let (coding, octets) = coded(text.expose())?;
    let (ton, npi, from) = sender(&message.from);
    let octets = OctetString::from_vec(octets).map_err(|_| SendError::Unsendable("the text is too long for one message"))?;
    Ok(SubmitSm::builder()
        // Not the library's default, which sets a bit that means something else in this place.
        .esm_class(EsmClass::from(0))
        .source_addr_ton(ton)
        .source_addr_npi(npi)
        .source_addr(short("sender", from)?)
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(short("number", to.trim_start_matches('+'))?)
        .registered_delivery(receipts_wanted())
        .data_coding(coding)
        .short_message(octets)
        .build())
}

fn receipts_wanted() -> RegisteredDelivery {
    RegisteredDelivery::from(u8::from(
        MCDeliveryReceipt::McDeliveryReceiptRequestedWhereFinalDeliveryOutcomeIsSuccessOrFailure,
    ))
}

/// In the alphabet of text messages where that can say it, otherwise in UCS-2. A text that needs two messages is refused: half a code
/// helps nobody.
fn coded(text: &str) -> Result<(DataCoding, Vec<u8>), SendError> {
    let too_long = SendError::Unsendable("the text is too long for one message");
    if let Some(octets) = gsm7::encode(text) {
        return match octets.len() {
            0..=gsm7::SEPTETS_MAX => Ok((DataCoding::McSpecific, octets)),
            _ => Err(too_long),
        };
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    match units.len() {
        0..=UCS2_UNITS_MAX => Ok((DataCoding::Ucs2, units.into_iter().flat_map(u16::to_be_bytes).collect())),
        _ => Err(too_long),
    }
}

/// What kind of sender it is: a whole number, a short code, or a name.
fn sender(from: &str) -> (Ton, Npi, &str) {
    match from.strip_prefix('+') {
        Some(digits) => (Ton::International, Npi::Isdn, digits),
        None if !from.is_empty() && from.bytes().all(|b| b.is_ascii_digit()) => (Ton::NetworkSpecific, Npi::Unknown, from),
        None => (Ton::Alphanumeric, Npi::Unknown, from),
    }
}

/// A bind that failed has sent nothing.
fn bound(answer: &Command) -> Result<(), SendError> {
    match answer.status() {
        CommandStatus::EsmeRok => Ok(()),
        CommandStatus::EsmeRinvpaswd | CommandStatus::EsmeRinvsysid | CommandStatus::EsmeRbindfail => {
            Err(SendError::misconfigured("the message centre does not accept our name and password"))
        }
        CommandStatus::EsmeRthrottled => Err(SendError::Busy { retry_after: None }),
        _ => Err(SendError::Unreachable(Trouble::Provider)),
    }
}

fn accepted(answer: &Command) -> Result<HandedOver, SendError> {
    match (answer.status(), answer.pdu()) {
        (CommandStatus::EsmeRok, Some(Pdu::SubmitSmResp(taken))) => Ok(HandedOver {
            reference: Some(taken.message_id().as_str().to_owned()).filter(|id| !id.is_empty()),
            status: DeliveryStatus::Queued,
        }),
        (CommandStatus::EsmeRok, _) => Err(SendError::Uncertain(Trouble::Answer)),
        (status, _) => Err(refused(status)),
    }
}

fn refused(status: CommandStatus) -> SendError {
    match status {
        CommandStatus::EsmeRthrottled | CommandStatus::EsmeRmsgqful => SendError::Busy { retry_after: None },
        CommandStatus::EsmeRinvsrcadr | CommandStatus::EsmeRinvsrcton | CommandStatus::EsmeRinvsrcnpi => {
            SendError::misconfigured("the message centre does not accept the sender of text messages")
        }
        status => SendError::Refused {
            provider_code: format!("0x{:08X}", u32::from(status)),
            permanent: status == CommandStatus::EsmeRinvdstadr,
        },
    }
}

/// Reads a delivery receipt (SMPP 3.4, Appendix B). A message from a member is none, and is let go unread: nobody answers codes by text.
fn receipt(delivered: &DeliverSm) -> Option<DeliveryReport> {
    if delivered.esm_class.message_type != MessageType::ShortMessageContainsMCDeliveryReceipt {
        return None;
    }
    let text = String::from_utf8_lossy(delivered.short_message().as_ref()).into_owned();
    let mut report = read_receipt(&text);
    for value in delivered.tlvs().iter().filter_map(|tlv| tlv.value()) {
        match value {
            TlvValue::ReceiptedMessageId(id) => report.reference = id.as_str().to_owned(),
            TlvValue::MessageState(state) => report.status = status_of_state(*state),
            _ => {}
        }
    }
    (!report.reference.is_empty()).then_some(report)
}

/// `id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E Text: …`, in upper or lower case and in
/// any order. What follows `text:` is the beginning of our message and may hold the code: it is cut off first.
fn read_receipt(text: &str) -> DeliveryReport {
    let lower = text.to_ascii_lowercase();
    let head = lower.find("text:").map_or(text, |at| &text[..at]);
    let field = |name: &str| {
        let value = head.split_whitespace().find_map(|word| {
            let (known, value) = word.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.to_owned())
        });
        value.filter(|value| !value.is_empty())
    };
    let error_code = field("err").filter(|code| code.bytes().any(|b| b != b'0'));
    DeliveryReport {
        reference: field("id").unwrap_or_default(),
        status: field("stat").map_or(DeliveryStatus::Unknown, |stat| status_of_word(&stat)),
        error_code,
        // The error codes are the network's own; none of them means the same everywhere.
        bad_recipient: false,
    }
}

fn status_of_word(stat: &str) -> DeliveryStatus {
    match stat.to_ascii_uppercase().as_str() {
        "DELIVRD" => DeliveryStatus::Delivered,
        "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" => DeliveryStatus::Failed,
        "ACCEPTD" | "ENROUTE" => DeliveryStatus::Sent,
        _ => DeliveryStatus::Unknown,
    }
}

fn status_of_state(state: MessageState) -> DeliveryStatus {
    match state {
        MessageState::Delivered => DeliveryStatus::Delivered,
        MessageState::Expired | MessageState::Deleted | MessageState::Undeliverable | MessageState::Rejected => DeliveryStatus::Failed,
        MessageState::Accepted | MessageState::Enroute => DeliveryStatus::Sent,
        MessageState::Scheduled => DeliveryStatus::Queued,
        _ => DeliveryStatus::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_read_in_every_order() {
        let text = "id:0123456789 sub:001 dlvrd:001 submit date:2611250145 done date:2611250146 stat:DELIVRD err:000 text:Your code is 428913";
        let report = read_receipt(text);
        assert_eq!(
            (report.reference.as_str(), report.status, report.error_code),
            ("0123456789", DeliveryStatus::Delivered, None)
        );
        let failed = read_receipt("stat:undeliv id:abc err:005 Text:id:zzz stat:DELIVRD");
        assert_eq!(
            (failed.reference.as_str(), failed.status),
            ("abc", DeliveryStatus::Failed),
            "the text is not part of it"
        );
        assert_eq!(failed.error_code.as_deref(), Some("005"));
        let odd = read_receipt("nonsense İ text: x");
        assert_eq!((odd.reference.as_str(), odd.status), ("", DeliveryStatus::Unknown));
    }

    #[test]
    fn a_text_is_coded_or_refused() {
        assert_eq!(coded("é@"), Ok((DataCoding::McSpecific, vec![0x05, 0x00])));
        assert_eq!(coded("Ł"), Ok((DataCoding::Ucs2, vec![0x01, 0x41])));
        assert!(coded(&"a".repeat(160)).is_ok() && coded(&"a".repeat(161)).is_err());
        assert!(coded(&"Ł".repeat(70)).is_ok() && coded(&"Ł".repeat(71)).is_err());
        assert!(coded(&"€".repeat(81)).is_err(), "two septets each");
    }

    #[test]
    fn the_default_of_the_library_is_not_a_plain_message() {
        assert_eq!(u8::from(EsmClass::default()), 0b1000, "if this is 0, submit() need not say it");
        assert_eq!(u8::from(EsmClass::from(0)), 0);
    }

    #[test]
    fn senders_are_told_apart() {
        assert_eq!(sender("+31600000000"), (Ton::International, Npi::Isdn, "31600000000"));
        assert_eq!(sender("97671"), (Ton::NetworkSpecific, Npi::Unknown, "97671"));
        assert_eq!(sender("Contoso"), (Ton::Alphanumeric, Npi::Unknown, "Contoso"));
    }
}
