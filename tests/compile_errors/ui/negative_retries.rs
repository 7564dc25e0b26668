//! A number of retries is not negative.

#[swimlanes::test(retries = -1)]
fn test() {}

fn main() {}
