//! The types that describe a comparison: scenarios, contenders, dialects, goals. Other modules run them.

use clap::ValueEnum;

/// One comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Empty tests: the cost of a runner
    #[value(name = "a")]
    Empty,
    /// Sleeps of very different lengths, with a long one at the end: how well workers are used
    #[value(name = "b")]
    Sleeps,
    /// Tests that share two resources and a key: how well waiting is avoided
    #[value(name = "c")]
    Shared,
    /// The same, with tests that run alone
    #[value(name = "d")]
    Alone,
    /// Empty tests under cargo-nextest: the cost of a process
    #[value(name = "e")]
    Nextest,
    /// Tests that print: the cost of a captured line, and whether each line is under its test
    #[value(name = "f")]
    Lines,
    /// Tests that sleep: how much CPU time a waiting runner uses
    #[value(name = "g")]
    Idle,
    /// A fresh database for each test, with SQLite and PostgreSQL: its cost, compared with sqlx::test
    #[value(name = "h")]
    Sqlite,
    /// The second part of h.
    #[value(skip)]
    Postgres,
    /// The suite of examples/worker-lanes: how much shorter it is with more workers
    #[value(name = "i")]
    Lanes,
    /// Empty tests with tags: the cost of locks, compared with serial_test
    #[value(name = "tags")]
    Tags,
}

/// The suites of one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SuiteGroup {
    /// The suites that compare harnesses.
    Harnesses,
    /// The suites that need databases, and the crates for them.
    Databases,
    /// The example of that name. It was written by hand, and is a package of this workspace.
    WorkerLanes,
}

/// The size of the suites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Full,
    /// Enough to check that everything works.
    Quick,
}

/// A profile of cargo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Build {
    Dev,
    Release,
}

/// A harness, and the way in which its suite is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) dialect: Dialect,
    pub(super) runner: Runner,
    pub(super) runs: Repetition,
    /// The limits that swimlanes is to keep.
    pub(super) goals: &'static [Goal],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runner {
    /// The test executable, as `cargo test` starts it, with these additional flags.
    Itself(&'static [&'static str]),
    /// The same; it shows the output of passing tests, which is compared with the expected output.
    Shown(&'static [&'static str]),
    /// The same, without capture and with /dev/null as stdout.
    Uncaptured,
    /// The executable, without a database server in its environment, so that it starts its own.
    OwnServer,
    /// cargo-nextest, with this profile of its configuration.
    Nextest(&'static str),
    /// The executable with these arguments. Only the executable knows how many tests they select.
    Own(Arguments),
    /// The executable, which makes this multiple of the tests of the suite, with these tags.
    Made(Tagging, u32),
}

/// The arguments for a suite that was written by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) workers: &'static str,
    /// Only tests whose names contain one of these texts; all tests, if there are none.
    pub(super) only: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repetition {
    EachRound,
    /// Only in the first round: it takes long, and needs no third digit.
    Once,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// A multiple of the time of the first contender.
    TimesFirst(f64),
    /// A multiple of the lower bound.
    TimesBound(f64),
    /// A share of one core, on average over the run.
    CoreShare(f64),
    /// A number of lines in all rounds.
    WrongLines(u32),
    /// Microseconds for each test.
    PerTest(f64),
    /// A multiple of the time of a test with the same tags in the suite without additional tests.
    TimesFewest(f64),
}

/// The form in which a suite is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    Swimlanes(Hint),
    Libtest,
    SerialTest,
    Mimic,
    /// For swimlanes; each test writes to /dev/null with its own writer.
    Null,
    /// For scenario h, where a test has a database.
    Database(System, Driver),
    /// For swimlanes; the tests are made at run time, with the number and the tags that the environment names.
    Made,
    /// For serial_test: five times the tests of the suite, with this number of keys.
    Keys(u32),
    /// Written by hand, in a package of this workspace.
    Own,
}

/// How the attributes of swimlanes declare the durations of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    Nothing,
    /// The long ones are `slow`.
    Slow,
    /// All cases declare their duration with `takes`.
    Takes,
}

impl Dialect {
    /// The suffix of the names of its test targets.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Swimlanes(Hint::Nothing) => "swimlanes",
            Self::Swimlanes(Hint::Slow) => "swimlanes_slow",
            Self::Swimlanes(Hint::Takes) => "swimlanes_takes",
            Self::Libtest => "libtest",
            Self::SerialTest => "serial_test",
            Self::Mimic => "mimic",
            Self::Null => "null",
            Self::Database(_, driver) => driver.suffix(),
            Self::Made => "made",
            Self::Keys(1) => "one_key",
            Self::Keys(_) => "keys",
            Self::Own => "own",
        }
    }

    /// Whether the target brings its own `main`.
    pub(super) fn has_main(self) -> bool {
        match self {
            Self::Swimlanes(_) | Self::Mimic | Self::Null | Self::Made | Self::Own => true,
            Self::Database(_, driver) => driver != Driver::SqlxTest,
            Self::Libtest | Self::SerialTest | Self::Keys(_) => false,
        }
    }
}

/// The tags of the tests in the scenario `tags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tagging {
    Free,
    /// A key of `serial` for every ten tests.
    Keys,
    /// All tests have the same resource.
    OneResource,
    /// Two resources each: one of 97 exclusively, one of 89 shared.
    TwoResources,
}

/// A database system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum System {
    Sqlite,
    Postgres,
}

/// How a test gets its database, and which crate it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Driver {
    /// `#[sqlx::test]`, under libtest.
    SqlxTest,
    /// An empty database that the test migrates; with sqlx.
    Migrated,
    /// A copy of a template; with sqlx.
    Copied,
    /// The database of the worker, cleaned; with sqlx. Not for SQLite.
    Cleaned,
    /// The database of the worker, in a transaction that is never committed; with the crate postgres. Not for SQLite.
    RolledBack,
    /// A copy of a template; with rusqlite. Not for PostgreSQL.
    Rusqlite,
    /// Not a contender: the only test starts a server, prints its URL, and waits until its stdin is closed.
    Server,
}

impl Arguments {
    /// For all tests.
    pub(super) const fn workers(workers: &'static str) -> Self {
        Self { workers, only: &[] }
    }
}

impl Build {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}

impl Driver {
    /// The suffix of the names of its test targets.
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
