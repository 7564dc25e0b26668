//! There are three places where a test can be tried again.

#[swimlanes::test(retries = 2, retry_on = "other")]
fn test() {}

fn main() {}
