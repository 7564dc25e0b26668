//! The error of a fixture is one that can be told.

pub struct NoError;

#[swimlanes::fixture]
fn name() -> Result<String, NoError> {
    Ok(String::new())
}

fn main() {}
