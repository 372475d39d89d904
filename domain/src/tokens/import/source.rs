//! The bytes of a file as UTF-8, handed out within a budget.

use crate::tokens::import::error::{FileError, Shown};
use std::io::{self, BufRead, Chain, Cursor, Read};

/// Bytes looked at to tell the encoding.
const HEAD_BYTES: u64 = 4;

/// A file as UTF-8 without a byte order mark. What is read between two grants is bounded, so that nothing downstream can be made to hold a whole file.
pub(crate) struct Source<R> {
    inner: Chain<Cursor<Vec<u8>>, R>,
    encoding: Encoding,
    budget: usize,
    /// Bytes of UTF-16 that are not yet a character: fewer than four.
    undecoded: Vec<u8>,
    /// UTF-8 not yet handed out, and how much of it is.
    decoded: Vec<u8>,
    handed: usize,
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16(fn([u8; 2]) -> u16),
}

/// The budget is spent.
#[derive(Debug, thiserror::Error)]
#[error("a part of the file is too long")]
struct Spent;

/// UTF-16 with half a character.
#[derive(Debug, thiserror::Error)]
#[error("not valid UTF-16")]
struct NotUtf16;

/// Why reading failed, for whoever knows the place.
pub(crate) enum Stop {
    Spent,
    NotUtf16,
    Other,
}

impl Stop {
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.get_ref() {
            Some(inner) if inner.is::<Spent>() => Self::Spent,
            Some(inner) if inner.is::<NotUtf16>() => Self::NotUtf16,
            _ => Self::Other,
        }
    }
}

impl<R: BufRead> Source<R> {
    /// Looks at the first bytes.
    pub(crate) fn new(mut file: R) -> Result<Self, FileError> {
        let mut head = Vec::new();
        file.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(FileError::Io)?;
        let (encoding, mark) = encoding_of(&head)?;
        let mut head = Cursor::new(head);
        head.set_position(mark);
        Ok(Self {
            inner: head.chain(file),
            encoding,
            budget: 0,
            undecoded: Vec::new(),
            decoded: Vec::new(),
            handed: 0,
        })
    }

    /// Allows so many bytes to be read from here on.
    pub(crate) fn grant(&mut self, bytes: usize) {
        self.budget = bytes;
    }

    /// True when the file was UTF-16.
    pub(crate) fn is_utf16(&self) -> bool {
        matches!(self.encoding, Encoding::Utf16(_))
    }

    fn decode(&mut self, unit: fn([u8; 2]) -> u16) -> io::Result<()> {
        let chunk = self.inner.fill_buf()?;
        let (taken, ended) = (chunk.len(), chunk.is_empty());
        self.undecoded.extend_from_slice(chunk);
        self.inner.consume(taken);
        if ended && !self.undecoded.is_empty() {
            return Err(io::Error::other(NotUtf16));
        }
        let mut units: Vec<u16> = self.undecoded.as_chunks().0.iter().map(|pair| unit(*pair)).collect();
        // The second half of a character may be in the next chunk.
        if units.last().is_some_and(|unit| matches!(unit, 0xD800..0xDC00)) {
            units.pop();
        }
        self.undecoded.drain(..units.len() * 2);
        let text: String = char::decode_utf16(units).collect::<Result<_, _>>().map_err(|_| io::Error::other(NotUtf16))?;
        self.decoded = text.into_bytes();
        self.handed = 0;
        Ok(())
    }
}

/// The encoding that the first bytes show, and the length of the byte order mark.
fn encoding_of(head: &[u8]) -> Result<(Encoding, u64), FileError> {
    match head {
        [0xFF, 0xFE, 0, 0] | [0, 0, 0xFE, 0xFF] => Err(FileError::Encoding {
            encoding: Shown::name("UTF-32"),
        }),
        [b'P', b'K', 3, 4] => Err(FileError::NotText {
            what: "a ZIP archive or an Excel workbook",
        }),
        [0xD0, 0xCF, 0x11, 0xE0] => Err(FileError::NotText { what: "an old Excel workbook" }),
        [0x1F, 0x8B, ..] => Err(FileError::NotText { what: "a gzip archive" }),
        [0xEF, 0xBB, 0xBF, ..] => Ok((Encoding::Utf8, 3)),
        [0xFF, 0xFE, ..] => Ok((Encoding::Utf16(u16::from_le_bytes), 2)),
        [0xFE, 0xFF, ..] => Ok((Encoding::Utf16(u16::from_be_bytes), 2)),
        [b'<', 0, ..] => Ok((Encoding::Utf16(u16::from_le_bytes), 0)),
        [0, b'<', ..] => Ok((Encoding::Utf16(u16::from_be_bytes), 0)),
        _ => Ok((Encoding::Utf8, 0)),
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(self.budget);
        if most == 0 && !out.is_empty() {
            return Err(io::Error::other(Spent));
        }
        let read = match self.encoding {
            Encoding::Utf8 => self.inner.read(&mut out[..most])?,
            Encoding::Utf16(unit) => {
                // A chunk may hold half a character only; nothing decoded and nothing left is the end.
                while self.handed == self.decoded.len() && !self.inner.fill_buf()?.is_empty() {
                    self.decode(unit)?;
                }
                if self.handed == self.decoded.len() {
                    self.decode(unit)?;
                }
                let read = (&self.decoded[self.handed..]).read(&mut out[..most])?;
                self.handed += read;
                read
            }
        };
        self.budget -= read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> Result<String, String> {
        // One byte at a time, so that every character is torn.
        let torn = io::BufReader::with_capacity(1, bytes);
        let mut source = Source::new(torn).map_err(|e| e.to_string())?;
        source.grant(1000);
        let mut text = String::new();
        source.read_to_string(&mut text).map_err(|e| e.to_string())?;
        Ok(text)
    }

    #[test]
    fn utf_16_becomes_utf_8_even_when_characters_are_torn() {
        let text = "<a>é😀</a>";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text_of(&[&[0xFF, 0xFE], &little[..]].concat()).as_deref(), Ok(text));
        assert_eq!(text_of(&[&[0xFE, 0xFF], &big[..]].concat()).as_deref(), Ok(text));
        assert_eq!(text_of(&little).as_deref(), Ok(text), "without a mark");
        assert_eq!(text_of(&little[..little.len() - 1]), Err("not valid UTF-16".into()));
        assert_eq!(text_of(&[0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00]), Err("not valid UTF-16".into()));
    }

    #[test]
    fn a_budget_ends() {
        let mut source = Source::new(&b"0123456789"[..]).expect("text");
        source.grant(4);
        let mut out = [0; 10];
        assert_eq!(source.read(&mut out).expect("within the budget"), 4);
        assert!(matches!(source.read(&mut out).map_err(|e| Stop::of(&e)), Err(Stop::Spent)));
    }
}
