//! Each case has its own name; a case without a name has that of its number.

#[swimlanes::test(cases(one = 1, two = 2, one = 3))]
fn named(#[case] number: u8) {
    let _ = number;
}

#[swimlanes::test(cases(case_2 = 1, 2))]
fn numbered(#[case] number: u8) {
    let _ = number;
}

fn main() {}
