//! Threads are what the command line says; a test can only ask for more.

#[swimlanes::test(isolation = "thread")]
fn is_on_a_thread() {}

fn main() {}
