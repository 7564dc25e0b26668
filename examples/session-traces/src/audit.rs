//! Checks the invariants after all clients have ended: each session is recorded once and linked once.

use std::fmt;

use duckdb::{Connection, Row};

use crate::error::Error;

/// A violated invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// A session has more than one trace.
    Recorded {
        /// Its id.
        session: String,
        /// The number of traces.
        times: i64,
    },
    /// A recorded session is not linked, or linked more than once.
    Linked {
        /// Its id.
        session: String,
        /// The number of links.
        times: i64,
    },
    /// The count of an experiment differs from its number of links.
    Counted {
        /// Its name.
        experiment: String,
        /// Its count.
        sessions: i64,
        /// Its number of links.
        links: i64,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recorded { session, times } => write!(f, "session `{session}` is recorded {times} times"),
            Self::Linked { session, times: 0 } => write!(f, "session `{session}` is not linked"),
            Self::Linked { session, times } => write!(f, "session `{session}` is linked {times} times"),
            Self::Counted { experiment, sessions, links } => {
                write!(f, "experiment `{experiment}` counts {sessions} sessions and has {links}")
            }
        }
    }
}

/// The sessions that have more than one trace.
///
/// # Errors
///
/// If DuckDB fails.
pub fn flaws_of_traces(db: &Connection) -> Result<Vec<Flaw>, Error> {
    let twice = "SELECT session_id, count(*) AS times FROM session_trace GROUP BY session_id HAVING times > 1 ORDER BY session_id";
    rows(db, twice, |row| Ok(Flaw::Recorded { session: row.get(0)?, times: row.get(1)? }))
}

/// The sessions that are not linked once, and the experiments with a wrong count.
///
/// # Errors
///
/// If DuckDB fails.
pub fn flaws_of_links(db: &Connection) -> Result<Vec<Flaw>, Error> {
    let not_once = "SELECT recorded.session_id, count(link.session_id) AS times
        FROM (SELECT DISTINCT session_id FROM session_trace) AS recorded LEFT JOIN link USING (session_id)
        GROUP BY recorded.session_id HAVING times <> 1 ORDER BY recorded.session_id";
    let mut flaws = rows(db, not_once, |row| Ok(Flaw::Linked { session: row.get(0)?, times: row.get(1)? }))?;
    let wrongly = "SELECT name, sessions, count(link.session_id) AS links
        FROM experiment LEFT JOIN link ON experiment = name
        GROUP BY name, sessions HAVING sessions <> links ORDER BY name";
    let counted =
        |row: &Row<'_>| Ok(Flaw::Counted { experiment: row.get(0)?, sessions: row.get(1)?, links: row.get(2)? });
    flaws.extend(rows(db, wrongly, counted)?);
    Ok(flaws)
}

fn rows(db: &Connection, sql: &str, flaw: impl Fn(&Row<'_>) -> duckdb::Result<Flaw>) -> Result<Vec<Flaw>, Error> {
    let rows = db.prepare_cached(sql).and_then(|mut query| query.query_map([], |row| flaw(row))?.collect());
    rows.map_err(|cause| Error::new("look for what does not hold", cause))
}
