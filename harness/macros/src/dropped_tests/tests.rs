//! Crates as texts, and their dropped tests.

use std::path::Path;

use super::find;

/// Compares the dropped tests of a crate. `files` are paths and texts, the root first. Each line of `expected` is a dropped test and its condition.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let read = |path: &Path| {
        let file = files.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, text)| (*text).to_owned())
    };
    let dropped_tests = find(Path::new(files[0].0), &["swimlanes"], &read);
    let lines: Vec<String> = dropped_tests
        .iter()
        .map(|test| match test.condition.is_none() {
            true => test.text.clone(),
            false => format!("{} if {}", test.text, test.condition.predicate()),
        })
        .collect();
    assert_eq!(lines, expected);
}

/// Checks a crate of one file.
#[track_caller]
fn check_root(text: &str, expected: &[&str]) {
    check(&[("t.rs", text)], expected);
}

const OURS: &str = "write `#[swimlanes::test]` instead";

#[test]
fn plain_tests_are_dropped_tests() {
    check_root(
        "#[test]\nfn a() {}\n\n/// Docs.\n#[ignore]\n#[test]\npub(crate) async fn b() {}",
        &["t.rs:2: `a`, `#[test]`", "t.rs:7: `b`, `#[test]`"],
    );
    check_root(
        "#![allow(x)] struct S { f: fn() } #[test] const fn a() -> [u8; { 1 }] { [0] } fn b() {}",
        &["t.rs:1: `a`, `#[test]`"],
    );
    check_root("#!/usr/bin/env run\n#[test] fn r#try() {}", &["t.rs:2: `try`, `#[test]`"]);
    check_root(
        "#[::core::prelude::v1::test] fn a() {}",
        &[&format!("t.rs:1: `a`, `#[::core::prelude::v1::test]`: {OURS}")],
    );
}

#[test]
fn functions_without_a_test_attribute_are_not_dropped_tests() {
    check_root("fn a() { #[test] fn inner() {} } #[inline] fn b() {}", &[]);
    check_root("#[derive(Debug)] struct A; impl A { #[must_use] fn test(&self) {} } #[test_helper] fn b() {}", &[]);
    check_root("#[test] const A: u8 = 1; fn b() {}", &[]);
    check_root("macro_rules! t { ($n:ident) => { #[test] fn $n() {} #[test] fn a() {} } } fn b() {}", &[]);
}

#[test]
fn tests_with_our_attribute_are_not_dropped_tests() {
    check_root("#[swimlanes::test] fn a() {} #[::swimlanes::test(serial)] fn b() {}", &[]);
    check_root("use swimlanes::test; #[test] fn a() {}", &[]);
    check_root(
        "use {swimlanes::{prelude::*, test as case, self as lanes}}; #[case] fn a() {} #[lanes::test] fn b() {} #[test] fn c() {}",
        &["t.rs:1: `c`, `#[test]`"],
    );
    check_root("extern crate swimlanes as lanes; mod m { #[lanes::test] fn a() {} }", &[]);
    check_root(
        "pub(crate) use swimlanes::test; mod m { use crate::test; #[test] fn a() {} } mod n { #[test] fn a() {} }",
        &["t.rs:1: `n::a`, `#[test]`"],
    );
    check_root("mod p { pub use swimlanes::test; } mod m { use super::p::*; #[test] fn a() {} }", &[]);
}

#[test]
fn macro_use_of_test_makes_every_plain_test_ours() {
    let text = "#[macro_use(dbg, test)] extern crate swimlanes; #[test] fn a() {} mod m { #[test] fn b() {} #[tokio::test] fn c() {} }";
    check_root(text, &[&format!("t.rs:1: `m::c`, `#[tokio::test]`: {OURS}")]);
    check_root(
        "#[macro_use(test)] extern crate lanes as swimlanes; #[test] fn a() {} #[swimlanes::test] fn b() {}",
        &[],
    );
    check_root("#[macro_use(dbg)] extern crate swimlanes; #[test] fn a() {}", &["t.rs:1: `a`, `#[test]`"]);
    check_root("#[macro_use(test)] extern crate other; #[test] fn a() {}", &["t.rs:1: `a`, `#[test]`"]);
}

#[test]
fn attributes_of_other_crates_come_with_a_remedy() {
    check_root("#[tokio::test(flavor = \"x\")] async fn a() {}", &[&format!("t.rs:1: `a`, `#[tokio::test]`: {OURS}")]);
    check_root("use tokio::test; #[test] async fn a() {}", &[&format!("t.rs:1: `a`, `#[test]`: {OURS}")]);
    check_root(
        "use swimlanes::test; #[test_log::test] fn a() {} #[test_log::test(swimlanes::test)] fn b() {} #[test_log::test] #[test] fn c() {}",
        &["t.rs:1: `a`, `#[test_log::test]`: add `#[swimlanes::test]` below it"],
    );
    check_root(
        "use test_case::test_case; use swimlanes::test; #[test_case(1)] #[test_case(2)] fn a(n: u8) {} #[test_case(1)] #[test] fn b(n: u8) {}",
        &[
            "t.rs:1: `a`, `#[test_case]`: write `#[swimlanes::test(cases(…))]` instead",
            "t.rs:1: `b`, `#[test_case]`: write `#[swimlanes::test(cases(…))]` instead",
        ],
    );
    check_root(
        "use googletest::prelude::*; #[gtest] fn a() {} #[gtest] #[swimlanes::test] fn b() {}",
        &["t.rs:1: `a`, `#[gtest]`: add `#[swimlanes::test]` below it"],
    );
    check_root(
        "use test_strategy::proptest; #[proptest] fn a(n: u8) {} #[bench] fn b(x: &mut B) {}",
        &[
            "t.rs:1: `a`, `#[proptest]`: move it to a target without `harness = false`",
            "t.rs:1: `b`, `#[bench]`: move it to a target without `harness = false`",
        ],
    );
}

#[test]
fn rstest_and_quickcheck_follow_the_import_of_test() {
    let text = "#[rstest] #[case(1)] fn a(#[case] n: u8) {} #[rstest] #[swimlanes::test] fn b() {} #[rstest::rstest] #[tokio::test] async fn c() {} #[quickcheck] fn d(n: u8) {}";
    check_root(
        text,
        &[
            "t.rs:1: `a`, `#[rstest]`",
            &format!("t.rs:1: `c`, `#[tokio::test]`: {OURS}"),
            "t.rs:1: `d`, `#[quickcheck]`",
        ],
    );
    check_root("use rstest::rstest; use swimlanes::test; #[rstest] fn a() {}", &[]);
}

#[test]
fn dropped_tests_in_macro_calls_are_found() {
    check_root(
        "proptest! {\n #![proptest_config(c())]\n /// Docs.\n #[test]\n fn a(n in 0u8..9) {} fn helper(n in 0..9) {} }",
        &["t.rs:5: `a`, `#[test]`"],
    );
    check_root("proptest::proptest! { #[test] fn a(n in 0..9) {} } use swimlanes::test;", &[]);
    check_root(
        "quickcheck::quickcheck! { fn a(n: u8) -> bool { true } #[should_panic] fn b() {} }",
        &["t.rs:1: `a`, `quickcheck!`", "t.rs:1: `b`, `quickcheck!`"],
    );
    check_root("use swimlanes::test; quickcheck! { fn a(n: u8) -> bool { true } }", &[]);
    check_root(
        "mod m { thread_local! { static A: u8 = 1; } other!(#[test] fn a() {}); }",
        &["t.rs:1: `m::a`, `#[test]`"],
    );
}

#[test]
fn dropped_tests_come_with_their_cfg_predicates() {
    check_root(
        "#[cfg(unix)] #[test] fn a() {} #[cfg(test)] mod m { #![cfg(miri)] #[test] fn b() {} }",
        &["t.rs:1: `a`, `#[test]` if unix", "t.rs:1: `m::b`, `#[test]` if all(test, miri)"],
    );
    check_root(
        "#[cfg_attr(not(miri), test)] fn a() {} #[cfg_attr(x, cfg(y), ignore)] #[test] fn b() {}",
        &["t.rs:1: `a`, `#[test]` if not (miri)", "t.rs:1: `b`, `#[test]` if any(not(x), y)"],
    );
    check_root(
        "#[cfg_attr(x, swimlanes::test)] #[cfg_attr(y, test)] fn a() {}",
        &["t.rs:1: `a`, `#[test]` if all(not(x), y)"],
    );
    let branches = "cfg_if::cfg_if! { if #[cfg(a)] { #[test] fn a() {} } else if #[cfg(b)] { mod m { #[test] fn b() {} } } else { #[test] fn c() {} } }";
    check_root(
        branches,
        &[
            "t.rs:1: `a`, `#[test]` if a",
            "t.rs:1: `c`, `#[test]` if all(not(a), not(b))",
            "t.rs:1: `m::b`, `#[test]` if all(not(a), b)",
        ],
    );
    check_root(
        "cfg_select! { any(a, b) => { #[test] fn a() {} } _ => { #[test] fn c() {} } }",
        &["t.rs:1: `a`, `#[test]` if any (a , b)", "t.rs:1: `c`, `#[test]` if not(any (a , b))"],
    );
}

#[test]
fn files_of_modules_are_read() {
    let test = "\n#[test] fn a() {}";
    check(
        &[
            ("tests/t.rs", "mod one; mod two; mod three { mod four; } mod gone;"),
            ("tests/one.rs", "mod deep;"),
            ("tests/one/deep.rs", test),
            ("tests/two/mod.rs", "mod deep;"),
            ("tests/two/deep.rs", test),
            ("tests/three/four.rs", test),
        ],
        &[
            "tests/one/deep.rs:2: `one::deep::a`, `#[test]`",
            "tests/two/deep.rs:2: `two::deep::a`, `#[test]`",
            "tests/three/four.rs:2: `three::four::a`, `#[test]`",
        ],
    );
    check(
        &[
            (
                "tests/t/main.rs",
                "#[path = \"../x.rs\"] mod one; #[path = \"dir\"] mod two { mod deep; #[path = \"y.rs\"] mod y; }",
            ),
            ("tests/t/../x.rs", "mod deep; mod b { #[path = \"z.rs\"] mod z; }"),
            ("tests/t/../deep.rs", test),
            ("tests/t/../b/z.rs", test),
            ("tests/t/dir/deep.rs", test),
            ("tests/t/dir/y.rs", test),
        ],
        &[
            "tests/deep.rs:2: `one::deep::a`, `#[test]`",
            "tests/b/z.rs:2: `one::b::z::a`, `#[test]`",
            "tests/t/dir/deep.rs:2: `two::deep::a`, `#[test]`",
            "tests/t/dir/y.rs:2: `two::y::a`, `#[test]`",
        ],
    );
    check(
        &[
            ("t.rs", "#[cfg_attr(x, path = \"x.rs\")] mod m; include!(\"i.rs\");"),
            ("x.rs", test),
            ("m.rs", test),
            ("i.rs", test),
        ],
        &["i.rs:2: `a`, `#[test]`", "x.rs:2: `m::a`, `#[test]` if x", "m.rs:2: `m::a`, `#[test]` if not(x)"],
    );
}

#[test]
fn circular_modules_and_imports_end_the_search() {
    check(&[("t.rs", "#[path = \"t.rs\"] mod m; use a::b as test; use c as a; use crate::a as c;")], &[]);
    check_root("use super::super::test; use self::test as x; #[test] fn a() {} #[x] fn b() {} #[", &[]);
}
