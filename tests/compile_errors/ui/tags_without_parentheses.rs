//! `tags` needs parentheses.

#[swimlanes::test(tags = "slow")]
fn one() {}

#[swimlanes::test(tags(slow))]
fn other() {}

fn main() {}
