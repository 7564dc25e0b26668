//! A single parameter cannot be conditional.

use swimlanes::prelude::*;

#[swimlanes::test]
fn test(worker: Worker, #[cfg(unix)] db: Database) {
    drop((worker, db));
}

fn main() {}
