//! Mistakes that depend on the order of the tests. They also fail in a suite that runs on one worker.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

// A victim and its polluter: the polluter changes a static and does not restore it; the victim expects the initial value.

static PRICE_OF_TEA: AtomicU32 = AtomicU32::new(350);

#[swimlanes::test]
fn polluter_sells_tea_at_a_discount() {
    PRICE_OF_TEA.store(300, SeqCst);
    assert_eq!(2 * PRICE_OF_TEA.load(SeqCst), 600);
}

#[swimlanes::test]
fn victim_sells_tea_at_the_usual_price() {
    assert_eq!(2 * PRICE_OF_TEA.load(SeqCst), 700);
}

// A brittle test and its state-setter: the brittle test passes only after the state-setter has run.

static CURRENCY: OnceLock<&str> = OnceLock::new();

#[swimlanes::test]
fn setter_chooses_a_currency() {
    assert_eq!(*CURRENCY.get_or_init(|| "EUR"), "EUR");
}

#[swimlanes::test]
fn brittle_prints_a_price_with_its_currency() {
    let currency = CURRENCY.get().expect("a test has chosen a currency");
    assert_eq!(format!("3.50 {currency}"), "3.50 EUR");
}

// The same with a thread-local value: only a test that ran earlier on the same worker can be the cause.

thread_local! {
    static CART: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

#[swimlanes::test]
fn polluter_leaves_tea_in_the_cart_of_its_thread() {
    CART.with_borrow_mut(|cart| cart.push("tea"));
    assert!(CART.with_borrow(|cart| cart.contains(&"tea")));
}

#[swimlanes::test]
fn worker_bound_expects_an_empty_cart() {
    CART.with_borrow_mut(|cart| cart.push("coffee"));
    assert_eq!(CART.take(), ["coffee"]);
}

// Not idempotent: it passes the first time in a process, and fails afterwards. `--repeat 2` shows it.

static IS_OPEN: AtomicBool = AtomicBool::new(false);

#[swimlanes::test]
fn not_idempotent_opens_the_shop() {
    assert!(!IS_OPEN.swap(true, SeqCst), "the shop is open already");
}
