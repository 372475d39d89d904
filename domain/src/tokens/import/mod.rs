//! Reads files of hardware tokens, one token at a time: PSKC (RFC 6030) and lists in CSV. Memory does not grow with the file.
//!
//! A bad token is a [`RowError`] and reading goes on; a bad file is a [`FileError`], which can also come after tokens were read, and then they are refused
//! with it. No error and no `Debug` text holds a secret.

mod error;
mod limits;
mod oath;
mod pskc;
mod record;
mod result;
mod secret;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use error::{FileError, KeyError, Problem, ReadError, RowError, Shown};
pub use limits::*;
pub use oath::{Algorithm, Kind, Oath};
pub use pskc::PskcKey;
pub use record::TokenRecord;
pub use result::ResultFile;

use jiff::Timestamp;
use source::Source;
use std::io::BufRead;

/// The kind of a token file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// XML of RFC 6030.
    Pskc,
    /// A list, separated by commas, semicolons, tabs or spaces.
    Csv,
}

impl Format {
    /// The name in commands and replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pskc => "pskc",
            Self::Csv => "csv",
        }
    }
}

/// Tells the format by the first bytes: XML begins with `<`. A few hundred bytes are enough; `None` when there is nothing but blanks.
pub fn detect(first_bytes: &[u8]) -> Option<Format> {
    let unmarked = [&[0xEF, 0xBB, 0xBF][..], &[0xFF, 0xFE], &[0xFE, 0xFF]]
        .into_iter()
        .find_map(|mark| first_bytes.strip_prefix(mark));
    // In UTF-16 every other byte of an XML declaration is zero.
    let mut visible = unmarked.unwrap_or(first_bytes).iter().filter(|byte| **byte != 0 && !byte.is_ascii_whitespace());
    visible.next().map(|byte| if *byte == b'<' { Format::Pskc } else { Format::Csv })
}

/// Opens a token file. Derives the key of an encrypted container, which may take seconds of a core: not for an async thread.
///
/// `now` judges dates of expiry.
pub fn read<R: BufRead>(file: R, format: Format, key: &PskcKey, now: Timestamp) -> Result<Reader<R>, FileError> {
    let source = Source::new(file)?;
    let state = match format {
        Format::Pskc => State::Pskc(Box::new(pskc::Packages::open(source, key, now)?)),
        Format::Csv => State::Csv(Box::new(table::Rows::open(source)?)),
    };
    let columns = match &state {
        State::Csv(rows) => rows.columns().to_vec(),
        State::Pskc(_) | State::Done => pskc::COLUMNS.map(str::to_owned).to_vec(),
    };
    Ok(Reader { state, columns })
}

/// The tokens of a file, in its order. Ends after a [`FileError`].
pub struct Reader<R> {
    state: State<R>,
    columns: Vec<String>,
}

enum State<R> {
    Pskc(Box<pskc::Packages<R>>),
    Csv(Box<table::Rows<R>>),
    Done,
}

impl<R> Reader<R> {
    /// The names of the file's own columns, for the result file.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<TokenRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = match &mut self.state {
            State::Pskc(packages) => packages.next(),
            State::Csv(rows) => rows.next(),
            State::Done => return None,
        };
        if matches!(read, Ok(None) | Err(ReadError::File(_))) {
            self.state = State::Done;
        }
        read.transpose()
    }
}
