//! Who is never tried again is so nowhere.

#[swimlanes::test(timeout = "5s", retry_on = "alone")]
fn test() {}

fn main() {}
