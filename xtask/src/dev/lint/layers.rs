//! Checks that the layers of the library, the core and the kit point down: a folder imports only folders above it.

use super::imports::Import;
use super::source_tree::SourceTree;

/// A layer, and the layers that it may import besides itself. They come before it in the table.
pub(super) type Layer = (&'static str, &'static [&'static str]);

/// As in the table of ARCHITECTURE.md. Each folder may import only the folders that it names, which are above it.
pub(super) const LIBRARY: [Layer; 16] = [
    ("model", &[]),
    ("fixture", &["model"]),
    ("test_case", &["model", "fixture"]),
    ("policy", &["model", "test_case"]),
    ("schedule", &["model"]),
    ("plan", &["model", "fixture", "test_case", "schedule"]),
    ("os", &["model"]),
    ("lane", &["model", "fixture", "os"]),
    ("process", &["model", "fixture", "policy", "plan", "os", "lane"]),
    ("database", &["model", "fixture", "os", "lane", "process"]),
    ("execution", &["model", "fixture", "test_case", "policy", "schedule", "plan", "os", "lane", "process"]),
    ("fixture_server", &["model", "fixture", "test_case", "os", "lane", "process", "database", "execution"]),
    ("report", &["model", "policy", "os::stdout"]),
    ("macro_support", &["model", "fixture", "test_case", "os"]),
    ("controller", &["model", "policy", "plan", "os", "lane", "process", "execution", "report"]),
    (
        "cli",
        &[
            "model",
            "fixture",
            "test_case",
            "policy",
            "plan",
            "os",
            "lane",
            "process",
            "database",
            "execution",
            "fixture_server",
            "report",
            "macro_support",
            "controller",
        ],
    ),
];

pub(super) const KIT: [Layer; 10] = [
    ("delay", &[]),
    ("clock", &["delay"]),
    ("point", &[]),
    ("history", &[]),
    ("event", &["delay"]),
    ("wait", &["clock", "delay"]),
    ("retry", &["clock"]),
    ("together", &["event"]),
    ("race", &["clock", "delay", "point", "together"]),
    ("lock", &["clock", "point", "race"]),
];

pub(super) const CORE: [Layer; 6] = [
    ("attributes", &[]),
    ("time", &[]),
    ("backoff", &["time"]),
    ("split_mix", &[]),
    ("events", &[]),
    ("list", &["attributes", "events"]),
];

/// Modules without a layer: one lists what others may use, the other contains documentation.
const NO_LAYER: [&str; 2] = ["guide", "prelude"];

/// This file, for messages about a new folder.
const TABLE: &str = "xtask/src/dev/lint/layers.rs";

/// All imports that lead upwards, all folders without a layer, and all mistakes in the table.
pub(super) fn violations(layers: &[Layer], tree: &SourceTree, imports: &[Import]) -> Vec<String> {
    if layers.is_empty() {
        return Vec::new();
    }
    let mut violations = table_violations(layers);
    for file in tree.files.iter().filter(|file| file.module.len() == 1) {
        let layer = &file.module[0];
        if !NO_LAYER.contains(&layer.as_str()) && layers.iter().all(|(name, _)| name != layer) {
            let path = file.path.display();
            violations.push(format!("{path}: `{layer}` is not a layer; add it to ARCHITECTURE.md and to {TABLE}"));
        }
    }
    for import in imports {
        let file = &tree.files[import.from];
        if let Some(violation) = upward(layers, file.module.first(), &import.path) {
            violations.push(format!("{}:{}: {violation}", file.path.display(), import.line));
        }
    }
    violations
}

/// If each layer allows only layers above it, no layers form a cycle.
fn table_violations(layers: &[Layer]) -> Vec<String> {
    let mut violations = Vec::new();
    for (ix, (layer, allowed)) in layers.iter().enumerate() {
        let is_above = |name: &str| layers[..ix].iter().any(|(above, _)| is_in(name, above));
        let wrong = allowed.iter().filter(|name| !is_above(name));
        violations.extend(
            wrong.map(|name| format!("the table of layers allows `{layer}` to import `{name}`, which is not above it")),
        );
    }
    violations
}

/// The violation, if the layer may not import that path.
fn upward(layers: &[Layer], layer: Option<&String>, path: &[String]) -> Option<String> {
    let (layer, to) = (layer?, path.first()?);
    let (_, allowed) = layers.iter().find(|(name, _)| name == layer)?;
    if layer == to || layers.iter().all(|(name, _)| name != to) {
        return None;
    }
    let imported = path.join("::");
    let is_allowed = allowed.iter().any(|allowed| is_in(&imported, allowed));
    (!is_allowed).then(|| format!("`{layer}` may not import `{imported}`: layers point down"))
}

/// Whether `path` is `module`, or an item in it.
fn is_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(layers: &[Layer], expected: &[&str]) {
        assert_eq!(table_violations(layers), expected);
    }

    #[test]
    fn a_table_allows_only_layers_above() {
        check(&LIBRARY, &[]);
        check(&CORE, &[]);
        check(&KIT, &[]);
        check(&[("a", &[]), ("b", &["a", "a::c"])], &[]);
        check(
            &[("a", &["b"]), ("b", &["b", "x"])],
            &[
                "the table of layers allows `a` to import `b`, which is not above it",
                "the table of layers allows `b` to import `b`, which is not above it",
                "the table of layers allows `b` to import `x`, which is not above it",
            ],
        );
    }
}
