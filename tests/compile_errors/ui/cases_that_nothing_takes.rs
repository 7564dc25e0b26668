//! Cases, and no parameter that takes their values.

#[swimlanes::test(serial, cases(1, 2))]
fn test(#[values(1)] number: u8) {
    let _ = number;
}

fn main() {}
