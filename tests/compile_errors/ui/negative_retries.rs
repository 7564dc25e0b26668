//! `retries` cannot be negative.

#[swimlanes::test(retries = -1)]
fn test() {}

fn main() {}
