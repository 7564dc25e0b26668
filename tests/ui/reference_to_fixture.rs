//! Fixtures are taken by value.

use swimlanes::prelude::*;

#[swimlanes::test]
fn test(_: &Database) {}

fn main() {}
