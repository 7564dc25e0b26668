//! A parameter is there, or the test is not.

use swimlanes::prelude::*;

#[swimlanes::test]
fn test(worker: Worker, #[cfg(unix)] db: Database) {
    drop((worker, db));
}

fn main() {}
