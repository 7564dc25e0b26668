//! A test has one limit.

#[swimlanes::test(timeout = "5s", timeout = "6s")]
fn test() {}

fn main() {}
