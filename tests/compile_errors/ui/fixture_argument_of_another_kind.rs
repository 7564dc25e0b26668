//! Arguments of `#[swimlanes::fixture]`.

#[swimlanes::fixture(shared)]
fn name() -> String {
    String::new()
}

fn main() {}
