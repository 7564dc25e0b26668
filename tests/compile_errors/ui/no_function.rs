//! The attribute belongs to a function.

#[swimlanes::test]
struct Test;

fn main() {}
