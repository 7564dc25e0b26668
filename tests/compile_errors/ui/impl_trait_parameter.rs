//! A fixture is found by its type.

#[swimlanes::test]
fn test(_: impl Clone) {}

fn main() {}
