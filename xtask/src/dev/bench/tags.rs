//! Scenario `tags`: who runs there, how their suites are written, and what a reader must know of the figures.

use crate::dev::bench::spec::{Contender, Dialect, Goal, Repetition, Runner, Tagging};
use crate::dev::bench::suite::BenchSuite;

/// The environment variables by which a suite that makes its tests learns which ones.
pub(super) const N_TESTS: &str = "BENCH_TESTS";
pub(super) const TAGGING: &str = "BENCH_TAGGING";

/// serial_test has so many times the tests of the suite.
const SERIAL_TEST_TIMES: usize = 5;

pub(super) const NOTE: &str = "A test takes its share of the run; for swimlanes, less what a run without tests takes. swimlanes makes its tests \
     at run time, in a loop. Its locks hold against other processes, too; those of serial_test are mutexes here.";

/// The first one is what the others are compared with.
pub(super) fn contenders() -> Vec<Contender> {
    let contender =
        |name, dialect, runner, goals| Contender { name, dialect, runner, runs: Repetition::EachRound, goals };
    let serial_test = |name, n_keys| contender(name, Dialect::Keys(n_keys), Runner::Itself(&[]), &[]);
    let made = |name, tagging, times| {
        let goals: &[Goal] = match times {
            0 => &[],
            100 => &[Goal::PerTest(15.0), Goal::TimesFewest(1.5)],
            _ => &[Goal::PerTest(15.0)],
        };
        contender(name, Dialect::Made, Runner::Made(tagging, times), goals)
    };
    let mut contenders = vec![
        serial_test("libtest + serial_test, one key", 1),
        serial_test("libtest + serial_test, 500 keys", 500),
        made("swimlanes, no tests", Tagging::Free, 0),
    ];
    let taggings = [
        ("swimlanes, no tags", Tagging::Free),
        ("swimlanes, a key for ten tests", Tagging::Keys),
        ("swimlanes, one resource for all", Tagging::OneResource),
        ("swimlanes, two resources each", Tagging::TwoResources),
    ];
    contenders
        .extend(taggings.iter().flat_map(|&(name, tagging)| [1, 10, 100].map(|times| made(name, tagging, times))));
    contenders
}

/// How many tests the contender has in this suite.
pub(super) fn n_tests(suite: &BenchSuite, contender: &Contender) -> usize {
    match (contender.dialect, contender.runner) {
        (Dialect::Keys(_), _) => SERIAL_TEST_TIMES * suite.cases.len(),
        (_, Runner::Made(_, times)) => times as usize * suite.cases.len(),
        _ => suite.cases.len(),
    }
}

/// libtest and serial_test, with so many keys.
pub(super) fn keys(suite: &BenchSuite, n_keys: u32) -> String {
    let cases = (0..SERIAL_TEST_TIMES * suite.cases.len()).zip((0..n_keys).cycle());
    cases.map(|(ix, key)| format!("\n#[test]\n#[serial_test::serial(key_{key})]\nfn t{ix:04}() {{}}\n")).collect()
}

/// swimlanes, by a loop.
pub(super) fn made() -> String {
    let words = [Tagging::Free, Tagging::Keys, Tagging::OneResource, Tagging::TwoResources].map(tags);
    let arms: String = words.iter().map(|(word, tags)| format!("            {word:?} => {tags},\n")).collect();
    format!(
        "
use swimlanes::Tags;

fn main() -> std::process::ExitCode {{
    let variable = |name| std::env::var(name).expect(\"it says what to make\");
    let n: usize = variable({N_TESTS:?}).parse().expect(\"a number\");
    let tagging = variable({TAGGING:?});
    let mut runner = swimlanes::runner();
    for ix in 0..n {{
        let tags = match &*tagging {{
{arms}            _ => panic!(\"no such tags\"),
        }};
        runner = runner.test(&format!(\"t{{ix:06}}\"), tags, || {{}});
    }}
    runner.run()
}}
"
    )
}

/// Its word in the environment, and what it means for test `ix` of `n`.
pub(super) fn tags(tagging: Tagging) -> (&'static str, &'static str) {
    match tagging {
        Tagging::Free => ("free", "Tags::new()"),
        Tagging::Keys => ("keys", "Tags::new().serial_key(&format!(\"key-{}\", ix % n.div_ceil(10)))"),
        Tagging::OneResource => ("one", "Tags::new().shared_resource(\"all\")"),
        Tagging::TwoResources => (
            "two",
            "Tags::new()\n                .shared_resource(&format!(\"a-{}\", ix % 97))\n                \
             .shared_resource_shared(&format!(\"b-{}\", ix % 89))",
        ),
    }
}
