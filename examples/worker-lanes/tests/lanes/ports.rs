//! The port of the depot. Each test has ports that no other test gets at the same time.

use swimlanes::prelude::*;
use worker_lanes::{Error, Server, ports};

use crate::client::Client;
use crate::fixtures::{Lane, TestResult};

#[swimlanes::test]
async fn the_first_port_is_taken_if_it_is_free(first: Port, second: Port) -> TestResult {
    let listener = ports::listen(&[first.number(), second.number()]).await?;
    assert_eq!(listener.local_addr()?.port(), first.number());
    Ok(())
}

#[swimlanes::test]
async fn the_next_port_is_taken_if_the_first_is_in_use(first: Port, second: Port) -> TestResult {
    let ports = [first.number(), second.number()];
    let _elder = ports::listen(&ports).await?;
    let listener = ports::listen(&ports).await?;
    assert_eq!(listener.local_addr()?.port(), second.number());
    Ok(())
}

#[swimlanes::test]
async fn an_error_reports_that_all_ports_are_in_use(used: BoundPort) {
    let refused = ports::listen(&[used.number()]).await.map_err(|error| error.to_string());
    assert_eq!(refused.map(drop), Err("cannot listen on 127.0.0.1: all 1 ports are in use".to_owned()));
}

#[swimlanes::test]
async fn a_port_is_free_after_its_listener_was_dropped(port: Port) -> TestResult {
    for _ in 0..3 {
        drop(ports::listen(&[port.number()]).await?);
    }
    Ok(())
}

#[swimlanes::test]
async fn listening_without_ports_is_an_error() {
    assert!(matches!(ports::listen(&[]).await, Err(Error::NoPort(0))));
}

#[swimlanes::test(tags("integration"))]
async fn two_depots_with_the_same_settings_use_different_ports(lane: Lane, first: Port, second: Port) -> TestResult {
    let (low, high) = (first.number().min(second.number()), first.number().max(second.number()));
    let mut servers = Vec::new();
    for _ in 0..2 {
        let listener = ports::listen(&[low, high]).await?;
        servers.push(Server::start(listener, lane.another().await?, lane.cache.get().await?)?);
    }
    assert_eq!(servers.iter().map(|server| server.address().port()).collect::<Vec<_>>(), [low, high]);
    let (mut one, mut other) =
        (Client::connect(servers[0].address()).await?, Client::connect(servers[1].address()).await?);
    assert_eq!(one.hand_in("AB1", 500).await?.0, 201);
    assert_eq!(other.get("/parcels/AB1").await?.0, 200);
    Ok(())
}
