//! The command that runs one test of a suite again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;

use crate::model::cargo_words;
use crate::model::config::{Isolation, Leak};
use crate::model::seed::Seed;
use crate::model::shell::quoted;
use crate::model::target::Target;

/// The command, without the name of the test. It becomes text only when it is displayed: in most runs no test fails, so
/// none is needed.
#[derive(Debug, Clone)]
pub(crate) struct RerunCommand {
    pub(crate) target: Option<Target>,
    /// The name of the program's file, for a suite with its own `main`, which is nearly always an integration test.
    pub(crate) program: Option<Arc<str>>,
    /// The package as cargo names it.
    pub(crate) package: Option<Arc<str>>,
    pub(crate) is_of_nextest: bool,
    pub(crate) seed: Seed,
    /// This and the next fields are the options that can decide whether a test passes.
    pub(crate) isolation: Isolation,
    pub(crate) leak: Leak,
    /// `--timeout` of the command line.
    pub(crate) timeout: Option<Duration>,
    /// `--ensure-time`.
    pub(crate) ensures_time: bool,
    /// Ignored tests run too.
    pub(crate) with_ignored: bool,
    /// Returns the command line of the process that started the run. Called when the command is displayed, since most
    /// runs display none.
    pub(crate) words_of_caller: fn() -> Vec<String>,
}

impl fmt::Display for RerunCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seed = self.seed;
        if self.is_of_nextest {
            write!(f, "RUST_TEST_SHUFFLE_SEED={seed} cargo nextest run")?;
            self.write_which(f)?;
            f.write_str(" --")?;
            self.write_ignored(f)?;
            return f.write_str(" --exact");
        }
        f.write_str("cargo test")?;
        self.write_which(f)?;
        write!(f, " -- --seed {seed}")?;
        self.write_ignored(f)?;
        if self.isolation != Isolation::default() {
            write_option("isolation", self.isolation, f)?;
        }
        if self.leak != Leak::default() {
            write_option("leak", self.leak, f)?;
        }
        if let Some(timeout) = self.timeout {
            f.write_str(" --timeout ")?;
            match timeout.subsec_nanos() {
                0 => write!(f, "{}s", timeout.as_secs()),
                nanos if nanos % 1_000_000 == 0 => write!(f, "{}ms", timeout.as_millis()),
                _ => write!(f, "{}ns", timeout.as_nanos()),
            }?;
        }
        if self.ensures_time {
            f.write_str(" --ensure-time")?;
        }
        f.write_str(" --exact")
    }
}

impl RerunCommand {
    fn write_ignored(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.with_ignored { f.write_str(" --include-ignored") } else { Ok(()) }
    }

    /// The options that decide what is built, and the target.
    fn write_which(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for word in cargo_words::options(&(self.words_of_caller)()) {
            write!(f, " {}", quoted(&word))?;
        }
        if let Some(package) = self.package.as_deref().or(self.target.map(|target| target.package)) {
            write!(f, " -p {}", quoted(package))?;
        }
        match self.target.map(|target| (target.kind(), target.name())) {
            Some(("lib", _)) => f.write_str(" --lib"),
            Some((kind, name)) => write!(f, " --{kind} {}", quoted(name)),
            None => self.program.as_ref().map_or(Ok(()), |name| write!(f, " --test {}", quoted(name))),
        }
    }
}

fn write_option<T: ValueEnum>(option: &str, value: T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    value.to_possible_value().map_or(Ok(()), |value| write!(f, " --{option} {}", value.get_name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command without options.
    fn plain(target: Target) -> RerunCommand {
        RerunCommand {
            target: Some(target),
            program: None,
            package: None,
            is_of_nextest: false,
            seed: Seed::new(5),
            isolation: Isolation::default(),
            leak: Leak::default(),
            timeout: None,
            ensures_time: false,
            with_ignored: false,
            words_of_caller: Vec::new,
        }
    }

    #[track_caller]
    fn check(target: Target, expected: &str) {
        assert_eq!(plain(target).to_string(), expected);
    }

    const TEST: Target = Target {
        krate: "my_api",
        package: "shop",
        bin: None,
        is_integration_test: true,
        file: "shop/tests/my-api.rs",
        dropped: &[],
        dropped_advice: "",
    };

    #[test]
    fn targets_are_named_as_in_cargo() {
        check(TEST, "cargo test -p shop --test my-api -- --seed 5 --exact");
        check(
            Target { file: "shop/tests/my-api/main.rs", ..TEST },
            "cargo test -p shop --test my-api -- --seed 5 --exact",
        );
        check(Target { file: "shop/tests/other.rs", ..TEST }, "cargo test -p shop --test my_api -- --seed 5 --exact");
    }

    #[test]
    fn unit_tests_belong_to_the_library_or_a_binary() {
        let unit = Target { is_integration_test: false, file: "shop/src/lib.rs", ..TEST };
        check(unit, "cargo test -p shop --lib -- --seed 5 --exact");
        check(Target { krate: "till", bin: Some("till"), ..unit }, "cargo test -p shop --bin till -- --seed 5 --exact");
    }

    #[test]
    fn examples_and_benchmarks_are_recognized_by_their_directory() {
        let example = Target { krate: "tour", bin: Some("tour"), is_integration_test: false, ..TEST };
        let expected = "cargo test -p shop --example tour -- --seed 5 --exact";
        check(Target { file: "shop/examples/tour.rs", ..example }, expected);
        check(Target { file: "examples/tour/main.rs", ..example }, expected);
        let expected = "cargo test -p shop --bin tour -- --seed 5 --exact";
        check(Target { file: "examples/shop/src/bin/tour.rs", ..example }, expected);
        check(Target { file: "examples/shop/src/main.rs", ..example }, expected);
        let bench = Target { file: "shop/benches/my-api.rs", ..TEST };
        check(bench, "cargo test -p shop --bench my-api -- --seed 5 --exact");
    }

    #[test]
    fn options_that_affect_the_result_are_repeated() {
        let again = RerunCommand { isolation: Isolation::Process, leak: Leak::Fail, ..plain(TEST) };
        let expected = "cargo test -p shop --test my-api -- --seed 5 --isolation process --leak fail --exact";
        assert_eq!(again.to_string(), expected);

        let timeout = Some(Duration::from_millis(90_500));
        let again = RerunCommand { timeout, ensures_time: true, ..plain(TEST) };
        let expected = "cargo test -p shop --test my-api -- --seed 5 --timeout 90500ms --ensure-time --exact";
        assert_eq!(again.to_string(), expected);
    }

    #[test]
    fn cargo_build_options_are_repeated() {
        let words = || ["cargo", "test", "--features", "a b", "--release"].map(str::to_owned).to_vec();
        let again = RerunCommand { words_of_caller: words, ..plain(TEST) };
        let expected = "cargo test --features 'a b' --release -p shop --test my-api -- --seed 5 --exact";
        assert_eq!(again.to_string(), expected);
    }

    #[test]
    fn rerun_command_for_nextest_uses_its_syntax() {
        let again = RerunCommand { is_of_nextest: true, package: Some("till".into()), ..plain(TEST) };
        let expected = "RUST_TEST_SHUFFLE_SEED=5 cargo nextest run -p till --test my-api -- --exact";
        assert_eq!(again.to_string(), expected);
        let again = RerunCommand { target: None, program: Some("api".into()), ..again };
        let expected = "RUST_TEST_SHUFFLE_SEED=5 cargo nextest run -p till --test api -- --exact";
        assert_eq!(again.to_string(), expected);
    }

    #[test]
    fn ignored_tests_need_include_ignored() {
        let again = RerunCommand { with_ignored: true, ..plain(TEST) };
        assert_eq!(again.to_string(), "cargo test -p shop --test my-api -- --seed 5 --include-ignored --exact");
        let again = RerunCommand { is_of_nextest: true, ..again };
        let expected = "RUST_TEST_SHUFFLE_SEED=5 cargo nextest run -p shop --test my-api -- --include-ignored --exact";
        assert_eq!(again.to_string(), expected);
    }
}
