//! Sells over TCP: a thread for each client, and one answer for each line.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::error::Error;
use crate::protocol::Request;
use crate::settings::Settings;
use crate::store::Store;

/// A server that runs until `stop` is called.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    store: Mutex<Store>,
    settings: Settings,
    is_closing: AtomicBool,
}

impl Server {
    /// Listens at the address, and answers clients.
    pub fn bind(address: impl ToSocketAddrs, store: Store, settings: Settings) -> io::Result<Self> {
        Self::start(TcpListener::bind(address)?, store, settings)
    }

    /// As `bind`, with a listener that is already bound.
    pub fn start(listener: TcpListener, store: Store, settings: Settings) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { store: Mutex::new(store), settings, is_closing: AtomicBool::new(false) });
        let acceptor = thread::Builder::new().name("acceptor".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        })?;
        Ok(Self { address, shared, acceptor: Some(acceptor) })
    }

    /// The address for clients.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections, and waits until no thread of the server runs. A second call has no effect.
    pub fn stop(&mut self) -> io::Result<()> {
        let Some(acceptor) = self.acceptor.take() else { return Ok(()) };
        self.shared.is_closing.store(true, Ordering::Release);
        // The acceptor waits for a client, so connect once. If the acceptor has ended, another client came first.
        match TcpStream::connect(self.address) {
            Err(cause) if !matches!(cause.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset) => {
                return Err(cause);
            }
            _ => {}
        }
        acceptor.join().map_err(|_| io::Error::other("the acceptor panicked"))
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut clients: Vec<(TcpStream, JoinHandle<()>)> = Vec::new();
    for stream in listener.incoming() {
        if shared.is_closing.load(Ordering::Acquire) {
            break;
        }
        clients.retain(|(_, thread)| !thread.is_finished());
        // A client may have disconnected already.
        let Ok(stream) = stream else { continue };
        let Ok(to_close) = stream.try_clone() else { continue };
        let shared = Arc::clone(shared);
        let client = thread::spawn(move || {
            // A client that has disconnected needs no answer.
            let _ = serve(&stream, &shared);
            let _ = stream.shutdown(Shutdown::Both);
        });
        clients.push((to_close, client));
    }
    for (stream, thread) in clients {
        let _ = stream.shutdown(Shutdown::Both);
        let _ = thread.join();
    }
}

fn serve(mut stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    for line in BufReader::new(stream).lines() {
        let reply = match line?.parse().and_then(|request| shared.answer(request)) {
            Ok(reply) => format!("OK {reply}\n"),
            Err(error) => format!("ERR {error}\n"),
        };
        stream.write_all(reply.as_bytes())?;
    }
    Ok(())
}

impl Shared {
    fn answer(&self, request: Request) -> Result<String, Error> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        match request {
            Request::Put(item) => store.put(&item).map(|()| item.name),
            Request::Get(name) => store.get(&name).map(|item| format!("{} {}", item.stock, item.price)),
            Request::Order { count, .. } if count > self.settings.max_order => {
                Err(Error::Request(format!("{count} at once, at most {} are allowed", self.settings.max_order)))
            }
            Request::Order { item, count } => store.order(&item, count).map(|number| number.to_string()),
        }
    }
}
