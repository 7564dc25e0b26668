//! Where the locks are, and under which keys.

use redis::{Client, Connection};

use crate::error::Error;
use crate::form::Form;

/// A Redis server, and what the keys of the locks begin with there.
#[derive(Debug, Clone)]
pub struct Service {
    client: Client,
    prefix: String,
    form: Form,
}

impl Service {
    /// The one at that address: `redis://…`, or `redis+unix://…`.
    ///
    /// # Errors
    ///
    /// If that is no address.
    pub fn new(url: &str, prefix: &str, form: Form) -> Result<Self, Error> {
        let client =
            Client::open(url).map_err(|cause| Error::Connect { at: "an address that is none".to_owned(), cause })?;
        Ok(Self { client, prefix: prefix.to_owned(), form })
    }

    /// How the locks are made here.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// A connection of one's own.
    ///
    /// # Errors
    ///
    /// If nobody answers.
    pub fn connect(&self) -> Result<Connection, Error> {
        let failed = |cause| Error::Connect { at: self.client.get_connection_info().addr().to_string(), cause };
        self.client.get_connection().map_err(failed)
    }

    /// The key that is there as long as the file is locked.
    pub(crate) fn lock_of(&self, file: &str) -> String {
        format!("{}{file}", self.lock_prefix())
    }

    /// What the keys of all files begin with.
    pub(crate) fn lock_prefix(&self) -> String {
        format!("{}:lock:", self.prefix)
    }

    /// The hash of the locked files: file -> token.
    pub(crate) fn files(&self) -> String {
        format!("{}:files", self.prefix)
    }

    /// How many locks were granted.
    pub(crate) fn grants(&self) -> String {
        format!("{}:grants", self.prefix)
    }
}
