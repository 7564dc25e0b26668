//! The store. Shows databases: one for each test, and one for each worker.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;

use quickstart::{Error, Item, Order, Store, observe};
use swimlanes::prelude::*;

use crate::fixtures::{STOCKED, Shop, TestResult, item};

// ---- A database for one test: the simplest choice, and the right one for most tests. ----

#[swimlanes::test]
fn a_new_shop_is_empty(db: Database) -> TestResult {
    let store = Store::open(db.fresh()?.path())?;
    assert!(matches!(store.get("tea"), Err(Error::UnknownItem(name)) if name == "tea"));
    Ok(())
}

#[swimlanes::test]
fn an_old_database_is_brought_up_to_date(db: Database) -> TestResult {
    let db = db.fresh()?;
    // A database of version 1, in which items had no price.
    db.connect()?.execute_batch(
        "CREATE TABLE item (name TEXT PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0));
         CREATE TABLE sale (number INTEGER PRIMARY KEY AUTOINCREMENT,
                            item TEXT NOT NULL REFERENCES item (name), count INTEGER NOT NULL);
         INSERT INTO item VALUES ('tea', 3);
         PRAGMA user_version = 1",
    )?;
    let store = Store::open(db.path())?;
    assert_eq!(store.get("tea")?, Item { name: "tea".to_owned(), stock: 3, price: 0 });
    Ok(())
}

#[swimlanes::test]
fn migrating_again_changes_nothing(db: Database) -> TestResult {
    // A copy of a database that was migrated and filled once for the whole run.
    let db = db.fresh_with_template(&STOCKED)?.connect()?;
    quickstart::migrate(&db)?;
    assert_eq!(Store::new(db)?.get("tea")?.stock, 10);
    Ok(())
}

// `Shop` is a fixture of this suite: see fixtures.rs.
#[swimlanes::test]
fn an_item_put_again_is_replaced(shop: Shop) -> TestResult {
    let tea = Item { name: "tea".to_owned(), stock: 1, price: 999 };
    shop.store.put(&tea)?;
    assert_eq!(shop.store.get("tea")?, tea);
    Ok(())
}

#[swimlanes::test]
fn an_order_takes_pieces_from_the_stock(mut shop: Shop) -> TestResult {
    shop.store.order("tea", 3)?;
    assert_eq!(shop.store.get("tea")?.stock, 7);
    Ok(())
}

#[swimlanes::test]
fn the_last_piece_can_be_sold_once(mut shop: Shop) -> TestResult {
    shop.store.order("coffee", 4)?;
    assert!(matches!(shop.store.order("coffee", 1), Err(Error::SoldOut { left: 0, .. })));
    Ok(())
}

#[swimlanes::test]
fn an_order_that_is_refused_changes_nothing(mut shop: Shop) -> TestResult {
    assert!(matches!(shop.store.order("coffee", 5), Err(Error::SoldOut { left: 4, .. })));
    assert!(matches!(shop.store.order("juice", 1), Err(Error::UnknownItem(_))));
    assert_eq!(shop.store.get("coffee")?.stock, 4);
    let sales: u32 = shop.db.connect()?.query_row("SELECT count(*) FROM sale", (), |row| row.get(0))?;
    assert_eq!(sales, 0);
    Ok(())
}

#[swimlanes::test]
#[should_panic(expected = "an order is for one piece at least")]
fn an_order_of_zero_pieces_panics(mut shop: Shop) {
    let _ = shop.store.order("tea", 0);
}

/// A random test that can be repeated: a failure prints the seed of the run, and `--seed` sets it.
#[swimlanes::test]
fn stock_and_sales_always_add_up(mut shop: Shop, worker: Worker) -> TestResult {
    let mut random = worker.seed();
    let (mut supply, mut sold) = (10, 0);
    for _ in 0..50 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let count = 1 + (random >> 33) as u32 % 4;
        match shop.store.order("tea", count) {
            Ok(_) => sold += count,
            Err(Error::SoldOut { left, .. }) => {
                assert!(left < count, "{count} of {left} refused");
                shop.store.put(&item("tea", left + 5))?;
                supply += 5;
            }
            Err(other) => return Err(other.into()),
        }
        assert_eq!(shop.store.get("tea")?.stock + sold, supply);
    }
    Ok(())
}

#[swimlanes::test]
fn two_connections_never_sell_the_same_piece(shop: Shop) -> TestResult {
    let numbers = thread::scope(|scope| {
        let sell = || -> Result<Vec<i64>, Error> {
            let mut store = Store::new(shop.db.connect().expect("the file is there"))?;
            let mut numbers = Vec::new();
            loop {
                match store.order("tea", 1) {
                    Ok(number) => numbers.push(number),
                    Err(Error::SoldOut { .. }) => return Ok(numbers),
                    Err(other) => return Err(other),
                }
            }
        };
        let tills = [scope.spawn(sell), scope.spawn(sell)];
        tills.into_iter().map(|till| till.join().expect("it does not panic")).collect::<Result<Vec<_>, _>>()
    })?;
    let numbers: Vec<i64> = numbers.concat();
    assert_eq!(numbers.len(), 10, "each of the ten pieces is sold");
    assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), 10, "and each order has its own number: {numbers:?}");
    Ok(())
}

// ---- The database of the worker: cheaper, as it is created once for many tests. ----
//
// No test on another worker or of another run uses it. But other tests of this worker may have used it before. That depends on the order
// and on the number of workers, and with `--repeat` the test itself has used it. So a test compares with the state that it finds, and
// expects other rows besides its own.

#[swimlanes::test]
fn an_order_has_a_higher_number_than_all_before(db: Database) -> TestResult {
    let db = db.with_template(&STOCKED)?.connect()?;
    let last: i64 = db.query_row("SELECT coalesce(max(number), 0) FROM sale", (), |row| row.get(0))?;
    let mut store = Store::new(db)?;
    store.put(&item("biscuits", 1))?;
    assert!(store.order("biscuits", 1)? > last);
    Ok(())
}

#[swimlanes::test]
fn an_order_of_one_item_leaves_the_others_alone(db: Database) -> TestResult {
    let mut store = Store::new(db.with_template(&STOCKED)?.connect()?)?;
    // Not 10: another test may have sold some.
    let tea = store.get("tea")?;
    store.put(&item("cake", 8))?;
    store.order("cake", 2)?;
    assert_eq!(store.get("cake")?.stock, 6);
    assert_eq!(store.get("tea")?, tea);
    Ok(())
}

// ---- The process has one observer. ----
//
// Two tests that set the observer would replace each other's, so they never overlap. All other tests may run at the same time, and the
// observer receives their orders, too: these tests observe items that no other test sells.

#[swimlanes::test(serial = "observer")]
fn an_observer_is_notified_of_an_order(mut shop: Shop) -> TestResult {
    let (heard, _observation) = listen_for("sugar");
    shop.store.put(&item("sugar", 5))?;
    let number = shop.store.order("sugar", 2)?;
    let expected = Order { number, item: "sugar".to_owned(), count: 2 };
    assert_eq!(*heard.lock().expect("no panic"), [expected]);
    Ok(())
}

#[swimlanes::test(serial = "observer")]
fn an_observer_is_not_notified_of_a_refused_order(mut shop: Shop) -> TestResult {
    let (heard, _observation) = listen_for("milk");
    shop.store.put(&item("milk", 1))?;
    assert!(shop.store.order("milk", 2).is_err());
    assert_eq!(*heard.lock().expect("no panic"), []);
    Ok(())
}

fn listen_for(item: &'static str) -> (Arc<Mutex<Vec<Order>>>, quickstart::Observation) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&heard);
    let observation = observe(move |order| {
        if order.item == item {
            list.lock().expect("no panic").push(order.clone());
        }
    });
    (heard, observation)
}
