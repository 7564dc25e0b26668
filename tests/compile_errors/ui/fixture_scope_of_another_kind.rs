//! There are four scopes.

#[swimlanes::fixture(scope = "session")]
fn name() -> String {
    String::new()
}

fn main() {}
