//! Attributes of serial_test accept keys and paths.

#[swimlanes::test]
#[serial_test::serial(inner_attrs = [allow(unused)])]
fn test() {}

fn main() {}
