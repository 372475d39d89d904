//! Lists of tokens as text: comma, semicolon, tab or space separated, with a header or in one of the known orders.

mod header;
mod layout;
mod opening;

use crate::tokens::import::error::{FileError, Problem, ReadError, RowError};
use crate::tokens::import::limits::{ROW_BYTES_MAX, ROW_CELLS_MAX};
use crate::tokens::import::record::TokenRecord;
use crate::tokens::import::secret::{self, Encoding};
use crate::tokens::import::source::{Source, Stop};
use crate::tokens::import::{Algorithm, text};
use csv::{ByteRecord, ReaderBuilder};
use layout::{Layout, Raw};
use std::io::{BufRead, BufReader, Chain, Cursor, Read};

/// The file behind the lines that were looked at to tell the separator.
type Whole<R> = Chain<Cursor<Vec<u8>>, BufReader<Source<R>>>;

/// The rows of a list.
pub(crate) struct Rows<R> {
    csv: csv::Reader<Whole<R>>,
    layout: Layout,
    columns: Vec<String>,
    record: ByteRecord,
    /// True while the record read last is still to be returned: the first line of a list without a header.
    pending: bool,
    row: u64,
    spoken: Option<Encoding>,
    is_space_separated: bool,
}

impl<R: BufRead> Rows<R> {
    /// Reads the first line, and tells from it what the columns are.
    pub(crate) fn open(source: Source<R>) -> Result<Self, FileError> {
        let mut file = BufReader::new(source);
        let opening = opening::read(&mut file)?;
        let csv = ReaderBuilder::new()
            .delimiter(opening.separator)
            .comment(Some(b'#'))
            .has_headers(false)
            .flexible(true)
            .from_reader(Cursor::new(opening.line).chain(file));
        let mut rows = Self {
            csv,
            layout: Layout::Positions,
            columns: Vec::new(),
            record: ByteRecord::new(),
            pending: false,
            row: 0,
            spoken: None,
            is_space_separated: opening.separator == b' ',
        };
        rows.learn()?;
        Ok(rows)
    }

    /// The names of the columns, as the file writes them.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The next token; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<TokenRecord>, ReadError> {
        loop {
            if !std::mem::take(&mut self.pending) && !self.advance()? {
                return Ok(None);
            }
            self.row += 1;
            match self.token() {
                Ok(Some(token)) => return Ok(Some(token)),
                Ok(None) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn learn(&mut self) -> Result<(), FileError> {
        if !self.advance()? {
            return Err(FileError::Empty);
        }
        let Ok(cells) = self.cells() else {
            return Err(FileError::Characters { encoding: "UTF-8", byte: 0 });
        };
        let (layout, columns) = match header::read(&cells)? {
            Some((columns, names)) => (Layout::Header(columns), names),
            None => {
                let layout = Layout::without_header(&cells).ok_or(FileError::NoHeader { cells: cells.len() })?;
                (layout, layout.column_names(cells.len()))
            }
        };
        self.pending = !matches!(layout, Layout::Header(_));
        (self.layout, self.columns) = (layout, columns);
        Ok(())
    }

    /// Reads the next record; false at the end.
    fn advance(&mut self) -> Result<bool, FileError> {
        let begin = self.csv.position().byte();
        self.csv.get_mut().get_mut().1.get_mut().grant(ROW_BYTES_MAX);
        let row = self.row + 1;
        match self.csv.read_byte_record(&mut self.record) {
            // Blank lines and comments before a row count with it: 64 KiB of them are no token file either.
            Ok(_) if self.csv.position().byte() - begin > ROW_BYTES_MAX as u64 => Err(FileError::RowTooLong { row }),
            Ok(is_there) => Ok(is_there),
            Err(error) => Err(refusal(error, row, begin)),
        }
    }

    /// The cells as text, without a spreadsheet's marks, or the column that is no text.
    fn cells(&self) -> Result<Vec<&str>, usize> {
        let cells = self
            .record
            .iter()
            .enumerate()
            .map(|(place, cell)| std::str::from_utf8(cell).map(bare).map_err(|_| place + 1));
        // Several spaces in a row separate once.
        cells.filter(|cell| !(self.is_space_separated && *cell == Ok(""))).collect()
    }

    fn token(&mut self) -> Result<Option<TokenRecord>, Box<RowError>> {
        let row = self.row;
        let refused = |problem, serial, columns| Box::new(RowError { row, serial, problem, columns });
        if self.record.len() > ROW_CELLS_MAX {
            return Err(refused(Problem::TooManyCells, None, Vec::new()));
        }
        let cells = self.cells().map_err(|column| refused(Problem::NotUtf8 { column }, None, Vec::new()))?;
        if cells.iter().all(|cell| cell.is_empty()) || cells[0].eq_ignore_ascii_case("LOGGING START") {
            return Ok(None);
        }
        let named = self.columns.len();
        if matches!(self.layout, Layout::Header(_)) && cells.iter().skip(named).any(|cell| !cell.is_empty()) {
            let cells = cells.len();
            return Err(refused(Problem::Cells { cells, named }, None, Vec::new()));
        }
        let raw = self.layout.raw(&cells);
        match raw.and_then(|raw| build(row, &raw, self.spoken)) {
            Ok((mut token, spoken)) => {
                token.columns = self.layout.without_secrets(&cells);
                self.spoken = spoken;
                Ok(Some(token))
            }
            Err(problem) => {
                // In a row that cannot be read, a secret may stand anywhere.
                let serial = self.layout.serial(&cells).filter(|serial| !secret::looks_like_one(serial));
                let serial = serial.and_then(|serial| text::serial(Some(serial)).ok());
                let hidden = |cell: String| if secret::looks_like_one(&cell) { String::new() } else { cell };
                let columns = self.layout.without_secrets(&cells).into_iter().map(hidden).collect();
                Err(refused(problem, serial, columns))
            }
        }
    }
}

fn build(row: u64, raw: &Raw<'_>, spoken: Option<Encoding>) -> Result<(TokenRecord, Option<Encoding>), Problem> {
    let serial = text::serial(Some(raw.serial))?;
    let decoded = secret::decode(raw.secret, raw.encoding.or(spoken))?;
    let oath = raw.oath()?;
    let algorithm = match raw.algorithm.filter(|name| text::profile(name).is_none()) {
        Some(name) => text::algorithm(name)?,
        None if raw.length_tells_algorithm && decoded.encoding == Encoding::Hex => usual_for(decoded.bytes.len()),
        None => Algorithm::Sha1,
    };
    let token = TokenRecord {
        row,
        serial,
        oath: crate::tokens::import::oath::Oath { algorithm, ..oath.params },
        kind_stated: oath.is_stated,
        counter: oath.counter,
        drift: 0,
        issuer: text::label("issuer", raw.issuer)?,
        manufacturer: text::label("manufacturer", raw.manufacturer)?,
        model: text::label("model", raw.model)?,
        upn: text::upn(raw.upn)?,
        valid_from: None,
        valid_until: None,
        hex_recognised: decoded.encoding == Encoding::Hex,
        columns: Vec::new(),
        secret: decoded.bytes,
    };
    Ok((token, if decoded.certain { Some(decoded.encoding) } else { spoken }))
}

/// Lists without a header tell the hash by the secret's length, as their readers do.
const fn usual_for(secret_bytes: usize) -> Algorithm {
    match secret_bytes {
        32 => Algorithm::Sha256,
        64 => Algorithm::Sha512,
        _ => Algorithm::Sha1,
    }
}

/// A cell without spaces around it and without what spreadsheets put there to keep a number as it is: `="000123"` and `'000123`.
fn bare(cell: &str) -> &str {
    let cell = cell.trim();
    let formula = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    formula.or_else(|| cell.strip_prefix('\'')).unwrap_or(cell).trim()
}

fn refusal(error: csv::Error, row: u64, byte: u64) -> FileError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => match Stop::of(&error) {
            Stop::Spent => FileError::RowTooLong { row },
            Stop::NotUtf16 => FileError::Characters { encoding: "UTF-16", byte },
            Stop::Other => FileError::Io(error),
        },
        // Records of bytes of any number of cells cannot fail otherwise.
        _ => FileError::Io(std::io::Error::other("the row cannot be read")),
    }
}
