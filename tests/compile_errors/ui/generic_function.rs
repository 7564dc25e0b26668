//! Nobody says for which types a generic test is to run.

#[swimlanes::test]
fn test<T: Default>() {
    let _ = T::default();
}

fn main() {}
