//! Creates databases on a PostgreSQL server as copies of others, and drops them.

use postgres::{Client, Config, NoTls};

use crate::database::postgres::worker_database;
use crate::model::error::{self, FixtureError, FixtureResult};
use crate::model::hash::fnv;
use crate::model::postgres_endpoint::{Address, PostgresAt};

/// Opens a connection for creating databases.
pub(crate) fn connect(at: &PostgresAt) -> FixtureResult<Client> {
    let mut config = match &at.address {
        Address::Given { url } => url.parse::<Config>()?,
        Address::Ours { .. } => worker_database::config(at, "postgres")?,
    };
    // Other runs recognize by this name that the databases are in use.
    config.application_name(&at.prefix);
    config.connect(NoTls).map_err(|cause| refused(&cause))
}

pub(crate) fn refused(cause: &postgres::Error) -> FixtureError {
    format!("PostgreSQL refuses: {}", error::with_causes(cause)).into()
}

pub(crate) fn dropped(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")
}

pub(crate) fn template_name(at: &PostgresAt, key: &str) -> String {
    format!("{}t{:08x}", at.prefix, fnv(key.as_bytes()) as u32)
}

pub(crate) fn copy(client: &mut Client, at: &PostgresAt, key: Option<&str>, name: &str) -> FixtureResult<()> {
    let template = key.map_or_else(|| "template0".to_owned(), |key| template_name(at, key));
    // Since version 15, the default strategy is WAL_LOG, which takes twice as long.
    let major: u32 = at.version.split(['.', ' ', 'b', 'r']).next().and_then(|major| major.parse().ok()).unwrap_or(0);
    let strategy = if major >= 15 { " STRATEGY FILE_COPY" } else { "" };
    let statement = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"{strategy}");
    client.batch_execute(&statement).map_err(|cause| refused(&cause))
}
