//! Scenario h: what a database of its own costs a test, with SQLite and with PostgreSQL. Who runs there, and what they need.

mod server;
mod source;

use std::ffi::OsString;
use std::fs;

use anyhow::Context;

use crate::dev::bench::package::{BuiltSuites, SuitePackage};
use crate::dev::bench::scenario::{Contender, Goal, Repetition, Runner};
use crate::dev::bench::source::Dialect;
use server::PostgresServer;

pub(super) use source::{files, source};

/// Of whose databases it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum System {
    Sqlite,
    Postgres,
}

/// How a test comes to its database, and by what it asks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Driver {
    /// `#[sqlx::test]`, under libtest.
    SqlxTest,
    /// An empty one that it migrates itself; by sqlx.
    Migrated,
    /// A copy of a template; by sqlx.
    Copied,
    /// The worker's, cleaned; by sqlx. Not with SQLite.
    Cleaned,
    /// The worker's, in a transaction that is never committed; by the crate postgres. Not with SQLite.
    RolledBack,
    /// A copy of a template; by rusqlite. Not with PostgreSQL.
    Rusqlite,
    /// No rival: the only test has a server started, says where it is, and waits until nobody needs that.
    Server,
}

/// What the rivals need besides themselves.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) variables: Vec<(&'static str, OsString)>,
    server: Option<PostgresServer>,
}

/// Whether there is what they need.
pub(super) enum Availability {
    Ready(Environment),
    /// There is not, and this is why.
    Missing(String),
}

impl Driver {
    /// What the names of its test targets end with.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::SqlxTest => "sqlx_test",
            Self::Migrated => "migrated",
            Self::Copied => "copied",
            Self::Cleaned => "cleaned",
            Self::RolledBack => "rolled_back",
            Self::Rusqlite => "rusqlite",
            Self::Server => "server",
        }
    }
}

impl Environment {
    /// All temporary files are on the file system of the target directory.
    pub(super) fn on_disk(package: &SuitePackage) -> anyhow::Result<Self> {
        let dir = package.path("tmp");
        fs::create_dir_all(&dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
        let variables = ["SWIMLANES_TMPDIR", "TMPDIR"].map(|name| (name, dir.clone().into_os_string()));
        Ok(Self { variables: variables.to_vec(), server: None })
    }

    /// A sentence on them, if there is something to say.
    pub(super) fn note_on_server(&self) -> Option<String> {
        self.server.as_ref().map(|server| format!("PostgreSQL {}.", server.version))
    }

    /// Ends what was started.
    pub(super) fn end(self) -> anyhow::Result<()> {
        self.server.map_or(Ok(()), PostgresServer::end)
    }
}

/// The first one is what the others are compared with.
pub(super) fn contenders(system: System) -> Vec<Contender> {
    let contender = |name, driver| {
        let dialect = Dialect::Database(system, driver);
        Contender { name, dialect, runner: Runner::Itself(&[]), runs: Repetition::EachRound, goals: &[] }
    };
    let ours = |name, driver| Contender { goals: &[Goal::TimesFirst(0.25)], ..contender(name, driver) };
    let own_server = |name, driver| Contender { runner: Runner::OwnServer, ..contender(name, driver) };
    let mut contenders = vec![
        contender("sqlx::test", Driver::SqlxTest),
        contender("swimlanes, migrating each time", Driver::Migrated),
        ours("swimlanes, `fresh_with_template`", Driver::Copied),
    ];
    contenders.extend(match system {
        System::Sqlite => vec![contender("swimlanes, `fresh_with_template`, by rusqlite", Driver::Rusqlite)],
        System::Postgres => vec![
            ours("swimlanes, `clean`", Driver::Cleaned),
            contender("swimlanes, `rollback`, by postgres", Driver::RolledBack),
            own_server("its own server: `fresh_with_template`", Driver::Copied),
            own_server("its own server: `clean`", Driver::Cleaned),
            own_server("its own server: `rollback`", Driver::RolledBack),
        ],
    });
    contenders
}

/// What a reader must know of the figures.
pub(super) fn note(system: System) -> &'static str {
    match system {
        System::Sqlite => {
            "Ten migrations make a table with an index each; a test inserts a row and reads it back, by sqlx if nothing else is said. \
             All files are on one file system, that of the target directory, where sqlx::test puts them."
        }
        System::Postgres => {
            "The same migrations and the same test as with SQLite. All are told of one server, which a swimlanes run has started as it \
             does for its tests: without waiting for the disk. Only the last three start one each, as they do where nobody names one, \
             and their times include that. What a server uses counts as used by others. The tests write rows and nothing else, so \
             swimlanes copies the template a dozen times and renews the copies; where tests make or change tables, each has a new copy."
        }
    }
}

/// What a database's suites depend on: the table of dependencies from behind its title on.
pub(super) fn dependencies(harness: &str) -> String {
    format!(
        "\
sqlx = {{ version = \"0.9\", default-features = false, features = [\"macros\", \"migrate\", \"postgres\", \"runtime-tokio\", \"sqlite\"] }}
swimlanes = {{ path = {harness:?}, features = [\"postgres\", \"sqlite\"] }}
"
    )
}

/// Has what the rivals need started.
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
