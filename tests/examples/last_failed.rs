//! Tests that fail if the variable `FAILS` has their name.
#![allow(missing_docs)]

fn fails(name: &str) {
    let names = std::env::var("FAILS").unwrap_or_default();
    assert!(!names.split(' ').any(|other| other == name), "as requested");
}

#[swimlanes::test]
fn one() {
    fails("one");
}

#[swimlanes::test(slow)]
fn two() {
    fails("two");
}

#[swimlanes::test]
fn three() {
    fails("three");
}

swimlanes::main!();
