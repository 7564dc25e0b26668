//! Filtersets, the filter language of cargo-nextest, for the tests of swimlanes: `group(NAME)` matches a tag.
//!
//! nextest's parser requires a package graph. A test binary has none, and should not call cargo for it. So the graph
//! contains a single package with what little is known: 0.1 ms.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use guppy::graph::PackageGraph;
use guppy::graph::cargo::BuildPlatform;
use guppy::{CargoMetadata, PackageId};
use miette::Diagnostic;
use nextest_filtering::{
    BinaryQuery, CompiledExpr, EvalContext, Filterset as Compiled, FiltersetKind, GroupLookup, KnownGroups,
    NameMatcher, ParseContext, TestQuery,
};
use nextest_metadata::{RustBinaryId, RustTestBinaryKind, TestCaseName};

use crate::model::error::Error;

/// Tags that are known in each suite, even if none of its tests has them.
const ALWAYS_KNOWN: [&str; 3] = ["serial", "no_parallel", "shared_resource"];

/// A test binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// The id of the package in cargo's metadata.
    pub package_id: String,
    /// The name of the package.
    pub package: String,
    /// The name of the target.
    pub name: String,
    /// The kind in nextest's words: `lib`, `test`, `bin`, `example`, `bench`, `proc-macro`.
    pub kind: String,
}

/// A parsed expression.
#[derive(Debug)]
pub struct Filterset {
    expression: Compiled,
}

#[derive(Debug)]
struct Groups<'a>(&'a [String]);

impl GroupLookup for Groups<'_> {
    fn is_member_test(&self, _: &TestQuery<'_>, matcher: &NameMatcher) -> bool {
        self.0.iter().any(|group| matcher.is_match(group))
    }
}

impl Filterset {
    /// Parses an expression for the packages of `metadata`, which is the output of `cargo metadata`. `groups` lists all
    /// tags of the suite: another name is an error, since it is usually a typing mistake.
    ///
    /// # Errors
    ///
    /// If the expression or the metadata is invalid; the message contains the position.
    pub fn parse(text: &str, metadata: &str, groups: &BTreeSet<String>) -> Result<Self, Error> {
        let graph = graph(metadata)?;
        let known = ALWAYS_KNOWN.iter().map(|&name| name.to_owned()).chain(groups.iter().cloned());
        let known = KnownGroups::Known { custom_groups: known.collect::<HashSet<_>>() };
        let context = ParseContext::new(&graph);
        let expression = Compiled::parse(text.to_owned(), &context, FiltersetKind::Test, &known).map_err(|errors| {
            let lines: Vec<String> = errors.errors.iter().map(|error| pointed(error, text)).collect();
            Error::usage(format!("the filterset is invalid:\n{}", lines.join("\n")))
        })?;
        Ok(Self { expression })
    }

    /// Whether the expression selects this test, which has these tags.
    #[must_use]
    pub fn selects(&self, binary: &Binary, test: &str, tags: &[String]) -> bool {
        let package_id = PackageId::new(binary.package_id.clone());
        let kind = RustTestBinaryKind::new(binary.kind.clone());
        let binary_id = RustBinaryId::from_parts(&binary.package, &kind, &binary.name);
        let binary_query = BinaryQuery {
            package_id: &package_id,
            binary_id: &binary_id,
            binary_name: &binary.name,
            kind: &kind,
            platform: BuildPlatform::Target,
        };
        let query = TestQuery { binary_query, test_name: &TestCaseName::new(test) };
        let context = EvalContext { default_filter: &CompiledExpr::ALL };
        self.expression.compiled.matches_test_with_groups(&query, &context, &Groups(tags))
    }
}

impl Binary {
    /// Cargo metadata that contains only this binary.
    #[must_use]
    pub fn metadata(&self) -> String {
        let target = serde_json::json!({
            "kind": [self.kind], "crate_types": ["bin"], "name": self.name, "src_path": "/suite.rs", "edition": "2024",
        });
        let package = serde_json::json!({
            "name": self.package, "version": "0.0.0", "id": self.package_id, "license": null, "license_file": null,
            "description": null, "source": null, "dependencies": [], "targets": [target], "features": {},
            "manifest_path": "/Cargo.toml", "metadata": null, "publish": null, "authors": [], "categories": [],
            "keywords": [], "readme": null, "repository": null, "homepage": null, "documentation": null,
            "edition": "2024", "links": null, "default_run": null, "rust_version": null,
        });
        let metadata = serde_json::json!({
            "packages": [package],
            "workspace_members": [self.package_id],
            "workspace_default_members": [self.package_id],
            "resolve": { "nodes": [{ "id": self.package_id, "dependencies": [], "deps": [], "features": [] }],
                         "root": self.package_id },
            "target_directory": "/target", "version": 1, "workspace_root": "/", "metadata": null,
        });
        metadata.to_string()
    }

    /// A binary with only these names.
    #[must_use]
    pub fn alone(package: &str, name: &str, kind: &str) -> Self {
        Self {
            package_id: format!("path+file:///#{package}@0.0.0"),
            package: package.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
        }
    }
}

fn graph(metadata: &str) -> Result<PackageGraph, Error> {
    let graph = CargoMetadata::parse_json(metadata).and_then(CargoMetadata::build_graph);
    graph.map_err(|cause| Error::fault(format!("cannot read cargo's metadata for the filterset: {cause}")))
}

/// The error, with marks below its position.
fn pointed(error: &(impl Diagnostic + fmt::Display), text: &str) -> String {
    let labels = error.labels().into_iter().flatten();
    let places: Vec<String> = labels
        .map(|label| {
            let before = text.get(..label.offset()).unwrap_or(text).chars().count();
            let marks = "^".repeat(label.len().max(1));
            format!("    {text}\n    {:before$}{marks} {}", "", label.label().unwrap_or_default())
        })
        .collect();
    format!("  {error}\n{}", places.join("\n"))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const TESTS: [(&str, &[&str]); 3] =
        [("db::insert", &["db", "slow"]), ("db::read", &["db"]), ("net::get", &["serial"])];

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let binary = Binary::alone("shop", "api", "test");
        let tags = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        let groups = TESTS.iter().flat_map(|(_, all)| tags(all)).collect();
        let actual = match Filterset::parse(text, &binary.metadata(), &groups) {
            Ok(filterset) => {
                let selected = TESTS.iter().filter(|(name, all)| filterset.selects(&binary, name, &tags(all)));
                selected.map(|&(name, _)| name).collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&actual);
    }

    #[test]
    fn filterset_selects_by_name_and_tag() {
        check("all()", expect!["db::insert db::read net::get"]);
        check("test(/^db::/) & not group(slow)", expect!["db::read"]);
        check("group(serial) | test(=db::insert)", expect!["db::insert net::get"]);
        check("group(no_parallel)", expect![""]);
        check("package(shop) & binary(api) & kind(test)", expect!["db::insert db::read net::get"]);
    }

    #[test]
    fn filterset_error_points_to_the_mistake() {
        check(
            "group(slwo)",
            expect![[r#"
            the filterset is invalid:
              operator didn't match any test groups
                group(slwo)
                      ^^^^ no test groups matched this"#]],
        );
        check(
            "test(=db::read",
            expect![[r#"
            the filterset is invalid:
              expected close parenthesis
                test(=db::read
                              ^ missing `)`"#]],
        );
        check(
            "package(other)",
            expect![[r#"
            the filterset is invalid:
              operator didn't match any packages
                package(other)
                        ^^^^^ no packages matched this"#]],
        );
    }
}
