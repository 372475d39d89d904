//! The folder of development.

use super::text_to;
use crate::channels::folder::Folder;
use domain::{
    delivery::channel::{Channel, Content, DeliveryStatus, Development, Recipient, SendError, Trouble},
    vault::Secret,
};
use std::{os::unix::fs::PermissionsExt, path::PathBuf};

fn somewhere() -> PathBuf {
    std::env::temp_dir().join(format!("channels-{}", uuid::Uuid::new_v4())).join("messages")
}

#[tokio::test]
async fn each_message_is_one_file_that_only_its_owner_reads() {
    let path = somewhere();
    let folder = Folder::new(Development::declared_by_configuration(), path.clone()).expect("made");
    folder.check().await.expect("writable");
    let message = text_to("+31600000000");
    let first = folder.hand_over(&message).await.expect("written");
    let again = folder.hand_over(&message).await.expect("written again");
    assert_eq!((first.status, &first), (DeliveryStatus::Delivered, &again));
    let files: Vec<_> = std::fs::read_dir(&path).expect("there").map(|f| f.expect("reads").path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(std::fs::metadata(&files[0]).expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o700);
    let text = std::fs::read_to_string(&files[0]).expect("text");
    assert!(text.contains("To: +31600000000\nKind: sms\n\nYour code for Contoso is 428913."), "{text}");
    std::fs::remove_dir_all(path.parent().expect("a parent")).expect("removed");
}

#[tokio::test]
async fn a_header_stays_one_line() {
    let path = somewhere();
    let folder = Folder::new(Development::declared_by_configuration(), path.clone()).expect("made");
    let mut message = text_to("+31600000000");
    message.to = Recipient::Mail {
        address: "ann@example.com\nKind: forged".to_owned(),
    };
    message.content = Content::Mail {
        subject: "a\r\nb".to_owned(),
        text: Secret::new("body".to_owned()),
        html: None,
    };
    let name = folder.hand_over(&message).await.expect("written").reference.expect("has one");
    let text = std::fs::read_to_string(path.join(name)).expect("text");
    assert!(text.contains("To: ann@example.com Kind: forged\nKind: mail\nSubject: a  b\n\nbody\n"), "{text}");
    std::fs::remove_dir_all(path.parent().expect("a parent")).expect("removed");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_said_to_be() {
    let path = somewhere();
    let folder = Folder::new(Development::declared_by_configuration(), path.clone()).expect("made");
    std::fs::remove_dir_all(path.parent().expect("a parent")).expect("removed");
    assert_eq!(folder.hand_over(&text_to("+31600000000")).await, Err(SendError::Unreachable(Trouble::Disk)));
    assert_eq!(folder.check().await, Err(SendError::Unreachable(Trouble::Disk)));
}
