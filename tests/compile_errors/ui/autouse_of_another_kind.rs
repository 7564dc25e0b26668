//! `autouse` is for a module or for the suite.
#[swimlanes::fixture(autouse = "session")]
fn server() {}

fn main() {}
