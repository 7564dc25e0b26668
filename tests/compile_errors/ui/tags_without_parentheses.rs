//! Tags stand in parentheses.

#[swimlanes::test(tags = "slow")]
fn one() {}

#[swimlanes::test(tags(slow))]
fn other() {}

fn main() {}
