//! A fixture is found by its type, and this has no name.

#[swimlanes::fixture]
fn numbers() -> impl Iterator<Item = u8> {
    0..3
}

fn main() {}
