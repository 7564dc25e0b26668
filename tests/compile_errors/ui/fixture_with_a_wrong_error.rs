//! The error of a fixture must be an error type.

pub struct NoError;

#[swimlanes::fixture]
fn name() -> Result<String, NoError> {
    Ok(String::new())
}

fn main() {}
