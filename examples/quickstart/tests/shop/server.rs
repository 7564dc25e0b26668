//! The server. Shows ports, a fixture that starts and stops a server, async tests, and limits on the number of concurrent tests.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use quickstart::{Server, Settings, Store};
use swimlanes::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

use crate::fixtures::{Client, RunningServer, Shop, TestResult};

// ---- A server for each test, already running: see fixtures.rs. ----

#[swimlanes::test]
fn an_item_of_one_client_is_found_by_another(server: RunningServer) -> TestResult {
    assert_eq!(server.client()?.ask("PUT juice 8 290")?, "OK juice");
    assert_eq!(server.client()?.ask("GET juice")?, "OK 8 290");
    Ok(())
}

#[swimlanes::test]
fn an_order_is_answered_with_its_number(server: RunningServer) -> TestResult {
    let mut client = server.client()?;
    assert_eq!(client.ask("ORDER tea 2")?, "OK 1");
    assert_eq!(client.ask("ORDER coffee 1")?, "OK 2");
    assert_eq!(client.ask("GET tea")?, "OK 8 350");
    Ok(())
}

#[swimlanes::test]
fn an_invalid_line_is_answered_with_an_error(server: RunningServer) -> TestResult {
    let mut client = server.client()?;
    for (line, answer) in [
        ("HELLO", "ERR invalid request: HELLO"),
        ("ORDER cocoa 1", "ERR only 0 of `cocoa` left"),
        ("ORDER tea 6", "ERR invalid request: 6 at once, at most 5 are allowed"),
        ("GET juice", "ERR there is no item `juice`"),
        ("GET tea", "OK 10 350"),
    ] {
        assert_eq!(client.ask(line)?, answer);
    }
    Ok(())
}

// ---- Ports. ----

/// The best way: a socket that already listens, so no other program can take the port.
#[swimlanes::test]
fn a_server_accepts_an_existing_listener(port: BoundPort, shop: Shop) -> TestResult {
    let number = port.number();
    let mut server = Server::start(port.into_listener(), shop.store, Settings::default())?;
    assert_eq!(server.address().port(), number);
    assert_eq!(Client::connect(server.address())?.ask("GET tea")?, "OK 10 350");
    server.stop()?;
    Ok(())
}

#[swimlanes::test]
fn a_port_in_use_is_refused(port: BoundPort, shop: Shop) {
    let refused = Server::bind(("127.0.0.1", port.number()), shop.store, Settings::default());
    assert_eq!(refused.map(drop).map_err(|error| error.kind()), Err(ErrorKind::AddrInUse));
}

/// For programs that need a number. No other test gets the port while this test runs, not even between the two servers.
#[swimlanes::test]
fn a_restarted_server_keeps_its_data(port: Port, shop: Shop) -> TestResult {
    let address = ("127.0.0.1", port.number());
    let mut server = Server::bind(address, shop.store, Settings::default())?;
    assert_eq!(Client::connect(address)?.ask("ORDER tea 4")?, "OK 1");
    server.stop()?;

    let mut server = Server::bind(address, Store::new(shop.db.connect()?)?, Settings::default())?;
    let mut client = Client::connect(address)?;
    assert_eq!(client.ask("GET tea")?, "OK 6 350");
    assert_eq!(client.ask("ORDER tea 1")?, "OK 2");
    server.stop()?;
    Ok(())
}

#[swimlanes::test]
fn a_stopped_server_refuses_clients(port: Port, shop: Shop) -> TestResult {
    let mut server = Server::bind(("127.0.0.1", port.number()), shop.store, Settings::default())?;
    server.stop()?;
    assert_eq!(
        std::net::TcpStream::connect(server.address()).map_err(|error| error.kind()).err(),
        Some(ErrorKind::ConnectionRefused)
    );
    Ok(())
}

/// A program that does not use swimlanes could take an unreserved port. Retries are for such failures, which are not the fault of the shop.
/// A test that needed a retry is reported as flaky.
#[swimlanes::test(retries = 2)]
fn a_server_can_bind_an_unreserved_port(port: Port, shop: Shop) -> TestResult {
    let port = port.unreserved()?;
    let mut server = Server::bind(("127.0.0.1", port.number()), shop.store, Settings::default())?;
    assert_eq!(Client::connect(server.address())?.ask("GET coffee")?, "OK 4 420");
    server.stop()?;
    Ok(())
}

/// If `stop` waited for the client, this would hang. With a timeout it fails instead.
#[swimlanes::test(timeout = "30s")]
fn stopping_closes_idle_connections(port: BoundPort, shop: Shop) -> TestResult {
    let mut server = Server::start(port.into_listener(), shop.store, Settings::default())?;
    let mut client = Client::connect(server.address())?;
    client.ask("GET tea")?;
    server.stop()?;
    // The client notices it in one of two ways.
    match client.answer() {
        Ok(answer) => assert_eq!(answer, ""),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    Ok(())
}

#[swimlanes::test]
fn a_late_client_does_not_block_stopping(port: Port, shop: Shop) -> TestResult {
    for _ in 0..20 {
        let store = Store::new(shop.db.connect()?)?;
        let mut server = Server::bind(("127.0.0.1", port.number()), store, Settings::default())?;
        Client::connect(server.address())?;
        server.stop()?;
    }
    Ok(())
}

// ---- Async tests, each on its own Tokio runtime. ----

#[swimlanes::test]
async fn a_disconnect_within_a_line_does_not_affect_other_clients(server: RunningServer) -> TestResult {
    let mut hasty = TcpStream::connect(server.address()).await?;
    hasty.write_all(b"ORDER te").await?;
    drop(hasty);
    let mut client = BufStream::new(TcpStream::connect(server.address()).await?);
    assert_eq!(ask(&mut client, "GET tea").await?, "OK 10 350");
    Ok(())
}

/// The server closes the connection after the last answer. If it did not, this would hang.
#[swimlanes::test(timeout = "30s")]
async fn a_client_can_send_all_requests_at_once(server: RunningServer) -> TestResult {
    let mut client = TcpStream::connect(server.address()).await?;
    client.write_all(b"GET tea\nGET coffee").await?;
    client.shutdown().await?;
    let mut answers = String::new();
    client.read_to_string(&mut answers).await?;
    assert_eq!(answers, "OK 10 350\nOK 4 420\n");
    Ok(())
}

// The number of clients that all tests together keep busy. More would only slow down each test on a small machine, with any number of
// workers.
swimlanes::resource!("connections", capacity = 4);

#[swimlanes::test(flavor = "multi_thread", worker_threads = 2, shared_resource("connections", n = 2), tags("load"))]
async fn two_clients_never_get_the_same_piece(server: RunningServer) -> TestResult {
    let (first, second) = (tokio::spawn(buy_tea(server.address())), tokio::spawn(buy_tea(server.address())));
    assert_eq!(first.await?? + second.await??, 10);
    Ok(())
}

/// The number of pieces that one client gets.
async fn buy_tea(address: SocketAddr) -> io::Result<usize> {
    let mut client = BufStream::new(TcpStream::connect(address).await?);
    let mut bought = 0;
    while ask(&mut client, "ORDER tea 1").await?.starts_with("OK") {
        bought += 1;
    }
    Ok(bought)
}

#[swimlanes::test(shared_resource("connections", n = 4), tags("load"))]
async fn four_clients_have_their_own_answers(server: RunningServer) -> TestResult {
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(BufStream::new(TcpStream::connect(server.address()).await?));
    }
    // All clients send a request before the first one reads its answer.
    for (n, client) in clients.iter_mut().enumerate() {
        client.write_all(format!("PUT item-{n} {n} 100\n").as_bytes()).await?;
        client.flush().await?;
    }
    for (n, client) in clients.iter_mut().enumerate() {
        assert_eq!(answer(client).await?, format!("OK item-{n}"));
    }
    Ok(())
}

/// Uses all cores, so concurrent tests could miss their deadlines: no other test runs at the same time.
#[swimlanes::test(no_parallel, slow, tags("load"))]
fn ten_concurrent_clients_are_served(server: RunningServer) -> TestResult {
    let mut owner = server.client()?;
    owner.ask("PUT bread 1000 250")?;
    let served = std::thread::scope(|scope| {
        let buy = || -> io::Result<()> {
            let mut client = server.client()?;
            for _ in 0..20 {
                let answer = client.ask("ORDER bread 5")?;
                assert!(answer.starts_with("OK "), "{answer}");
            }
            Ok(())
        };
        let clients: Vec<_> = (0..10).map(|_| scope.spawn(buy)).collect();
        clients.into_iter().try_for_each(|client| client.join().expect("it is served"))
    });
    served?;
    assert_eq!(owner.ask("GET bread")?, "OK 0 250");
    Ok(())
}

async fn ask(client: &mut BufStream<TcpStream>, line: &str) -> io::Result<String> {
    client.write_all(format!("{line}\n").as_bytes()).await?;
    client.flush().await?;
    answer(client).await
}

async fn answer(client: &mut BufStream<TcpStream>) -> io::Result<String> {
    let mut answer = String::new();
    client.read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}
