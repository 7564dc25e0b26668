//! `cases` needs parentheses.

#[swimlanes::test(cases = [1, 2])]
fn test(#[case] number: u8) {
    let _ = number;
}

fn main() {}
