//! Serves the depot over TCP: a task for each client, requests one after the other.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::error::Error;
use crate::http;
use crate::repository::Repository;
use crate::routes;
use crate::settings::Settings;

/// A server that runs until it is stopped or dropped, or the runtime ends.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<()>,
    acceptor: JoinHandle<()>,
}

impl Server {
    /// Starts to answer clients.
    ///
    /// # Errors
    ///
    /// If the listener has no address.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn start(listener: TcpListener, repository: Repository, settings: Arc<Settings>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(());
        let acceptor = tokio::spawn(accept(listener, repository, settings, stopped));
        Ok(Self { address, stop, acceptor })
    }

    /// The address for clients.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more clients, answers all requests that have arrived, closes the connections, and returns when all that is done.
    ///
    /// # Errors
    ///
    /// If the server has panicked.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.acceptor.await.map_err(io::Error::other)
    }
}

/// The end of the channel stops the server.
async fn accept(listener: TcpListener, repository: Repository, settings: Arc<Settings>, stopped: watch::Receiver<()>) {
    let mut clients = JoinSet::new();
    let mut stop = stopped.clone();
    loop {
        let stream = tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => accepted,
        };
        // A client may have disconnected already.
        let Ok((stream, _)) = stream else { continue };
        while clients.try_join_next().is_some() {}
        clients.spawn(serve(stream, repository.clone(), Arc::clone(&settings), stopped.clone()));
    }
    drop(listener);
    while clients.join_next().await.is_some() {}
}

async fn serve(
    stream: TcpStream,
    repository: Repository,
    settings: Arc<Settings>,
    mut stopped: watch::Receiver<()>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufStream::new(stream);
    loop {
        let request = tokio::select! {
            biased;
            request = http::read(&mut stream, settings.max_body) => request,
            _ = stopped.changed() => return Ok(()),
        };
        let (response, is_last) = match request {
            Ok(None) | Err(Error::Io(_)) => return Ok(()),
            Ok(Some(request)) => (routes::answer(&request, &repository, &settings).await, request.is_last),
            // The start of the next request is unknown.
            Err(error) => (routes::refusal(&error), true),
        };
        stream.write_all(response.text(is_last).as_bytes()).await?;
        stream.flush().await?;
        if is_last {
            return stream.shutdown().await;
        }
    }
}
