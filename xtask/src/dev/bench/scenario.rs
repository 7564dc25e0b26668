//! The scenarios: their names, suites, workers, rounds and notes.

mod contenders;

use std::time::Duration;

use crate::dev::bench::database::comparison;
use crate::dev::bench::spec::{Build, Dialect, Driver, Scenario, Size, SuiteGroup, System};
use crate::dev::bench::suite::BenchSuite;
use crate::dev::bench::tags;

impl Scenario {
    pub(super) const ALL: [Self; 11] = [
        Self::Empty,
        Self::Sleeps,
        Self::Shared,
        Self::Alone,
        Self::Nextest,
        Self::Lines,
        Self::Idle,
        Self::Sqlite,
        Self::Postgres,
        Self::Lanes,
        Self::Tags,
    ];

    /// Whether the selection contains it. An empty selection contains all scenarios.
    pub(super) fn is_among(self, asked: &[Self]) -> bool {
        asked.is_empty() || asked.iter().any(|asked| asked.word() == self.word())
    }

    pub(super) fn group(self) -> SuiteGroup {
        match (self, self.system()) {
            (Self::Lanes, _) => SuiteGroup::WorkerLanes,
            (_, Some(_)) => SuiteGroup::Databases,
            (_, None) => SuiteGroup::Harnesses,
        }
    }

    /// The database system of the scenario.
    pub(super) fn system(self) -> Option<System> {
        match self {
            Self::Sqlite => Some(System::Sqlite),
            Self::Postgres => Some(System::Postgres),
            Self::Empty | Self::Sleeps | Self::Shared | Self::Alone | Self::Nextest | Self::Lines | Self::Idle => None,
            Self::Lanes | Self::Tags => None,
        }
    }

    /// Its name in `--scenario`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Empty => "a",
            Self::Sleeps => "b",
            Self::Shared => "c",
            Self::Alone => "d",
            Self::Nextest => "e",
            Self::Lines => "f",
            Self::Idle => "g",
            Self::Sqlite | Self::Postgres => "h",
            Self::Lanes => "i",
            Self::Tags => "tags",
        }
    }

    /// Its name, and the database system if there are two parts.
    pub(super) fn name(self) -> String {
        let word = self.word();
        match self.system() {
            Some(System::Sqlite) => format!("{word}, SQLite"),
            Some(System::Postgres) => format!("{word}, PostgreSQL"),
            None => word.to_owned(),
        }
    }

    pub(super) fn title(self, size: Size) -> String {
        let suite = self.suite(size);
        let (n, workers) = (suite.cases.len(), suite.workers);
        match self {
            Self::Empty => format!("{} empty tests, {workers} workers", thousands(n)),
            Self::Sleeps => format!("{} log-normal sleeps and one long last test, {workers} workers", n - 1),
            Self::Shared => {
                format!("60 free tests, 30 + 20 on two resources, 10 on one key, 40 ms each, {workers} workers")
            }
            Self::Alone => format!("as c, and 5 tests that run alone, {workers} workers"),
            Self::Nextest => format!("{} empty tests under cargo-nextest, {workers} at a time", thousands(n)),
            Self::Lines => format!("{} lines of {n} tests, {workers} workers", thousands(suite.n_lines() as usize)),
            Self::Idle => {
                let each = suite.cases[0].body.sleep();
                format!("8 tests that sleep at once and 2 that sleep alone, {each:?} each, {workers} workers")
            }
            Self::Sqlite => format!("a fresh SQLite database for each of {n} tests, {workers} workers"),
            Self::Postgres => format!("a fresh PostgreSQL database for each of {n} tests, {workers} workers"),
            Self::Lanes => "the suite of examples/worker-lanes, with 1, 2 and 4 workers".to_owned(),
            Self::Tags => format!("empty tests with tags, {workers} workers"),
        }
    }

    pub(super) fn suite(self, size: Size) -> BenchSuite {
        match (self, size) {
            (Self::Empty, Size::Full) => BenchSuite::empty("empty", 10_000),
            (Self::Empty, Size::Quick) => BenchSuite::empty("empty", 200),
            (Self::Nextest, Size::Full) => BenchSuite::empty("nextest", 1_000),
            (Self::Nextest, Size::Quick) => BenchSuite::empty("nextest", 50),
            (Self::Sleeps, _) => BenchSuite::sleeps(),
            (Self::Shared, _) => BenchSuite::shared(),
            (Self::Alone, _) => BenchSuite::alone(),
            (Self::Lines, Size::Full) => BenchSuite::lines(80, 12_500),
            (Self::Lines, Size::Quick) => BenchSuite::lines(16, 500),
            (Self::Idle, Size::Full) => BenchSuite::idle(Duration::from_secs(2)),
            (Self::Idle, Size::Quick) => BenchSuite::idle(Duration::from_millis(100)),
            (Self::Sqlite, Size::Full) => BenchSuite::empty("sqlite", 200),
            (Self::Sqlite, Size::Quick) => BenchSuite::empty("sqlite", 20),
            (Self::Postgres, Size::Full) => BenchSuite::empty("postgres", 200),
            (Self::Postgres, Size::Quick) => BenchSuite::empty("postgres", 20),
            (Self::Lanes, _) => BenchSuite::by_hand("lanes"),
            (Self::Tags, Size::Full) => BenchSuite { workers: 4, ..BenchSuite::empty("tags", 1_000) },
            (Self::Tags, Size::Quick) => BenchSuite { workers: 4, ..BenchSuite::empty("tags", 50) },
        }
    }

    /// Tests that sleep take the same time in each profile. Tests with databases are usually run in the dev profile, and wait for
    /// programs that have been compiled elsewhere.
    pub(super) fn builds(self, size: Size) -> &'static [Build] {
        match (self, size) {
            (Self::Empty | Self::Nextest | Self::Lines | Self::Idle, Size::Full) => &[Build::Dev, Build::Release],
            (Self::Tags, Size::Full) => &[Build::Release],
            (Self::Sleeps | Self::Shared | Self::Alone | Self::Sqlite | Self::Postgres | Self::Lanes, _)
            | (_, Size::Quick) => &[Build::Dev],
        }
    }

    /// The number of runs of each contender. Runs of a tenth of a second vary more than longer ones, and are cheap. The start of a
    /// process varies by 15 %, and differences of a few percent are to be found.
    pub(super) fn rounds(self, asked: usize, size: Size) -> usize {
        match (self, size) {
            (_, Size::Quick) => 1,
            (Self::Empty, Size::Full) => 5 * asked,
            (Self::Nextest | Self::Lanes, Size::Full) => 3 * asked,
            (_, Size::Full) => asked,
        }
    }

    /// A short name for the first contender.
    pub(super) fn first(self) -> &'static str {
        match self {
            Self::Empty | Self::Sleeps | Self::Nextest => "libtest",
            Self::Shared | Self::Alone | Self::Idle | Self::Tags => "serial_test",
            Self::Lines => "/dev/null",
            Self::Sqlite | Self::Postgres => "sqlx::test",
            Self::Lanes => "1 worker",
        }
    }

    /// The note on the figures: why a contender is missing, and how the figures are computed.
    pub(super) fn note(self) -> &'static str {
        match self {
            Self::Empty | Self::Sleeps | Self::Nextest => "",
            Self::Shared | Self::Alone => "libtest and libtest-mimic cannot keep tests apart.",
            Self::Lines => {
                "The time per line is the time of the run divided by the number of lines. To /dev/null, each test writes with its own \
                 `LineWriter`, while `println!` has one for all threads, with a lock. A line is wrong if it is missing, repeated or under \
                 another test; the wrong lines of all rounds are counted."
            }
            Self::Idle => {
                "CPU time is the sum for all processes of a run, in steps of 10 ms; 100 % is one core during the whole \
                 run."
            }
            Self::Tags => tags::NOTE,
            Self::Sqlite => comparison::note(System::Sqlite),
            Self::Postgres => comparison::note(System::Postgres),
            Self::Lanes => {
                "A run takes at least as long as the tests that run alone, since the other workers wait for them (`serial` and \
                 `no_parallel`; that row includes the start of a run), and at least its CPU time divided by the number of cores. It also \
                 waits for the disk: each change of a database is written before the answer is sent. All files are on one file system, \
                 that of the target directory."
            }
        }
    }

    /// The test target of a contender.
    pub(super) fn target(self, dialect: Dialect) -> String {
        let name = self.suite(Size::Quick).name;
        match dialect {
            Dialect::Own => name.to_owned(),
            _ => format!("{name}_{}", dialect.suffix()),
        }
    }

    /// The dialects of its suite: those of all contenders, and that of the shared server.
    pub(super) fn dialects(self, build: Build) -> Vec<Dialect> {
        let mut dialects: Vec<Dialect> = self.contenders(build).iter().map(|contender| contender.dialect).collect();
        dialects.extend((self == Self::Postgres).then_some(Dialect::Database(System::Postgres, Driver::Server)));
        dialects.sort();
        dialects.dedup();
        dialects
    }
}

impl SuiteGroup {
    pub(super) fn scenarios(self) -> impl Iterator<Item = Scenario> {
        Scenario::ALL.into_iter().filter(move |scenario| scenario.group() == self)
    }
}

pub(super) fn thousands(n: usize) -> String {
    if n < 1_000 { n.to_string() } else { format!("{},{:03}", thousands(n / 1_000), n % 1_000) }
}
