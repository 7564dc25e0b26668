//! Settings: lines of a file. In a stand-alone service, the variable `DEPOT_DATABASE_URL` overrides its line.

mod cache;
mod url;

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::Error;

pub use cache::{Cache, process};

/// The settings of a stand-alone service: a file in the current directory, and a variable.
const FILE: &str = "depot.conf";
const VARIABLE: &str = "DEPOT_DATABASE_URL";

/// The settings of the depot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The URL of the database; `sqlite://PATH`, as in sqlx and other libraries.
    pub database_url: String,
    /// The allowed ports; the service listens on the first free one.
    pub ports: Vec<u16>,
    /// The maximum number of parcels in a list.
    pub page_size: u32,
    /// The maximum number of bytes in the body of a request.
    pub max_body: usize,
    /// Whether a change is on the disk before the response is sent.
    pub durable: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let database_url = "sqlite://depot.db?mode=rwc".to_owned();
        Self { database_url, ports: (8080..8090).collect(), page_size: 20, max_body: 16 * 1024, durable: true }
    }
}

impl Settings {
    /// The settings of the file, or the defaults if it does not exist. `database_url` overrides its line.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is invalid.
    pub fn read(path: &Path, database_url: Option<String>) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|cause| Error::Settings { path: path.to_owned(), cause })?,
        };
        Self::parse(&text, database_url)
    }

    /// Reads lines such as `page_size = 5`. Empty lines, and lines that begin with `#`, are ignored. `database_url` overrides its line.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] with the invalid line.
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

    /// The file in the URL.
    ///
    /// # Errors
    ///
    /// If the URL contains none.
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

/// Parses `8080`, or `8080-8089`.
fn ports(text: &str) -> Option<Vec<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let ports: Vec<u16> = (first.trim().parse().ok()?..=last.trim().parse().ok()?).collect();
    (!ports.is_empty()).then_some(ports)
}
