//! Text messages through an HTTP gateway that speaks Twilio's Messages format.

use super::gateway::{CallbackError, CallbackFields, Field, Gateway, GatewayConfig, status_of};
use async_trait::async_trait;
use domain::delivery::channel::{Channel, ChannelKind, DeliveryReport, HandedOver, Message, SendError, is_e164};

/// A messaging service of Twilio, which picks the sender itself: `MG` and 32 hexadecimal digits.
const SERVICE_CHARACTERS: usize = 34;

/// Text messages by HTTP.
pub(crate) struct SmsHttp {
    gateway: Gateway,
}

impl SmsHttp {
    /// Makes the channel. Connects to nothing yet.
    pub(crate) fn new(config: GatewayConfig) -> Result<Self, SendError> {
        Ok(Self {
            gateway: Gateway::new(config)?,
        })
    }
}

#[async_trait]
impl Channel for SmsHttp {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    async fn hand_over(&self, message: &Message) -> Result<HandedOver, SendError> {
        let (to, text) = message.as_sms()?;
        if !is_e164(to) {
            return Err(SendError::Unsendable("the number is not in E.164 form"));
        }
        let mut fields: Vec<Field<'_>> = vec![("To", to.to_owned()), sender(&message.from)?, ("Body", text.expose().clone())];
        fields.extend(self.gateway.status_callback(message.id).map(|url| ("StatusCallback", url)));
        self.gateway.create("Messages.json", message.id, &fields).await
    }

    async fn check(&self) -> Result<(), SendError> {
        self.gateway.check().await
    }
}

fn sender(from: &str) -> Result<Field<'static>, SendError> {
    let is_service = from.len() == SERVICE_CHARACTERS && from.starts_with("MG") && from.bytes().skip(2).all(|b| b.is_ascii_hexdigit());
    match (from.is_empty(), is_service) {
        (true, _) => Err(SendError::misconfigured("the sender of text messages is empty")),
        (false, true) => Ok(("MessagingServiceSid", from.to_owned())),
        (false, false) => Ok(("From", from.to_owned())),
    }
}

/// Reads a report about a message; the fields were checked to be signed.
pub(crate) fn parse_status_callback(fields: &CallbackFields) -> Result<DeliveryReport, CallbackError> {
    let (error_code, bad_recipient) = fields.error_code();
    Ok(DeliveryReport {
        reference: fields.reference("MessageSid")?,
        status: status_of(fields.need("MessageStatus")?),
        error_code,
        bad_recipient,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::delivery::channel::DeliveryStatus;

    #[test]
    fn a_messaging_service_goes_under_its_own_name() {
        let service = format!("MG{}", "0a".repeat(16));
        assert_eq!(sender(&service).expect("fine").0, "MessagingServiceSid");
        for from in ["+15550100100", "97671", "Contoso", "MG123"] {
            assert_eq!(sender(from).expect("fine"), ("From", from.to_owned()));
        }
        assert!(sender("").is_err());
    }

    #[test]
    fn reports_are_read() {
        let report = |body: &str| parse_status_callback(&CallbackFields::parse(body.as_bytes()).expect("small"));
        let delivered = report("MessageSid=SM1&MessageStatus=delivered&To=%2B15550100100").expect("whole");
        assert_eq!((delivered.reference.as_str(), delivered.status), ("SM1", DeliveryStatus::Delivered));
        let failed = report("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30005").expect("whole");
        assert_eq!(failed.status, DeliveryStatus::Failed);
        assert_eq!((failed.error_code.as_deref(), failed.bad_recipient), (Some("30005"), true));
        let odd = report("MessageSid=SM1&MessageStatus=teleported&ErrorCode=x").expect("whole");
        assert_eq!((odd.status, odd.error_code), (DeliveryStatus::Unknown, None));
        assert_eq!(report("MessageStatus=sent"), Err(CallbackError::Missing("MessageSid")));
        assert_eq!(report("MessageSid=&MessageStatus=sent"), Err(CallbackError::Missing("MessageSid")));
        assert_eq!(report("MessageSid=SM1"), Err(CallbackError::Missing("MessageStatus")));
    }
}
