//! Tests that leave directories without permissions, or remove their own directory, and one that looks at the lengths of paths.
#![allow(missing_docs)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use swimlanes::prelude::*;

/// A directory with a file in it, which its owner may not change.
fn lock(dir: &Path, mode: u32) {
    let locked = dir.join("locked");
    fs::create_dir(&locked).expect("made");
    fs::write(locked.join("file"), "x").expect("written");
    fs::set_permissions(&locked, Permissions::from_mode(mode)).expect("set");
}

#[swimlanes::test]
fn leaves_a_directory_without_permissions(dir: TestDir) {
    lock(dir.path(), 0o000);
}

#[swimlanes::test]
fn leaves_a_directory_that_is_read_only(dir: WorkerDir) {
    lock(dir.path(), 0o555);
}

#[swimlanes::test]
fn removes_its_own_directory(dir: TestDir) {
    fs::remove_dir_all(dir.path()).expect("removed");
}

/// The limit of a socket's path is 107 bytes.
#[swimlanes::test]
fn has_a_short_path(dir: WorkerDir) {
    let tmp = std::env::var("SWIMLANES_TMPDIR").expect("the test sets it");
    let below = dir.path().strip_prefix(&tmp).expect("below TMPDIR");
    assert!(below.as_os_str().len() < 45, "{}", below.display());
}

swimlanes::main!();
