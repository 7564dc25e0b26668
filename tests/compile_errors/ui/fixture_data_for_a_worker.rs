//! Only the processes of a run hand values to each other.

#[swimlanes::fixture(scope = "worker", data)]
fn url() -> String {
    "redis://localhost".to_owned()
}

fn main() {}
