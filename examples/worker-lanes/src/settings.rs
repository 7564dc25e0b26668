//! Settings: lines of a file, and of a service that runs by itself the variable `DEPOT_DATABASE_URL`, which counts more.

mod cache;
mod url;

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::Error;

pub use cache::{Cache, process};

/// Where the settings of a service that runs by itself are: a file in the current directory, and a variable.
const FILE: &str = "depot.conf";
const VARIABLE: &str = "DEPOT_DATABASE_URL";

/// How the depot is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which database; `sqlite://PATH`, as sqlx and others name it.
    pub database_url: String,
    /// The ports on which it may listen; the first free one is taken.
    pub ports: Vec<u16>,
    /// How many parcels an answer lists at most.
    pub page_size: u32,
    /// How many bytes the body of a request may have.
    pub max_body: usize,
    /// Whether a change is on the disk before it is answered.
    pub durable: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let database_url = "sqlite://depot.db?mode=rwc".to_owned();
        Self { database_url, ports: (8080..8090).collect(), page_size: 20, max_body: 16 * 1024, durable: true }
    }
}

impl Settings {
    /// What the file says, if there is one. A URL that is given counts more than its line.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or makes no sense.
    pub fn read(path: &Path, database_url: Option<String>) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|cause| Error::Settings { path: path.to_owned(), cause })?,
        };
        Self::parse(&text, database_url)
    }

    /// Reads lines such as `page_size = 5`. Empty ones, and those that begin with `#`, say nothing. A URL that is given
    /// counts more than the line.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] with the line that makes no sense.
    pub fn parse(text: &str, database_url: Option<String>) -> Result<Self, Error> {
        let mut settings = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (key, value) = line.split_once('=').ok_or_else(|| Error::Setting(line.to_owned()))?;
            settings.set(key.trim(), value.trim()).ok_or_else(|| Error::Setting(line.to_owned()))?;
        }
        if let Some(url) = database_url {
            settings.database_url = url;
        }
        settings.database_path()?;
        Ok(settings)
    }

    /// The file that the URL names.
    ///
    /// # Errors
    ///
    /// When it names none.
    pub fn database_path(&self) -> Result<PathBuf, Error> {
        url::path(&self.database_url).ok_or_else(|| Error::Setting(format!("database_url = {}", self.database_url)))
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "database_url" => value.clone_into(&mut self.database_url),
            "durable" => self.durable = value.parse().ok()?,
            "max_body" => self.max_body = value.parse().ok()?,
            "page_size" => self.page_size = value.parse().ok().filter(|&size| size > 0)?,
            "ports" => self.ports = ports(value)?,
            _ => return None,
        }
        Some(())
    }
}

/// Of `8080`, or `8080-8089`.
fn ports(text: &str) -> Option<Vec<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let ports: Vec<u16> = (first.trim().parse().ok()?..=last.trim().parse().ok()?).collect();
    (!ports.is_empty()).then_some(ports)
}
