//! Small crates whose lines break or follow a rule.

use expect_test::{Expect, expect};

use super::*;

/// Each file is a path below `source` and a text. The root is added if it is missing.
#[track_caller]
fn check_in(source: &str, files: &[(&str, &str)], expected: Expect) {
    let file = |path: &str, text: &str| File { path: format!("{source}{path}").into(), text: text.to_owned() };
    let mut files: Vec<File> = files.iter().map(|(path, text)| file(path, text)).collect();
    if files.iter().all(|file| !file.path.ends_with("lib.rs")) {
        let tops = files.iter().filter_map(|file| file.path.to_str()?.strip_prefix(source)?.strip_suffix(".rs"));
        let tops: String = tops.filter(|path| !path.contains('/')).map(|name| format!("mod {name};\n")).collect();
        files.push(file("lib.rs", &tops));
    }
    expected.assert_eq(&violations(&files).join("\n"));
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: Expect) {
    check_in("harness/macros/src/", files, expected);
}

#[track_caller]
fn check_library(files: &[(&str, &str)], expected: Expect) {
    check_in("harness/src/", files, expected);
}

#[test]
fn layers_point_down() {
    let (model, tags) = (("model.rs", "mod tags;"), ("model/tags.rs", "pub struct Tags;"));
    let (execution, pool) = (("execution.rs", "mod pool;"), "execution/pool.rs");
    check_library(&[model, tags, execution, (pool, "use crate::model::tags::Tags;")], expect![""]);
    let upwards = "fn a() {}\nuse crate::execution::pool::Pool;";
    check_library(
        &[model, ("model/tags.rs", upwards), execution, (pool, "")],
        expect!["harness/src/model/tags.rs:2: `model` may not import `execution::pool::Pool`: layers point down"],
    );
    check_library(
        &[
            ("report.rs", "use crate::os::{clock, stdout};"),
            ("os.rs", "mod clock; mod stdout;"),
            ("os/clock.rs", ""),
            ("os/stdout.rs", ""),
        ],
        expect!["harness/src/report.rs:1: `report` may not import `os::clock`: layers point down"],
    );
    check_library(
        &[("helpers.rs", ""), ("model.rs", "use crate::helpers::help;")],
        expect![
            "harness/src/helpers.rs: `helpers` is not a layer; add it to ARCHITECTURE.md and to xtask/src/dev/lint/layers.rs"
        ],
    );
}

#[test]
fn the_root_and_the_prelude_may_name_everything() {
    check_library(
        &[
            ("lib.rs", "mod model; mod cli; pub mod prelude; pub use model::Tags; pub use cli::run;"),
            ("model.rs", "pub struct Tags;"),
            ("cli.rs", "use crate::Tags; pub fn run() {}"),
            ("prelude.rs", "pub use crate::cli::run;"),
        ],
        expect![""],
    );
    // An item that the root re-exports is imported from its own file.
    check_library(
        &[
            ("lib.rs", "mod model; mod cli; pub use cli::Cli;"),
            ("model.rs", "use crate::Cli;"),
            ("cli.rs", "pub struct Cli;"),
        ],
        expect!["harness/src/model.rs:1: `model` may not import `cli::Cli`: layers point down"],
    );
}

#[test]
fn the_kit_has_its_own_layers() {
    check_in("harness/kit/src/", &[("race.rs", "use crate::point::X;"), ("point.rs", "pub struct X;")], expect![""]);
    check_in(
        "harness/kit/src/",
        &[("point.rs", "use crate::race::Race;"), ("race.rs", "pub struct Race;")],
        expect!["harness/kit/src/point.rs:1: `point` may not import `race::Race`: layers point down"],
    );
}

#[test]
fn import_cycles_are_violations() {
    check(
        &[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c;\nuse crate::d;"),
            ("c.rs", "\nfn c() { crate::a::a() }"),
            ("d.rs", "use crate::b;"),
            ("e.rs", "use crate::a;"),
        ],
        expect![
            "these files import each other in a cycle: harness/macros/src/b.rs:2 -> harness/macros/src/d.rs:1 -> harness/macros/src/b.rs; 2 more files are in cycles with these: harness/macros/src/a.rs, harness/macros/src/c.rs"
        ],
    );
    check(&[("a.rs", "// use crate::b::B;"), ("b.rs", "use crate::a::A;")], expect![""]);
}

#[test]
fn every_kind_of_path_is_an_import() {
    for (a, b) in [
        ("mod b; use b::B;", "use super::A;"),
        ("mod b; pub use self::b::B;", "use crate::a::A;"),
        ("mod b; pub(crate) use b::*;", "use crate::{a::A as C};"),
        ("mod b; fn f(b: b::B) {}", "fn f() { super::f() }"),
        ("mod b; fn f() { vec![b::f()]; }", "use super::*;"),
        ("mod b; fn f() { b::f() }", "mod inner { use super::super::A; }"),
        ("mod b; use b as c; fn f() { c::f() }", "use crate::a; fn f() -> a::A { a::A }"),
    ] {
        check(
            &[("a.rs", a), ("a/b.rs", b)],
            expect![
                "these files import each other in a cycle: harness/macros/src/a.rs:1 -> harness/macros/src/a/b.rs:1 -> harness/macros/src/a.rs"
            ],
        );
    }
    for (a, b) in [
        ("mod b;", "use super::A;"),
        ("mod b; use b::B;", "use std::fmt; use crate_of_others::A; fn f() { ::a::f() }"),
        ("mod b; use b::B;", "fn f() { quote! { crate::a::A } }"),
        ("mod b; use b::B;", "mod a { pub struct A; } use a::A;"),
    ] {
        check(&[("a.rs", a), ("a/b.rs", b)], expect![""]);
    }
}

#[test]
fn duplicate_type_names_are_violations() {
    check(
        &[
            ("a.rs", "struct State;\nmod tests { enum Row {} }"),
            ("b.rs", "trait State {}\n\ntype Row = u8;"),
            ("c.rs", "enum State {}"),
        ],
        expect![[r#"
            harness/macros/src/a.rs:2: the type name `Row` is also defined in harness/macros/src/b.rs:3; give each type its own name
            harness/macros/src/a.rs:1: the type name `State` is also defined in harness/macros/src/b.rs:1, harness/macros/src/c.rs:1; give each type its own name"#]],
    );
    check(
        &[
            ("a.rs", "struct A; impl Iterator for A { type Item = A; } fn f() { struct Local; }"),
            (
                "b.rs",
                "struct B; impl Iterator for B { type Item = B; } fn f() { struct Local; }\ntrait C { type Item; }",
            ),
        ],
        expect![""],
    );
}

#[test]
fn only_one_of_two_alternatives_is_compiled() {
    check(
        &[
            (
                "a.rs",
                "#[cfg(unix)] mod b; #[cfg(not(unix))] #[path = \"a/other.rs\"] mod b;\n#[cfg(unix)] struct C; #[cfg(not(unix))] mod d { struct C; }",
            ),
            ("a/b.rs", "struct A;"),
            ("a/other.rs", "struct A;"),
        ],
        expect![""],
    );
    check(
        &[("a.rs", "#[cfg(unix)] struct A;\n#[cfg(test)] struct A;")],
        expect![
            "harness/macros/src/a.rs:1: the type name `A` is also defined in harness/macros/src/a.rs:2; give each type its own name"
        ],
    );
}

#[test]
fn type_names_are_compared_within_a_package() {
    let file = |path: &str, text: &str| File { path: path.into(), text: text.to_owned() };
    let files = [
        file("xtask/cargo-swimlanes/src/lib.rs", "struct A;"),
        file("xtask/cargo-swimlanes/src/main.rs", "mod b;"),
        file("xtask/cargo-swimlanes/src/b.rs", "struct A;"),
    ];
    expect!["xtask/cargo-swimlanes/src/lib.rs:1: the type name `A` is also defined in xtask/cargo-swimlanes/src/b.rs:1; give each type its own name"].assert_eq(&violations(&files).join("\n"));
}

#[test]
fn a_file_that_cannot_be_read_is_a_violation() {
    check(
        &[("a.rs", "mod b;\nmod c;"), ("a/b.rs", "\nfn 1() {}")],
        expect![[r#"
            harness/macros/src/a/b.rs:2: cannot be parsed: expected identifier
            harness/macros/src/a/c.rs: a `mod` names this file, which does not exist"#]],
    );
}
