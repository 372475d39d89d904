//! PSKC (RFC 6030): a container of keys in XML, read one KeyPackage at a time.
//!
//! The order is the schema's: EncryptionKey and MACMethod first, so that the key is derived once, then the packages. A Signature, and Extensions, are
//! skipped: who signed a file does not matter to this service, the message authentication code of each secret does.

mod events;
mod node;
mod package;
mod protection;

use crate::tokens::import::error::{FileError, ReadError, Shown};
use crate::tokens::import::limits::{KEY_PACKAGE_BYTES_MAX, XML_ELEMENTS_MAX};
use crate::tokens::import::record::TokenRecord;
use crate::tokens::import::source::Source;
use events::{Events, Piece};
use jiff::Timestamp;
use node::{Node, Space};
use protection::Protection;
use std::io::BufRead;

pub use protection::PskcKey;

/// The columns of a PSKC file's result file.
pub(crate) const COLUMNS: [&str; 9] = [
    "serial",
    "manufacturer",
    "model",
    "issuer",
    "type",
    "algorithm",
    "digits",
    "interval",
    "counter",
];

/// The packages of a container.
pub(crate) struct Packages<R> {
    events: Events<R>,
    protection: Protection,
    now: Timestamp,
    row: u64,
    /// The start of the first package, met at the end of the header.
    first: Option<Node>,
}

impl<R: BufRead> Packages<R> {
    /// Reads up to the first package, and derives or unwraps the keys.
    pub(crate) fn open(source: Source<R>, key: &PskcKey, now: Timestamp) -> Result<Self, FileError> {
        let mut events = Events::new(source);
        open_container(&mut events)?;
        let (mut encryption, mut mac) = (None, None);
        let first = loop {
            let Some(child) = next_child(&mut events)? else {
                return Err(FileError::NoPackage);
            };
            match known(&child) {
                Some("KeyPackage") => break child,
                Some("EncryptionKey") => set_once(&mut encryption, "EncryptionKey", read_node(&mut events, child, 0)?)?,
                Some("MACMethod") => set_once(&mut mac, "MACMethod", read_node(&mut events, child, 0)?)?,
                _ => skip(&mut events)?,
            }
        };
        Ok(Self {
            events,
            protection: Protection::new(encryption.as_ref(), mac.as_ref(), key)?,
            now,
            row: 0,
            first: Some(first),
        })
    }

    /// The next token; `None` at the end of a whole container.
    pub(crate) fn next(&mut self) -> Result<Option<TokenRecord>, ReadError> {
        let Some(start) = self.next_package()? else {
            end_file(&mut self.events)?;
            return Ok(None);
        };
        self.row += 1;
        let package = read_node(&mut self.events, start, self.row)?;
        let token = package::token(&package, &self.protection, self.row, self.now)?;
        Ok(Some(token))
    }

    fn next_package(&mut self) -> Result<Option<Node>, FileError> {
        if self.first.is_some() {
            return Ok(self.first.take());
        }
        while let Some(child) = next_child(&mut self.events)? {
            match known(&child) {
                Some("KeyPackage") => return Ok(Some(child)),
                Some("EncryptionKey") => return Err(FileError::Misplaced { element: "EncryptionKey" }),
                Some("MACMethod") => return Err(FileError::Misplaced { element: "MACMethod" }),
                _ => skip(&mut self.events)?,
            }
        }
        Ok(None)
    }
}

/// The name of an element, if it is one of PSKC.
fn known(node: &Node) -> Option<&str> {
    (node.space == Space::Pskc).then_some(node.name.as_str())
}

fn set_once(place: &mut Option<Node>, element: &'static str, node: Node) -> Result<(), FileError> {
    match place.replace(node) {
        None => Ok(()),
        Some(_) => Err(FileError::Misplaced { element }),
    }
}

fn open_container<R: BufRead>(events: &mut Events<R>) -> Result<(), FileError> {
    let root = loop {
        match events.next()? {
            Piece::Open(root) => break root,
            Piece::Text(text) if text.trim().is_empty() => {}
            Piece::Text(_) | Piece::Close => return Err(events.broken("text before the first element")),
            Piece::End => return Err(FileError::Empty),
        }
    };
    if known(&root) != Some("KeyContainer") {
        return Err(FileError::NotPskc {
            found: Shown::name(&root.described()),
        });
    }
    match root.attribute("Version").unwrap_or("1.0") {
        "1.0" | "1" => Ok(()),
        other => Err(FileError::Version { found: Shown::name(other) }),
    }
}

/// The next element within the container, without its content.
fn next_child<R: BufRead>(events: &mut Events<R>) -> Result<Option<Node>, FileError> {
    loop {
        match events.next()? {
            Piece::Open(node) => return Ok(Some(node)),
            Piece::Close => return Ok(None),
            Piece::Text(_) => {}
            Piece::End => return Err(events.truncated()),
        }
    }
}

/// Reads the content of an element that has begun. `row` is for what goes wrong.
fn read_node<R: BufRead>(events: &mut Events<R>, start: Node, row: u64) -> Result<Node, FileError> {
    let begin = events.position();
    let mut open = vec![start];
    let mut elements = 1;
    loop {
        match events.next()? {
            Piece::Open(node) => {
                elements += 1;
                open.push(node);
            }
            Piece::Text(text) => {
                if let Some(node) = open.last_mut() {
                    node.text.push_str(&text);
                }
            }
            Piece::Close => {
                let done = open.pop().ok_or_else(|| events.truncated())?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
            Piece::End => return Err(events.truncated()),
        }
        if elements > XML_ELEMENTS_MAX {
            return Err(FileError::TooManyElements { row });
        }
        if events.position() - begin > KEY_PACKAGE_BYTES_MAX {
            return Err(FileError::PackageTooLong { row });
        }
    }
}

/// Passes over the content of an element that has begun.
fn skip<R: BufRead>(events: &mut Events<R>) -> Result<(), FileError> {
    let mut depth = 1;
    while depth > 0 {
        match events.next()? {
            Piece::Open(_) => depth += 1,
            Piece::Close => depth -= 1,
            Piece::Text(_) => {}
            Piece::End => return Err(events.truncated()),
        }
    }
    Ok(())
}

/// After the container there is nothing.
fn end_file<R: BufRead>(events: &mut Events<R>) -> Result<(), FileError> {
    loop {
        match events.next()? {
            Piece::End => return Ok(()),
            Piece::Text(text) if text.trim().is_empty() => {}
            _ => return Err(events.broken("something follows the container")),
        }
    }
}
