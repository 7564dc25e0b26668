//! A test is called by safe code.

#[swimlanes::test]
unsafe fn test() {}

fn main() {}
