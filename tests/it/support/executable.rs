//! Finds the program that cargo has built from a suite, and refuses one that is missing or older than its source.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

/// Cargo builds the examples of a package with its tests, unless `--test` or another option selects targets.
const ADVICE: &str =
    "run the tests without `--test`, or `cargo build -p swimlanes-tests --examples` with the features of the tests";

/// The directory of this program, with all libraries that cargo has built for it.
pub(crate) fn deps() -> PathBuf {
    let program = std::env::current_exe().expect("the system knows it");
    program.parent().expect("a file is in a directory").to_owned()
}

/// The program of the suite `examples/NAME.rs`.
#[track_caller]
pub(crate) fn path(name: &str) -> PathBuf {
    let examples = deps().with_file_name("examples");
    let program = examples.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "cargo has not built the suite `{name}`: there is no {}; {ADVICE}", program.display());
    if let Some(source) = newer_source(&program) {
        panic!("{} is older than {}; {ADVICE}", program.display(), source.display());
    }
    program
}

/// A source file that has changed since the program was built. Changes during the tests are ignored.
fn newer_source(program: &Path) -> Option<PathBuf> {
    static BEGUN: OnceLock<SystemTime> = OnceLock::new();
    let begun = *BEGUN.get_or_init(SystemTime::now);
    let built = modified(program)?;
    // Cargo's list of the program's source files, including those of our packages that it depends on.
    let list = std::fs::read_to_string(program.with_extension("d")).ok()?;
    let (_, sources) = list.trim_end().split_once(": ")?;
    // A space in a name has a backslash before it.
    let sources = sources.replace("\\ ", "\0");
    let mut sources = sources.split(' ').map(|source| PathBuf::from(source.replace('\0', " ")));
    sources.find(|source| modified(source).is_some_and(|changed| built < changed && changed < begun))
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}
