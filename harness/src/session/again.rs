//! The command that runs one test of a suite again.

use crate::model::seed::Seed;
use crate::model::target::Target;
use crate::platform::env::Env;
use crate::platform::machine;

/// The command, up to the name of the test.
pub(crate) fn command(target: Option<Target>, env: &Env, seed: Seed) -> String {
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
        None => format!("cargo test{package}{which} -- --seed {seed} --exact"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: Target, expected: &str) {
        assert_eq!(command(Some(target), &Env::default(), Seed::new(5)), expected);
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
}
