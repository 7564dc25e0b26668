//! The cargo target of a suite.

use std::ffi::OsStr;
use std::path::Path;

/// The package and the target of a suite, as `main!` sees them.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// `CARGO_CRATE_NAME`, which has underscores where the target has dashes.
    pub krate: &'static str,
    /// `CARGO_PKG_NAME`.
    pub package: &'static str,
    /// `CARGO_BIN_NAME`, set for binaries and examples.
    pub bin: Option<&'static str>,
    /// Whether `CARGO_TARGET_TMPDIR` is set, as it is for integration tests and benchmarks.
    pub is_integration_test: bool,
    /// The file that contains `main!`.
    pub file: &'static str,
    /// The test functions of the target that the compiler drops.
    pub dropped: &'static [DroppedTest],
    /// How to make them tests that run.
    pub dropped_advice: &'static str,
}

/// A test function that the compiler drops, since the target has `harness = false`.
#[derive(Debug, Clone, Copy)]
pub struct DroppedTest {
    /// The path of the function within the crate.
    pub name: &'static str,
    /// Its position, name and attribute.
    pub text: &'static str,
}

impl Target {
    /// The name of the target as cargo writes it: a file `tests/my-api.rs` or `tests/my-api/main.rs` is the crate `my_api`.
    pub(crate) fn name(self) -> &'static str {
        let file = Path::new(self.file);
        let names =
            [file.file_stem(), file.parent().and_then(Path::file_name)].map(|name| name.and_then(OsStr::to_str));
        let is_it = |name: &&str| name.replace('-', "_") == self.krate;
        self.bin.into_iter().chain(names.into_iter().flatten()).find(is_it).unwrap_or(self.krate)
    }

    /// The option of `cargo test` that selects this kind of target, which is also cargo-nextest's word for it. Cargo does not tell the
    /// compiler about examples and benchmarks, so they are recognised by their directory.
    pub(crate) fn kind(self) -> &'static str {
        match self.bin {
            _ if self.is_integration_test && self.is_in("benches") => "bench",
            _ if self.is_integration_test => "test",
            Some(_) if self.is_in("examples") => "example",
            Some(_) => "bin",
            None => "lib",
        }
    }

    /// The name of the suite, which is the binary ID of cargo-nextest: `shop`, `shop::api`, `shop::bin/till`.
    pub(crate) fn binary_id(self) -> String {
        match self.kind() {
            "lib" => self.package.to_owned(),
            "test" => format!("{}::{}", self.package, self.name()),
            kind => format!("{}::{kind}/{}", self.package, self.name()),
        }
    }

    /// Whether cargo found the target in this directory: as a file, or as `main.rs` in a directory with the target's name.
    fn is_in(self, directory: &str) -> bool {
        let mut directories = Path::new(self.file).ancestors().skip(1).filter_map(|path| path.file_name()?.to_str());
        match directories.next() {
            Some(parent) if parent == self.name() => directories.next() == Some(directory),
            parent => parent == Some(directory),
        }
    }
}
