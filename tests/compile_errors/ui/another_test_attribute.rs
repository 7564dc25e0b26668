//! One harness is enough.

#[swimlanes::test]
#[test]
fn test() {}

fn main() {}
