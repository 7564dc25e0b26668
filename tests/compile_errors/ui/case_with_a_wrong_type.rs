//! A value has the type of its parameter.

#[swimlanes::test(cases(empty = ("", 0), one = ("one", "1")))]
fn test(#[case] text: &str, #[case] expected: usize, #[values(1, -2)] factor: u8) {
    let _ = (text, expected, factor);
}

#[swimlanes::test(cases(1, &2))]
async fn asynchronous(#[case] number: u8) {
    let _ = number;
}

fn main() {}
