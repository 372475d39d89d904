//! The logo of a tenant: a small PNG (W3C Portable Network Graphics, third edition) that stands in the place of its name above its members' pages. It is read to
//! its end and written anew, so that nothing comes out but what is seen; the policy names it, and the pages show none that the tenant has not uploaded.

pub(crate) mod store;
#[cfg(test)]
mod tests;

use super::*;
use model::{LOGO_BYTES_MAX, LOGO_HEIGHT_MAX, LOGO_SIDE_MIN, LOGO_WIDTH_MAX, LOGOS_MAX, LogoId, Slug};
use sha2::{Digest, Sha256};
use std::io::Cursor;

/// Reads a file and writes it anew: the points and nothing else, no comment, no place where it was made.
fn read(file: &[u8]) -> std::result::Result<Vec<u8>, String> {
    if file.len() > LOGO_BYTES_MAX {
        return Err(format!("{} bytes; {LOGO_BYTES_MAX} is the most", file.len()));
    }
    let broken = |error: png::DecodingError| format!("it cannot be read as PNG: {error}");
    let bytes = (LOGO_WIDTH_MAX * LOGO_HEIGHT_MAX * 8) as usize;
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), png::Limits { bytes });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = reader.info().size();
    let fits = |side, most| (LOGO_SIDE_MIN..=most).contains(&side);
    if !fits(width, LOGO_WIDTH_MAX) || !fits(height, LOGO_HEIGHT_MAX) {
        return Err(format!(
            "{width} × {height} pixels; it has to be {LOGO_SIDE_MIN} to {LOGO_WIDTH_MAX} wide and {LOGO_SIDE_MIN} to {LOGO_HEIGHT_MAX} high"
        ));
    }
    if reader.info().is_animated() {
        return Err(String::from("it moves; a logo stands still"));
    }
    let mut points = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let seen = reader.next_frame(&mut points).map_err(broken)?;
    points.truncate(seen.buffer_size());
    reader.finish().map_err(broken)?;
    let png = written(&points, &seen).map_err(|error| format!("it cannot be written as PNG: {error}"))?;
    match png.len() <= LOGO_BYTES_MAX {
        true => Ok(png),
        false => Err(format!("{} bytes without a palette; {LOGO_BYTES_MAX} is the most", png.len())),
    }
}

fn id_of(png: &[u8]) -> LogoId {
    LogoId(Sha256::digest(png).into())
}

fn written(points: &[u8], seen: &png::OutputInfo) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, seen.width, seen.height);
    encoder.set_color(seen.color_type);
    encoder.set_depth(seen.bit_depth);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(points)?;
    Ok(file)
}

impl Directory<'_> {
    /// Keeps a logo and puts it above the members' pages: the next version of the policy names it.
    pub async fn set_logo(self, by: &Admin, file: Vec<u8>, reason: &str) -> Result<LogoId> {
        by.needs(Permission::PublishPolicy)?;
        self.0.keys(by.tenant()).await?;
        // Points are read and packed: not between the requests of others.
        let read = tokio::task::spawn_blocking(move || read(&file)).await;
        let png = read.map_err(|_| DirectoryError::Unknown("logo"))?.map_err(DirectoryError::Logo)?;
        let id = id_of(&png);
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        super::store::lock_policy(&mut tx).await?;
        match store::count_logos(&mut tx, id).await? {
            (_, true) => {}
            (kept, false) if kept >= LOGOS_MAX => return Err(DirectoryError::Logo(format!("{LOGOS_MAX} others are kept, and no more fit"))),
            _ => store::insert_logo(&mut tx, id, &png, self.0.clock().now()).await?,
        }
        self.change_policy_in(&mut tx, by, reason, |mut document| {
            document.appearance.logo = Some(id);
            document
        })
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Puts the name in its place again. It is kept for the versions that name it.
    pub async fn remove_logo(self, by: &Admin, reason: &str) -> Result<()> {
        by.needs(Permission::PublishPolicy)?;
        self.0.keys(by.tenant()).await?;
        let mut tx = self.0.db().tenant(by.tenant()).await?;
        let (_, found) = super::store::lock_policy(&mut tx).await?;
        let shown = found.is_some_and(|(_, document)| document.pointer("/appearance/logo").is_some_and(|logo| !logo.is_null()));
        if !shown {
            return Err(DirectoryError::NotOpen("logo"));
        }
        self.change_policy_in(&mut tx, by, reason, |mut document| {
            document.appearance.logo = None;
            document
        })
        .await?;
        Ok(tx.commit().await?)
    }

    /// The file of the logo that is shown, for whoever knows whose it is and what it is: both stand on the members' pages alone.
    pub async fn logo(self, of: &Slug, id: LogoId) -> Result<Option<Vec<u8>>> {
        let Some(tenant) = self.tenant_of_slug(of).await? else { return Ok(None) };
        let mut tx = self.0.db().tenant(tenant).await?;
        let file = store::find_shown(&mut tx, id).await?;
        tx.commit().await?;
        Ok(file)
    }

    /// Refuses a document that names a logo which nobody has uploaded here.
    pub(super) async fn knows_its_logo(self, tx: &mut TenantTx, document: &PolicyDocument) -> Result<()> {
        let Some(id) = document.appearance.logo else { return Ok(()) };
        match store::count_logos(tx, id).await? {
            (_, true) => Ok(()),
            _ => Err(DirectoryError::Policy(PolicyError {
                field: String::from("appearance.logo"),
                problem: format!("'{id}': no such logo was uploaded"),
            })),
        }
    }
}
