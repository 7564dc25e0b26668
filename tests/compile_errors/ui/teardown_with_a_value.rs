//! Nobody would look at the value of a teardown.

#[swimlanes::fixture(teardown = length)]
fn name() -> String {
    String::new()
}

fn length(name: String) -> usize {
    name.len()
}

fn main() {}
