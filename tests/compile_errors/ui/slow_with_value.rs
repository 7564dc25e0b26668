//! `slow` takes no value, and `takes` says more.

#[swimlanes::test(slow = "2s")]
fn one() {}

#[swimlanes::test(slow, takes = "2s")]
fn other() {}

fn main() {}
