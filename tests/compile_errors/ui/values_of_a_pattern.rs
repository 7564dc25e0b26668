//! The names of the tests contain the name of the parameter, and a pattern has none.

#[swimlanes::test]
fn test(#[values((1, 2), (3, 4))] (first, second): (u8, u8)) {
    let _ = (first, second);
}

fn main() {}
