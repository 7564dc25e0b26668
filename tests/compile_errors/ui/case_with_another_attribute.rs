//! Attributes that a single case cannot have.

#[swimlanes::test(cases(one = 1, #[serial] two = 2))]
fn serial(#[case] number: u8) {
    let _ = number;
}

#[swimlanes::test(cases(#[ignore] #[ignore = "why"] one = 1))]
fn twice(#[case] number: u8) {
    let _ = number;
}

fn main() {}
