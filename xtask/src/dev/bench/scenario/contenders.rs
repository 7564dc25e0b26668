//! The contenders of each scenario, and the goals of swimlanes.

use crate::dev::bench::database::comparison;
use crate::dev::bench::spec::{Arguments, Build, Contender, Dialect, Goal, Hint, Repetition, Runner, Scenario, System};
use crate::dev::bench::tags;

const NONE: &[&str] = &["--isolation", "none"];
const PROCESS: &[&str] = &["--isolation", "process"];
const TEST: &[&str] = &["--isolation", "test"];

/// Otherwise each round but the first would know the durations of the one before.
const NO_HISTORY: &[&str] = &["--history", "off"];

/// The tests of worker-lanes that are `serial` or `no_parallel`.
const ALONE: &[&str] = &["load::", "process::"];

impl Scenario {
    /// The others are compared with the first one.
    pub(in crate::dev::bench) fn contenders(self, build: Build) -> Vec<Contender> {
        const NO_HINT: Dialect = Dialect::Swimlanes(Hint::Nothing);
        let contender =
            |name, dialect, runner| Contender { name, dialect, runner, runs: Repetition::EachRound, goals: &[] };
        let by_itself = |name, dialect| contender(name, dialect, Runner::Itself(&[]));
        let nextest = |name, dialect| contender(name, dialect, Runner::Nextest("default"));
        let ours = |name, hint, goals| Contender { goals, ..by_itself(name, Dialect::Swimlanes(hint)) };
        let without_history =
            |name, hint, goals| Contender { runner: Runner::Itself(NO_HISTORY), ..ours(name, hint, goals) };
        let isolated = |name, flags| contender(name, NO_HINT, Runner::Itself(flags));
        match self {
            Self::Empty => {
                let goals: &[Goal] = match build {
                    Build::Dev => &[Goal::TimesFirst(0.15)],
                    Build::Release => &[Goal::TimesFirst(0.10)],
                };
                let mut contenders = vec![
                    by_itself("libtest", Dialect::Libtest),
                    by_itself("libtest-mimic", Dialect::Mimic),
                    ours("swimlanes", Hint::Nothing, goals),
                    isolated("swimlanes, isolation none", NONE),
                    isolated("swimlanes, isolation process", PROCESS),
                    Contender { runs: Repetition::Once, ..isolated("swimlanes, isolation test, one run", TEST) },
                ];
                if build == Build::Dev {
                    // Libtest comes with the compiler, so it is the same code in both profiles.
                    let once = nextest("cargo-nextest, one run", Dialect::Libtest);
                    contenders.push(Contender { runs: Repetition::Once, ..once });
                }
                contenders
            }
            Self::Sleeps => vec![
                by_itself("libtest", Dialect::Libtest),
                by_itself("libtest-mimic", Dialect::Mimic),
                nextest("cargo-nextest", Dialect::Libtest),
                contender("cargo-nextest, the long one has priority", Dialect::Libtest, Runner::Nextest("long-first")),
                isolated("swimlanes, nothing known", NO_HISTORY),
                without_history("swimlanes, the long one is `slow`", Hint::Slow, &[Goal::TimesBound(1.25)]),
                without_history("swimlanes, each says what it `takes`", Hint::Takes, &[Goal::TimesBound(1.05)]),
                // The first round has no durations yet, which does not affect the median.
                ours("swimlanes, with the durations of the round before", Hint::Nothing, &[Goal::TimesBound(1.03)]),
            ],
            Self::Shared | Self::Alone => vec![
                by_itself("libtest + serial_test", Dialect::SerialTest),
                contender("cargo-nextest, test groups", Dialect::Libtest, Runner::Nextest("groups")),
                ours("swimlanes", Hint::Nothing, &[Goal::TimesBound(1.05)]),
            ],
            Self::Nextest => vec![
                nextest("libtest", Dialect::Libtest),
                nextest("libtest-mimic", Dialect::Mimic),
                Contender { goals: &[Goal::TimesFirst(1.05)], ..nextest("swimlanes", NO_HINT) },
            ],
            Self::Lines => {
                let showing =
                    |name, flags, goals| Contender { goals, ..contender(name, NO_HINT, Runner::Shown(flags)) };
                vec![
                    by_itself("written to /dev/null", Dialect::Null),
                    contender("println! without capture, to /dev/null", NO_HINT, Runner::Uncaptured),
                    contender("libtest, shown", Dialect::Libtest, Runner::Shown(&[])),
                    ours("swimlanes", Hint::Nothing, &[Goal::TimesFirst(2.0)]),
                    showing("swimlanes, shown", &[], &[Goal::TimesFirst(2.0), Goal::WrongLines(0)]),
                    showing("swimlanes, isolation none, shown", NONE, &[Goal::WrongLines(0)]),
                    showing("swimlanes, isolation process, shown", PROCESS, &[Goal::WrongLines(0)]),
                    showing("swimlanes, isolation test, shown", TEST, &[Goal::WrongLines(0)]),
                ]
            }
            Self::Idle => vec![
                by_itself("libtest + serial_test", Dialect::SerialTest),
                contender("cargo-nextest, test groups", Dialect::Libtest, Runner::Nextest("groups")),
                ours("swimlanes", Hint::Nothing, &[Goal::CoreShare(0.02)]),
                isolated("swimlanes, isolation none", NONE),
                isolated("swimlanes, isolation process", PROCESS),
                isolated("swimlanes, isolation test", TEST),
            ],
            Self::Lanes => {
                let own = |name, arguments| contender(name, Dialect::Own, Runner::Own(arguments));
                vec![
                    own("1 worker", Arguments::workers("1")),
                    own("2 workers", Arguments::workers("2")),
                    own("4 workers", Arguments::workers("4")),
                    own("1 worker, only what runs alone", Arguments { only: ALONE, ..Arguments::workers("1") }),
                ]
            }
            Self::Tags => tags::contenders(),
            Self::Sqlite => comparison::contenders(System::Sqlite),
            Self::Postgres => comparison::contenders(System::Postgres),
        }
    }
}
