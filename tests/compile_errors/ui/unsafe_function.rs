//! A test cannot be `unsafe`, as safe code calls it.

#[swimlanes::test]
unsafe fn test() {}

fn main() {}
