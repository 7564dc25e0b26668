//! Names that a case cannot have.

#[swimlanes::test(cases(one = 1, "two" = 2))]
fn text(#[case] number: u8) {
    let _ = number;
}

#[swimlanes::test(cases(one::two = 1))]
fn path(#[case] number: u8) {
    let _ = number;
}

#[swimlanes::test(cases(fn = 1))]
fn keyword(#[case] number: u8) {
    let _ = number;
}

fn main() {}
