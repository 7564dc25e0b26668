//! A shared fixture must be usable on several threads.

use std::rc::Rc;

#[swimlanes::fixture(scope = "process")]
fn counter() -> Rc<u8> {
    Rc::new(0)
}

fn main() {}
