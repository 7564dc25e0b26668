//! The environment of a machine without earlier builds: the environment of this process, without the variables of builds and tests.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The prefixes of variables that belong to a build, a test run or a toolchain, and not to the machine.
const EXCLUDED_PREFIXES: [&str; 5] = ["CARGO", "RUST", "NEXTEST", "SWIMLANES", "XDG_"];

/// Exceptions: the prefixes of variables that configure the registry of crates, or the selection and installation of the toolchain.
const PASSED_ON: [&str; 8] = [
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTR",
    "CARGO_SOURCE_",
    "RUSTUP_AUTO_INSTALL",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_TOOLCHAIN",
    "RUSTUP_UPDATE_ROOT",
];

/// Other variables of a build or a test run.
const BUILD_VARIABLES: [&str; 4] = ["HOME", "DUCKDB_LIB_DIR", "TRYBUILD", "UPDATE_EXPECT"];

/// Variables that make git use another repository than that of the current directory, as in a hook.
pub(super) const GIT_VARIABLES: [&str; 8] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
];

/// The directories that the new environment names. All are empty.
pub(super) struct NewDirectories {
    pub(super) home: PathBuf,
    pub(super) cargo_home: PathBuf,
    pub(super) target: PathBuf,
}

/// The variables of the machine in `own`, with the new directories. Directories below `built`, where this process was built, are removed
/// from lists such as `PATH`.
pub(super) fn environment(
    own: impl Iterator<Item = (OsString, OsString)>,
    new: &NewDirectories,
    built: &[PathBuf],
) -> Vec<(OsString, OsString)> {
    let own: Vec<(OsString, OsString)> = own.collect();
    let value = |name: &str| own.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    // The proxies of rustup find the toolchains in this directory.
    let rustup = value("RUSTUP_HOME").or_else(|| Some(Path::new(&value("HOME")?).join(".rustup").into_os_string()));
    let passed_on = own.iter().filter(|(name, _)| is_of_machine(name)).filter_map(|(name, value)| {
        let value = if is_list(name) { without(value, built)? } else { value.clone() };
        Some((name.clone(), value))
    });
    let set = [
        ("HOME", Some(new.home.clone().into())),
        ("CARGO_HOME", Some(new.cargo_home.clone().into())),
        ("CARGO_TARGET_DIR", Some(new.target.clone().into())),
        ("RUSTUP_HOME", rustup),
    ];
    passed_on.chain(set.into_iter().filter_map(|(name, value)| Some((name.into(), value?)))).collect()
}

fn is_of_machine(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| name.starts_with(beginning));
    let is_named = BUILD_VARIABLES.iter().chain(&GIT_VARIABLES).any(|other| *other == name);
    !is_named && (!begins(&EXCLUDED_PREFIXES) || begins(&PASSED_ON))
}

/// Whether cargo adds directories of builds to the variable.
fn is_list(name: &OsStr) -> bool {
    name == "PATH" || name == "LD_LIBRARY_PATH" || name.to_string_lossy().starts_with("DYLD_")
}

/// The list without directories below `built`. `None` if it is empty then: an empty list means the current directory.
fn without(list: &OsStr, built: &[PathBuf]) -> Option<OsString> {
    let dirs = std::env::split_paths(list).filter(|dir| !built.iter().any(|built| dir.starts_with(built)));
    std::env::join_paths(dirs).ok().filter(|list| !list.is_empty())
}

#[cfg(all(test, unix))]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(own: &[(&str, &str)], expected: Expect) {
        let own = own.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let new =
            NewDirectories { home: "/new/home".into(), cargo_home: "/new/cargo".into(), target: "/new/target".into() };
        let resulting = environment(own, &new, &["/repo/target".into(), "/t".into()]);
        let lines = resulting.iter().map(|(name, value)| format!("{}={}", name.display(), value.display()));
        let new = ["HOME=/new/home", "CARGO_HOME=/new/cargo", "CARGO_TARGET_DIR=/new/target"];
        let (new, others): (Vec<_>, Vec<_>) = lines.partition(|line| new.contains(&line.as_str()));
        assert_eq!(new.len(), 3, "{new:?}");
        expected.assert_eq(&others.join("\n"));
    }

    #[test]
    fn variables_of_earlier_builds_are_removed() {
        check(
            &[
                ("PATH", "/bin"),
                ("HOME", "/old/home"),
                ("CARGO", "/x"),
                ("CARGO_PKG_NAME", "x"),
                ("RUSTFLAGS", "-x"),
                ("DUCKDB_LIB_DIR", "/repo/target/duckdb"),
                ("UPDATE_EXPECT", "1"),
                ("TRYBUILD", "overwrite"),
            ],
            expect![["PATH=/bin\nRUSTUP_HOME=/old/home/.rustup"]],
        );
        check(
            &[("CARGO_HOME", "/old"), ("CARGO_TARGET_DIR", "/t"), ("RUSTUP_HOME", "/up"), ("XDG_CACHE_HOME", "/c")],
            expect!["RUSTUP_HOME=/up"],
        );
        check(&[("GIT_DIR", "/g"), ("GIT_WORK_TREE", "/w"), ("GIT_INDEX_FILE", "/i")], expect![""]);
    }

    #[test]
    fn variables_for_crates_and_toolchains_are_kept() {
        check(
            &[
                ("CARGO_HTTP_CAINFO", "/ca"),
                ("RUSTUP_DIST_SERVER", "a"),
                ("RUSTUP_UPDATE_ROOT", "b"),
                ("RUSTUP_TOOLCHAIN", "c"),
                ("RUSTUP_AUTO_INSTALL", "0"),
                ("GIT_SSL_CAINFO", "/ca"),
            ],
            expect![[r#"
                CARGO_HTTP_CAINFO=/ca
                RUSTUP_DIST_SERVER=a
                RUSTUP_UPDATE_ROOT=b
                RUSTUP_TOOLCHAIN=c
                RUSTUP_AUTO_INSTALL=0
                GIT_SSL_CAINFO=/ca"#]],
        );
    }

    #[test]
    fn build_directories_are_removed_from_lists() {
        check(
            &[
                ("LD_LIBRARY_PATH", "/repo/target/duckdb:/t/debug/deps:/up/lib:/repo/target2"),
                ("DYLD_FALLBACK_LIBRARY_PATH", "/t/debug:/t"),
                ("PATH", "/t/debug:/bin"),
            ],
            expect![["LD_LIBRARY_PATH=/up/lib:/repo/target2\nPATH=/bin"]],
        );
    }
}
