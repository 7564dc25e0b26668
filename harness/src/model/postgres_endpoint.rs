//! The address of a PostgreSQL server, and the names of its databases.

use std::path::{Path, PathBuf};

/// What a client needs to know about a PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct PostgresAt {
    /// How many servers this one has replaced.
    pub(crate) generation: u32,
    pub(crate) address: Address,
    /// The version that the server reports.
    pub(crate) version: String,
    /// The prefix of the names of all databases that swimlanes creates.
    pub(crate) prefix: String,
    /// How many connections the tests of one worker can have at the same time.
    pub(crate) connections: u32,
}

/// The address of the server, and whether the run has started it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Address {
    /// The run has started the server; its only user is [`USER`].
    Ours {
        /// The directory of its socket, unless the path of a socket there would be too long, and of its [`log`](PostgresAt::log).
        dir: PathBuf,
        port: u16,
        /// Consists of digits and letters.
        password: String,
    },
    /// An existing server.
    Given { url: String },
}

/// The superuser.
pub(crate) const USER: &str = "postgres";

impl PostgresAt {
    /// The URL of a database, as sqlx, Diesel, SeaORM and libpq read it; uses the socket if the run has started the server.
    pub(crate) fn url(&self, database: &str) -> String {
        match &self.address {
            Address::Ours { dir, port, .. } if has_socket(dir) => {
                format!("postgresql:///{database}?host={}&port={port}&user={USER}", encoded(&dir.to_string_lossy()))
            }
            Address::Ours { .. } => self.tcp_url(database),
            Address::Given { url } => with_database(url, database),
        }
    }

    /// The URL for TCP, for clients that cannot use sockets.
    pub(crate) fn tcp_url(&self, database: &str) -> String {
        match &self.address {
            Address::Ours { port, password, .. } => {
                format!("postgresql://{USER}:{password}@127.0.0.1:{port}/{database}")
            }
            Address::Given { url } => with_database(url, database),
        }
    }

    /// The log file of the server, if the run has started it.
    pub(crate) fn log(&self) -> Option<PathBuf> {
        match &self.address {
            Address::Ours { dir, .. } => Some(dir.join("log")),
            Address::Given { .. } => None,
        }
    }
}

/// Whether a server that the run starts has a socket in this directory. The path of a socket has at most 107 bytes on Linux, and fewer on
/// other systems; the name of the socket takes up to 17 of them.
pub(crate) fn has_socket(dir: &Path) -> bool {
    dir.as_os_str().len() + "/.s.PGSQL.65535".len() < 104
}

/// This URL with another path, which is the part between the third slash and the question mark.
fn with_database(url: &str, database: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, None), |(before, query)| (before, Some(query)));
    let start = before.find("://").map_or(0, |at| at + 3);
    let end = before[start..].find('/').map_or(before.len(), |at| start + at);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{}/{database}{query}", &before[..end])
}

/// Percent-encodes all characters that can have a meaning in a URL.
fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_of_an_external_server_changes_only_its_database() {
        for (given, expected) in [
            ("postgres://u:p@h:1/x?sslmode=require", "postgres://u:p@h:1/d?sslmode=require"),
            ("postgresql://u@/postgres?host=/run/x", "postgresql://u@/d?host=/run/x"),
            ("postgresql://[::1]:5432", "postgresql://[::1]:5432/d"),
            ("postgresql:///?host=/a/b", "postgresql:///d?host=/a/b"),
        ] {
            assert_eq!(with_database(given, "d"), expected);
        }
    }

    #[test]
    fn url_names_the_socket_unless_its_path_is_too_long() {
        let address = Address::Ours { dir: "/dev/shm/x y".into(), port: 5433, password: "s3cret".to_owned() };
        let at = PostgresAt { generation: 1, address, version: String::new(), prefix: String::new(), connections: 1 };
        assert_eq!(at.url("d"), "postgresql:///d?host=%2Fdev%2Fshm%2Fx%20y&port=5433&user=postgres");
        assert_eq!(at.tcp_url("d"), "postgresql://postgres:s3cret@127.0.0.1:5433/d");
        let address = Address::Ours { dir: "x".repeat(90).into(), port: 5433, password: "s3cret".to_owned() };
        assert_eq!(PostgresAt { address, ..at }.url("d"), "postgresql://postgres:s3cret@127.0.0.1:5433/d");
    }
}
