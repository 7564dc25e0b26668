//! Mistakes of a single test.

use std::collections::HashMap;

use quickstart::{Item, Store};

use crate::TestResult;

/// Intrinsic: a `HashMap` has another order in each run.
#[swimlanes::test]
fn intrinsic_first_item_is_the_first_that_was_put_in() {
    let stock: HashMap<&str, u32> = [("tea", 10), ("coffee", 4)].into();
    assert_eq!(stock.keys().next(), Some(&"tea"));
}

/// Broken: it always fails, so it is not flaky.
#[swimlanes::test]
fn broken_order_takes_nothing_from_the_stock() -> TestResult {
    let mut store = Store::open(":memory:")?;
    store.put(&Item { name: "tea".to_owned(), stock: 10, price: 350 })?;
    store.order("tea", 1)?;
    assert_eq!(store.get("tea")?.stock, 10);
    Ok(())
}
