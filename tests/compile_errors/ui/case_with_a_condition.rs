//! A single case cannot be conditional.

#[swimlanes::test(cases(one = 1, #[cfg(windows)] two = 2))]
fn test(#[case] number: u8) {
    let _ = number;
}

fn main() {}
