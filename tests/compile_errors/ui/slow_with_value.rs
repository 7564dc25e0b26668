//! `slow` takes no value, and cannot be combined with `takes`.

#[swimlanes::test(slow = "2s")]
fn one() {}

#[swimlanes::test(slow, takes = "2s")]
fn other() {}

fn main() {}
