//! `retry_on` has three values.

#[swimlanes::test(retries = 2, retry_on = "other")]
fn test() {}

fn main() {}
