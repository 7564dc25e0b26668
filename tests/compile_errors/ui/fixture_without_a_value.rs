//! A fixture function must return a value.

#[swimlanes::fixture]
fn nothing() {}

fn main() {}
