//! Mistakes that need nobody else.

use std::collections::HashMap;

use quickstart::{Item, Store};

use crate::TestResult;

/// Intrinsic: a `HashMap` has another order each time.
#[swimlanes::test]
fn intrinsic_first_item_is_the_first_that_was_put_in() {
    let stock: HashMap<&str, u32> = [("tea", 10), ("coffee", 4)].into();
    assert_eq!(stock.keys().next(), Some(&"tea"));
}

/// Broken: it fails each time, which is not flaky at all.
#[swimlanes::test]
fn broken_order_takes_nothing_from_the_stock() -> TestResult {
    let mut store = Store::open(":memory:")?;
    store.put(&Item { name: "tea".to_owned(), stock: 10, price: 350 })?;
    store.order("tea", 1)?;
    assert_eq!(store.get("tea")?.stock, 10);
    Ok(())
}
