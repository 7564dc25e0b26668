//! A case is there whenever its function is.

#[swimlanes::test(cases(one = 1, #[cfg(windows)] two = 2))]
fn test(#[case] number: u8) {
    let _ = number;
}

fn main() {}
