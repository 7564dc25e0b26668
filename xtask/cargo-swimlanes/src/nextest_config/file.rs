//! Writes the rules as a configuration file of cargo-nextest.

use std::collections::BTreeMap;
use std::time::Duration;

use swimlanes_core::list::ListedRetries;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::nextest_config::rules::{Group, Rules, TestName};

/// The name of this tool in `--tool-config-file NAME:FILE`, and in the names of test groups.
pub(super) const TOOL: &str = "swimlanes";

const HEADER: &str = "\
# Written by `cargo swimlanes nextest-config`, from the attributes of the tests. Do not edit: run the command again.\n\n";

/// Slow tests start before the others, which have priority 0.
const PRIORITY_OF_SLOW: i64 = 50;

/// nextest ends a test this long after its timeout, which does not count the setup of shared fixtures. swimlanes ends it before, and says
/// where it hangs.
const GRACE: Duration = Duration::from_secs(60);

/// The text of the file.
pub(super) fn text(rules: &Rules<'_>) -> String {
    let mut overrides = ArrayOfTables::new();
    let mut groups = Table::new();
    for group in &rules.groups {
        let name = group_name(group);
        groups[&name]["max-threads"] = value(i64::from(group.max_threads));
        add(&mut overrides, &group.tests)["test-group"] = value(&name);
    }
    if !rules.alone.is_empty() {
        add(&mut overrides, &rules.alone)["threads-required"] = value("num-test-threads");
    }
    for (&timeout, tests) in &rules.timeouts {
        let limit = [("period", period(timeout.saturating_add(GRACE))), ("terminate-after", 1.into())];
        add(&mut overrides, tests)["slow-timeout"] = value(InlineTable::from_iter(limit));
    }
    for (retries, tests) in &rules.retries {
        add(&mut overrides, tests)["retries"] = backoff(*retries);
    }
    if !rules.slow.is_empty() {
        add(&mut overrides, &rules.slow)["priority"] = value(PRIORITY_OF_SLOW);
    }
    let mut document = DocumentMut::new();
    if !groups.is_empty() {
        groups.set_implicit(true);
        document["test-groups"] = Item::Table(groups);
    }
    if !overrides.is_empty() {
        let mut profiles = Table::new();
        profiles.set_implicit(true);
        let mut default = Table::new();
        default.set_implicit(true);
        default["overrides"] = Item::ArrayOfTables(overrides);
        profiles["default"] = Item::Table(default);
        document["profile"] = Item::Table(profiles);
    }
    format!("{HEADER}{document}")
}

/// The name of a group as nextest requires it in the file of a tool.
fn group_name(group: &Group<'_>) -> String {
    format!("@tool:{TOOL}:{}", group.name)
}

fn add<'t>(overrides: &'t mut ArrayOfTables, tests: &[TestName<'_>]) -> &'t mut Table {
    let mut table = Table::new();
    table["filter"] = value(filter(tests));
    overrides.push(table);
    overrides.iter_mut().last().expect("it was just added")
}

/// The filterset that selects these tests, with each on its own line.
fn filter(tests: &[TestName<'_>]) -> String {
    let mut by_binary: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for test in tests {
        by_binary.entry(test.binary).or_default().push(test.name);
    }
    let of_binary = by_binary.into_iter().map(|(binary, names)| {
        let names: Vec<String> = names.iter().map(|name| format!("  test(={})", escaped(name))).collect();
        format!("binary_id(={}) & (\n{}\n)", escaped(binary), names.join(" |\n"))
    });
    of_binary.collect::<Vec<_>>().join(" | ") + "\n"
}

/// The characters that end a name in a filterset get a backslash.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            '\\' | ')' | ',' => escaped.extend(['\\', char]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ => escaped.push(char),
        }
    }
    escaped
}

fn period(time: Duration) -> Value {
    humantime::format_duration(time).to_string().into()
}

fn backoff(retries: ListedRetries) -> Item {
    if retries.delay_ns == 0 {
        return value(i64::from(retries.count));
    }
    let kind = if retries.exponential { "exponential" } else { "fixed" };
    let mut table = InlineTable::from_iter([
        ("backoff", Value::from(kind)),
        ("count", i64::from(retries.count).into()),
        ("delay", period(Duration::from_nanos(retries.delay_ns))),
        ("jitter", true.into()),
    ]);
    if let Some(limit) = retries.max_delay_ns {
        table.insert("max-delay", period(Duration::from_nanos(limit)));
    }
    value(table)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn each_setting_is_an_override_with_the_names_of_its_tests() {
        let test = |name| TestName { binary: "shop::api", name };
        let retries = |count, delay_ns, max_delay_ns: Option<u64>| ListedRetries {
            count,
            delay_ns,
            exponential: max_delay_ns.is_some(),
            max_delay_ns,
            alone: false,
        };
        let rules = Rules {
            groups: vec![Group {
                name: "resource-pool".to_owned(),
                max_threads: 3,
                tests: vec![test("one"), test("[db] a (b), c")],
            }],
            alone: vec![test("alone"), TestName { binary: "shop", name: "unit" }],
            timeouts: BTreeMap::from([(Duration::from_millis(500), vec![test("one")])]),
            retries: vec![
                (retries(2, 0, None), vec![test("one")]),
                (retries(3, 100_000_000, Some(5_000_000_000)), vec![test("two")]),
            ],
            slow: vec![test("two")],
            waiters: Vec::new(),
        };
        expect![[r##"
            # Written by `cargo swimlanes nextest-config`, from the attributes of the tests. Do not edit: run the command again.

            [test-groups]
            "@tool:swimlanes:resource-pool" = { max-threads = 3 }

            [[profile.default.overrides]]
            filter = '''
            binary_id(=shop::api) & (
              test(=one) |
              test(=[db] a (b\)\, c)
            )
            '''
            test-group = "@tool:swimlanes:resource-pool"

            [[profile.default.overrides]]
            filter = """
            binary_id(=shop) & (
              test(=unit)
            ) | binary_id(=shop::api) & (
              test(=alone)
            )
            """
            threads-required = "num-test-threads"

            [[profile.default.overrides]]
            filter = """
            binary_id(=shop::api) & (
              test(=one)
            )
            """
            slow-timeout = { period = "1m 500ms", terminate-after = 1 }

            [[profile.default.overrides]]
            filter = """
            binary_id(=shop::api) & (
              test(=one)
            )
            """
            retries = 2

            [[profile.default.overrides]]
            filter = """
            binary_id(=shop::api) & (
              test(=two)
            )
            """
            retries = { backoff = "exponential", count = 3, delay = "100ms", jitter = true, max-delay = "5s" }

            [[profile.default.overrides]]
            filter = """
            binary_id(=shop::api) & (
              test(=two)
            )
            """
            priority = 50
        "##]].assert_eq(&text(&rules));
    }

    #[test]
    fn suites_without_tags_have_an_empty_file() {
        assert_eq!(text(&Rules::default()), HEADER);
    }
}
