//! What a fixture can say of itself.

#[swimlanes::fixture(autouse)]
fn name() -> String {
    String::new()
}

fn main() {}
