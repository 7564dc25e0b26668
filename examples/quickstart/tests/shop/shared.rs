//! Servers that several tests share. Shows values that are created once, for the run or for a worker, and the tags that define which tests
//! may use them together: `shared_resource` and `group`.

use std::sync::Arc;

use quickstart::Store;
use swimlanes::prelude::*;

use crate::fixtures::{Client, RunningServer, STOCKED, TestResult, item};

// ---- One for the run: all workers sell from it at the same time. ----

const GOODS: usize = 5;

/// The first test that needs the market opens it; it closes when the run ends.
struct Market(Arc<RunningServer>);

impl Fixture for Market {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let open = |setup: &mut FixtureContext<'_>| {
            let port: BoundPort = setup.get()?;
            let store = Store::open(":memory:")?;
            (0..GOODS).try_for_each(|n| store.put(&item(&format!("goods-{n}"), 1_000_000)))?;
            RunningServer::start(port, store)
        };
        Ok(Self(setup.once_per_process(open)?))
    }
}

/// Many clients may sell at the same time, so the next number is unknown, but each client sees the numbers rise.
#[swimlanes::test(shared_resource("market", shared))]
fn numbers_rise_for_each_client(Market(market): Market) -> TestResult {
    let mut client = market.client()?;
    let mut last = 0;
    for _ in 0..10 {
        let number = order(&mut client, "goods-0", 1)?;
        assert!(number > last, "{number} after {last}");
        last = number;
    }
    Ok(())
}

/// At most one test at a time has this slot, so these goods belong to it; the stock of all other goods may fall in the meantime.
#[swimlanes::test(shared_resource("market", shared))]
fn a_sale_is_seen_at_once(Market(market): Market, worker: Worker) -> TestResult {
    let (mut client, goods) = (market.client()?, format!("goods-of-worker-{}", worker.slot()));
    client.ask(&format!("PUT {goods} 3 100"))?;
    order(&mut client, &goods, 2)?;
    assert_eq!(client.ask(&format!("GET {goods}"))?, "OK 1 100");
    Ok(())
}

/// Takes stock: no other test may sell at the same time, so this test has the market for itself.
#[swimlanes::test(shared_resource = "market")]
fn nothing_is_lost_between_two_inventories(Market(market): Market) -> TestResult {
    let mut client = market.client()?;
    let before = inventory(&mut client)?;
    order(&mut client, "goods-0", 2)?;
    order(&mut client, "goods-3", 1)?;
    assert_eq!(inventory(&mut client)?, before - 3);
    Ok(())
}

fn inventory(client: &mut Client) -> TestResult<u32> {
    let mut pieces = 0;
    for n in 0..GOODS {
        let answer = client.ask(&format!("GET goods-{n}"))?;
        pieces += answer.split(' ').nth(1).ok_or(answer.as_str())?.parse::<u32>()?;
    }
    Ok(pieces)
}

// ---- One for a worker. The group keeps its tests on one worker, so that only this worker starts the server. ----

/// The first test of the group starts the server; it stops when the worker ends.
struct Kiosk(Arc<RunningServer>);

impl Fixture for Kiosk {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let start = |setup: &mut FixtureContext<'_>| {
            let port: BoundPort = setup.get()?;
            let db = setup.get::<Database>()?.with_template(&STOCKED)?;
            RunningServer::start(port, Store::new(db.connect()?)?)
        };
        Ok(Self(setup.once_per_worker(start)?))
    }
}

#[swimlanes::test(group = "kiosk")]
fn a_kiosk_cannot_sell_more_than_its_stock(Kiosk(kiosk): Kiosk) -> TestResult {
    let mut client = kiosk.client()?;
    client.ask("PUT honey 2 600")?;
    order(&mut client, "honey", 2)?;
    assert_eq!(client.ask("ORDER honey 1")?, "ERR only 0 of `honey` left");
    Ok(())
}

#[swimlanes::test(group = "kiosk")]
fn a_kiosk_takes_new_goods_at_any_time(Kiosk(kiosk): Kiosk) -> TestResult {
    assert_eq!(kiosk.client()?.ask("PUT jam 3 450")?, "OK jam");
    assert_eq!(kiosk.client()?.ask("GET jam")?, "OK 3 450");
    Ok(())
}

/// The number of the order.
fn order(client: &mut Client, goods: &str, count: u32) -> TestResult<i64> {
    let answer = client.ask(&format!("ORDER {goods} {count}"))?;
    let number = answer.strip_prefix("OK ").ok_or(answer.as_str())?;
    Ok(number.parse()?)
}
