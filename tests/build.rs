//! Checks whether a file system can be mounted, whether a CPU quota can be set, which servers are installed, and whether root builds: a test
//! that needs one of these is ignored otherwise, with a reason. A test that checked this at run time could only pass. Also configures the
//! directory of libduckdb.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[path = "it/suite/faults/disk.rs"]
mod disk;
#[path = "it/suite/cores/quota.rs"]
mod quota;

/// The usual paths.
const REDIS: [&str; 1] = ["/usr/bin/redis-server"];
const POSTGRES: [&str; 1] = ["/usr/lib/postgresql"];

fn main() {
    println!("cargo::rustc-check-cfg=cfg(can_mount)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=it/suite/faults/disk.rs");
    println!("cargo::rerun-if-changed=it/suite/cores/quota.rs");
    for (cfg, programs) in [("has_redis", &REDIS[..]), ("has_postgres", &POSTGRES[..])] {
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        // A missing program is checked again in each build.
        programs.iter().for_each(|program| println!("cargo::rerun-if-changed={program}"));
        if programs.iter().any(|program| Path::new(program).exists()) {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
    println!("cargo::rustc-check-cfg=cfg(is_root)");
    if is_root() {
        println!("cargo::rustc-cfg=is_root");
    }
    if can_mount() {
        println!("cargo::rustc-cfg=can_mount");
    }
    println!("cargo::rustc-check-cfg=cfg(can_limit_cores)");
    if succeeds(&quota::WITH_ONE_CORE, &[]) {
        println!("cargo::rustc-cfg=can_limit_cores");
    }
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    if let (Some(_), Some(dir)) = (std::env::var_os("CARGO_FEATURE_DUCKDB"), std::env::var_os("DUCKDB_LIB_DIR")) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", PathBuf::from(dir).display());
    }
}

/// The owner of a new directory is the user who runs the build.
fn is_root() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::env::var_os("OUT_DIR").is_some_and(|dir| PathBuf::from(dir).metadata().is_ok_and(|dir| dir.uid() == 0))
    }
    #[cfg(not(unix))]
    false
}

fn can_mount() -> bool {
    let Some(dir) = std::env::var_os("OUT_DIR").map(PathBuf::from) else { return false };
    // A build that was stopped may have left it.
    let _ = std::fs::remove_dir(dir.join("disk"));
    succeeds(&disk::ON_A_SMALL_DISK, &[("SWIMLANES_TMPDIR", &dir)])
}

/// Whether `true` succeeds when this program runs it.
fn succeeds(program: &[&str], variables: &[(&str, &Path)]) -> bool {
    let [program, words @ ..] = program else { return false };
    let mut command = Command::new(program);
    command.args(words).arg("true").envs(variables.iter().copied());
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
