//! `#[values]` needs at least one value.

#[swimlanes::test]
fn empty(#[values()] number: u8) {
    let _ = number;
}

#[swimlanes::test]
fn bare(#[values] number: u8) {
    let _ = number;
}

fn main() {}
