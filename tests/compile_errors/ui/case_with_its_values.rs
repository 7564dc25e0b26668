//! The values of cases belong in the attribute of the function.

#[swimlanes::test(cases(1))]
fn test(#[case(1)] number: u8) {
    let _ = number;
}

fn main() {}
