//! A fixture is found by its type, so the type needs a name.

#[swimlanes::fixture]
fn numbers() -> impl Iterator<Item = u8> {
    0..3
}

fn main() {}
