//! A fixture is found by its type, and this has many.

#[swimlanes::fixture]
fn list<T>() -> Vec<T> {
    Vec::new()
}

fn main() {}
