//! `start_paused` and `unhandled_panic` need a runtime with one thread.

#[swimlanes::test(flavor = "multi_thread", start_paused = true)]
async fn one() {}

#[swimlanes::test(unhandled_panic = "shutdown_runtime", flavor = "multi_thread", worker_threads = 2)]
async fn other() {}

#[swimlanes::test(start_paused = true)]
fn third() {}

#[swimlanes::test(start_paused = "yes")]
async fn fourth() {}

#[swimlanes::test(unhandled_panic = "abort")]
async fn fifth() {}

#[swimlanes::test(start_paused)]
async fn sixth() {}

fn main() {}
