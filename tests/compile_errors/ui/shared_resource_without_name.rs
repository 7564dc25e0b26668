//! A resource has a name.

#[swimlanes::test(shared_resource)]
fn one() {}

#[swimlanes::test(shared_resource())]
fn other() {}

#[swimlanes::test(shared_resource = "")]
fn third() {}

fn main() {}
