//! The parts of HTTP/1.1 that the depot needs: requests with a body of a known length, and text responses.

use std::fmt::Write;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::error::Error;

/// The maximum length of a line, and the maximum number of lines, in the head of a request.
const LONGEST_LINE: u64 = 4 * 1024;
const MOST_LINES: usize = 50;

/// A request of a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The part after the `?`.
    pub(crate) query: String,
    pub(crate) body: String,
    /// Whether this is the last request of the connection.
    pub(crate) is_last: bool,
}

/// The response to a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The next request of a connection; `None` if the client has closed it.
///
/// # Errors
///
/// [`Error::Request`] if it is invalid, [`Error::TooLong`] if its body is too long; the rest of the connection cannot be parsed then.
pub(crate) async fn read(stream: &mut (impl AsyncBufRead + Unpin), limit: usize) -> Result<Option<Request>, Error> {
    let Some(first) = line(stream).await? else { return Ok(None) };
    let words: Vec<&str> = first.split(' ').collect();
    let [method, target, "HTTP/1.1"] = words[..] else { return Err(Error::Request(first)) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (mut length, mut is_last) = (0, false);
    for _ in 0..MOST_LINES {
        let header = line(stream).await?.ok_or_else(|| Error::Request("half a request".to_owned()))?;
        if header.is_empty() {
            if length > limit {
                return Err(Error::TooLong { length, limit });
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            let body = String::from_utf8(body).map_err(|_| Error::Request("a body that is no text".to_owned()))?;
            let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
            return Ok(Some(Request { method, path, query, body, is_last }));
        }
        let (name, value) = header.split_once(':').ok_or_else(|| Error::Request(header.clone()))?;
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("content-length", value) => length = value.parse().map_err(|_| Error::Request(header.clone()))?,
            ("connection", value) => is_last = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Err(Error::Request(format!("more than {MOST_LINES} headers")))
}

/// The line without its end; `None` at the end of the connection.
async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<String>, Error> {
    let mut line = Vec::new();
    stream.take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&line).into_owned();
    match text.strip_suffix('\n') {
        Some(line) => Ok(Some(line.strip_suffix('\r').unwrap_or(line).to_owned())),
        None if line.len() as u64 == LONGEST_LINE => Err(Error::Request("a line without end".to_owned())),
        None => Err(Error::Request("half a request".to_owned())),
    }
}

impl Request {
    /// The value of `name=value` in the body, which has one such pair in each line.
    pub(crate) fn field(&self, name: &str) -> Result<&str, Error> {
        let value = value(self.body.lines(), name);
        value.ok_or_else(|| Error::Parcel(format!("it has no `{name}`")))
    }

    /// The value of `name=value` in the query, if there is one.
    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        value(self.query.split('&'), name)
    }
}

fn value<'a>(mut pairs: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    pairs.find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name)).map(|(_, value)| value)
}

impl Response {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into() }
    }

    /// The text of the response.
    pub(crate) fn text(&self, is_last: bool) -> String {
        let reason = match self.status {
            200 => "OK",
            201 => "Created",
            204 => "No Content",
            400 => "Bad Request",
            404 => "Not Found",
            405 => "Method Not Allowed",
            409 => "Conflict",
            413 => "Content Too Large",
            422 => "Unprocessable Content",
            _ => "Internal Server Error",
        };
        let mut text = format!("HTTP/1.1 {} {reason}\r\ncontent-length: {}\r\n", self.status, self.body.len());
        if is_last {
            text.push_str("connection: close\r\n");
        }
        let _ = write!(text, "\r\n{}", self.body);
        text
    }
}
