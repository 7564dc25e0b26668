//! Writes the source of a suite for each harness.

use std::fmt::Write;
use std::time::Duration;

use crate::dev::bench::database::source as database_source;
use crate::dev::bench::spec::{Dialect, Hint};
use crate::dev::bench::suite::{BenchCase, BenchSuite, Body, Length, Need};
use crate::dev::bench::tags;

/// The source of a test target.
pub(super) fn source(suite: &BenchSuite, dialect: Dialect) -> String {
    let title = format!("//! Written by `cargo xtask bench`: the suite `{}` for {}.\n", suite.name, dialect.suffix());
    match dialect {
        Dialect::Mimic => return title + &mimic(suite),
        Dialect::Database(system, driver) => return title + &database_source::source(suite, system, driver),
        Dialect::Made => return title + &tags::made(),
        Dialect::Keys(n_keys) => return title + &tags::keys(suite, n_keys),
        Dialect::Swimlanes(_) | Dialect::Libtest | Dialect::SerialTest | Dialect::Null | Dialect::Own => {}
    }
    let functions: String = suite.cases.iter().map(|case| function(suite, case, dialect)).collect();
    let main = if dialect.has_main() { "\nswimlanes::main!();\n" } else { "" };
    title + &functions + main
}

fn function(suite: &BenchSuite, case: &BenchCase, dialect: Dialect) -> String {
    let attributes = match dialect {
        Dialect::Swimlanes(hint) => swimlanes(case, hint),
        Dialect::Null => swimlanes(case, Hint::Nothing),
        Dialect::SerialTest => serial_test(suite, case),
        // Other functions write all but the first.
        Dialect::Libtest | Dialect::Mimic | Dialect::Database(..) | Dialect::Made | Dialect::Keys(_) | Dialect::Own => {
            "#[test]".to_owned()
        }
    };
    let body = match case.body {
        Body::Sleep(Duration::ZERO) => "{}".to_owned(),
        Body::Sleep(sleep) => {
            format!("{{\n    std::thread::sleep(std::time::Duration::from_millis({}));\n}}", sleep.as_millis())
        }
        Body::Lines(n_lines) => lines(&case.name, n_lines, dialect),
    };
    format!("\n{attributes}\nfn {}() {body}\n", case.name)
}

/// `println!` uses a `LineWriter`, too: one system call for each line, and not for each part of a line.
fn lines(name: &str, n_lines: u32, dialect: Dialect) -> String {
    let line = format!("\"{name} {{line}}\"");
    if dialect != Dialect::Null {
        return format!("{{\n    for line in 0..{n_lines} {{\n        println!({line});\n    }}\n}}");
    }
    format!(
        "{{
    let null = std::fs::File::create(\"/dev/null\").expect(\"it is there\");
    let mut null = std::io::LineWriter::new(null);
    for line in 0..{n_lines} {{
        std::io::Write::write_fmt(&mut null, format_args!(\"{name} {{line}}\\n\")).expect(\"it is written\");
    }}
}}"
    )
}

fn swimlanes(case: &BenchCase, hint: Hint) -> String {
    let need = match case.need {
        Need::Nothing => None,
        Need::Resource(name) => Some(format!("shared_resource = {name:?}")),
        Need::Key(key) => Some(format!("serial = {key:?}")),
        Need::Machine => Some("no_parallel".to_owned()),
    };
    let hint = match (hint, case.length) {
        (Hint::Takes, _) => Some(format!("takes = \"{}ms\"", case.body.sleep().as_millis())),
        (Hint::Slow, Length::Long) => Some("slow".to_owned()),
        (Hint::Slow, Length::Ordinary) | (Hint::Nothing, _) => None,
    };
    let arguments: Vec<String> = need.into_iter().chain(hint).collect();
    if arguments.is_empty() {
        return "#[swimlanes::test]".to_owned();
    }
    format!("#[swimlanes::test({})]", arguments.join(", "))
}

/// serial_test separates only tests that are marked. So a test can run alone only if all others are `parallel` with the key that it
/// claims with `serial`.
///
/// The attribute with that key comes first, since serial_test takes the lock of the last attribute first: so no test holds the machine
/// while it waits for a key. The other order took longer (medians of 15 runs: 2.6 s; 2.5 s with this order).
fn serial_test(suite: &BenchSuite, case: &BenchCase) -> String {
    let some_are_alone = suite.cases.iter().any(|case| case.need == Need::Machine);
    let beside = (some_are_alone && case.need != Need::Machine).then(|| "#[serial_test::parallel(machine)]".to_owned());
    let own = match case.need {
        Need::Nothing => None,
        Need::Resource(name) | Need::Key(name) => Some(format!("#[serial_test::serial({name})]")),
        Need::Machine => Some("#[serial_test::serial(machine)]".to_owned()),
    };
    let attributes = ["#[test]".to_owned()].into_iter().chain(beside).chain(own);
    attributes.collect::<Vec<_>>().join("\n")
}

fn mimic(suite: &BenchSuite) -> String {
    let mut rows = String::new();
    for case in &suite.cases {
        let _ = writeln!(rows, "    ({:?}, {}),", case.name, case.body.sleep().as_millis());
    }
    let (sleep, body) = if suite.cases.iter().all(|case| case.body.sleep().is_zero()) {
        ("_", "|| Ok(())")
    } else {
        let body =
            "move || {\n        std::thread::sleep(std::time::Duration::from_millis(sleep));\n        Ok(())\n    }";
        ("sleep", body)
    };
    format!(
        "
const CASES: &[(&str, u64)] = &[
{rows}];

fn main() {{
    let trial = |&(name, {sleep}): &(&str, u64)| libtest_mimic::Trial::test(name, {body});
    let trials = CASES.iter().map(trial).collect();
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
}}
"
    )
}

#[cfg(test)]
mod tests;
