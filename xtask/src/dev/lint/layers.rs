//! The layers of the library, and those of the kit, point down, and no file needs itself by way of others.

use std::collections::{BTreeMap, BTreeSet};

use super::File;
use super::files::code_lines;

/// A crate: where its source is, and its layers.
struct CrateRules {
    source: &'static str,
    layers: &'static [Layer],
}

/// A layer, and those it may import besides itself.
type Layer = (&'static str, &'static [&'static str]);

const CRATES: [CrateRules; 2] =
    [CrateRules { source: "harness/src/", layers: &LIBRARY }, CrateRules { source: "harness/kit/src/", layers: &KIT }];

/// As in ARCHITECTURE.md, section 1. Each folder may import those above it, and of these only the ones it names.
const LIBRARY: [Layer; 16] = [
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

const KIT: [Layer; 11] = [
    ("backoff", &[]),
    ("delay", &[]),
    ("clock", &["delay"]),
    ("point", &[]),
    ("history", &[]),
    ("event", &["delay"]),
    ("wait", &["backoff", "clock", "delay"]),
    ("retry", &["backoff", "clock"]),
    ("together", &["event"]),
    ("race", &["clock", "delay", "point", "together"]),
    ("lock", &["clock", "point", "race"]),
];

/// What has no layer: it only lists what others may use.
const DOORS: [&str; 2] = ["lib", "prelude"];

pub(super) fn violations(files: &[File]) -> Vec<String> {
    CRATES.iter().flat_map(|rules| crate_violations(rules, files)).collect()
}

fn crate_violations(rules: &CrateRules, files: &[File]) -> Vec<String> {
    let named = |file| Some((module(rules.source, file)?, file));
    let modules: BTreeMap<String, &File> = files.iter().filter_map(named).collect();
    let mut violations = Vec::new();
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, file) in &modules {
        for (line, imported) in imports(&file.text) {
            if let Some(violation) = upward(rules.layers, module, &imported) {
                violations.push(format!("{}:{line}: {violation}", file.path.display()));
            }
            let target = modules.keys().filter(|name| is_in(&imported, name)).max_by_key(|name| name.len());
            if let Some(target) = target.filter(|target| *target != module) {
                graph.entry(module).or_default().insert(target);
            }
        }
    }
    violations
        .extend(cycle(&graph).map(|cycle| format!("these files need each other in a circle: {}", cycle.join(" -> "))));
    violations
}

/// `policy::plan` of `harness/src/policy/plan.rs`.
fn module(source: &str, file: &File) -> Option<String> {
    let path = file.path.to_str()?.strip_prefix(source)?.strip_suffix(".rs")?;
    (!DOORS.contains(&path)).then(|| path.replace('/', "::"))
}

/// What the text takes from elsewhere in the crate, with the line it stands in: `policy::plan::Plan`. A list in braces is taken apart.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut imports = Vec::new();
    for (number, line) in code_lines(text) {
        for part in line.split("crate::").skip(1) {
            let path: String = part.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
            let path = path.trim_end_matches(':').to_owned();
            match part[path.len()..].strip_prefix("::{").and_then(|list| list.split_once('}')) {
                Some((list, _)) => {
                    let names = list
                        .split(',')
                        .map(|name| name.trim().trim_start_matches("self"))
                        .filter(|name| !name.is_empty());
                    imports.extend(names.map(|name| (number, format!("{path}::{name}"))));
                    imports.push((number, path));
                }
                None => imports.push((number, path)),
            }
        }
    }
    imports
}

/// A violation, if `module` may not import that.
fn upward(layers: &[Layer], module: &str, imported: &str) -> Option<String> {
    let layer = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
    let (from, to) = (layer(module), layer(imported));
    if from == to || layers.iter().all(|(name, _)| *name != to) {
        return None;
    }
    match layers.iter().find(|(name, _)| *name == from) {
        None => Some(format!("`{from}` is no layer; give it a place in ARCHITECTURE.md and in `lint`")),
        Some((_, allowed)) if allowed.iter().any(|allowed| is_in(imported, allowed)) => None,
        Some(_) => Some(format!("`{from}` may not import `{imported}`: layers point down")),
    }
}

/// Whether `path` is `module`, or something in it.
fn is_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Files that need each other, if there are some: the first circle that is found.
fn cycle<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    fn visit<'a>(
        at: &'a str,
        graph: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<&'a str>> {
        if let Some(start) = way.iter().position(|&before| before == at) {
            return Some([&way[start..], &[at]].concat());
        }
        if !done.insert(at) {
            return None;
        }
        way.push(at);
        let found = graph.get(at).into_iter().flatten().find_map(|next| visit(next, graph, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|start| visit(start, graph, &mut Vec::new(), &mut done))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `files` are a path below the source and a text each.
    #[track_caller]
    fn check(files: &[(&str, &str)], expected: Expect) {
        check_in("harness/src/", files, expected);
    }

    #[track_caller]
    fn check_in(source: &str, files: &[(&str, &str)], expected: Expect) {
        let file =
            |&(path, text): &(&str, &str)| File { path: format!("{source}{path}").into(), text: text.to_owned() };
        let files: Vec<File> = files.iter().map(file).collect();
        expected.assert_eq(&violations(&files).join("\n"));
    }

    #[test]
    fn layers_point_down() {
        check(&[("execution/pool.rs", "use crate::model::tags::Tags;"), ("model/tags.rs", "")], expect![""]);
        check(
            &[("model/tags.rs", "fn a() {}\nuse crate::execution::pool::Pool;"), ("execution/pool.rs", "")],
            expect!["harness/src/model/tags.rs:2: `model` may not import `execution::pool::Pool`: layers point down"],
        );
        check(
            &[("report/buffer.rs", "use crate::os::{stdout, clock};")],
            expect![[r#"
                harness/src/report/buffer.rs:1: `report` may not import `os::clock`: layers point down
                harness/src/report/buffer.rs:1: `report` may not import `os`: layers point down"#]],
        );
        check(
            &[("helpers.rs", "use crate::model::tags::Tags;")],
            expect![
                "harness/src/helpers.rs:1: `helpers` is no layer; give it a place in ARCHITECTURE.md and in `lint`"
            ],
        );
    }

    #[test]
    fn the_kit_has_layers_of_its_own() {
        check_in(
            "harness/kit/src/",
            &[("race/threads.rs", "use crate::point::PointHandler;"), ("point.rs", "")],
            expect![""],
        );
        check_in(
            "harness/kit/src/",
            &[("point.rs", "use crate::race::Race;"), ("race.rs", "")],
            expect!["harness/kit/src/point.rs:1: `point` may not import `race::Race`: layers point down"],
        );
    }

    #[test]
    fn no_file_needs_itself() {
        check(
            &[
                ("lane/a.rs", "use crate::lane::b::B;"),
                ("lane/b.rs", "use crate::lane::c;"),
                ("lane/c.rs", "fn c() { crate::lane::a::a() }"),
            ],
            expect!["these files need each other in a circle: lane::a -> lane::b -> lane::c -> lane::a"],
        );
        check(&[("lane/a.rs", "// use crate::lane::b::B;"), ("lane/b.rs", "use crate::lane::a::A;")], expect![""]);
    }
}
