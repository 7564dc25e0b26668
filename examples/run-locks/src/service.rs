//! The server and the keys of the locks.

use redis::{Client, Connection};

use crate::error::Error;
use crate::form::Form;

/// A Redis server, and the prefix of the keys.
#[derive(Debug, Clone)]
pub struct Service {
    client: Client,
    prefix: String,
    form: Form,
}

impl Service {
    /// The service at this address: `redis://…`, or `redis+unix://…`.
    ///
    /// # Errors
    ///
    /// If the address is invalid.
    pub fn new(url: &str, prefix: &str, form: Form) -> Result<Self, Error> {
        let client =
            Client::open(url).map_err(|cause| Error::Connect { at: "an invalid address".to_owned(), cause })?;
        Ok(Self { client, prefix: prefix.to_owned(), form })
    }

    /// The form of the locks.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// A new connection.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached.
    pub fn connect(&self) -> Result<Connection, Error> {
        let failed = |cause| Error::Connect { at: self.client.get_connection_info().addr().to_string(), cause };
        self.client.get_connection().map_err(failed)
    }

    /// The key that exists as long as the file is locked.
    pub(crate) fn lock_of(&self, file: &str) -> String {
        format!("{}{file}", self.lock_prefix())
    }

    /// The prefix of the keys of all files.
    pub(crate) fn lock_prefix(&self) -> String {
        format!("{}:lock:", self.prefix)
    }

    /// The hash of the locked files: file -> token.
    pub(crate) fn files(&self) -> String {
        format!("{}:files", self.prefix)
    }

    /// The key of the number of granted locks.
    pub(crate) fn grants(&self) -> String {
        format!("{}:grants", self.prefix)
    }
}
