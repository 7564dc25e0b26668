//! The values of cases stand above the function.

#[swimlanes::test(cases(1))]
fn test(#[case(1)] number: u8) {
    let _ = number;
}

fn main() {}
