//! A TCP client of the depot.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fixtures::TestResult;

/// The timeout for a response of the server.
const LIMIT: Duration = Duration::from_secs(30);

/// A connection.
pub(crate) struct Client {
    stream: BufStream<TcpStream>,
}

/// A status, and the body.
pub(crate) type Answer = (u16, String);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> TestResult<Self> {
        Ok(Self { stream: BufStream::new(TcpStream::connect(address).await?) })
    }

    pub(crate) async fn get(&mut self, target: &str) -> TestResult<Answer> {
        self.ask("GET", target, "").await
    }

    /// Adds a parcel with this weight.
    pub(crate) async fn hand_in(&mut self, code: &str, grams: u32) -> TestResult<Answer> {
        self.ask("POST", "/parcels", &format!("code={code}\nreceiver=Ada\ntown=Genoa\ngrams={grams}\n")).await
    }

    /// Changes a parcel to these stages, one after the other, and returns the last response.
    pub(crate) async fn advance(&mut self, code: &str, stages: &[&str]) -> TestResult<Answer> {
        let mut answer = (0, String::new());
        for stage in stages {
            answer = self.ask("POST", &format!("/parcels/{code}/stage"), &format!("stage={stage}\n")).await?;
        }
        Ok(answer)
    }

    pub(crate) async fn ask(&mut self, method: &str, target: &str, body: &str) -> TestResult<Answer> {
        self.say(&request(method, target, body)).await?;
        self.answer().await
    }

    /// Sends any text.
    pub(crate) async fn say(&mut self, text: &(impl AsRef<[u8]> + ?Sized)) -> TestResult {
        self.stream.write_all(text.as_ref()).await?;
        Ok(self.stream.flush().await?)
    }

    pub(crate) async fn answer(&mut self) -> TestResult<Answer> {
        timeout(LIMIT, self.read_answer()).await?
    }

    /// Reads until the server closes the connection.
    pub(crate) async fn rest(&mut self) -> TestResult<String> {
        let mut rest = String::new();
        timeout(LIMIT, self.stream.read_to_string(&mut rest)).await??;
        Ok(rest)
    }

    async fn read_answer(&mut self) -> TestResult<Answer> {
        let mut first = String::new();
        self.stream.read_line(&mut first).await?;
        let status = first.split(' ').nth(1).ok_or_else(|| format!("`{first}` is no answer"))?.parse()?;
        let mut length = 0;
        loop {
            let mut header = String::new();
            self.stream.read_line(&mut header).await?;
            match header.trim_end().split_once(": ") {
                Some(("content-length", n)) => length = n.parse()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok((status, String::from_utf8(body)?))
    }
}

/// The text of a request.
pub(crate) fn request(method: &str, target: &str, body: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: depot\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
