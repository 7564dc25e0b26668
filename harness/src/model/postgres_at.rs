//! Where a PostgreSQL server is, and how its databases are named.

use std::path::PathBuf;

/// All that a client needs to know.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct PostgresAt {
    /// How many there were in its place before.
    pub(crate) generation: u32,
    /// A name, an address, or the directory of its socket.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    /// As it names itself.
    pub(crate) version: String,
    /// Where it writes what goes wrong. `None`: it is not ours.
    pub(crate) log: Option<PathBuf>,
    /// The URL of a server that was there.
    pub(crate) given: Option<String>,
    /// What the names of all our databases begin with.
    pub(crate) prefix: String,
}

impl PostgresAt {
    /// The database as sqlx, Diesel, SeaORM and libpq name it; over the socket if there is one.
    pub(crate) fn url(&self, database: &str) -> String {
        if let Some(given) = &self.given {
            return with_database(given, database);
        }
        let Self { host, port, user, .. } = self;
        if host.starts_with('/') {
            let (host, user) = (encoded(host), encoded(user));
            return format!("postgresql:///{database}?host={host}&port={port}&user={user}");
        }
        self.tcp_url(database)
    }

    /// The same over TCP, for who cannot use sockets.
    pub(crate) fn tcp_url(&self, database: &str) -> String {
        if let Some(given) = &self.given {
            return with_database(given, database);
        }
        let Self { host, port, user, password, .. } = self;
        let host = if host.starts_with('/') { "127.0.0.1" } else { host };
        format!("postgresql://{}:{}@{host}:{port}/{database}", encoded(user), encoded(password))
    }
}

/// This URL with another path: what is between the third slash and the question mark, if there is any.
fn with_database(url: &str, database: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, None), |(before, query)| (before, Some(query)));
    let start = before.find("://").map_or(0, |at| at + 3);
    let end = before[start..].find('/').map_or(before.len(), |at| start + at);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{}/{database}{query}", &before[..end])
}

/// The characters that mean something in a URL by their numbers.
fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, url: &str, tcp_url: &str) {
        let at = PostgresAt {
            generation: 1,
            host: host.to_owned(),
            port: 5433,
            user: "a b".to_owned(),
            password: "p@/:".to_owned(),
            version: String::new(),
            log: None,
            given: None,
            prefix: String::new(),
        };
        assert_eq!(at.url("d"), url);
        assert_eq!(at.tcp_url("d"), tcp_url);
    }

    #[test]
    fn a_given_url_keeps_all_but_its_database() {
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
    fn urls_are_as_drivers_read_them() {
        let tcp = "postgresql://a%20b:p%40%2F%3A@127.0.0.1:5433/d";
        check("/dev/shm/x y", "postgresql:///d?host=%2Fdev%2Fshm%2Fx%20y&port=5433&user=a%20b", tcp);
        check("127.0.0.1", tcp, tcp);
    }
}
