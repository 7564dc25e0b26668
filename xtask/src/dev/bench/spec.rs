//! The words in which a comparison is described: scenarios, contenders, dialects, goals. What they mean for a run is elsewhere.

use clap::ValueEnum;

/// One comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Empty tests: what a runner costs
    #[value(name = "a")]
    Empty,
    /// Sleeps of very different lengths, a long one last: how well workers are filled
    #[value(name = "b")]
    Sleeps,
    /// Tests that share two resources and a key: how well waiting is avoided
    #[value(name = "c")]
    Shared,
    /// The same, and tests that tolerate nothing beside them
    #[value(name = "d")]
    Alone,
    /// Empty tests under cargo-nextest: what a process costs
    #[value(name = "e")]
    Nextest,
    /// Tests that print: what it costs to keep a line, and whether each line is under its test
    #[value(name = "f")]
    Lines,
    /// Tests that sleep: how much CPU time is used while nothing happens
    #[value(name = "g")]
    Idle,
    /// A fresh database per test, of SQLite and of PostgreSQL: what it costs, beside sqlx::test
    #[value(name = "h")]
    Sqlite,
    /// The other half of h.
    #[value(skip)]
    Postgres,
    /// The suite of examples/worker-lanes: how much shorter it is with more workers
    #[value(name = "i")]
    Lanes,
    /// Empty tests with tags: what it costs to keep tests apart, beside serial_test
    #[value(name = "tags")]
    Tags,
}

/// Whose suites are in one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SuiteGroup {
    /// All that compare harnesses.
    Harnesses,
    /// Those that need databases, and the crates for that.
    Databases,
    /// The example of that name. It was written by hand, and is a package of our own workspace.
    WorkerLanes,
}

/// How much the suites do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Full,
    /// Enough to see that everything works.
    Quick,
}

/// A profile of cargo's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Build {
    Dev,
    Release,
}

/// A harness and its runner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) dialect: Dialect,
    pub(super) runner: Runner,
    pub(super) runs: Repetition,
    /// At most so much, for those of us that have promised something.
    pub(super) goals: &'static [Goal],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runner {
    /// The test executable itself, as `cargo test` starts it, with these flags besides.
    Itself(&'static [&'static str]),
    /// The same, and it shows what passing tests have printed, which is compared with what they should.
    Shown(&'static [&'static str]),
    /// The same, without capture, and with /dev/null as its stdout.
    Uncaptured,
    /// The executable itself, without a database server in its environment, so that it starts its own.
    OwnServer,
    /// cargo-nextest, with this profile of its configuration.
    Nextest(&'static str),
    /// The executable itself. How many tests these arguments mean, only it can say.
    Own(Arguments),
    /// The executable itself, which makes so many times the tests of the suite, with these tags.
    Made(Tagging, u32),
}

/// For a suite that was written by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) workers: &'static str,
    /// Only tests whose names have one of these in them, or all if there are none.
    pub(super) only: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repetition {
    EachRound,
    /// Only in the first round: it takes long, and a third digit is of no use.
    Once,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// So many times what the first contender takes.
    TimesFirst(f64),
    /// So many times the lower bound.
    TimesBound(f64),
    /// So much of one core, on average over the run.
    CoreShare(f64),
    /// So many lines in all rounds together.
    WrongLines(u32),
    /// So many microseconds for each test.
    PerTest(f64),
    /// So many times what a test takes with the same tags in a suite without more tests than this one has.
    TimesFewest(f64),
}

/// How a suite is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    Swimlanes(Hint),
    Libtest,
    SerialTest,
    Mimic,
    /// For swimlanes, but what is printed goes to /dev/null, by a writer that the tests do not share.
    Null,
    /// For scenario h, where a test has a database.
    Database(System, Driver),
    /// For swimlanes; the tests are made at run time, as many as the environment says and with the tags that it says.
    Made,
    /// For serial_test: five times the tests of the suite, with so many keys.
    Keys(u32),
    /// Written by hand, in a package of our own workspace.
    Own,
}

/// What the attributes of swimlanes say of how long cases take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    Nothing,
    /// The long ones are `slow`.
    Slow,
    /// All declare what they take.
    Takes,
}

impl Dialect {
    /// What the names of its test targets end with.
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

/// Which tags the tests of the scenario `tags` have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tagging {
    Free,
    /// A key of `serial` for each ten tests.
    Keys,
    /// All tests have the same resource.
    OneResource,
    /// Two resources each: one of 97 exclusively, one of 89 shared.
    TwoResources,
}

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
    /// No contender: the only test starts a server, prints where it is, and waits until its stdin is closed.
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
