//! The tests are named by the parameter, and this has no name.

#[swimlanes::test]
fn test(#[values((1, 2), (3, 4))] (first, second): (u8, u8)) {
    let _ = (first, second);
}

fn main() {}
