//! `timeuot` is no argument.

#[swimlanes::test(timeuot = "5s")]
fn test() {}

fn main() {}
