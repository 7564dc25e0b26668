//! A test can lock a resource only once.

#[swimlanes::test(shared_resource = "redis", shared_resource("redis", shared))]
fn test() {}

fn main() {}
