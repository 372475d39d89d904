//! What stands before the header, and the separator that the header uses.

use crate::tokens::import::error::FileError;
use crate::tokens::import::limits::{LINES_BEFORE_HEADER_MAX, ROW_BYTES_MAX};
use crate::tokens::import::source::{Source, Stop};
use std::io::{BufRead, BufReader};

/// The first line that matters, with its end, and the separator found in it.
pub(super) struct Opening {
    pub(super) line: Vec<u8>,
    pub(super) separator: u8,
}

/// Passes over blank lines, comments, `sep=;` and the marks of a log.
pub(super) fn read<R: BufRead>(file: &mut BufReader<Source<R>>) -> Result<Opening, FileError> {
    let mut stated = None;
    for _ in 0..LINES_BEFORE_HEADER_MAX {
        let line = read_line(file)?;
        if line.is_empty() {
            return Err(FileError::Empty);
        }
        let text = line.trim_ascii();
        if text.is_empty() || text.starts_with(b"#") || starts_with(text, b"LOGGING START") {
            continue;
        }
        if starts_with(text, b"sep=") {
            // A tab was trimmed away.
            stated = Some(text.get(4).copied().unwrap_or(b'\t'));
            continue;
        }
        let separator = stated.filter(|c| matches!(c, b',' | b';' | b'\t' | b'|')).unwrap_or_else(|| separator_of(text));
        return Ok(Opening { line, separator });
    }
    Err(FileError::TooManyLines)
}

fn starts_with(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// The separator that appears most often outside quotation marks; a line with none may be separated by spaces.
fn separator_of(line: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in line {
        is_quoted ^= *byte == b'"';
        let count = counts.iter_mut().find(|(separator, _)| !is_quoted && separator == byte);
        count.into_iter().for_each(|(_, count)| *count += 1);
    }
    let (separator, count) = counts.into_iter().rev().max_by_key(|(_, count)| *count).unwrap_or((b',', 0));
    match count {
        0 if line.contains(&b' ') => b' ',
        _ => separator,
    }
}

/// A line with its end: LF, CR LF or CR. Nothing at the end of the file.
fn read_line<R: BufRead>(file: &mut BufReader<Source<R>>) -> Result<Vec<u8>, FileError> {
    file.get_mut().grant(ROW_BYTES_MAX);
    let mut line = Vec::new();
    loop {
        let chunk = file.fill_buf().map_err(refusal)?;
        let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let taken = end.map_or(chunk.len(), |end| end + 1);
        let ended = end.is_some() || chunk.is_empty();
        line.extend_from_slice(&chunk[..taken]);
        file.consume(taken);
        if line.len() > ROW_BYTES_MAX {
            return Err(FileError::RowTooLong { row: 0 });
        }
        if ended {
            return Ok(line);
        }
    }
}

fn refusal(error: std::io::Error) -> FileError {
    match Stop::of(&error) {
        Stop::Spent => FileError::RowTooLong { row: 0 },
        Stop::NotUtf16 => FileError::Characters { encoding: "UTF-16", byte: 0 },
        Stop::Other => FileError::Io(error),
    }
}
