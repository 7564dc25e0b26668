//! The command that runs one test of a suite again.

use std::path::Path;

use crate::platform::env::Env;

/// Which target of which package a suite is; `main!` knows.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// `CARGO_CRATE_NAME`, which has underscores where the target has dashes.
    pub krate: &'static str,
    /// `CARGO_PKG_NAME`.
    pub package: &'static str,
    /// `CARGO_BIN_NAME`, set for the tests of a binary.
    pub bin: Option<&'static str>,
    /// `CARGO_TARGET_TMPDIR` is set, as it is for integration tests and benchmarks.
    pub is_integration_test: bool,
    /// The file of `main!`.
    pub file: &'static str,
}

impl Target {
    /// The target's name as cargo knows it: a file `tests/my-api.rs` or `tests/my-api/main.rs` is the crate `my_api`.
    pub(crate) fn name(self) -> String {
        let file = Path::new(self.file);
        let names = [file.file_stem(), file.parent().and_then(Path::file_name)];
        let names = names.into_iter().flatten().map(|name| name.to_string_lossy().into_owned());
        let of_bin = self.bin.map(str::to_owned);
        of_bin
            .into_iter()
            .chain(names)
            .find(|name| name.replace('-', "_") == self.krate)
            .unwrap_or(self.krate.to_owned())
    }

    /// As cargo-nextest has it.
    pub(crate) fn kind(self) -> &'static str {
        match self.bin {
            _ if self.is_integration_test => "test",
            Some(_) => "bin",
            None => "lib",
        }
    }
}

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
