//! The fixtures of this suite, in addition to those of swimlanes.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpStream, ToSocketAddrs};

use quickstart::{Item, Server, Settings, Store};
use swimlanes::prelude::*;

/// The result of the tests, in which `?` converts all errors.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A shop with three items. Created once for the run, and copied for each test that needs it.
pub(crate) static STOCKED: Template = Template::new("stocked", |db| {
    quickstart::migrate(db)?;
    db.execute_batch(
        "INSERT INTO item (name, stock, price) VALUES ('tea', 10, 350), ('coffee', 4, 420), ('cocoa', 0, 390)",
    )?;
    Ok(())
});

/// A stocked shop, in a database of this test.
pub(crate) struct Shop {
    pub(crate) store: Store,
    pub(crate) db: Database,
}

impl Fixture for Shop {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let db = setup.get::<Database>()?.fresh_with_template(&STOCKED)?;
        Ok(Self { store: Store::new(db.connect()?)?, db })
    }
}

/// A server with its own stocked shop. It stops when the test drops it, also after a failure.
pub(crate) struct RunningServer(Server);

impl Fixture for RunningServer {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let port: BoundPort = setup.get()?;
        let shop: Shop = setup.get()?;
        Self::start(port, shop.store)
    }
}

impl RunningServer {
    pub(crate) fn start(port: BoundPort, store: Store) -> FixtureResult<Self> {
        Ok(Self(Server::start(port.into_listener(), store, Settings { max_order: 5 })?))
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.0.address()
    }

    pub(crate) fn client(&self) -> io::Result<Client> {
        Client::connect(self.address())
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        // The result of the test is more important than this error.
        let _ = self.0.stop();
    }
}

/// A client of a server.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(address)?)))
    }

    /// The answer to one line; empty if the server has closed the connection.
    pub(crate) fn ask(&mut self, line: &str) -> io::Result<String> {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes())?;
        self.answer()
    }

    pub(crate) fn answer(&mut self) -> io::Result<String> {
        let mut answer = String::new();
        self.0.read_line(&mut answer)?;
        Ok(answer.trim_end().to_owned())
    }
}

/// An item at an arbitrary price.
pub(crate) fn item(name: &str, stock: u32) -> Item {
    Item { name: name.to_owned(), stock, price: 100 }
}
