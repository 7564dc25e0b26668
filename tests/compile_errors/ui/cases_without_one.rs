//! Without a case there is no test.

#[swimlanes::test(cases())]
fn test(#[case] number: u8) {
    let _ = number;
}

fn main() {}
