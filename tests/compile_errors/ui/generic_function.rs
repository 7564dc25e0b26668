//! A test cannot be generic.

#[swimlanes::test]
fn test<T: Default>() {
    let _ = T::default();
}

fn main() {}
