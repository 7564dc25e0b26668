//! A test has no `self`.

struct Suite;

impl Suite {
    #[swimlanes::test]
    fn test(&self) {}
}

fn main() {}
