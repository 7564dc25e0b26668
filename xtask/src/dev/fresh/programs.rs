//! The programs that the README's commands, and the tests that these run, look for in `PATH`.

use std::path::PathBuf;

/// Compilers, tools for sources and packages, and servers; then the programs that tests start.
const PROGRAMS: [&str; 35] = [
    "rustup",
    "cargo",
    "rustc",
    "cc",
    "ar",
    "git",
    "cargo-nextest",
    "npm",
    "node",
    "tar",
    "apt-get",
    "pg_config",
    "initdb",
    "postgres",
    "redis-server",
    "valkey-server",
    "sh",
    "cat",
    "cp",
    "echo",
    "find",
    "grep",
    "id",
    "kill",
    "mkdir",
    "mkfifo",
    "mount",
    "rmdir",
    "setpriv",
    "setsid",
    "sleep",
    "true",
    "truncate",
    "umount",
    "unshare",
];

/// Prints which of them are installed, and where.
pub(super) fn print() {
    println!("from PATH:");
    for program in PROGRAMS {
        match found(program) {
            Some(path) => println!("  {program:<14} {}", path.display()),
            None => println!("  {program:<14} not there"),
        }
    }
}

/// The file of the program, as a shell finds it.
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The text before the name of a program.
    const BEFORE: [&str; 4] = ["Command::new(\"", "Fixture::at(\"", "command_by(&[\"", ".by(&[\""];

    /// Names of programs that do not exist.
    const NONE: [&str; 1] = ["no-such-npm"];

    fn started(text: &str) -> impl Iterator<Item = &str> {
        let names = BEFORE.iter().flat_map(|before| text.split(before).skip(1));
        names.filter_map(|rest| rest.split('"').next()).filter(|name| !name.is_empty() && !name.contains(['/', '\\']))
    }

    fn read(dir: &Path, programs: &mut BTreeSet<String>) {
        for entry in fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() && !entry.ends_with("target") {
                read(&entry, programs);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                programs.extend(started(&fs::read_to_string(entry).expect("text")).map(str::to_owned));
            }
        }
    }

    #[test]
    fn all_programs_that_the_sources_start_by_name_are_listed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut programs = BTreeSet::new();
        ["harness", "examples", "tests", "xtask"].iter().for_each(|dir| read(&root.join(dir), &mut programs));
        assert!(programs.contains("redis-server"), "{programs:?}");
        let is_known = |program: &&String| PROGRAMS.iter().chain(&NONE).any(|known| known == program);
        let missing: Vec<&String> = programs.iter().filter(|program| !is_known(program)).collect();
        assert!(missing.is_empty(), "add {missing:?} to PROGRAMS");
    }
}
