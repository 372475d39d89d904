//! `/admin/{tenant}/tokens/import` and `…/imports/{id}`: a file of tokens comes in, and what becomes of it.

use axum::{
    extract::{
        Multipart, Path, Query as QueryOf,
        multipart::{Field, MultipartError, MultipartRejection},
    },
    response::Response,
};
use domain::{
    actor::Permission,
    tokens::{
        TokenError,
        import::{KeyError, PskcKey},
        importing::ImportOptions,
    },
};
use model::*;
use serde::Deserialize;

use super::{
    console::{Console, Place},
    tokens::download,
};
use crate::{
    caller::{Answer, Guest, Stop, see},
    edge::IMPORT_BYTES_MAX,
    pages::tokens::{ImportErrors, ImportForm, ImportPage, RunPage, import_page, import_size, run_page},
    routes,
};

/// Parts that a form may have; this one has five.
const PARTS_MAX: usize = 16;
/// Bytes of a field that is no file: a passphrase is the longest.
const FIELD_BYTES_MAX: usize = 4 * 1024;

/// The query of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AskQuery {
    checked: String,
    skip_bad: String,
}

/// The query of an import.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RunQuery {
    format: String,
}

/// The form.
pub(super) async fn ask(guest: Guest, Path(slug): Path<String>, QueryOf(query): QueryOf<AskQuery>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ManageTokens).await?;
    let checked = !query.checked.is_empty();
    let form = ImportForm {
        dry_run: !checked,
        skip_bad: !query.skip_bad.is_empty(),
    };
    let model = model_of(&guest, &console, form, checked).await?;
    Ok(guest.show(|| import_page(console.shell(Place::Tokens), model)))
}

async fn model_of(guest: &Guest, console: &Console, form: ImportForm, checked: bool) -> Result<ImportPage, Stop> {
    Ok(ImportPage {
        slug: console.slug().to_owned(),
        form,
        errors: ImportErrors::default(),
        checked,
        runs: guest.domain().tokens().imports(&console.admin).await.map_err(guest.fails())?,
    })
}

/// Begins the import and shows how far it is.
pub(super) async fn begin(guest: Guest, Path(slug): Path<String>, parts: Result<Multipart, MultipartRejection>) -> Answer {
    let console = Console::open(&guest, &slug, Permission::ManageTokens).await?;
    let mut sent = Sent::default();
    let read = match parts {
        Ok(parts) => sent.read(parts).await,
        Err(_) => Err(Wrong::Form),
    };
    let form = sent.form();
    let wrong = match read.and_then(|()| sent.checked()) {
        Ok((name, bytes, options)) => match guest.domain().tokens().begin_import(&console.admin, &name, bytes, options).await {
            Ok(id) => return Ok(see(&routes::token_import(&slug, id))),
            Err(TokenError::Import(detail)) => Wrong::Refused(detail),
            Err(error) => return Err(guest.fails()(error)),
        },
        Err(wrong) => wrong,
    };
    again(&guest, &console, form, wrong).await
}

/// What is wrong with what was sent.
enum Wrong {
    /// It is no form, or not a whole one.
    Form,
    NoFile,
    TwoFiles,
    TooLarge,
    Empty,
    Key,
    Passphrase,
    KeyAndPassphrase,
    /// The domain refuses the file, and says why in English.
    Refused(String),
}

impl From<MultipartError> for Wrong {
    fn from(error: MultipartError) -> Self {
        match error.status().as_u16() {
            413 => Self::TooLarge,
            _ => Self::Form,
        }
    }
}

impl Wrong {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Form => ErrorCode::BadRequest,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::Refused(_) => ErrorCode::ImportRefused,
            Self::NoFile | Self::TwoFiles | Self::Empty | Self::Key | Self::Passphrase | Self::KeyAndPassphrase => ErrorCode::Invalid,
        }
    }

    fn words(self) -> ImportErrors {
        let mut errors = ImportErrors::default();
        match self {
            Self::Form => errors.form = Some(text!(tokens.unread).to_owned()),
            Self::NoFile => errors.file = Some(text!(tokens.file_missing).to_owned()),
            Self::TwoFiles => errors.file = Some(text!(tokens.file_two).to_owned()),
            Self::TooLarge => errors.file = Some(text!(tokens.file_large, size = import_size())),
            Self::Empty => errors.file = Some(text!(tokens.file_empty).to_owned()),
            Self::Key => errors.key = Some(text!(tokens.key_bad).to_owned()),
            Self::Passphrase => errors.passphrase = Some(text!(tokens.passphrase_bad).to_owned()),
            Self::KeyAndPassphrase => errors.passphrase = Some(text!(tokens.key_two).to_owned()),
            Self::Refused(detail) => errors.detail = Some(detail),
        }
        errors
    }
}

async fn again(guest: &Guest, console: &Console, form: ImportForm, wrong: Wrong) -> Result<Response, Stop> {
    let mut model = model_of(guest, console, form, false).await?;
    Ok(guest.show_with(wrong.code(), || {
        model.errors = wrong.words();
        import_page(console.shell(Place::Tokens), model)
    }))
}

/// The form as it came in, in whatever order its parts are.
#[derive(Default)]
struct Sent {
    file: Option<(String, Vec<u8>)>,
    files: usize,
    key: String,
    passphrase: String,
    dry_run: bool,
    skip_bad: bool,
    whole: bool,
}

impl Sent {
    /// Reads all parts. What this form does not know is skipped.
    async fn read(&mut self, mut parts: Multipart) -> Result<(), Wrong> {
        for _ in 0..PARTS_MAX {
            let Some(part) = parts.next_field().await? else {
                self.whole = true;
                return Ok(());
            };
            match part.name().unwrap_or_default() {
                "file" => self.take_file(part).await?,
                "key" => self.key = text_of(part).await?,
                "passphrase" => self.passphrase = text_of(part).await?,
                "dry_run" => self.dry_run = !text_of(part).await?.is_empty(),
                "skip_bad" => self.skip_bad = !text_of(part).await?.is_empty(),
                _ => {}
            }
        }
        Err(Wrong::Form)
    }

    /// A file field that nothing was chosen for comes with neither name nor content.
    async fn take_file(&mut self, part: Field<'_>) -> Result<(), Wrong> {
        let name = part.file_name().unwrap_or_default().to_owned();
        let bytes = bytes_of(part, IMPORT_BYTES_MAX).await?;
        if name.is_empty() && bytes.is_empty() {
            return Ok(());
        }
        self.files += 1;
        self.file = Some((name, bytes));
        Ok(())
    }

    /// What is ticked when the form is shown again. Of a form that broke off nothing is taken over.
    fn form(&self) -> ImportForm {
        match self.whole {
            true => ImportForm {
                dry_run: self.dry_run,
                skip_bad: self.skip_bad,
            },
            false => ImportForm::default(),
        }
    }

    fn checked(self) -> Result<(String, Vec<u8>, ImportOptions), Wrong> {
        let (name, bytes) = match (self.file, self.files) {
            (Some(_), 2..) => return Err(Wrong::TwoFiles),
            (Some((_, bytes)), _) if bytes.is_empty() => return Err(Wrong::Empty),
            (Some(file), _) => file,
            (None, _) => return Err(Wrong::NoFile),
        };
        let key = match (self.key.trim(), self.passphrase.as_str()) {
            ("", "") => PskcKey::None,
            (key, "") => PskcKey::from_hex(key).map_err(|_: KeyError| Wrong::Key)?,
            ("", passphrase) => PskcKey::from_passphrase(passphrase).map_err(|_: KeyError| Wrong::Passphrase)?,
            (_, _) => return Err(Wrong::KeyAndPassphrase),
        };
        let options = ImportOptions {
            key,
            dry_run: self.dry_run,
            skip_bad: self.skip_bad,
            ..ImportOptions::default()
        };
        Ok((name, bytes, options))
    }
}

async fn text_of(part: Field<'_>) -> Result<String, Wrong> {
    let bytes = bytes_of(part, FIELD_BYTES_MAX).await.map_err(|_| Wrong::Form)?;
    String::from_utf8(bytes).map_err(|_| Wrong::Form)
}

/// A part, as long as it is not larger than it may be.
async fn bytes_of(mut part: Field<'_>, bytes_max: usize) -> Result<Vec<u8>, Wrong> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(Wrong::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// How far an import is, what came of it, or its result file.
pub(super) async fn show(guest: Guest, Path((slug, id)): Path<(String, String)>, QueryOf(query): QueryOf<RunQuery>) -> Answer {
    let needs = match query.format.as_str() {
        "csv" => Permission::ManageTokens,
        _ => Permission::ReadMembers,
    };
    let console = Console::open(&guest, &slug, needs).await?;
    let missing = |error| match error {
        TokenError::Unknown => guest.oops(ErrorCode::NotFound),
        other => guest.fails()(other),
    };
    let id: ImportId = id.parse().map_err(|_| guest.oops(ErrorCode::NotFound))?;
    let tokens = guest.domain().tokens();
    if query.format == "csv" {
        let result = tokens.import_result(&console.admin, id).await.map_err(missing)?;
        let stem = result.file_name.rsplit_once('.').map_or(result.file_name.as_str(), |(stem, _)| stem);
        return download(&guest, &format!("{stem}-result"), result.bytes.to_vec());
    }
    let (run, rows) = tokens.import_of(&console.admin, id).await.map_err(missing)?;
    let model = RunPage {
        slug,
        run,
        rows,
        may_import: console.admin.may(Permission::ManageTokens),
    };
    Ok(guest.show(|| run_page(console.shell(Place::Tokens), model)))
}
