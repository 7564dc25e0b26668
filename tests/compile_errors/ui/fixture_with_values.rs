//! `#[case]` and `#[values]` work only on tests.

#[swimlanes::fixture]
fn of_case(#[case] number: u8) -> String {
    number.to_string()
}

#[swimlanes::fixture]
fn of_values(#[values(1, 2)] number: u8) -> String {
    number.to_string()
}

fn main() {}
