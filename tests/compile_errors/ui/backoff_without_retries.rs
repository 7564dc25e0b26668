//! Who is never tried again does not rest before.

#[swimlanes::test(backoff = "fixed:200ms")]
fn test() {}

fn main() {}
