//! The options that select test suites, with cargo's names.

use std::path::PathBuf;

/// The test targets of a workspace, and how cargo builds them.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SuiteSelection {
    /// The suites of this package; can be given several times
    #[arg(short, long, value_name = "PACKAGE", help_heading = WHICH)]
    pub(crate) package: Vec<String>,

    /// The suites of all packages of the workspace
    #[arg(long, conflicts_with = "package", help_heading = WHICH)]
    pub(crate) workspace: bool,

    /// This integration test; can be given several times
    #[arg(long, value_name = "NAME", help_heading = WHICH)]
    pub(crate) test: Vec<String>,

    /// The unit tests of the library
    #[arg(long, help_heading = WHICH)]
    pub(crate) lib: bool,

    /// The unit tests of the binaries
    #[arg(long, help_heading = WHICH)]
    pub(crate) bins: bool,

    /// Features to build with; can be given several times
    #[arg(long, value_name = "FEATURES", help_heading = BUILD)]
    pub(crate) features: Vec<String>,

    /// Build with all features
    #[arg(long, help_heading = BUILD)]
    pub(crate) all_features: bool,

    /// Build without the default features
    #[arg(long, help_heading = BUILD)]
    pub(crate) no_default_features: bool,

    /// Build with optimizations
    #[arg(long, conflicts_with = "profile", help_heading = BUILD)]
    pub(crate) release: bool,

    /// Build with this cargo profile
    #[arg(long, value_name = "NAME", help_heading = BUILD)]
    pub(crate) profile: Option<String>,

    /// The Cargo.toml to work on
    #[arg(long, value_name = "FILE", help_heading = BUILD)]
    pub(crate) manifest_path: Option<PathBuf>,
}

pub(crate) const WHICH: &str = "Which tests";
const BUILD: &str = "How they are built";

impl SuiteSelection {
    /// The arguments that make cargo build the same suites again.
    pub(crate) fn build_words(&self) -> Vec<String> {
        let features = self.features.iter().flat_map(|features| ["--features".to_owned(), features.clone()]);
        let profile = self.profile.iter().flat_map(|profile| ["--profile".to_owned(), profile.clone()]);
        let manifest = self.manifest_path.iter();
        let manifest = manifest.flat_map(|path| ["--manifest-path".to_owned(), path.display().to_string()]);
        let flags = [
            (self.all_features, "--all-features"),
            (self.no_default_features, "--no-default-features"),
            (self.release, "--release"),
        ];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_owned());
        manifest.chain(features).chain(flags).chain(profile).collect()
    }

    /// Whether packages are named, or all are selected.
    pub(crate) fn names_packages(&self) -> bool {
        self.workspace || !self.package.is_empty()
    }

    /// The arguments with which cargo selects these targets, in these packages.
    pub(crate) fn target_words(&self, packages: &[String]) -> Vec<String> {
        let packages = packages.iter().flat_map(|package| ["--package".to_owned(), package.clone()]);
        let tests = self.test.iter().flat_map(|test| ["--test".to_owned(), test.clone()]);
        let flags = [(self.workspace, "--workspace"), (self.lib, "--lib"), (self.bins, "--bins")];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_owned());
        packages.chain(tests).chain(flags).collect()
    }
}
