//! Of serial_test's attributes, keys and paths are understood.

#[swimlanes::test]
#[serial_test::serial(inner_attrs = [allow(unused)])]
fn test() {}

fn main() {}
