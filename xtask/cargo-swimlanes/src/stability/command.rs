//! The command lines of suites: those that the campaign runs, and those that a report prints to run a test again.

use std::path::Path;

use swimlanes::shell;

use crate::stability::model::{Campaign, Narrowing, PlannedRun, Suite};
use crate::stability::options::Order;
use crate::suite::binary::{Binary, Harness};

/// The arguments of this run of the suite, without those that only the campaign needs.
pub(super) fn run_words(suite: &Suite, planned: &PlannedRun, order: Order, suite_arguments: &[String]) -> Vec<String> {
    let level = planned.level.to_string();
    let seed = planned.seed.to_string();
    let words = match (suite.harness, order) {
        (Harness::Swimlanes, Order::Shuffled) => vec!["--workers", &level, "--shuffle-seed", &seed],
        (Harness::Swimlanes, Order::Listed) => vec!["--workers", &level, "--seed", &seed],
        (Harness::Libtest, _) => vec!["--test-threads", &level],
    };
    let words = words.into_iter().map(str::to_owned).chain(suite_arguments.iter().cloned());
    words.chain(narrowing_words(&suite.narrowing)).collect()
}

/// The arguments that only the campaign needs: they make the suite report more.
pub(super) fn reporting_words(harness: Harness, events: &Path) -> Vec<String> {
    match harness {
        Harness::Swimlanes => {
            let events = events.display().to_string();
            ["--retries", "0", "--events", &events].map(str::to_owned).to_vec()
        }
        Harness::Libtest => Vec::new(),
    }
}

fn narrowing_words(narrowing: &Narrowing) -> Vec<String> {
    let exact = || "--exact".to_owned();
    match narrowing {
        Narrowing::None => Vec::new(),
        // After `--`, a name can begin with a dash.
        Narrowing::Only(names) => [exact(), "--".to_owned()].into_iter().chain(names.iter().cloned()).collect(),
        Narrowing::Without(names) => {
            let skipped = names.iter().flat_map(|name| ["--skip".to_owned(), name.clone()]);
            std::iter::once(exact()).chain(skipped).collect()
        }
    }
}

/// The command that repeats this run.
pub(super) fn run_again(campaign: &Campaign, planned: &PlannedRun) -> String {
    let suite = &campaign.suites[planned.suite];
    let words = run_words(suite, planned, campaign.order, &campaign.suite_arguments);
    format!("{} -- {}", cargo_test(campaign, suite), quoted(&words))
}

/// The command that runs this test alone, with the seed of this run.
pub(super) fn test_again(campaign: &Campaign, planned: &PlannedRun, test: &str) -> String {
    let suite = &campaign.suites[planned.suite];
    let seed = match suite.harness {
        Harness::Swimlanes => vec!["--seed".to_owned(), planned.seed.to_string()],
        Harness::Libtest => Vec::new(),
    };
    let alone = narrowing_words(&Narrowing::Only(vec![test.to_owned()]));
    // The dashes are needed only for names that begin with one.
    let alone = alone.into_iter().filter(|word| word != "--" || test.starts_with('-'));
    // With `--exact`, a filter that selected the test among others would match no test.
    let arguments = campaign.suite_arguments.iter().filter(|word| !is_filter_for(word, test));
    let words: Vec<String> = seed.into_iter().chain(arguments.cloned()).chain(alone).collect();
    format!("{} -- {}", cargo_test(campaign, suite), quoted(&words))
}

/// Whether an argument of the suites may be a filter that matches this test. The value of an option, as a separate argument, looks the
/// same.
pub(super) fn is_filter_for(word: &str, test: &str) -> bool {
    !word.starts_with('-') && test.contains(word)
}

fn cargo_test(campaign: &Campaign, suite: &Suite) -> String {
    let Binary { package, kind, target, .. } = &suite.binary;
    let which = match kind.as_str() {
        "lib" | "proc-macro" => vec!["--lib".to_owned()],
        kind => vec![format!("--{kind}"), target.clone()],
    };
    let words = ["cargo", "test"].map(str::to_owned).into_iter();
    let words = words.chain(campaign.build_words.iter().cloned()).chain(["-p".to_owned(), package.clone()]);
    quoted(&words.chain(which).collect::<Vec<_>>())
}

/// The words, quoted for a shell.
fn quoted(words: &[String]) -> String {
    words.iter().map(|word| shell::quoted(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use expect_test::{Expect, expect};

    use super::*;

    const SWIMLANES: (Harness, &str, &str) = (Harness::Swimlanes, "test", "api");
    const LIBTEST: (Harness, &str, &str) = (Harness::Libtest, "lib", "shop");

    #[track_caller]
    fn check(what: (Harness, &str, &str), narrowing: Narrowing, test: &str, suite_arguments: &str, expected: Expect) {
        let (harness, kind, target) = what;
        let binary = Binary {
            package: "shop".to_owned(),
            target: target.to_owned(),
            kind: kind.to_owned(),
            ..Binary::default()
        };
        let suite = Suite { binary, harness, tests: Vec::new(), ignored: 0, not_selected: 0, narrowing };
        let campaign = Campaign {
            seed: 7,
            runs: 1,
            levels: vec![4],
            order: Order::Shuffled,
            started: SystemTime::UNIX_EPOCH,
            took: Duration::ZERO,
            suites: vec![suite],
            left_out: Vec::new(),
            n_planned: 1,
            done: Vec::new(),
            is_interrupted: false,
            build_words: vec!["--release".to_owned()],
            suite_arguments: suite_arguments.split_whitespace().map(str::to_owned).collect(),
        };
        let planned = PlannedRun { suite: 0, level: 4, seed: 81 };
        expected.assert_eq(&[run_again(&campaign, &planned), test_again(&campaign, &planned, test)].join("\n"));
    }

    #[test]
    fn a_run_is_repeated_with_its_level_and_seed_and_a_test_with_its_seed() {
        check(
            SWIMLANES,
            Narrowing::None,
            "db::reads",
            "--timeout 5s",
            expect![[r#"
            cargo test --release -p shop --test api -- --workers 4 --shuffle-seed 81 --timeout 5s
            cargo test --release -p shop --test api -- --seed 81 --timeout 5s --exact db::reads"#]],
        );
        check(
            LIBTEST,
            Narrowing::None,
            "db::reads",
            "",
            expect![[r#"
            cargo test --release -p shop --lib -- --test-threads 4
            cargo test --release -p shop --lib -- --exact db::reads"#]],
        );
        check(
            (Harness::Libtest, "bin", "till"),
            Narrowing::None,
            "-odd",
            "",
            expect![[r#"
            cargo test --release -p shop --bin till -- --test-threads 4
            cargo test --release -p shop --bin till -- --exact -- -odd"#]],
        );
    }

    #[test]
    fn names_of_selected_tests_are_quoted_for_a_shell() {
        let names = || vec!["[db] it's".to_owned(), "db::reads".to_owned()];
        check(
            SWIMLANES,
            Narrowing::Only(names()),
            "[db] it's",
            "",
            expect![[r#"
            cargo test --release -p shop --test api -- --workers 4 --shuffle-seed 81 --exact -- '[db] it'\''s' db::reads
            cargo test --release -p shop --test api -- --seed 81 --exact '[db] it'\''s'"#]],
        );
        check(
            LIBTEST,
            Narrowing::Without(names()),
            "adds",
            "",
            expect![[r#"
            cargo test --release -p shop --lib -- --test-threads 4 --exact --skip '[db] it'\''s' --skip db::reads
            cargo test --release -p shop --lib -- --exact adds"#]],
        );
    }

    #[test]
    fn a_filter_that_selected_the_test_is_removed() {
        check(
            SWIMLANES,
            Narrowing::None,
            "db::reads",
            "--retries 2 db",
            expect![[r#"
            cargo test --release -p shop --test api -- --workers 4 --shuffle-seed 81 --retries 2 db
            cargo test --release -p shop --test api -- --seed 81 --retries 2 --exact db::reads"#]],
        );
    }
}
