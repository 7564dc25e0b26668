//! Only `read`, `shared` or `n` can follow the name.

#[swimlanes::test(shared_resource("redis", exclusive))]
fn one() {}

#[swimlanes::test(shared_resource("pool", n = 0))]
fn other() {}

#[swimlanes::test(shared_resource("redis", shared, n = 2))]
fn third() {}

fn main() {}
