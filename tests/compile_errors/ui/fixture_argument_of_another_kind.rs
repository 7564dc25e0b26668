//! Arguments of `#[swimlanes::fixture]`.

#[swimlanes::fixture(autouse)]
fn name() -> String {
    String::new()
}

fn main() {}
