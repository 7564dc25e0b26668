//! Fixtures that tests get although they do not take them. What is set up and torn down is appended to the file named in `LOG`.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};

mod common {
    use std::fs::File;
    use std::io::Write;

    pub(crate) fn log(what: &str) {
        let Some(path) = std::env::var_os("LOG") else { return };
        let mut file = File::options().append(true).create(true).open(path).expect("a file");
        // In one write, since other processes append, too.
        file.write_all(format!("{what}\n").as_bytes()).expect("written");
    }

    /// For each test, from a module that has none.
    #[swimlanes::fixture(autouse = "suite")]
    fn in_suite() {
        log("suite");
    }
}

use common::log;

/// What all tests of a worker use.
struct Clock;

#[swimlanes::fixture(autouse, scope = "worker", teardown = stop)]
fn clock() -> Clock {
    log("worker up");
    Clock
}

fn stop(_: Clock) {
    log("worker down");
}

#[swimlanes::fixture(autouse, scope = "run")]
fn once() {
    log("run");
}

/// A type that tests can take all the same.
struct Table {
    rows: AtomicU32,
}

#[swimlanes::fixture(autouse, teardown = truncate)]
async fn table(_clock: &Clock) -> std::io::Result<Table> {
    log("table up");
    Ok(Table { rows: AtomicU32::new(1) })
}

async fn truncate(table: Table) {
    log(&format!("table down {}", table.rows.load(Ordering::Relaxed)));
}

#[swimlanes::test]
fn takes_nothing() {
    log("takes_nothing");
}

#[swimlanes::test]
fn takes_it(table: &Table) {
    table.rows.fetch_add(1, Ordering::Relaxed);
    log("takes_it");
}

mod inner {
    use crate::common::log;

    #[swimlanes::fixture(autouse)]
    fn in_module() -> Result<(), std::io::Error> {
        log("inner");
        Ok(())
    }

    mod deep {
        #[swimlanes::test]
        fn is_below() {
            crate::common::log("inner::deep::is_below");
        }
    }

    #[swimlanes::test]
    async fn is_in() {
        log("inner::is_in");
    }
}

/// A module whose name begins like the other.
mod innermost {
    #[swimlanes::test]
    fn is_not_in() {
        crate::common::log("innermost::is_not_in");
    }
}

mod bad_luck {
    use crate::common::log;

    #[swimlanes::fixture(autouse)]
    fn fails() -> Result<(), String> {
        log("fails");
        Err("no table".to_owned())
    }

    #[swimlanes::test]
    #[ignore = "its fixture fails"]
    fn never_runs() {
        log("never_runs");
    }
}

mod skipped {
    #[swimlanes::fixture(autouse)]
    fn needs_a_display() {
        swimlanes::skip!("no display");
    }

    #[swimlanes::test]
    fn draws() {
        crate::common::log("draws");
    }
}

swimlanes::main!();
