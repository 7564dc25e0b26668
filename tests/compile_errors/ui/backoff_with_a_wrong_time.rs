//! The times of `backoff` need units.

#[swimlanes::test(retries = 2, backoff = "exponential:100..5s")]
fn test() {}

fn main() {}
