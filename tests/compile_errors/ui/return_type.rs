//! A test must return a type that `main` can return.

#[swimlanes::test]
fn test() -> u32 {
    5
}

fn main() {}
