//! A case has a name of its own, and one without a name has the one of its number.

#[swimlanes::test(cases(one = 1, two = 2, one = 3))]
fn named(#[case] number: u8) {
    let _ = number;
}

#[swimlanes::test(cases(case_2 = 1, 2))]
fn numbered(#[case] number: u8) {
    let _ = number;
}

fn main() {}
