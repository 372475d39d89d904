//! The files of the repository, for the tests that look at it as a whole.

use std::{fs, path::PathBuf};

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    testkit::crate_folder().parent().expect("the crate lies in the repository").to_owned()
}

/// A file's text, by its path from the top.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The paths of all files under a folder that end so, sorted, from the top.
pub(crate) fn files(folder: &str, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                let skipped = path
                    .file_name()
                    .is_some_and(|name| name == "node_modules" || name == "target" || name == "output" || name.to_string_lossy().starts_with('.'));
                folders.extend((!skipped).then_some(path));
            } else if path.to_string_lossy().ends_with(end) {
                let from_top = path.strip_prefix(root()).expect("below the top");
                found.push(from_top.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
