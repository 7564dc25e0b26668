//! Scenario h: the cost of a database for each test, with SQLite and with PostgreSQL. Prepares what its contenders need.

pub(super) mod comparison;
mod server;
pub(super) mod source;

use std::ffi::OsString;
use std::fs;

use anyhow::Context;

use crate::dev::bench::package::{BuiltSuites, SuitePackage};
use crate::dev::bench::spec::System;
use server::PostgresServer;

/// The resources that the contenders need.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) variables: Vec<(&'static str, OsString)>,
    server: Option<PostgresServer>,
}

/// Whether these resources are available.
pub(super) enum Availability {
    Ready(Environment),
    /// They are not available, for this reason.
    Missing(String),
}

impl Environment {
    /// All temporary files are on the file system of the target directory.
    pub(super) fn on_disk(package: &SuitePackage) -> anyhow::Result<Self> {
        let dir = package.path("tmp");
        fs::create_dir_all(&dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
        let variables = ["SWIMLANES_TMPDIR", "TMPDIR"].map(|name| (name, dir.clone().into_os_string()));
        Ok(Self { variables: variables.to_vec(), server: None })
    }

    /// A sentence about them for the report; may be empty.
    pub(super) fn note_on_server(&self) -> Option<String> {
        self.server.as_ref().map(|server| format!("PostgreSQL {}.", server.version))
    }

    /// Stops the server, if one was started.
    pub(super) fn end(self) -> anyhow::Result<()> {
        self.server.map_or(Ok(()), PostgresServer::end)
    }
}

/// Starts what the contenders need.
pub(super) fn environment(package: &SuitePackage, built: &BuiltSuites, system: System) -> anyhow::Result<Availability> {
    match system {
        System::Sqlite => Ok(Availability::Ready(Environment::on_disk(package)?)),
        System::Postgres => match PostgresServer::start(package, built)? {
            Ok(server) => {
                let names = ["DATABASE_URL", "SWIMLANES_POSTGRES_URL"];
                let variables = names.map(|name| (name, OsString::from(&server.url))).to_vec();
                Ok(Availability::Ready(Environment { variables, server: Some(server) }))
            }
            Err(why) => Ok(Availability::Missing(why)),
        },
    }
}
