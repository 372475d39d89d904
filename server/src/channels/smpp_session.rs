//! One connection that speaks SMPP: writes commands, matches answers to them, answers what the other side asks, and notices when nobody is
//! there any more. The commands themselves are encoded and decoded by the library.

use futures_util::{SinkExt, StreamExt};
use rusmpp::{
    Command, CommandId, CommandStatus, Pdu,
    pdus::{DeliverSm, DeliverSmResp},
    tokio_codec::CommandCodec,
};
use std::{collections::HashMap, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, interval_at, timeout},
};
use tokio_util::codec::Framed;

/// The longest command that is read.
const COMMAND_BYTES_MAX: usize = 8 * 1024;

/// Commands that wait to be written.
const REQUESTS_WAITING_MAX: usize = 100;

/// How long the network may take to swallow one command.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a command has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// It was never written.
    NotWritten,
    /// It was written, wholly or in part, and then the connection ended.
    Lost,
}

type Answer = Result<Command, NoAnswer>;

struct Request {
    pdu: Pdu,
    answer: oneshot::Sender<Answer>,
}

/// A handle to a session; the session ends with its last handle.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    requests: mpsc::Sender<Request>,
}

impl Session {
    /// Begins to speak over a stream. At each `pulse` we ask whether the other side is there; it has until the next to answer. `delivered` is told each deliver_sm and says how to answer it. The task ends with the connection.
    pub(crate) fn begin(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        pulse: Duration,
        delivered: impl Fn(&DeliverSm) -> CommandStatus + Send + 'static,
    ) -> (Self, JoinHandle<()>) {
        let (requests, waiting) = mpsc::channel(REQUESTS_WAITING_MAX);
        let line = Line {
            framed: Framed::new(stream, CommandCodec::new().with_max_length(COMMAND_BYTES_MAX)),
            asked: HashMap::new(),
            sequence: 0,
            delivered,
        };
        (Self { requests }, tokio::spawn(line.speak(waiting, pulse)))
    }

    /// Writes a command and waits for its answer; how long is for the caller to say.
    pub(crate) async fn ask(&self, pdu: impl Into<Pdu>) -> Answer {
        let (answer, answered) = oneshot::channel();
        let request = Request { pdu: pdu.into(), answer };
        self.requests.send(request).await.map_err(|_| NoAnswer::NotWritten)?;
        answered.await.unwrap_or(Err(NoAnswer::Lost))
    }

    /// False once the connection has ended.
    pub(crate) fn is_up(&self) -> bool {
        !self.requests.is_closed()
    }
}

/// The connection ended, or has to.
struct Ended;

struct Line<S, D> {
    framed: Framed<S, CommandCodec>,
    asked: HashMap<u32, oneshot::Sender<Answer>>,
    sequence: u32,
    delivered: D,
}

impl<S, D> Line<S, D>
where
    S: AsyncRead + AsyncWrite + Unpin,
    D: Fn(&DeliverSm) -> CommandStatus,
{
    async fn speak(mut self, mut waiting: mpsc::Receiver<Request>, pulse: Duration) {
        let mut beat = interval_at(Instant::now() + pulse, pulse);
        // The number of the last enquire_link, until it is answered.
        let mut enquired = None;
        loop {
            let done = tokio::select! {
                request = waiting.recv() => match request {
                    Some(request) => self.write_request(request).await,
                    // Nobody holds the session any more: say goodbye, without waiting for the answer.
                    None => {
                        let sequence = self.next_sequence();
                        let _ = self.write(CommandStatus::EsmeRok, sequence, Pdu::Unbind).await;
                        break;
                    }
                },
                heard = self.framed.next() => match heard {
                    Some(Ok(command)) => {
                        enquired = enquired.filter(|sequence| *sequence != command.sequence_number());
                        self.hear(command).await
                    }
                    Some(Err(_)) | None => break,
                },
                _ = beat.tick() => match enquired {
                    None => {
                        enquired = Some(self.next_sequence());
                        self.write(CommandStatus::EsmeRok, self.sequence, Pdu::EnquireLink).await
                    }
                    Some(_) => break,
                },
            };
            if done.is_err() {
                break;
            }
        }
        // What still waits was never written, and its askers may be told so for certain.
        waiting.close();
        while let Some(request) = waiting.recv().await {
            let _ = request.answer.send(Err(NoAnswer::NotWritten));
        }
        let _ = timeout(WRITE_TIMEOUT, self.framed.get_mut().shutdown()).await;
    }

    async fn write_request(&mut self, request: Request) -> Result<(), Ended> {
        // Whoever stopped waiting is forgotten.
        self.asked.retain(|_, answer| !answer.is_closed());
        let sequence = self.next_sequence();
        self.asked.insert(sequence, request.answer);
        self.write(CommandStatus::EsmeRok, sequence, request.pdu).await
    }

    async fn hear(&mut self, command: Command) -> Result<(), Ended> {
        let sequence = command.sequence_number();
        if command.id().is_response() {
            if let Some(answer) = self.asked.remove(&sequence) {
                let _ = answer.send(Ok(command));
            }
            return Ok(());
        }
        match command.pdu() {
            Some(Pdu::DeliverSm(message)) => {
                let status = (self.delivered)(message);
                self.write(status, sequence, DeliverSmResp::default()).await
            }
            Some(Pdu::EnquireLink) => self.write(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp).await,
            Some(Pdu::Unbind) => {
                let _ = self.write(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp).await;
                Err(Ended)
            }
            // An alert has no answer (SMPP 3.4, 4.12); what else comes is not for us.
            _ if command.id() == CommandId::AlertNotification => Ok(()),
            _ => self.write(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack).await,
        }
    }

    async fn write(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) -> Result<(), Ended> {
        let command = Command::new(status, sequence, pdu);
        match timeout(WRITE_TIMEOUT, self.framed.send(&command)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Ended),
        }
    }

    /// 1 to 0x7FFFFFFF, and again (SMPP 3.4, 3.2).
    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence % 0x7FFF_FFFF + 1;
        self.sequence
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};

    const FAST: Duration = Duration::from_millis(50);
    const SLOW: Duration = Duration::from_secs(60);

    fn begin(pulse: Duration) -> (Session, JoinHandle<()>, DuplexStream) {
        let (ours, theirs) = duplex(4096);
        let (session, ended) = Session::begin(ours, pulse, |_| CommandStatus::EsmeRxTAppn);
        (session, ended, theirs)
    }

    /// A command of a header only, as it stands on the wire (SMPP 3.4, 3.2).
    fn header(id: u32, status: u32, sequence: u32) -> Vec<u8> {
        [16, id, status, sequence].into_iter().flat_map(u32::to_be_bytes).collect()
    }

    async fn next(stream: &mut DuplexStream) -> Vec<u8> {
        let length = stream.read_u32().await.expect("a command");
        let mut rest = vec![0; length as usize - 4];
        stream.read_exact(&mut rest).await.expect("whole");
        [length.to_be_bytes().to_vec(), rest].concat()
    }

    async fn says(stream: &mut DuplexStream, bytes: &[u8]) {
        stream.write_all(bytes).await.expect("written");
    }

    #[tokio::test]
    async fn a_refusal_of_a_header_only_is_an_answer() {
        let (session, _ended, mut theirs) = begin(SLOW);
        let asking = tokio::spawn(async move { session.ask(rusmpp::pdus::SubmitSm::default()).await });
        assert_eq!(next(&mut theirs).await[4..8], 4_u32.to_be_bytes());
        // An answer to nothing that was asked is passed over.
        says(&mut theirs, &header(0x8000_0004, 0, 99)).await;
        says(&mut theirs, &header(0x8000_0004, 0x0B, 1)).await;
        let answer = asking.await.expect("ends").expect("answered");
        assert_eq!(answer.status(), CommandStatus::EsmeRinvdstadr);
    }

    #[tokio::test]
    async fn a_nack_is_an_answer_too() {
        let (session, _ended, mut theirs) = begin(SLOW);
        let asking = tokio::spawn(async move { session.ask(Pdu::EnquireLink).await });
        next(&mut theirs).await;
        says(&mut theirs, &header(0x8000_0000, 3, 1)).await;
        assert_eq!(asking.await.expect("ends").expect("answered").id(), CommandId::GenericNack);
    }

    #[tokio::test]
    async fn what_they_ask_is_answered() {
        let (_session, ended, mut theirs) = begin(SLOW);
        says(&mut theirs, &header(0x15, 0, 7)).await;
        assert_eq!(next(&mut theirs).await, header(0x8000_0015, 0, 7), "enquire_link");
        says(&mut theirs, &header(0x103, 0, 8)).await;
        assert_eq!(next(&mut theirs).await, header(0x8000_0000, 3, 8), "a command that is not for us");
        says(&mut theirs, &header(0x06, 0, 9)).await;
        assert_eq!(next(&mut theirs).await, header(0x8000_0006, 0, 9), "unbind");
        ended.await.expect("ends");
    }

    #[tokio::test]
    async fn a_link_with_nobody_there_is_given_up() {
        let (session, ended, mut theirs) = begin(FAST);
        assert_eq!(next(&mut theirs).await, header(0x15, 0, 1));
        says(&mut theirs, &header(0x8000_0015, 0, 1)).await;
        assert_eq!(next(&mut theirs).await, header(0x15, 0, 2), "answered, so asked again");
        ended.await.expect("not answered, so given up");
        assert!(!session.is_up());
        assert_eq!(session.ask(Pdu::EnquireLink).await.err(), Some(NoAnswer::NotWritten));
    }

    #[tokio::test]
    async fn what_was_written_and_not_answered_is_lost() {
        let (session, ended, mut theirs) = begin(SLOW);
        let asking = tokio::spawn(async move { session.ask(Pdu::EnquireLink).await });
        next(&mut theirs).await;
        drop(theirs);
        ended.await.expect("ends");
        assert_eq!(asking.await.expect("ends").err(), Some(NoAnswer::Lost));
    }

    #[tokio::test]
    async fn a_command_too_long_or_too_short_ends_it() {
        for length in [0_u32, 15, 8 * 1024 + 1, u32::MAX] {
            let (_session, ended, mut theirs) = begin(SLOW);
            let mut bytes = header(0x15, 0, 1);
            bytes[..4].copy_from_slice(&length.to_be_bytes());
            says(&mut theirs, &bytes).await;
            timeout(Duration::from_secs(5), ended)
                .await
                .unwrap_or_else(|_| panic!("{length} is believed"))
                .expect("ends");
        }
    }

    #[tokio::test]
    async fn the_last_handle_says_goodbye() {
        let (session, ended, mut theirs) = begin(SLOW);
        drop(session);
        assert_eq!(next(&mut theirs).await, header(0x06, 0, 1));
        ended.await.expect("ends");
    }
}
