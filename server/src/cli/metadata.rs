//! `tweestap metadata`: what the FIDO Alliance knows about makes and models of passkeys. Nothing is ever fetched: the operator downloads the signed blob
//! (<https://mds3.fidoalliance.org/>) wherever that may be done, and brings it here.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::actor::Operator;
use domain::webauthn::{Roots, metadata::BLOB_BYTES_MAX};

use super::{Failure, print_json};
use crate::config::Settings;
use crate::startup::Running;

/// Bytes of a file of certificates.
const ROOTS_BYTES_MAX: usize = 256 * 1024;

/// Metadata of makes and models of passkeys.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Metadata {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Verify a blob of the FIDO Metadata Service offline and put it in place of the one that is there; prints what it holds as JSON
    Import(Import),
    /// Show as JSON which one is there
    Show,
}

#[derive(Debug, clap::Args)]
struct Import {
    /// The blob, as downloaded
    file: PathBuf,
    /// Certificates to trust in place of the FIDO Alliance's, in PEM; for a metadata service of one's own
    #[arg(long, requires = "signer")]
    root: Option<PathBuf>,
    /// The name that the signer's certificate has to bear then
    #[arg(long, requires = "root")]
    signer: Option<String>,
}

impl Metadata {
    pub(super) async fn run(&self, settings: Settings) -> Result<ExitCode, Failure> {
        // What was typed is read before the database is touched.
        let wanted = match &self.command {
            Command::Import(import) => Some(import.read()?),
            Command::Show => None,
        };
        let running = Running::start(&settings).await?;
        let (passkeys, console) = (running.domain.passkeys(), Operator::console());
        match wanted {
            Some((blob, roots)) => print_json(&passkeys.import_metadata(console, &blob, &roots).await?)?,
            None => match passkeys.metadata_view(console).await? {
                Some(view) => print_json(&view)?,
                None => eprintln!("no metadata are there; bring some by `tweestap metadata import`"),
            },
        }
        running.end().await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Import {
    fn read(&self) -> Result<(String, Roots), Failure> {
        let blob = text_of(&self.file, BLOB_BYTES_MAX)?;
        let roots = match (&self.root, &self.signer) {
            (Some(root), Some(signer)) => {
                let pem = text_of(root, ROOTS_BYTES_MAX)?;
                Roots::new(&pem, signer).map_err(|error| format!("{}: {error}", root.display()))?
            }
            _ => Roots::fido(),
        };
        Ok((blob.trim().to_owned(), roots))
    }
}

/// A file of text, with a limit that is named.
fn text_of(file: &Path, bytes_max: usize) -> Result<String, Failure> {
    let shown = file.display();
    let length = std::fs::metadata(file).map_err(|error| format!("{shown}: {error}"))?.len();
    if length > bytes_max as u64 {
        return Err(format!("{shown}: {length} bytes; at most {bytes_max} are read").into());
    }
    Ok(std::fs::read_to_string(file).map_err(|error| format!("{shown}: {error}"))?)
}
