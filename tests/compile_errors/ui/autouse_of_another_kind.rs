#[swimlanes::fixture(autouse = "session")]
fn server() {}

fn main() {}
