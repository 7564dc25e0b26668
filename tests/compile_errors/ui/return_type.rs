//! What a test returns must be something that `main` could return.

#[swimlanes::test]
fn test() -> u32 {
    5
}

fn main() {}
