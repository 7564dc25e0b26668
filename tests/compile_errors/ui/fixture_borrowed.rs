//! A fixture owns its data.

#[swimlanes::fixture]
fn name() -> &'static str {
    "name"
}

fn main() {}
