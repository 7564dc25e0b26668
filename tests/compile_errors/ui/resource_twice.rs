//! A resource is taken once.

#[swimlanes::test(shared_resource = "redis", shared_resource("redis", shared))]
fn test() {}

fn main() {}
