//! A fixture is made by a function.

#[swimlanes::fixture]
struct Settings;

fn main() {}
