//! The attribute stands above a function.

#[swimlanes::test]
struct Test;

fn main() {}
