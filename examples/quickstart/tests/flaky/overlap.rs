//! Mistakes that fail only when two tests run at the same time.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use quickstart::{Server, Settings, Store, write_reports};

use crate::TestResult;
use crate::stable::work;

/// Makes two tests overlap in one of a few runs instead of one of a thousand. A sleep that waits for an event would be another mistake;
/// this one waits for nothing.
fn dawdle() {
    thread::sleep(Duration::from_millis(50));
}

// A fixed path: two tests, of this process or another, write the same file.

#[swimlanes::test]
fn fixed_file_of_an_empty_shop() -> TestResult {
    report_of(&Store::open(":memory:")?, "name,stock\n")
}

#[swimlanes::test]
fn fixed_file_of_a_shop_with_tea() -> TestResult {
    let store = Store::open(":memory:")?;
    store.put(&quickstart::Item { name: "tea".to_owned(), stock: 1, price: 350 })?;
    report_of(&store, "name,stock\ntea,1\n")
}

fn report_of(store: &Store, expected: &str) -> TestResult {
    let dir = env::temp_dir().join("quickstart-flaky");
    fs::create_dir_all(&dir)?;
    write_reports(store, &dir)?;
    dawdle();
    let report = fs::read_to_string(dir.join("low_stock.csv"));
    let _ = fs::remove_dir_all(&dir);
    assert_eq!(report?, expected);
    Ok(())
}

// A fixed port: two tests, of this process or another, listen at it.

const PORT: u16 = 17_878;

#[swimlanes::test]
fn fixed_port_of_a_server_that_is_asked() -> TestResult {
    for _ in 0..2 {
        let mut server = serve_at_usual_port()?;
        TcpStream::connect(server.address())?;
        server.stop()?;
    }
    Ok(())
}

#[swimlanes::test]
fn fixed_port_of_a_server_that_is_stopped() -> TestResult {
    for _ in 0..2 {
        let mut server = serve_at_usual_port()?;
        server.stop()?;
        assert!(TcpStream::connect(server.address()).is_err());
    }
    Ok(())
}

fn serve_at_usual_port() -> Result<Server, quickstart::Error> {
    let server = Server::bind((Ipv4Addr::LOCALHOST, PORT), Store::open(":memory:")?, Settings::default())?;
    dawdle();
    Ok(server)
}

// Check, then act: another test of this process acts between the two steps.

static TICKETS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

#[swimlanes::test]
fn race_for_the_tickets_of_the_morning() {
    draw_ticket();
    draw_ticket();
}

#[swimlanes::test]
fn race_for_the_tickets_of_the_evening() {
    draw_ticket();
    draw_ticket();
}

fn draw_ticket() {
    let tickets = || TICKETS.lock().unwrap_or_else(PoisonError::into_inner);
    let ticket = tickets().last().map_or(1, |last| last + 1);
    dawdle();
    let is_new = tickets().insert(ticket);
    assert!(is_new, "another test has drawn ticket {ticket}");
}

// A time limit that only an idle machine keeps.

#[swimlanes::test]
fn load_of_a_book_is_that_of_its_pages() {
    let time = |n: u32| {
        let started = Instant::now();
        (0..n).for_each(|_| work());
        started.elapsed()
    };
    let page = (0..20).map(|_| time(1)).min().expect("there are twenty");
    let book = time(100);
    assert!(book < page * 200, "{book:?} for 100 pages, {page:?} for one");
}
