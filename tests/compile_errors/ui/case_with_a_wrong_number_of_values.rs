//! Each case needs a value for each parameter with `#[case]`.

#[swimlanes::test(cases(empty = ("", 0), more = ("one", 1, true)))]
fn too_many(#[case] text: &str, #[case] expected: usize) {
    let _ = (text, expected);
}

#[swimlanes::test(cases(("", 0, 1), ("one",)))]
fn too_few(#[case] text: &str, #[case] expected: usize, #[case] other: usize) {
    let _ = (text, expected, other);
}

const PAIR: (&str, usize) = ("one", 1);

#[swimlanes::test(cases(PAIR))]
fn hidden(#[case] text: &str, #[case] expected: usize) {
    let _ = (text, expected);
}

fn main() {}
