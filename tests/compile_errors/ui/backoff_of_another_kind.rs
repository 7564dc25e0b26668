//! `backoff` has the syntax of the command line.

#[swimlanes::test(retries = 2, backoff = "exponential(100ms, max 5s)")]
fn test() {}

fn main() {}
