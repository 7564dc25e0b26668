//! Only a function can be a fixture.

#[swimlanes::fixture]
struct Settings;

fn main() {}
