//! The command that runs one test of a suite again.

use crate::model::target::Target;
use crate::platform::env::Env;

/// The command, up to the name of the test.
pub(crate) fn command(target: Option<Target>, env: &Env) -> String {
    let Some(target) = target else { return "cargo test -- --exact".to_owned() };
    let package = env.package.as_deref().unwrap_or(target.package);
    let which = match target.kind() {
        "lib" => "--lib".to_owned(),
        kind => format!("--{kind} {}", target.name()),
    };
    match &env.nextest {
        Some(_) => format!("cargo nextest run -p {package} {which} --"),
        None => format!("cargo test -p {package} {which} -- --exact"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: Target, expected: &str) {
        assert_eq!(command(Some(target), &Env::default()), expected);
    }

    const TEST: Target =
        Target { krate: "my_api", package: "shop", bin: None, is_integration_test: true, file: "shop/tests/my-api.rs" };

    #[test]
    fn a_target_is_named_as_cargo_names_it() {
        check(TEST, "cargo test -p shop --test my-api -- --exact");
        check(Target { file: "shop/tests/my-api/main.rs", ..TEST }, "cargo test -p shop --test my-api -- --exact");
        check(Target { file: "shop/tests/other.rs", ..TEST }, "cargo test -p shop --test my_api -- --exact");
    }

    #[test]
    fn unit_tests_are_those_of_the_library_or_of_a_binary() {
        let unit = Target { is_integration_test: false, file: "shop/src/lib.rs", ..TEST };
        check(unit, "cargo test -p shop --lib -- --exact");
        check(Target { krate: "till", bin: Some("till"), ..unit }, "cargo test -p shop --bin till -- --exact");
    }
}
