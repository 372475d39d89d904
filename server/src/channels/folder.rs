//! For development: each message becomes a file in a folder. It shows what it says, code and all, so only a development installation can
//! make one.

use async_trait::async_trait;
use domain::delivery::channel::{Channel, ChannelKind, Content, DeliveryStatus, Development, HandedOver, Message, Recipient, SendError, Trouble};
use std::{
    fmt::Write as _,
    fs::{DirBuilder, File, OpenOptions, remove_file, rename},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Only the owner may read what is written.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// A folder of messages.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the channel, and the folder if it is not there.
    pub(crate) fn new(_only_in: Development, path: PathBuf) -> Result<Self, SendError> {
        let made = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&path);
        match made {
            Ok(()) if path.is_dir() => Ok(Self { path }),
            _ => Err(SendError::misconfigured("the folder for messages cannot be made")),
        }
    }
}

#[async_trait]
impl Channel for Folder {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Development
    }

    async fn hand_over(&self, message: &Message) -> Result<HandedOver, SendError> {
        let name = format!("{}.txt", message.id);
        write(self.path.clone(), name.clone(), in_words(message)).await?;
        Ok(HandedOver {
            reference: Some(name),
            status: DeliveryStatus::Delivered,
        })
    }

    async fn check(&self) -> Result<(), SendError> {
        let path = self.path.clone();
        on_disk(move || {
            let probe = path.join(format!(".{}.tmp", Uuid::new_v4()));
            create(&probe, b"")?;
            remove_file(probe)
        })
        .await
    }
}

/// Headers, an empty line, and what it says.
fn in_words(message: &Message) -> String {
    let mut text = String::new();
    let mut header = |name: &str, value: &str| {
        let one_line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {one_line}");
    };
    header("Id", &message.id.to_string());
    header("From", &message.from);
    match &message.to {
        Recipient::Phone { e164, extension } => {
            header("To", e164);
            if let Some(extension) = extension {
                header("Extension", &format!("{extension:?}"));
            }
        }
        Recipient::Mail { address } => header("To", address),
    }
    let body = match &message.content {
        Content::Sms { text } => {
            header("Kind", "sms");
            text.expose().clone()
        }
        Content::Call { script } => {
            header("Kind", "call");
            script.words(domain::delivery::call::Line::Greeting, message.language)
        }
        Content::Mail { subject, text, .. } => {
            header("Kind", "mail");
            header("Subject", subject);
            text.expose().clone()
        }
    };
    format!("{text}\n{body}\n")
}

/// Writes beside its place and then moves it there: whoever watches the folder sees whole files only. The same message twice is one file.
async fn write(folder: PathBuf, name: String, text: String) -> Result<(), SendError> {
    on_disk(move || {
        let beside = folder.join(format!(".{}.tmp", Uuid::new_v4()));
        create(&beside, text.as_bytes())
            .and_then(|()| rename(&beside, folder.join(name)))
            .inspect_err(|_| drop(remove_file(&beside)))
    })
    .await
}

fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(content)
}

async fn on_disk(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), SendError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(SendError::Unreachable(Trouble::Disk)),
    }
}
