//! `no_parallel` includes `serial`.

#[swimlanes::test(serial, no_parallel)]
fn test() {}

fn main() {}
