//! Adds a suite to a Cargo.toml. Everything else in the file stays as it is.

use anyhow::{Context, Result, ensure};
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

/// The version that is requested: compatible with this one.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// The manifest of a package with a dependency on swimlanes and a test target of this name. `of_workspace` is the manifest of the workspace,
/// which may define the dependency.
///
/// # Errors
///
/// If a manifest cannot be parsed, or the test target exists.
pub(super) fn with_suite(manifest: &str, of_workspace: &str, name: &str) -> Result<String> {
    let mut document: DocumentMut = manifest.parse().context("it is not TOML")?;
    let of_workspace: DocumentMut = of_workspace.parse().context("the Cargo.toml of the workspace is not TOML")?;
    if !depends_on_swimlanes(&document) {
        let dependencies = document.entry("dev-dependencies").or_insert_with(|| Item::Table(Table::new()));
        let dependencies = dependencies.as_table_like_mut().context("`dev-dependencies` is not a table")?;
        dependencies.insert("swimlanes", dependency(&of_workspace));
    }
    let tests = document.entry("test").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let tests = tests.as_array_of_tables_mut().context("`test` is not a list of `[[test]]` tables")?;
    let is_it = |test: &Table| test.get("name").and_then(Item::as_str) == Some(name);
    ensure!(!tests.iter().any(is_it), "it has a `[[test]]` with the name `{name}` already");
    let mut test = Table::new();
    test.insert("name", value(name));
    test.insert("harness", value(false));
    tests.push(test);
    Ok(document.to_string())
}

fn depends_on_swimlanes(document: &DocumentMut) -> bool {
    let has = |table: &str| document.get(table).and_then(|table| table.get("swimlanes")).is_some();
    has("dependencies") || has("dev-dependencies")
}

fn dependency(of_workspace: &DocumentMut) -> Item {
    let in_workspace = of_workspace.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    match in_workspace.and_then(|dependencies| dependencies.get("swimlanes")) {
        Some(_) => {
            let mut inherited = InlineTable::new();
            inherited.insert("workspace", true.into());
            value(inherited)
        }
        None => value(VERSION),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(manifest: &str, of_workspace: &str, expected: Expect) {
        let edited = with_suite(manifest, of_workspace, "api").unwrap_or_else(|error| format!("{error:#}\n"));
        expected.assert_eq(&edited);
    }

    #[test]
    fn suite_is_added_and_the_rest_stays() {
        check(
            "# a comment\n[package]\nname   =   'shop' # another\n\n[dev-dependencies]\ntempfile = \"3\"\n",
            "",
            expect![[r##"
                # a comment
                [package]
                name   =   'shop' # another

                [dev-dependencies]
                tempfile = "3"
                swimlanes = "0.1"

                [[test]]
                name = "api"
                harness = false
            "##]],
        );
        check(
            "[package]\nname = \"shop\"\n",
            "[workspace.dependencies]\nswimlanes = \"0.1\"\n",
            expect![[r#"
            [package]
            name = "shop"

            [dev-dependencies]
            swimlanes = { workspace = true }

            [[test]]
            name = "api"
            harness = false
        "#]],
        );
    }

    #[test]
    fn dependency_that_is_there_stays() {
        check(
            "[dependencies]\nswimlanes = { path = \"..\" }\n",
            "",
            expect![[r#"
            [dependencies]
            swimlanes = { path = ".." }

            [[test]]
            name = "api"
            harness = false
        "#]],
        );
        check(
            "[dev-dependencies]\nswimlanes = { version = \"0.1\", features = [\"tokio\"] }\n\n[[test]]\nname = \"other\"\nharness = false\n",
            "",
            expect![[r#"
                [dev-dependencies]
                swimlanes = { version = "0.1", features = ["tokio"] }

                [[test]]
                name = "other"
                harness = false

                [[test]]
                name = "api"
                harness = false
            "#]],
        );
    }

    #[test]
    fn suite_that_is_there_is_an_error() {
        check(
            "[[test]]\nname = \"api\"\n",
            "",
            expect![[r#"
            it has a `[[test]]` with the name `api` already
        "#]],
        );
        check(
            "[package\n",
            "",
            expect![[r#"
            it is not TOML: TOML parse error at line 1, column 9
              |
            1 | [package
              |         ^
            unclosed table, expected `]`

        "#]],
        );
        check(
            "test = 1\n",
            "",
            expect![[r#"
            `test` is not a list of `[[test]]` tables
        "#]],
        );
        check(
            "dev-dependencies = 1\n",
            "",
            expect![[r#"
            `dev-dependencies` is not a table
        "#]],
        );
    }
}
