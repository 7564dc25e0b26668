//! Scenario h: its contenders, and the notes on its figures.

use crate::dev::bench::spec::{Contender, Dialect, Driver, Goal, Repetition, Runner, System};

/// The others are compared with the first one.
pub(in crate::dev::bench) fn contenders(system: System) -> Vec<Contender> {
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

/// The notes on the figures.
pub(in crate::dev::bench) fn note(system: System) -> &'static str {
    match system {
        System::Sqlite => {
            "Each of ten migrations makes a table with an index; a test inserts a row and reads it back, with sqlx unless stated otherwise. \
             All files are on one file system, that of the target directory, where sqlx::test puts them."
        }
        System::Postgres => {
            "The migrations and the test are those of SQLite. All contenders share one server, which a swimlanes run has started as it \
             does for its tests: without waiting for the disk. Only the last three start their own servers, as they do by default, \
             and their times include that. The CPU time of a server counts as used by others. The tests write only rows, so \
             swimlanes copies the template a dozen times and recycles the copies; tests that make or change tables get a new copy each."
        }
    }
}
