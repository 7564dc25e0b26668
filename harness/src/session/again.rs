//! The command that runs one test of a suite again.

use clap::ValueEnum;

use crate::model::config::{Isolation, Leak, RunConfig};
use crate::model::target::Target;
use crate::platform::env::Env;
use crate::platform::machine;

/// The command, up to the name of the test.
pub(crate) fn command(target: Option<Target>, env: &Env, config: &RunConfig) -> String {
    let seed = config.seed;
    let package = env.package.as_deref().or(target.map(|target| target.package));
    let package = package.map_or(String::new(), |package| format!(" -p {package}"));
    let which = match target.map(|target| (target.kind(), target.name())) {
        Some(("lib", _)) => " --lib".to_owned(),
        Some((kind, name)) => format!(" --{kind} {name}"),
        // A program with a `main` of its own; the file says its name, and nearly always it is an integration test.
        None => machine::program_name().map_or(String::new(), |name| format!(" --test {name}")),
    };
    match &env.nextest {
        Some(_) => format!("RUST_TEST_SHUFFLE_SEED={seed} cargo nextest run{package}{which} -- --exact"),
        None => format!("cargo test{package}{which} -- --seed {seed}{} --exact", choices(config)),
    }
}

/// What else was chosen that can decide whether a test passes.
fn choices(config: &RunConfig) -> String {
    let mut choices = String::new();
    if config.isolation != Isolation::default() {
        choices += &named("isolation", config.isolation);
    }
    if config.leak != Leak::default() {
        choices += &named("leak", config.leak);
    }
    choices
}

fn named<T: ValueEnum>(option: &str, value: T) -> String {
    value.to_possible_value().map_or(String::new(), |value| format!(" --{option} {}", value.get_name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::arguments;
    use crate::session::configure::{self, Defaults};

    #[track_caller]
    fn check(target: Target, expected: &str) {
        check_with(target, &["suite", "--seed", "5"], expected);
    }

    #[track_caller]
    fn check_with(target: Target, words: &[&str], expected: &str) {
        let (line, env) = (arguments::parse(words).expect("a command line"), Env::default());
        let (config, _) = configure::configure(&line, &env, &Defaults::default()).expect("a configuration");
        assert_eq!(command(Some(target), &env, &config), expected);
    }

    const TEST: Target =
        Target { krate: "my_api", package: "shop", bin: None, is_integration_test: true, file: "shop/tests/my-api.rs" };

    #[test]
    fn a_target_is_named_as_cargo_names_it() {
        check(TEST, "cargo test -p shop --test my-api -- --seed 5 --exact");
        check(
            Target { file: "shop/tests/my-api/main.rs", ..TEST },
            "cargo test -p shop --test my-api -- --seed 5 --exact",
        );
        check(Target { file: "shop/tests/other.rs", ..TEST }, "cargo test -p shop --test my_api -- --seed 5 --exact");
    }

    #[test]
    fn unit_tests_are_those_of_the_library_or_of_a_binary() {
        let unit = Target { is_integration_test: false, file: "shop/src/lib.rs", ..TEST };
        check(unit, "cargo test -p shop --lib -- --seed 5 --exact");
        check(Target { krate: "till", bin: Some("till"), ..unit }, "cargo test -p shop --bin till -- --seed 5 --exact");
    }

    #[test]
    fn what_decides_is_said_again() {
        let words = ["suite", "--seed", "5", "--isolation", "process", "--leak", "fail", "-n", "7"];
        let expected = "cargo test -p shop --test my-api -- --seed 5 --isolation process --leak fail --exact";
        check_with(TEST, &words, expected);
    }
}
