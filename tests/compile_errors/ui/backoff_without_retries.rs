//! `backoff` needs `retries`.

#[swimlanes::test(backoff = "fixed:200ms")]
fn test() {}

fn main() {}
