//! A parameter is a fixture.

struct Settings;

#[swimlanes::test]
fn test(_: Settings) {}

fn main() {}
