//! XML as a sequence of pieces, each bounded, with everything refused that a token file does not need and an attack may use.

use super::node::{Node, Space};
use crate::tokens::import::error::{FileError, Shown};
use crate::tokens::import::limits::{XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_PIECE_BYTES_MAX};
use crate::tokens::import::source::{Source, Stop};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion, escape::resolve_predefined_entity};
use std::io::{BufRead, BufReader};
use zeroize::Zeroizing;

/// One piece of a document.
pub(crate) enum Piece {
    /// An element begins; its content follows.
    Open(Node),
    /// Text, with references resolved.
    Text(Zeroizing<String>),
    /// The element that began last ends.
    Close,
    /// The document ends, within an element or not: whoever awaits more says so.
    End,
}

/// A document as pieces.
pub(crate) struct Events<R> {
    xml: NsReader<BufReader<Source<R>>>,
    buffer: Zeroizing<Vec<u8>>,
    depth: usize,
}

impl<R: BufRead> Events<R> {
    pub(crate) fn new(source: Source<R>) -> Self {
        let mut xml = NsReader::from_reader(BufReader::new(source));
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        // The count of attributes bounds declarations of one element; this bounds those of all open elements.
        xml.resolver_mut().set_max_namespace_bindings(XML_DEPTH_MAX * 2);
        Self {
            xml,
            buffer: Zeroizing::default(),
            depth: 0,
        }
    }

    /// Bytes read so far, in UTF-8.
    pub(crate) fn position(&self) -> u64 {
        self.xml.buffer_position()
    }

    /// The next piece that matters; comments and instructions do not.
    pub(crate) fn next(&mut self) -> Result<Piece, FileError> {
        loop {
            if let Some(piece) = self.read()? {
                return Ok(piece);
            }
        }
    }

    /// The file ends where it must not.
    pub(crate) fn truncated(&self) -> FileError {
        FileError::Truncated { byte: self.position() }
    }

    /// The XML is broken here.
    pub(crate) fn broken(&self, why: &'static str) -> FileError {
        FileError::Xml { byte: self.position(), why }
    }

    fn read(&mut self) -> Result<Option<Piece>, FileError> {
        let begin = self.position();
        self.xml.get_mut().get_mut().grant(XML_PIECE_BYTES_MAX);
        self.buffer.clear();
        let is_utf16 = self.xml.get_ref().get_ref().is_utf16();
        // Reading and looking need the reader at once; the error needs the place, which is known afterwards only.
        let read = self.xml.read_resolved_event_into(&mut self.buffer);
        let found = match read {
            Ok((space, event)) => piece(space, event, is_utf16, begin),
            Err(error) => return Err(refusal(error, self.position())),
        }?;
        let byte = self.position();
        if byte - begin > XML_PIECE_BYTES_MAX as u64 {
            return Err(FileError::PieceTooLong { byte });
        }
        match &found {
            Some(Piece::Open(_)) => self.depth += 1,
            Some(Piece::Close) => self.depth = self.depth.saturating_sub(1),
            Some(Piece::End | Piece::Text(_)) | None => {}
        }
        if self.depth > XML_DEPTH_MAX {
            return Err(FileError::TooDeep { byte });
        }
        Ok(found)
    }
}

fn piece(space: ResolveResult<'_>, event: Event<'_>, is_utf16: bool, byte: u64) -> Result<Option<Piece>, FileError> {
    match event {
        Event::Start(start) | Event::Empty(start) => node(&space, &start, byte).map(Piece::Open).map(Some),
        Event::End(_) => Ok(Some(Piece::Close)),
        Event::Text(text) => Ok(Some(Piece::Text(Zeroizing::new(text.xml10_content().into_owned())))),
        Event::CData(text) => Ok(Some(Piece::Text(Zeroizing::new(text.xml10_content().into_owned())))),
        Event::GeneralRef(reference) => Ok(Some(Piece::Text(Zeroizing::new(resolved(&reference, byte)?)))),
        Event::Decl(declaration) => declared(&declaration, is_utf16, byte).map(|()| None),
        Event::DocType(_) => Err(FileError::DocumentType { byte }),
        Event::Comment(_) | Event::PI(_) => Ok(None),
        Event::Eof => Ok(Some(Piece::End)),
    }
}

fn node(space: &ResolveResult<'_>, start: &BytesStart<'_>, byte: u64) -> Result<Node, FileError> {
    let broken = |why| FileError::Xml { byte, why };
    let (space, foreign) = match space {
        ResolveResult::Bound(namespace) => (Space::of(namespace.0), namespace.0),
        ResolveResult::Unbound => (Space::Nowhere, ""),
        ResolveResult::Unknown(_) => return Err(broken("a prefix is not declared")),
    };
    // Counted without looking for doubles first, because that takes the square of their number.
    if start.attributes().with_checks(false).take(XML_ATTRIBUTES_MAX + 1).count() > XML_ATTRIBUTES_MAX {
        return Err(FileError::TooManyAttributes { byte });
    }
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| broken("an attribute is damaged or doubled"))?;
        let name = attribute.key.0;
        if name.contains(':') || name == "xmlns" {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| FileError::Entity { byte })?;
        attributes.push((name.to_owned(), value.into_owned()));
    }
    Ok(Node {
        space,
        name: start.local_name().as_ref().to_owned(),
        foreign: if space == Space::Other { foreign.to_owned() } else { String::new() },
        attributes,
        text: Zeroizing::default(),
        children: Vec::new(),
    })
}

/// A number, or one of the five that XML itself has.
fn resolved(reference: &BytesRef<'_>, byte: u64) -> Result<String, FileError> {
    let unknown = FileError::Entity { byte };
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => resolve_predefined_entity(reference).map(str::to_owned).ok_or(unknown),
        Err(_) => Err(unknown),
    }
}

/// The declaration must name the encoding that the bytes are in.
fn declared(declaration: &BytesDecl<'_>, is_utf16: bool, byte: u64) -> Result<(), FileError> {
    let encoding = match declaration.encoding() {
        None => return Ok(()),
        Some(Ok(encoding)) => encoding,
        Some(Err(_)) => {
            let why = "the declaration is damaged";
            return Err(FileError::Xml { byte, why });
        }
    };
    let fits = match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" | "US-ASCII" => !is_utf16,
        "UTF-16" | "UTF-16LE" | "UTF-16BE" => is_utf16,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(FileError::Encoding {
        encoding: Shown::name(&encoding),
    })
}

/// The parser's own words may repeat the file, so that they are replaced.
fn refusal(error: quick_xml::Error, byte: u64) -> FileError {
    use quick_xml::Error;
    use quick_xml::errors::{IllFormedError, SyntaxError};
    let why = match error {
        Error::Io(error) => return stopped(&error, byte),
        Error::Encoding(_) => return FileError::Characters { encoding: "UTF-8", byte },
        Error::Escape(_) => return FileError::Entity { byte },
        Error::IllFormed(IllFormedError::MissingEndTag(_)) => return FileError::Truncated { byte },
        Error::Syntax(SyntaxError::UnclosedDoctype) => return FileError::DocumentType { byte },
        Error::Syntax(SyntaxError::InvalidBangMarkup) => "a tag beginning with <! is none that XML knows",
        Error::Syntax(_) => return FileError::Truncated { byte },
        Error::IllFormed(IllFormedError::MismatchedEndTag { .. }) => "an end tag does not match its start tag",
        Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an end tag has no start tag",
        Error::IllFormed(_) => "a tag, comment or reference is damaged",
        Error::InvalidAttr(_) => "an attribute is damaged",
        Error::Namespace(_) => "a namespace is declared wrongly, or too many are",
    };
    FileError::Xml { byte, why }
}

fn stopped(error: &std::sync::Arc<std::io::Error>, byte: u64) -> FileError {
    // The parser shares its error; kind and text are what can be kept of one that is not ours.
    match Stop::of(error) {
        Stop::Spent => FileError::PieceTooLong { byte },
        Stop::NotUtf16 => FileError::Characters { encoding: "UTF-16", byte },
        Stop::Other => FileError::Io(std::io::Error::new(error.kind(), error.to_string())),
    }
}
