//! `cargo swimlanes new-suite`, on a workspace with two packages.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use expect_test::{Expect, expect};
use tempfile::TempDir;

fn workspace() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"shop\", \"till\"]\n");
    for name in ["shop", "till"] {
        write(&format!("{name}/Cargo.toml"), &format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n"));
        write(&format!("{name}/src/lib.rs"), "");
    }
    directory
}

fn new_suite(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-swimlanes"));
    command.current_dir(directory).args(["swimlanes", "new-suite"]).args(args).output().expect("it starts")
}

/// The output, with `DIR` in place of the directory of the workspace.
#[track_caller]
fn check(workspace: &TempDir, at: &str, args: &[&str], code: i32, expected: Expect) {
    let Output { status, stdout, stderr } = new_suite(&workspace.path().join(at), args);
    let text = String::from_utf8([stdout, stderr].concat()).expect("text");
    assert_eq!(status.code(), Some(code), "{text}");
    let root = workspace.path().canonicalize().expect("it exists").display().to_string();
    expected.assert_eq(&text.replace(&root, "DIR"));
}

#[test]
fn suite_is_added_to_the_package_of_the_directory_or_of_the_option() {
    let workspace = workspace();
    check(
        &workspace,
        "shop",
        &["api"],
        0,
        expect![[r#"
        wrote DIR/shop/tests/api.rs, and added the suite to DIR/shop/Cargo.toml
        run it with: cargo test -p shop --test api
    "#]],
    );
    check(
        &workspace,
        ".",
        &["-p", "till", "my-suite"],
        0,
        expect![[r#"
        wrote DIR/till/tests/my-suite.rs, and added the suite to DIR/till/Cargo.toml
        run it with: cargo test -p till --test my-suite
    "#]],
    );
    check(
        &workspace,
        "shop/src",
        &["other"],
        0,
        expect![[r#"
        wrote DIR/shop/tests/other.rs, and added the suite to DIR/shop/Cargo.toml
        run it with: cargo test -p shop --test other
    "#]],
    );
    for (package, suites) in [("shop", &["api", "other"][..]), ("till", &["my-suite"])] {
        let manifest = fs::read_to_string(workspace.path().join(package).join("Cargo.toml")).expect("a manifest");
        for suite in suites {
            assert!(manifest.contains(&format!("[[test]]\nname = \"{suite}\"\nharness = false\n")), "{manifest}");
            let file = workspace.path().join(package).join("tests").join(format!("{suite}.rs"));
            let text = fs::read_to_string(file).expect("a suite");
            assert!(text.ends_with("swimlanes::main!();\n"), "{text}");
        }
        assert_eq!(manifest.matches("swimlanes = ").count(), 1, "{manifest}");
    }
}

#[test]
fn wrong_request_changes_nothing() {
    let workspace = workspace();
    fs::create_dir_all(workspace.path().join("shop/tests/there")).expect("a directory");
    fs::write(workspace.path().join("shop/tests/there/main.rs"), "").expect("a file");
    let before = fs::read_to_string(workspace.path().join("shop/Cargo.toml")).expect("a manifest");
    check(
        &workspace,
        "shop",
        &["there"],
        1,
        expect![[r#"
        error: DIR/shop/tests/there/main.rs exists already
    "#]],
    );
    check(
        &workspace,
        "shop",
        &["a b"],
        1,
        expect![[r#"
        error: `a b` cannot be the name of a test target: it needs letters, digits, `_` and `-`, and begins with a letter
    "#]],
    );
    check(
        &workspace,
        ".",
        &["api"],
        1,
        expect![[r#"
        error: no package of the workspace contains the current directory; select one with -p PACKAGE
    "#]],
    );
    check(
        &workspace,
        ".",
        &["-p", "none", "api"],
        1,
        expect![[r#"
        error: the workspace has no package `none`
    "#]],
    );
    assert_eq!(fs::read_to_string(workspace.path().join("shop/Cargo.toml")).expect("a manifest"), before);
    assert!(!workspace.path().join("shop/tests/api.rs").exists());
}
