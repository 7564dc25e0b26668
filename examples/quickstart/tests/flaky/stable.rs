//! The controls: correct versions of the tests in the other files. They never fail.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::{fs, thread};

use quickstart::{Item, Server, Settings, Store, write_reports};
use swimlanes::prelude::*;

use crate::TestResult;

/// Each test has its own directory.
#[swimlanes::test]
fn stable_report_of_an_empty_shop(dir: TestDir) -> TestResult {
    write_reports(&Store::open(":memory:")?, dir.path())?;
    assert_eq!(fs::read_to_string(dir.path().join("low_stock.csv"))?, "name,stock\n");
    Ok(())
}

/// Each test has its own port.
#[swimlanes::test]
fn stable_server_starts_and_stops(port: BoundPort) -> TestResult {
    let mut server = Server::start(port.into_listener(), Store::open(":memory:")?, Settings::default())?;
    Ok(server.stop()?)
}

/// Each test has its own database.
#[swimlanes::test]
fn stable_order_takes_from_the_stock(db: Database) -> TestResult {
    let mut store = Store::open(db.fresh()?.path())?;
    store.put(&Item { name: "tea".to_owned(), stock: 10, price: 350 })?;
    store.order("tea", 1)?;
    assert_eq!(store.get("tea")?.stock, 9);
    Ok(())
}

/// One step instead of two.
#[swimlanes::test]
fn stable_tickets_rise() {
    static LAST_TICKET: AtomicU32 = AtomicU32::new(0);
    let first = LAST_TICKET.fetch_add(1, SeqCst);
    assert!(LAST_TICKET.fetch_add(1, SeqCst) > first);
}

/// The list has a defined order.
#[swimlanes::test]
fn stable_first_item_of_a_sorted_list() {
    let stock: HashMap<&str, u32> = [("tea", 10), ("coffee", 4)].into();
    let mut names: Vec<_> = stock.keys().collect();
    names.sort();
    assert_eq!(names, [&"coffee", &"tea"]);
}

/// Keeps all cores busy for a while. It only affects tests that rely on an idle machine.
#[swimlanes::test]
fn stable_inventory_takes_all_cores() -> TestResult {
    let cores = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        for _ in 0..4 * cores {
            scope.spawn(|| (0..100).for_each(|_| work()));
        }
    });
    Ok(())
}

/// Some work: less than a millisecond.
pub(crate) fn work() {
    let mut hasher = DefaultHasher::new();
    (0..5_000).for_each(|n| n.hash(&mut hasher));
    std::hint::black_box(hasher.finish());
}
