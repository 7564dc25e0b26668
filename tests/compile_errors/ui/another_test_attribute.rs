//! A test has only one test attribute.

#[swimlanes::test]
#[test]
fn test() {}

fn main() {}
