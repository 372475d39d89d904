//! The smaller forms of a file that the server hands out as they are.

use std::io::Write;

/// Whether a file of this name gets smaller: fonts and photographs are compressed already.
pub(crate) fn worthwhile(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    matches!(
        extension,
        "css" | "js" | "mjs" | "wasm" | "svg" | "json" | "txt" | "html" | "ico" | "webmanifest" | "xml"
    )
}

/// For browsers that know brotli: all of the last ten years.
pub(crate) fn brotli(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    let mut smaller = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut smaller, &parameters)?;
    Ok(smaller)
}

/// For the rest.
pub(crate) fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}
