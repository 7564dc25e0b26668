//! Only an `async` test has a runtime.

#[swimlanes::test(flavor = "multi_thread")]
fn one() {}

#[swimlanes::test(flavor = "single")]
async fn other() {}

#[swimlanes::test(worker_threads = 2)]
async fn third() {}

fn main() {}
