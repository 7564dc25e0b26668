//! Scenario `tags`: its contenders, their suites, and the notes on its figures.

use crate::dev::bench::spec::{Contender, Dialect, Goal, Repetition, Runner, Tagging};
use crate::dev::bench::suite::BenchSuite;

/// The environment variables with the number and the tags of the tests that a suite makes.
pub(super) const N_TESTS: &str = "BENCH_TESTS";
pub(super) const TAGGING: &str = "BENCH_TAGGING";

/// The suite for serial_test has this multiple of the tests of the suite.
const SERIAL_TEST_TIMES: usize = 5;

pub(super) const NOTE: &str = "The time per test is the time of the run divided by the number of tests; for swimlanes, the time of a \
     run without tests is subtracted. swimlanes makes its tests at run time, in a loop. Its locks also exclude other processes; those of \
     serial_test are mutexes here.";

/// The others are compared with the first one.
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

/// The number of tests of the contender in this suite.
pub(super) fn n_tests(suite: &BenchSuite, contender: &Contender) -> usize {
    match (contender.dialect, contender.runner) {
        (Dialect::Keys(_), _) => SERIAL_TEST_TIMES * suite.cases.len(),
        (_, Runner::Made(_, times)) => times as usize * suite.cases.len(),
        _ => suite.cases.len(),
    }
}

/// The suite for libtest and serial_test, with this number of keys.
pub(super) fn keys(suite: &BenchSuite, n_keys: u32) -> String {
    let cases = (0..SERIAL_TEST_TIMES * suite.cases.len()).zip((0..n_keys).cycle());
    cases.map(|(ix, key)| format!("\n#[test]\n#[serial_test::serial(key_{key})]\nfn t{ix:04}() {{}}\n")).collect()
}

/// The suite for swimlanes, which makes its tests in a loop.
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

/// Its value in the environment variable, and the tags of test `ix` of `n`.
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
