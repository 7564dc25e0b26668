//! Many clients on plain threads without a race: the number of successful operations, and that nothing is lost under load.
//!
//! The figures must be those of these clients alone, so that test is `serial`. The other one tolerates other tests, but no second load.

use std::time::Duration;

use swimlanes::kit::history::{History, gap_free_numbers, numbers_in_order};
use swimlanes::kit::retry::Retry;
use swimlanes::kit::together::run_together;

use crate::TestResult;
use crate::stage::{On, Stage, Stages, lock};

/// With the connections of the stage, this is below the limit of a worker.
const CLIENTS: usize = 16;
const ORDERS_OF_EACH: usize = 5;
const ORDERS: usize = CLIENTS * ORDERS_OF_EACH;

#[swimlanes::test(
    slow,
    timeout = "5m",
    serial,
    tags("mended", "slow", "integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn all_operations_succeed_with_retries(#[case] on: On, stages: Stages) -> TestResult {
    let before = succeeded(&stages.on(on)?, None)?;
    let stage = stages.on(on)?;
    let after = succeeded(&stage, Some(retry()))?;
    println!("{on:?}: {before} of {ORDERS} operations succeeded without retries, {after} of {ORDERS} with them");
    assert_eq!(after, ORDERS);
    stage.check(ORDERS)
}

/// The number of successful operations of the clients: to place an order, and to catch up.
fn succeeded(stage: &Stage, retry: Option<Retry<'_>>) -> TestResult<usize> {
    let clients = stage.clients(CLIENTS)?;
    let succeeded = run_together(CLIENTS, |number| {
        let mut client = lock(&clients[number]);
        let mut operation = |order: usize| -> TestResult {
            client.place(&format!("order {order} of client {number}"))?;
            match &retry {
                None => client.catch_up()?,
                Some(retry) => client.catch_up_with(&retry.clone().seed(number as u64))?,
            };
            Ok(())
        };
        (0..ORDERS_OF_EACH).filter(|&order| operation(order).is_ok()).count()
    });
    Ok(succeeded.into_iter().sum::<Result<usize, _>>()?)
}

#[swimlanes::test(
    slow,
    timeout = "5m",
    shared_resource = "load",
    tags("mended", "slow", "integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn each_notification_is_processed_once_and_in_order(#[case] on: On, stages: Stages) -> TestResult {
    let stage = stages.on(on)?;
    let (clients, history) = (stage.clients(CLIENTS)?, History::new());
    let ended = run_together(CLIENTS, |number| -> TestResult {
        let (mut client, retry) = (lock(&clients[number]), retry().seed(number as u64));
        for order in 0..ORDERS_OF_EACH {
            client.place(&format!("order {order} of client {number}"))?;
            loop {
                let pending = history.begin(format!("client {number}"), "notification");
                match client.follow_with(&retry)? {
                    Some(id) => pending.end(u64::try_from(id)?),
                    None => break pending.discard(),
                }
            }
        }
        Ok(())
    });
    ended.into_iter().try_for_each(|client| client?)?;
    let operations = history.into_operations();
    assert_eq!(operations.len(), ORDERS);
    gap_free_numbers(&operations, 1).expect("each is processed by one client");
    numbers_in_order(&operations).expect("none is processed before an earlier one");
    stage.check(ORDERS)
}

/// A client fails only if another one was faster, which can happen at most once for each order.
fn retry() -> Retry<'static> {
    Retry::new()
        .max_attempts(ORDERS as u32 + 1)
        .initial_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(20))
}
