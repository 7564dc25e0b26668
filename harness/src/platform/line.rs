//! The line between a process and one that it has started: values in both directions, each a line of JSON.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The line to the other process.
#[derive(Debug)]
pub(crate) struct Line {
    stream: UnixStream,
    reader: Mutex<(BufReader<UnixStream>, Option<Duration>)>,
}

impl Line {
    /// The line over this socket.
    ///
    /// # Errors
    ///
    /// When there are no more descriptors.
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        let reader = BufReader::new(stream.try_clone()?);
        Ok(Self { stream, reader: Mutex::new((reader, None)) })
    }

    /// Sends a value.
    ///
    /// # Errors
    ///
    /// When nobody listens any more.
    pub(crate) fn send(&self, value: &impl Serialize) -> io::Result<()> {
        let mut json = serde_json::to_vec(value)?;
        json.push(b'\n');
        (&self.stream).write_all(&json)
    }

    /// Waits for a value. `None`: the other one is gone.
    ///
    /// # Errors
    ///
    /// When the line breaks, or what comes makes no sense.
    pub(crate) fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        self.receive_within(None)
    }

    /// As [`Line::receive`], but waits no longer than so long.
    ///
    /// # Errors
    ///
    /// As there, and of the kind `WouldBlock` or `TimedOut` when nothing came in time.
    pub(crate) fn receive_within<T: DeserializeOwned>(&self, limit: Option<Duration>) -> io::Result<Option<T>> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let (reader, limit_before) = &mut *reader;
        if *limit_before != limit {
            self.stream.set_read_timeout(limit)?;
            *limit_before = limit;
        }
        let mut json = Vec::new();
        match reader.read_until(b'\n', &mut json) {
            Err(cause) if is_gone(&cause) => return Ok(None),
            read => read?,
        };
        // The last line of one who died within it has no end.
        if json.pop() != Some(b'\n') {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&json)?))
    }

    /// The socket, to wait on.
    pub(crate) fn stream(&self) -> &UnixStream {
        &self.stream
    }
}

fn is_gone(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_arrive_one_by_one() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let (ours, theirs) = (Line::new(ours).expect("a line"), Line::new(theirs).expect("a line"));
        ours.send(&"one\ntwo").expect("sent");
        ours.send(&2_u32).expect("sent");
        assert_eq!(theirs.receive::<String>().expect("a value").as_deref(), Some("one\ntwo"));
        assert_eq!(theirs.receive::<u32>().expect("a value"), Some(2));
        let late = theirs.receive_within::<u32>(Some(Duration::from_millis(1))).expect_err("nothing came");
        assert!(matches!(late.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{late}");
        drop(ours);
        assert_eq!(theirs.receive::<u32>().expect("the end"), None);
    }
}
