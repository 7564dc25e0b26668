//! Runs a suite in a static program: there, the C library cannot be replaced at run time, and swimlanes must do without some of it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use cargo_swimlanes::host_triple;

use crate::dev::installed::command;
use crate::dev::user_crate;

const SUITE: &str = "static_program";

/// Each isolation, and whether a test of the suite may end the process.
const ISOLATIONS: [(&str, bool); 4] = [("thread", true), ("process", true), ("test", true), ("none", false)];

/// Whether this machine has what a static program needs.
pub(super) fn is_possible() -> bool {
    // Without the file, the compiler prints the name as it is.
    let output = command("cc").arg("-print-file-name=libc.a").output();
    cfg!(target_os = "linux") && output.is_ok_and(|output| Path::new(&*text(&output.stdout)).is_absolute())
}

/// Builds the suite, and runs it in each isolation; `cargo` makes a call of cargo.
///
/// # Errors
///
/// If it cannot be built, or a result is not as expected.
pub(super) fn check(root: &Path, cargo: impl Fn(&[&str]) -> Command) -> Result<()> {
    let manifest = user_crate::write(root, "static-program", &manifest(&root.join("harness")), SUITE)?;
    let (manifest, host) = (manifest.display().to_string(), host_triple()?);
    let target_dir = user_crate::target_dir(root).display().to_string();
    let place = ["--manifest-path", &manifest, "--target-dir", &target_dir, "--target", &host];
    for (isolation, may_crash) in ISOLATIONS {
        let arguments = ["--", "--isolation", isolation, "--test-threads", "2"];
        let skipped: &[&str] = if may_crash { &[] } else { &["--skip", "crashes"] };
        let mut call = cargo(&[&["test", "--quiet"], &place[..], &arguments, skipped].concat());
        // With `--target`, these flags are not for build scripts and procedural macros.
        call.env("RUSTFLAGS", "-C target-feature=+crt-static").stderr(Stdio::inherit());
        let output = call.output().context("cannot start cargo")?;
        let stdout = text(&output.stdout);
        let crash = may_crash.then_some("test crashes ... FAILED");
        let expected = ["test passes ... ok", "test panics ... FAILED", "test hangs ... FAILED", "printed by panics"];
        for line in expected.into_iter().chain(crash) {
            ensure!(stdout.contains(line), "with --isolation {isolation}, the output has no `{line}`:\n{stdout}");
        }
        ensure!(
            output.status.code() == Some(101),
            "with --isolation {isolation}, the suite ended with {}",
            output.status
        );
    }
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

fn manifest(harness: &Path) -> String {
    format!(
        r#"# Made by `cargo xtask ci`.
[package]
name = "static-program"
version = "0.0.0"
edition = "2024"
publish = false

[dev-dependencies]
swimlanes = {{ path = {:?} }}

[[test]]
name = "{SUITE}"
harness = false

[workspace]
"#,
        harness.display().to_string(),
    )
}
