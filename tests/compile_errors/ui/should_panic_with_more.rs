//! `should_panic` accepts only `expected`.

#[swimlanes::test]
#[should_panic(message = "boom")]
fn one() {}

#[swimlanes::test]
#[ignore("why")]
fn other() {}

#[swimlanes::test]
#[ignore]
#[ignore]
fn third() {}

fn main() {}
