//! The depot over TCP. Each test has its own server on its own port, with the database of its worker.

use std::io::ErrorKind;

use swimlanes::prelude::*;
use tokio::net::TcpStream;
use worker_lanes::Server;

use crate::client::{Client, request};
use crate::fixtures::{Lane, Service, TestResult, listener, serve};

#[swimlanes::test(tags("integration"))]
async fn a_parcel_is_handed_in_and_asked_for(service: Service) -> TestResult {
    let mut client = service.client().await?;
    let line = "AB1 accepted 500 g to Ada, Genoa\n".to_owned();
    assert_eq!(client.hand_in("AB1", 500).await?, (201, line.clone()));
    assert_eq!(client.get("/parcels/AB1").await?, (200, line));
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn health_shows_the_version_and_the_totals(service: Service) -> TestResult {
    let mut client = service.client().await?;
    client.hand_in("AB1", 500).await?;
    client.hand_in("AB2", 250).await?;
    assert_eq!(client.get("/health").await?, (200, "version=5\nparcels=2\ngrams=750\n".to_owned()));
    Ok(())
}

#[swimlanes::test(tags("integration"), cases(
    unknown_parcel = ("GET", "/parcels/ZZ9", "", 404, "there is no parcel `ZZ9`"),
    unknown_history = ("GET", "/parcels/ZZ9/history", "", 404, "there is no parcel `ZZ9`"),
    nowhere = ("GET", "/letters", "", 404, "not found"),
    wrong_method = ("PUT", "/parcels", "", 405, "method not allowed"),
    unknown_stage = ("GET", "/parcels?stage=lost", "", 400, "invalid request: `lost` is not a stage"),
    no_grams = ("POST", "/parcels", "code=AB1\nreceiver=Ada\ntown=Genoa\n", 422, "not a parcel: it has no `grams`"),
    grams_in_words = ("POST", "/parcels", "code=AB1\nreceiver=Ada\ntown=Genoa\ngrams=some", 422, "not a parcel: it weighs `some`"),
    no_parcel = ("POST", "/parcels", "code=1\nreceiver=Ada\ntown=Genoa\ngrams=1", 422, "not a parcel: `1` is no code such as `AB123`"),
))]
async fn an_invalid_request_is_answered_with_the_reason(
    #[case] method: &str,
    #[case] target: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] reason: &str,
    service: Service,
) -> TestResult {
    let mut client = service.client().await?;
    assert_eq!(client.ask(method, target, body).await?, (status, format!("{reason}\n")));
    assert_eq!(client.get("/health").await?.0, 200, "the connection goes on");
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_code_that_is_taken_is_a_conflict(service: Service) -> TestResult {
    let mut client = service.client().await?;
    client.hand_in("AB1", 500).await?;
    assert_eq!(client.hand_in("AB1", 20).await?, (409, "there is a parcel `AB1` already\n".to_owned()));
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_parcel_is_followed_to_its_receiver(service: Service) -> TestResult {
    let mut client = service.client().await?;
    client.hand_in("AB1", 500).await?;
    let delivered = client.advance("AB1", &["sorted", "loaded", "delivered"]).await?;
    assert_eq!(delivered, (200, "AB1 is delivered\n".to_owned()));
    let history = "accepted\nsorted\nloaded\ndelivered\n".to_owned();
    assert_eq!(client.get("/parcels/AB1/history").await?, (200, history));
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_stage_out_of_order_is_a_conflict(service: Service) -> TestResult {
    let mut client = service.client().await?;
    client.hand_in("AB1", 500).await?;
    let refused = client.advance("AB1", &["delivered"]).await?;
    assert_eq!(refused, (409, "parcel `AB1` is accepted and cannot be delivered\n".to_owned()));
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_removed_parcel_is_not_found(service: Service) -> TestResult {
    let mut client = service.client().await?;
    client.hand_in("AB1", 500).await?;
    assert_eq!(client.ask("DELETE", "/parcels/AB1", "").await?, (204, String::new()));
    assert_eq!(client.get("/parcels/AB1").await?.0, 404);
    Ok(())
}

/// The page size of this test's settings; those of other tests do not change.
#[swimlanes::test(tags("integration"))]
async fn lists_are_paged(lane: Lane, port: BoundPort) -> TestResult {
    let server = serve(&lane, listener(port)?, "page_size = 2").await?;
    let mut client = Client::connect(server.address()).await?;
    for code in ["AB1", "AB2", "AB3"] {
        client.hand_in(code, 500).await?;
    }
    let codes = |list: &str| list.lines().map(|line| line[..3].to_owned()).collect::<Vec<_>>();
    assert_eq!(codes(&client.get("/parcels").await?.1), ["AB1", "AB2"]);
    assert_eq!(codes(&client.get("/parcels?after=AB2").await?.1), ["AB3"]);
    client.advance("AB2", &["sorted"]).await?;
    assert_eq!(codes(&client.get("/parcels?after=AB1&stage=sorted").await?.1), ["AB2"]);
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_body_that_is_too_long_ends_the_connection(lane: Lane, port: BoundPort) -> TestResult {
    let server = serve(&lane, listener(port)?, "max_body = 30").await?;
    let mut client = Client::connect(server.address()).await?;
    // The body itself is not sent: its length is enough.
    client.say("POST /parcels HTTP/1.1\r\nContent-Length: 31\r\n\r\n").await?;
    assert_eq!(client.answer().await?, (413, "the body has 31 bytes, 30 at most\n".to_owned()));
    assert_eq!(client.rest().await?, "");
    Ok(())
}

#[swimlanes::test(
    tags("integration"),
    cases(
        no_request = "HELLO\r\n",
        other_version = "GET /health HTTP/3\r\n",
        no_header = "GET /health HTTP/1.1\r\nHost\r\n",
        no_length = "GET /health HTTP/1.1\r\nContent-Length: some\r\n",
        no_text = b"POST /parcels HTTP/1.1\r\nContent-Length: 1\r\n\r\n\xff",
    )
)]
async fn invalid_http_closes_the_connection(#[case] text: impl AsRef<[u8]>, service: Service) -> TestResult {
    let mut client = service.client().await?;
    client.say(&text).await?;
    assert_eq!(client.answer().await?.0, 400);
    assert_eq!(client.rest().await?, "");
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_line_without_end_is_refused(service: Service) -> TestResult {
    let mut client = service.client().await?;
    client.say(&vec![b'x'; 4 * 1024]).await?;
    assert_eq!(client.answer().await?, (400, "invalid request: a line without end\n".to_owned()));
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_client_can_send_all_requests_at_once(service: Service) -> TestResult {
    let mut client = service.client().await?;
    let body = "code=AB1\nreceiver=Ada\ntown=Genoa\ngrams=500\n";
    client.say(&(request("POST", "/parcels", body) + &request("GET", "/parcels/AB1", ""))).await?;
    assert_eq!(client.answer().await?.0, 201);
    assert_eq!(client.answer().await?.0, 200);
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn connection_close_ends_the_connection(service: Service) -> TestResult {
    let mut client = service.client().await?;
    client.say("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n").await?;
    assert!(client.rest().await?.starts_with("HTTP/1.1 200 OK\r\n"));
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_disconnect_within_a_request_changes_nothing(service: Service) -> TestResult {
    let mut hasty = service.client().await?;
    hasty.say("POST /parcels HTTP/1.1\r\nContent-Length: 50\r\n\r\ncode=").await?;
    drop(hasty);
    assert_eq!(service.client().await?.get("/health").await?.0, 200);
    assert_eq!(service.lane.repository.totals().await?.0, 0);
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn a_parcel_of_one_client_is_found_by_another(service: Service) -> TestResult {
    let (mut one, mut other) = (service.client().await?, service.client().await?);
    one.hand_in("AB1", 500).await?;
    assert_eq!(other.get("/parcels/AB1").await?.0, 200);
    Ok(())
}

/// If the server waited for the client, this would hang.
#[swimlanes::test(tags("integration"), timeout = "30s")]
async fn stopping_closes_connections_and_refuses_new_ones(service: Service) -> TestResult {
    let (mut client, address) = (service.client().await?, service.address());
    client.get("/health").await?;
    service.server.stop().await?;
    assert_eq!(client.rest().await?, "");
    assert_eq!(TcpStream::connect(address).await.err().map(|error| error.kind()), Some(ErrorKind::ConnectionRefused));
    Ok(())
}

/// For code that needs a number. No other test gets the port while this test runs, not even between the two servers.
#[swimlanes::test(tags("integration"))]
async fn a_restarted_server_keeps_its_port_and_its_parcels(lane: Lane, port: Port) -> TestResult {
    let settings = lane.configured(&format!("ports = {}", port.number())).await?;
    for status in [201, 409] {
        let listener = worker_lanes::ports::listen(&settings.ports).await?;
        let server = Server::start(listener, lane.another().await?, settings.clone())?;
        assert_eq!(server.address().port(), port.number());
        assert_eq!(Client::connect(server.address()).await?.hand_in("AB1", 500).await?.0, status);
        server.stop().await?;
    }
    Ok(())
}
