//! `retry_on` needs `retries`.

#[swimlanes::test(timeout = "5s", retry_on = "alone")]
fn test() {}

fn main() {}
