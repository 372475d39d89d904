//! The file that says what became of each row: the input's own columns, so that it can be laid beside it, then `result` and `error`. No secrets.

use std::io::Write;

/// Writes a result file row by row (RFC 4180).
pub struct ResultFile<W: Write> {
    csv: csv::Writer<W>,
    columns: usize,
}

impl<W: Write> ResultFile<W> {
    /// Begins with the names of the columns, as [`crate::Reader::columns`] gives them.
    pub fn new(out: W, columns: &[String]) -> Result<Self, csv::Error> {
        let mut file = Self {
            csv: csv::WriterBuilder::new().flexible(false).terminator(csv::Terminator::CRLF).from_writer(out),
            columns: columns.len(),
        };
        file.line(columns, "result", "error")?;
        Ok(file)
    }

    /// A row that did what `result` says.
    pub fn accepted(&mut self, columns: &[String], result: &str) -> Result<(), csv::Error> {
        self.line(columns, result, "")
    }

    /// A row that was refused.
    pub fn refused(&mut self, columns: &[String], error: &str) -> Result<(), csv::Error> {
        self.line(columns, "refused", error)
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<(), std::io::Error> {
        self.csv.flush()
    }

    /// Rows are made as long as the header: short ones are filled up, and cells that no column names are left out.
    fn line(&mut self, columns: &[String], result: &str, error: &str) -> Result<(), csv::Error> {
        let blank = std::iter::repeat("");
        let own = columns.iter().map(String::as_str).chain(blank).take(self.columns);
        for cell in own.chain([result, error]) {
            self.csv.write_field(harmless(cell))?;
        }
        self.csv.write_record(None::<&[u8]>)
    }
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV injection). The apostrophe is taken away again when such a file is read.
fn harmless(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_their_own_columns_and_no_formulas() {
        let text = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let mut out = Vec::new();
        let mut file = ResultFile::new(&mut out, &text(&["serial", "secret", "model"])).expect("written");
        file.accepted(&text(&["1", "", "=cmd|' /C calc'!A0"]), "imported").expect("written");
        file.refused(&text(&["-2"]), "The secret is missing.").expect("written");
        file.refused(&text(&["3", "", "a \"b\", c", "more"]), "@no").expect("written");
        file.finish().expect("written");
        let expected = "serial,secret,model,result,error\r\n1,,'=cmd|' /C calc'!A0,imported,\r\n'-2,,,refused,The secret is missing.\r\n3,,\"a \"\"b\"\", c\",refused,'@no\r\n";
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    }
}
