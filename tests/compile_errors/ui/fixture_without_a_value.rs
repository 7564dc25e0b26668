//! A fixture is a value.

#[swimlanes::fixture]
fn nothing() {}

fn main() {}
