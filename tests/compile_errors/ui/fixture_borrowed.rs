//! A fixture owns what it has.

#[swimlanes::fixture]
fn name() -> &'static str {
    "name"
}

fn main() {}
