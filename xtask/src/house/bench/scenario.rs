//! What is measured: the scenarios, who runs in each, and what swimlanes is to reach there.

use clap::ValueEnum;

use crate::house::bench::source::{Dialect, Hint};
use crate::house::bench::suite::Suite;

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
}

/// How many tests the empty suites have.
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
pub(super) struct Rival {
    pub(super) name: &'static str,
    pub(super) dialect: Dialect,
    pub(super) runner: Runner,
    pub(super) runs: Runs,
    /// At most so much, for those of us that have promised something.
    pub(super) goal: Option<Goal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runner {
    /// The test executable itself, as `cargo test` starts it.
    Itself,
    /// The same, with this `--isolation`.
    Isolated(&'static str),
    /// cargo-nextest, with this profile of its configuration.
    Nextest(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    EachRound,
    /// Only in the first round: it takes so long that nobody asks for the third digit.
    Once,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// So many times what the first rival takes.
    TimesFirst(f64),
    /// So many times the lower bound.
    TimesBound(f64),
}

impl Scenario {
    pub(super) const ALL: [Self; 5] = [Self::Empty, Self::Sleeps, Self::Shared, Self::Alone, Self::Nextest];

    pub(super) fn letter(self) -> char {
        match self {
            Self::Empty => 'a',
            Self::Sleeps => 'b',
            Self::Shared => 'c',
            Self::Alone => 'd',
            Self::Nextest => 'e',
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
            Self::Alone => format!("as c, and 5 tests that tolerate nothing beside them, {workers} workers"),
            Self::Nextest => format!("{} empty tests under cargo-nextest, {workers} at a time", thousands(n)),
        }
    }

    pub(super) fn suite(self, size: Size) -> Suite {
        match (self, size) {
            (Self::Empty, Size::Full) => Suite::empty("empty", 10_000),
            (Self::Empty, Size::Quick) => Suite::empty("empty", 200),
            (Self::Nextest, Size::Full) => Suite::empty("nextest", 1_000),
            (Self::Nextest, Size::Quick) => Suite::empty("nextest", 50),
            (Self::Sleeps, _) => Suite::sleeps(),
            (Self::Shared, _) => Suite::shared(),
            (Self::Alone, _) => Suite::alone(),
        }
    }

    /// Who sleeps takes as long in every profile.
    pub(super) fn builds(self, size: Size) -> &'static [Build] {
        match (self, size) {
            (Self::Empty | Self::Nextest, Size::Full) => &[Build::Dev, Build::Release],
            (Self::Empty | Self::Nextest, Size::Quick) | (Self::Sleeps | Self::Shared | Self::Alone, _) => {
                &[Build::Dev]
            }
        }
    }

    /// How often each rival runs. Runs of a tenth of a second scatter more than longer ones, and are cheap.
    pub(super) fn rounds(self, asked: usize, size: Size) -> usize {
        match (self, size) {
            (_, Size::Quick) => 1,
            (Self::Empty, Size::Full) => 5 * asked,
            (Self::Sleeps | Self::Shared | Self::Alone | Self::Nextest, Size::Full) => asked,
        }
    }

    /// The first one is what the others are compared with.
    pub(super) fn rivals(self, build: Build) -> Vec<Rival> {
        let rival = |name, dialect, runner| Rival { name, dialect, runner, runs: Runs::EachRound, goal: None };
        let by_itself = |name, dialect| rival(name, dialect, Runner::Itself);
        let nextest = |name, dialect| rival(name, dialect, Runner::Nextest("default"));
        let ours = |name, hint, goal| Rival { goal, ..by_itself(name, Dialect::Swimlanes(hint)) };
        let isolated = |name, isolation| rival(name, Dialect::Swimlanes(Hint::Nothing), Runner::Isolated(isolation));
        match self {
            Self::Empty => {
                let at_most = if build == Build::Release { 0.10 } else { 0.15 };
                let mut rivals = vec![
                    by_itself("libtest", Dialect::Libtest),
                    by_itself("libtest-mimic", Dialect::Mimic),
                    ours("swimlanes", Hint::Nothing, Some(Goal::TimesFirst(at_most))),
                    isolated("swimlanes, isolation none", "none"),
                    isolated("swimlanes, isolation process", "process"),
                    Rival { runs: Runs::Once, ..isolated("swimlanes, isolation test, one run", "test") },
                ];
                if build == Build::Dev {
                    // Libtest comes with the compiler, so it is the same code in both profiles.
                    let once = nextest("cargo-nextest, one run", Dialect::Libtest);
                    rivals.push(Rival { runs: Runs::Once, ..once });
                }
                rivals
            }
            Self::Sleeps => vec![
                by_itself("libtest", Dialect::Libtest),
                by_itself("libtest-mimic", Dialect::Mimic),
                nextest("cargo-nextest", Dialect::Libtest),
                rival("cargo-nextest, the long one has priority", Dialect::Libtest, Runner::Nextest("long-first")),
                ours("swimlanes, nothing known", Hint::Nothing, None),
                ours("swimlanes, the long one is `slow`", Hint::Slow, Some(Goal::TimesBound(1.25))),
                ours("swimlanes, each says what it `takes`", Hint::Takes, Some(Goal::TimesBound(1.05))),
            ],
            Self::Shared | Self::Alone => vec![
                by_itself("libtest + serial_test", Dialect::SerialTest),
                rival("cargo-nextest, test groups", Dialect::Libtest, Runner::Nextest("groups")),
                ours("swimlanes", Hint::Nothing, Some(Goal::TimesBound(1.10))),
            ],
            Self::Nextest => vec![
                nextest("libtest", Dialect::Libtest),
                nextest("libtest-mimic", Dialect::Mimic),
                Rival { goal: Some(Goal::TimesFirst(1.05)), ..nextest("swimlanes", Dialect::Swimlanes(Hint::Nothing)) },
            ],
        }
    }

    /// A short name for the first rival.
    pub(super) fn first(self) -> &'static str {
        match self {
            Self::Empty | Self::Sleeps | Self::Nextest => "libtest",
            Self::Shared | Self::Alone => "serial_test",
        }
    }

    /// What a reader must know who misses somebody.
    pub(super) fn note(self) -> &'static str {
        match self {
            Self::Empty | Self::Sleeps | Self::Nextest => "",
            Self::Shared | Self::Alone => "libtest and libtest-mimic by themselves cannot keep tests apart.",
        }
    }

    /// The test target of a rival.
    pub(super) fn target(self, dialect: Dialect) -> String {
        format!("{}_{}", self.suite(Size::Quick).name, dialect.suffix())
    }

    /// How its suite is written, for all of its rivals.
    pub(super) fn dialects(self) -> Vec<Dialect> {
        let mut dialects: Vec<Dialect> = self.rivals(Build::Dev).iter().map(|rival| rival.dialect).collect();
        dialects.sort();
        dialects.dedup();
        dialects
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

fn thousands(n: usize) -> String {
    if n < 1_000 { n.to_string() } else { format!("{},{:03}", n / 1_000, n % 1_000) }
}
