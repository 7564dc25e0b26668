//! Cases need a parameter with `#[case]`.

#[swimlanes::test(serial, cases(1, 2))]
fn test(#[values(1)] number: u8) {
    let _ = number;
}

fn main() {}
