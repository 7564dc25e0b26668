//! A test is an ordinary function.

#[swimlanes::test]
extern "C" fn test() {}

fn main() {}
