//! A teardown cannot return a value.

#[swimlanes::fixture(teardown = length)]
fn name() -> String {
    String::new()
}

fn length(name: String) -> usize {
    name.len()
}

fn main() {}
