//! The list of the parcels on a van: a file that is written as a whole.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use crate::error::Error;
use crate::parcel::Stage;
use crate::repository::Repository;

/// The number of parcels that are read at once.
const PAGE: u32 = 100;

/// Writes the loaded parcels to `manifest.txt` in this directory, and returns the path. A rename replaces an older file; the new one is on
/// the disk when this returns.
///
/// # Errors
///
/// If SQLite or the system fails.
pub async fn write(repository: &Repository, dir: &Path) -> Result<PathBuf, Error> {
    let (mut text, mut grams, mut after) = (String::new(), 0, String::new());
    loop {
        let parcels = repository.list(Some(Stage::Loaded), &after, PAGE).await?;
        let Some(last) = parcels.last() else { break };
        after.clone_from(&last.code);
        for parcel in &parcels {
            grams += u64::from(parcel.grams);
            let _ = writeln!(text, "{}\t{}\t{}", parcel.code, parcel.receiver, parcel.town);
        }
    }
    let _ = writeln!(text, "total\t{grams} g");
    let path = dir.join("manifest.txt");
    spawn_blocking(move || put(&path, &text).map(|()| path)).await.map_err(std::io::Error::other)?
}

/// Writes the file under another name and syncs it; then renames it, and syncs the directory, which contains the name.
fn put(path: &Path, text: &str) -> Result<(), Error> {
    let unfinished = path.with_extension("part");
    let mut file = File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    if let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}
