//! Async tests and fixtures need the feature `tokio`.

#[swimlanes::test]
async fn test() {}

#[swimlanes::fixture]
async fn fixture() -> Vec<u8> {
    Vec::new()
}

#[swimlanes::fixture(teardown = stop)]
fn with_teardown() -> String {
    String::new()
}

async fn stop(_: String) {}

fn main() {}
