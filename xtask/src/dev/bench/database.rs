//! Scenario h: what a database of its own costs a test, with SQLite and with PostgreSQL. Who runs there, and what they need.

mod server;
mod source;

use std::ffi::OsString;
use std::fs;

use anyhow::Context;

use crate::dev::bench::package::{Built, Package};
use crate::dev::bench::scenario::{Goal, Rival, Runner, Runs};
use crate::dev::bench::source::Dialect;
use server::Server;

pub(super) use source::{files, source};

/// Of whose databases it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum System {
    Sqlite,
    Postgres,
}

/// How a test comes to its database, and by what it asks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
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
pub(super) struct Surroundings {
    pub(super) variables: Vec<(&'static str, OsString)>,
    server: Option<Server>,
}

/// Whether there is what they need.
pub(super) enum Found {
    Ready(Surroundings),
    /// There is not, and this is why.
    Missing(String),
}

impl Way {
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

impl Surroundings {
    /// All temporary files are on the file system of the target directory.
    pub(super) fn on_disk(package: &Package) -> anyhow::Result<Self> {
        let dir = package.path("tmp");
        fs::create_dir_all(&dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
        let variables = ["SWIMLANES_TMPDIR", "TMPDIR"].map(|name| (name, dir.clone().into_os_string()));
        Ok(Self { variables: variables.to_vec(), server: None })
    }

    /// A sentence on them, if there is something to say.
    pub(super) fn told(&self) -> Option<String> {
        self.server.as_ref().map(|server| format!("PostgreSQL {}.", server.version))
    }

    /// Ends what was started.
    pub(super) fn end(self) -> anyhow::Result<()> {
        self.server.map_or(Ok(()), Server::end)
    }
}

/// The first one is what the others are compared with.
pub(super) fn rivals(system: System) -> Vec<Rival> {
    let rival = |name, way| {
        let dialect = Dialect::Database(system, way);
        Rival { name, dialect, runner: Runner::Itself(&[]), runs: Runs::EachRound, goals: &[] }
    };
    let ours = |name, way| Rival { goals: &[Goal::TimesFirst(0.25)], ..rival(name, way) };
    let own_server = |name, way| Rival { runner: Runner::OwnServer, ..rival(name, way) };
    let mut rivals = vec![
        rival("sqlx::test", Way::SqlxTest),
        rival("swimlanes, migrating each time", Way::Migrated),
        ours("swimlanes, `fresh_with_template`", Way::Copied),
    ];
    rivals.extend(match system {
        System::Sqlite => vec![rival("swimlanes, `fresh_with_template`, by rusqlite", Way::Rusqlite)],
        System::Postgres => vec![
            ours("swimlanes, `clean`", Way::Cleaned),
            rival("swimlanes, `rollback`, by postgres", Way::RolledBack),
            own_server("its own server: `fresh_with_template`", Way::Copied),
            own_server("its own server: `clean`", Way::Cleaned),
            own_server("its own server: `rollback`", Way::RolledBack),
        ],
    });
    rivals
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
pub(super) fn surroundings(package: &Package, built: &Built, system: System) -> anyhow::Result<Found> {
    match system {
        System::Sqlite => Ok(Found::Ready(Surroundings::on_disk(package)?)),
        System::Postgres => match Server::start(package, built)? {
            Ok(server) => {
                let names = ["DATABASE_URL", "SWIMLANES_POSTGRES_URL"];
                let variables = names.map(|name| (name, OsString::from(&server.url))).to_vec();
                Ok(Found::Ready(Surroundings { variables, server: Some(server) }))
            }
            Err(why) => Ok(Found::Missing(why)),
        },
    }
}
