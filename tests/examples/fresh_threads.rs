//! Tests that look at their thread: its name, and the thread-local values that other tests have left.
#![allow(missing_docs)]

use std::cell::Cell;
use std::thread;
use std::time::Duration;

thread_local! {
    static TESTS: Cell<u32> = const { Cell::new(0) };
}

fn check(name: &str) {
    assert_eq!(thread::current().name(), Some(name));
    assert_eq!(TESTS.replace(1), 0, "another test ran on this thread");
}

#[swimlanes::test]
fn one() {
    check("one");
}

mod inner {
    #[swimlanes::test]
    fn two() {
        super::check("inner::two");
    }

    #[swimlanes::test]
    async fn three() {
        super::check("inner::three");
    }
}

#[swimlanes::test(thread = "fresh")]
fn always() {
    check("always");
}

#[swimlanes::test(thread = "fresh")]
#[should_panic = "boils over"]
fn panics() {
    check("panics");
    panic!("boils over");
}

/// Never ends.
#[swimlanes::test(timeout = "200ms")]
#[ignore = "it hangs"]
fn hangs() {
    loop {
        thread::park_timeout(Duration::from_secs(600));
    }
}

swimlanes::main!();
