//! `cases` needs at least one case.

#[swimlanes::test(cases())]
fn test(#[case] number: u8) {
    let _ = number;
}

fn main() {}
