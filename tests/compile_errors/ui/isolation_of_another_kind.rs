//! A test can only request `isolation = "process"`.

#[swimlanes::test(isolation = "thread")]
fn is_on_a_thread() {}

fn main() {}
