//! A test has only one timeout.

#[swimlanes::test(timeout = "5s", timeout = "6s")]
fn test() {}

fn main() {}
