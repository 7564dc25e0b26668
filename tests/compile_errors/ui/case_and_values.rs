//! A parameter has only one source of values.

#[swimlanes::test(cases(1, 2))]
fn both(#[case] #[values(1, 2)] number: u8) {
    let _ = number;
}

#[swimlanes::test]
fn twice(#[values(1)] #[values(2)] number: u8) {
    let _ = number;
}

fn main() {}
