//! `timeuot` is not an argument.

#[swimlanes::test(timeuot = "5s")]
fn test() {}

fn main() {}
