//! The key of `serial` follows an equals sign.

#[swimlanes::test(serial("printer"))]
fn test() {}

fn main() {}
