//! Mail through an SMTP server (RFC 5321), with TLS from the first byte (RFC 8314) or by STARTTLS (RFC 3207).
//!
//! Each mail has a connection of its own, and each step of it is taken here: only so is it known whether the mail went out before
//! something broke, and which of the server's refusals are about the address.

use super::{
    Patience,
    tls::{Roots, is_loopback},
};
use async_trait::async_trait;
use domain::{
    delivery::channel::{Channel, ChannelKind, DeliveryStatus, Development, HandedOver, MailParts, Message, SendError, Trouble},
    delivery::texts::plain_name,
    vault::Secret,
};
use lettre::{
    Address,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters},
        commands::{Data, Mail, Noop, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use std::{
    error::Error as _,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use uuid::Uuid;

/// The longest subject, in characters.
pub(crate) const SUBJECT_CHARACTERS_MAX: usize = 150;

/// How long a goodbye may take; by then the mail is with the server.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// How the connection is protected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Security {
    /// TLS from the first byte; usually port 465.
    Tls,
    /// Plain until both agree on TLS, and no mail if they do not; usually port 587.
    StartTls,
    /// Not at all: only in development and only to this machine.
    Plain(Development),
}

/// A name and password for the server. Printing it does not show the password.
#[derive(Clone, Debug)]
pub(crate) struct SmtpLogin {
    /// The name.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Secret<String>,
}

/// A mail server.
#[derive(Clone, Debug)]
pub(crate) struct SmtpConfig {
    /// Its name, as its certificate has it.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// How the connection is protected.
    pub(crate) security: Security,
    /// Whose certificates are believed.
    pub(crate) roots: Roots,
    /// How long it is waited for.
    pub(crate) patience: Patience,
    /// Name and password, where the server wants them.
    pub(crate) login: Option<SmtpLogin>,
    /// Our own name for EHLO; without one, that of this machine.
    pub(crate) hello_name: Option<String>,
    /// The name beside the address of the sender.
    pub(crate) from_name: String,
}

/// Mail by SMTP.
pub(crate) struct Smtp {
    config: SmtpConfig,
    hello: ClientId,
    tls: TlsParameters,
}

impl Smtp {
    /// Makes the channel. Connects to nothing yet.
    pub(crate) fn new(config: SmtpConfig) -> Result<Self, SendError> {
        if matches!(config.security, Security::Plain(_)) && !is_loopback(&config.host) {
            return Err(SendError::misconfigured("mail may leave this machine only by an encrypted connection"));
        }
        let hello = match &config.hello_name {
            Some(name) if is_domain(name) => ClientId::Domain(name.clone()),
            Some(_) => return Err(SendError::misconfigured("the name for EHLO is not the name of a host")),
            None => ClientId::default(),
        };
        let tls = tls_parameters(&config)?;
        Ok(Self { config, hello, tls })
    }

    /// Connects, agrees on TLS and logs in. Whatever fails here, nothing was sent.
    async fn open(&self) -> Result<AsyncSmtpConnection, SendError> {
        let mut connection = match self.config.security {
            Security::Tls => self.connect(Some(self.tls.clone())).await?,
            Security::Plain(_) => self.connect(None).await?,
            Security::StartTls => self.connect_and_upgrade().await?,
        };
        if let Some(login) = &self.config.login {
            log_in(&mut connection, login).await?;
        }
        Ok(connection)
    }

    async fn connect(&self, tls: Option<TlsParameters>) -> Result<AsyncSmtpConnection, SendError> {
        let server = (self.config.host.as_str(), self.config.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(server, Some(self.config.patience.connect), &self.hello, tls, None);
        connecting.await.map_err(|e| before_mail(&e))
    }

    async fn connect_and_upgrade(&self) -> Result<AsyncSmtpConnection, SendError> {
        let server = (self.config.host.as_str(), self.config.port);
        let stream = match timeout(self.config.patience.connect, TcpStream::connect(server)).await {
            Ok(Ok(stream)) => Box::new(ByteByByte(stream)),
            Ok(Err(_)) => return Err(SendError::Unreachable(Trouble::Connection)),
            Err(_) => return Err(SendError::Unreachable(Trouble::TimeOut)),
        };
        let greeted = AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await;
        let mut connection = greeted.map_err(|e| before_mail(&e))?;
        if !connection.can_starttls() {
            return Err(SendError::misconfigured("the mail server does not offer STARTTLS"));
        }
        connection.starttls(self.tls.clone(), &self.hello).await.map_err(|e| before_mail(&e))?;
        Ok(connection)
    }
}

/// A stream that is read one byte at a time.
///
/// The library reads ahead into a buffer and keeps it when it changes to TLS, so that replies which somebody in the middle appended
/// to the one to STARTTLS would be believed as if they had come encrypted (CVE-2011-0411, turned on clients). With nothing read ahead, they are left for
/// TLS to stumble over. A mail is written far more than read, so this costs a few milliseconds.
#[derive(Debug)]
struct ByteByByte(TcpStream);

impl AsyncRead for ByteByByte {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte[..buffer.remaining().min(1)]);
        let read = Pin::new(&mut self.0).poll_read(context, &mut one);
        if let Poll::Ready(Ok(())) = read {
            buffer.put_slice(one.filled());
        }
        read
    }
}

impl AsyncWrite for ByteByByte {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for ByteByByte {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

#[async_trait]
impl Channel for Smtp {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Mail
    }

    async fn hand_over(&self, message: &Message) -> Result<HandedOver, SendError> {
        let letter = Letter::compose(message, &self.config.from_name)?;
        let deadline = Instant::now() + self.config.patience.whole;
        let unsent = SendError::Unreachable(Trouble::TimeOut);
        let mut connection = within(deadline, unsent.clone(), self.open()).await?;
        within(deadline, unsent, letter.envelope(&mut connection)).await?;
        let unclear = SendError::Uncertain(Trouble::TimeOut);
        let sent = within(deadline, unclear, letter.body(&mut connection)).await;
        // The server has the mail whether it says goodbye or not.
        let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        sent.map(|()| HandedOver {
            reference: Some(letter.message_id),
            status: DeliveryStatus::Sent,
        })
    }

    async fn check(&self) -> Result<(), SendError> {
        let deadline = Instant::now() + self.config.patience.whole;
        let slow = SendError::Unreachable(Trouble::TimeOut);
        let mut connection = within(deadline, slow.clone(), self.open()).await?;
        let asked = async { connection.command(Noop).await.map_err(|e| before_mail(&e)) };
        within(deadline, slow, asked).await?;
        let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(())
    }
}

/// A mail, ready to go.
struct Letter {
    from: Address,
    to: Address,
    message_id: String,
    bytes: Secret<Vec<u8>>,
}

impl Letter {
    fn compose(message: &Message, from_name: &str) -> Result<Self, SendError> {
        let (to, parts) = message.as_mail()?;
        let to: Address = to.parse().map_err(|_| SendError::Unsendable("the recipient is not a mail address"))?;
        let from: Address = message
            .from
            .parse()
            .map_err(|_| SendError::misconfigured("the sender of mail is not a mail address"))?;
        let message_id = message_id(message.id, &from);
        let sender = Mailbox::new(Some(plain_name(from_name)).filter(|name| !name.is_empty()), from.clone());
        let headers = lettre::Message::builder()
            .from(sender)
            .to(Mailbox::new(None, to.clone()))
            .subject(subject(parts.subject))
            .message_id(Some(message_id.clone()))
            .date_now()
            // RFC 3834 5: no answering machine shall answer this.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
        let letter = with_body(headers, parts).map_err(|_| SendError::Unsendable("the mail cannot be put together"))?;
        let bytes = Secret::new(letter.formatted());
        Ok(Self { from, to, message_id, bytes })
    }

    /// Says who writes to whom. Here the server refuses addresses; nothing was sent yet.
    async fn envelope(&self, connection: &mut AsyncSmtpConnection) -> Result<(), SendError> {
        let mut parameters = Vec::new();
        let beyond_ascii = !self.from.is_ascii() || !self.to.is_ascii();
        if beyond_ascii && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(SendError::Refused {
                provider_code: "no-smtputf8".to_owned(),
                permanent: false,
            });
        }
        if beyond_ascii {
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(Some(self.from.clone()), parameters);
        connection.command(mail).await.map_err(|e| about_us(&e))?;
        let recipient = Rcpt::new(self.to.clone(), Vec::new());
        connection.command(recipient).await.map_err(|e| about_recipient(&e))?;
        connection.command(Data).await.map_err(|e| about_us(&e))?;
        Ok(())
    }

    /// Sends the mail itself. From here on, silence means that it may arrive.
    async fn body(&self, connection: &mut AsyncSmtpConnection) -> Result<(), SendError> {
        match connection.message(self.bytes.expose()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(match Reply::of(&error) {
                Some(reply) => reply.refusal(false),
                None => SendError::Uncertain(trouble(&error)),
            }),
        }
    }
}

trait IsAscii {
    fn is_ascii(&self) -> bool;
}

impl IsAscii for Address {
    fn is_ascii(&self) -> bool {
        AsRef::<str>::as_ref(self).is_ascii()
    }
}

fn with_body(headers: lettre::message::MessageBuilder, parts: MailParts<'_>) -> Result<lettre::Message, lettre::error::Error> {
    let text = SinglePart::plain(parts.text.expose().clone());
    match parts.html {
        Some(html) => headers.multipart(MultiPart::alternative().singlepart(text).singlepart(SinglePart::html(html.expose().clone()))),
        None => headers.singlepart(text),
    }
}

/// The same message has the same id for ever, so that a mailbox that gets it twice can tell.
fn message_id(id: Uuid, from: &Address) -> String {
    format!("<{id}@{}>", from.domain())
}

/// One line, and not a long one (abuse case D10).
fn subject(text: &str) -> String {
    let one_line = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c });
    one_line.take(SUBJECT_CHARACTERS_MAX).collect()
}

fn is_domain(name: &str) -> bool {
    (1..=253).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

fn tls_parameters(config: &SmtpConfig) -> Result<TlsParameters, SendError> {
    let wrong = |_| SendError::misconfigured("TLS to the mail server cannot be set up");
    let mut builder = TlsParameters::builder(config.host.clone());
    builder = match &config.roots {
        Roots::Public => builder.certificate_store(CertificateStore::WebpkiRoots),
        Roots::Own(pem) => {
            let mut own = builder.certificate_store(CertificateStore::None);
            for certificate in Roots::own_certificates(pem)? {
                own = own.add_root_certificate(Certificate::from_der(certificate.to_vec()).map_err(wrong)?);
            }
            own
        }
    };
    builder.build_rustls().map_err(wrong)
}

async fn log_in(connection: &mut AsyncSmtpConnection, login: &SmtpLogin) -> Result<(), SendError> {
    let credentials = Credentials::new(login.user.clone(), login.password.expose().clone());
    match connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => Err(SendError::misconfigured("the mail server does not accept the name and password")),
        Err(error) if error.is_client() => Err(SendError::misconfigured("the mail server offers no way to log in that we know")),
        Err(error) => Err(before_mail(&error)),
    }
}

async fn within<T>(deadline: Instant, too_late: SendError, work: impl Future<Output = Result<T, SendError>>) -> Result<T, SendError> {
    timeout_at(deadline, work).await.unwrap_or(Err(too_late))
}

/// What a server said in its reply: the code, and the finer code of RFC 3463 where there is one. Its words are left behind, for they
/// repeat the address.
struct Reply {
    code: u16,
    enhanced: Option<String>,
}

impl Reply {
    fn of(error: &SmtpError) -> Option<Self> {
        let code = u16::from(error.status()?);
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        let first = words.split_whitespace().next().unwrap_or_default();
        let enhanced = is_enhanced(first).then(|| first.to_owned());
        Some(Self { code, enhanced })
    }

    fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// True for a refusal that is about us and not about the address: log in first, or policy (RFC 3463 x.7.x).
    fn is_policy(&self) -> bool {
        self.code == 530 || self.enhanced.as_ref().is_some_and(|code| code.starts_with("5.7."))
    }

    fn refusal(&self, permanent: bool) -> SendError {
        let provider_code = match &self.enhanced {
            Some(enhanced) => format!("{} {enhanced}", self.code),
            None => self.code.to_string(),
        };
        SendError::Refused { provider_code, permanent }
    }
}

/// True for `5.1.1` and the like.
fn is_enhanced(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(is_number)
}

fn is_of_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    let inside = cause.downcast_ref().and_then(io::Error::get_ref);
    inside.is_some_and(|inside| inside.is::<rustls::Error>())
}

fn trouble(error: &SmtpError) -> Trouble {
    // The library calls what went wrong with TLS an error of the connection.
    let mut causes = std::iter::successors(error.source(), |cause| (**cause).source());
    let is_tls = error.is_tls() || causes.any(is_of_tls);
    match () {
        () if is_tls => Trouble::Tls,
        () if error.is_timeout() => Trouble::TimeOut,
        () if error.is_response() => Trouble::Answer,
        () => Trouble::Connection,
    }
}

/// Before the mail: nothing was sent, whatever happened.
fn before_mail(error: &SmtpError) -> SendError {
    match Reply::of(error) {
        Some(_) => SendError::Unreachable(Trouble::Provider),
        None => SendError::Unreachable(trouble(error)),
    }
}

/// The server will not have this sender, or no mail now: never the fault of the recipient.
fn about_us(error: &SmtpError) -> SendError {
    match Reply::of(error) {
        Some(reply) => reply.refusal(false),
        None => before_mail(error),
    }
}

/// 5xx to RCPT means that there is no such mailbox, unless the server says that it is about us. 4xx: try another server, or later.
fn about_recipient(error: &SmtpError) -> SendError {
    match Reply::of(error) {
        Some(reply) => reply.refusal(reply.is_permanent() && !reply.is_policy()),
        None => before_mail(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::delivery::channel::{Content, Language, Recipient};

    fn letter(from_name: &str, subject: &str, to: &str) -> Result<String, SendError> {
        let message = Message {
            id: Uuid::from_u128(7),
            to: Recipient::Mail { address: to.to_owned() },
            from: "mfa@example.com".to_owned(),
            language: Language::En,
            content: Content::Mail {
                subject: subject.to_owned(),
                text: Secret::new("text".to_owned()),
                html: None,
            },
        };
        let letter = Letter::compose(&message, from_name)?;
        Ok(String::from_utf8(letter.bytes.expose().clone()).expect("text"))
    }

    #[test]
    fn d10_names_and_subjects_add_no_headers() {
        let plain = letter("Contoso", "Your code", "ann@example.com").expect("fine");
        let headers = |letter: &str| {
            letter
                .split("\r\n\r\n")
                .next()
                .expect("headers")
                .split("\r\n")
                .filter(|l| !l.starts_with(' '))
                .count()
        };
        for hostile in [
            "x\r\nBcc: eve@evil.example",
            "x\nBcc: eve@evil.example",
            "x\u{2028}Bcc: eve@evil.example",
            "x\r\n\r\n<html>",
            "\" <eve@evil.example>, \"",
            "=?utf-8?q?x=0D=0ABcc:_eve=40evil.example?=",
        ] {
            let letter = letter(hostile, hostile, "ann@example.com").expect("made plain");
            assert_eq!(headers(&letter), headers(&plain), "{letter}");
            assert!(!letter.contains("\nBcc:"), "{letter}");
        }
    }

    #[test]
    fn a_letter_is_marked_as_written_by_a_machine() {
        let letter = letter("Contoso", "Your code", "ann@example.com").expect("fine");
        for line in [
            "Auto-Submitted: auto-generated\r\n",
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.com>\r\n",
            "From: Contoso <mfa@example.com>\r\n",
            "To: ann@example.com\r\n",
        ] {
            assert!(letter.contains(line), "{line} in {letter}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_sent() {
        for to in [
            "",
            "ann",
            "ann@example.com\r\nRCPT TO:<eve@evil.example>",
            "ann@example.com, eve@evil.example",
            "a b@example.com",
        ] {
            assert!(matches!(letter("x", "x", to), Err(SendError::Unsendable(_))), "{to}");
        }
    }

    #[test]
    fn mail_leaves_this_machine_encrypted_only() {
        let config = |host: &str| SmtpConfig {
            host: host.to_owned(),
            port: 25,
            security: Security::Plain(Development::declared_by_configuration()),
            roots: Roots::Public,
            patience: Patience::default(),
            login: None,
            hello_name: None,
            from_name: "x".to_owned(),
        };
        assert!(Smtp::new(config("mail.example.com")).is_err());
        assert!(Smtp::new(config("127.0.0.1")).is_ok());
        let mut named = config("127.0.0.1");
        named.hello_name = Some("x\r\nRSET".to_owned());
        assert!(Smtp::new(named).is_err());
    }

    #[test]
    fn enhanced_codes_are_told_from_words() {
        assert!(is_enhanced("5.1.1") && is_enhanced("4.7.650"));
        assert!(!is_enhanced("<ann@example.com>") && !is_enhanced("1.2.3") && !is_enhanced("5.1") && !is_enhanced("5.1.1234"));
    }
}
