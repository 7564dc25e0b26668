//! A time needs a unit.

#[swimlanes::test(timeout = 5)]
fn one() {}

#[swimlanes::test(timeout = "5")]
fn other() {}

#[swimlanes::test(timeout)]
fn third() {}

fn main() {}
