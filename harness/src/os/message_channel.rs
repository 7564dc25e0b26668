//! The channel between a process and its child: values in both directions, each with its length before it.

use std::io::{self, BufReader, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::mutex::MutexExt;
use crate::os::codec;
use crate::os::output_pipe::{self, OutputPipe};

/// The length of a frame, before it.
const NO_LENGTH: [u8; 4] = [0; 4];

/// A closed connection is an error, and no signal. Apple's systems have no such flag; there, the standard library ignores the signal.
#[cfg(not(target_vendor = "apple"))]
const SEND: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const SEND: SendFlags = SendFlags::empty();

/// Received descriptors are closed in programs that a test starts.
#[cfg(not(target_vendor = "apple"))]
const RECEIVE: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(target_vendor = "apple")]
const RECEIVE: RecvFlags = RecvFlags::empty();

/// How many descriptors can be sent at once.
const MOST_FDS: usize = 4;

/// The channel to the other process.
#[derive(Debug)]
pub(crate) struct MessageChannel {
    stream: UnixStream,
    reader: Mutex<(BufReader<UnixStream>, Option<Duration>)>,
    /// The output of the other process. It is read during each wait, since a process that writes to a full pipe is blocked.
    output: Option<OutputPipe>,
}

impl MessageChannel {
    /// A channel over this socket.
    ///
    /// # Errors
    ///
    /// When the process can open no more descriptors.
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        let reader = BufReader::new(stream.try_clone()?);
        Ok(Self { stream, reader: Mutex::new((reader, None)), output: None })
    }

    /// The other process writes to this pipe.
    pub(crate) fn read_output(&mut self, output: Option<OutputPipe>) {
        self.output = output;
    }

    /// The output of the other process, if this process reads it.
    pub(crate) fn output(&self) -> Option<&OutputPipe> {
        self.output.as_ref()
    }

    /// Sends a value.
    ///
    /// # Errors
    ///
    /// When the other process no longer reads.
    pub(crate) fn send(&self, value: &impl Serialize) -> io::Result<()> {
        let mut frame = NO_LENGTH.to_vec();
        codec::append(value, &mut frame);
        let length = u32::try_from(frame.len() - NO_LENGTH.len()).map_err(io::Error::other)?;
        frame[..NO_LENGTH.len()].copy_from_slice(&length.to_le_bytes());
        (&self.stream).write_all(&frame)
    }

    /// Waits for a value. `None`: the other process has ended.
    ///
    /// # Errors
    ///
    /// When the channel breaks, or the received value is malformed.
    pub(crate) fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        self.receive_within(None)
    }

    /// Like [`MessageChannel::receive`], but waits at most `limit`.
    ///
    /// # Errors
    ///
    /// The same, and one of the kind `WouldBlock` or `TimedOut` when nothing came in time.
    pub(crate) fn receive_within<T: DeserializeOwned>(&self, limit: Option<Duration>) -> io::Result<Option<T>> {
        self.frame_within(limit)?.map(|frame| codec::read(&frame)).transpose()
    }

    fn frame_within(&self, limit: Option<Duration>) -> io::Result<Option<Vec<u8>>> {
        let mut reader = self.reader.lock_even_if_poisoned();
        let (reader, limit_before) = &mut *reader;
        if *limit_before != limit {
            self.stream.set_read_timeout(limit)?;
            *limit_before = limit;
        }
        if let Some(output) = self.output.as_ref().filter(|_| reader.buffer().is_empty()) {
            let message = PollFd::new(&self.stream, PollFlags::IN);
            if !output_pipe::is_ready_before(message, limit.map(|limit| Instant::now() + limit), Some(output))? {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        match read_frame(reader) {
            // The last frame is incomplete if the process died while it sent the frame.
            Err(cause) if is_gone(&cause) => Ok(None),
            read => read.map(Some),
        }
    }

    /// Sends descriptors.
    ///
    /// # Errors
    ///
    /// When the other process no longer reads.
    pub(crate) fn send_fds(&self, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.send_word(fds.len() as u8, fds)
    }

    /// Sends a byte, and descriptors with it.
    ///
    /// # Errors
    ///
    /// When the other process no longer reads.
    pub(crate) fn send_word(&self, word: u8, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FDS))];
        let mut message = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() {
            message.push(SendAncillaryMessage::ScmRights(fds));
        }
        rustix::net::sendmsg(&self.stream, &[IoSlice::new(&[word])], &mut message, SEND)?;
        Ok(())
    }

    /// Waits for descriptors. `None`: the other process has ended. Values must not have been sent before them.
    ///
    /// # Errors
    ///
    /// When the channel breaks, or not all of them arrive.
    pub(crate) fn receive_fds(&self) -> io::Result<Option<Vec<OwnedFd>>> {
        match self.receive_word()? {
            Some((count, fds)) if fds.len() != usize::from(count) => Err(io::ErrorKind::UnexpectedEof.into()),
            received => Ok(received.map(|(_, fds)| fds)),
        }
    }

    /// Waits for a byte, and the descriptors sent with it. `None`: the other process has ended. Values must not have been sent
    /// before it.
    ///
    /// # Errors
    ///
    /// When the channel breaks.
    pub(crate) fn receive_word(&self) -> io::Result<Option<(u8, Vec<OwnedFd>)>> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FDS))];
        let mut message = RecvAncillaryBuffer::new(&mut space);
        let mut word = [0_u8; 1];
        let mut parts = [IoSliceMut::new(&mut word)];
        let received = rustix::net::recvmsg(&self.stream, &mut parts, &mut message, RECEIVE)?;
        let fds = message.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(fds) => Some(fds),
            _ => None,
        });
        let fds: Vec<OwnedFd> = fds.flatten().collect();
        #[cfg(target_vendor = "apple")]
        for fd in &fds {
            rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC)?;
        }
        Ok((received.bytes > 0).then_some((word[0], fds)))
    }

    /// The socket, to wait on.
    pub(crate) fn stream(&self) -> &UnixStream {
        &self.stream
    }
}

fn read_frame(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = NO_LENGTH;
    reader.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    // The buffer grows with the received bytes, because the length may be wrong.
    let mut frame = Vec::new();
    reader.take(length).read_to_end(&mut frame)?;
    if frame.len() as u64 == length { Ok(frame) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn is_gone(cause: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(cause.kind(), ConnectionReset | BrokenPipe | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_one_by_one() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let (ours, theirs) = (MessageChannel::new(ours).expect("a line"), MessageChannel::new(theirs).expect("a line"));
        ours.send(&"one\ntwo").expect("sent");
        ours.send(&2_u32).expect("sent");
        assert_eq!(theirs.receive::<String>().expect("a value").as_deref(), Some("one\ntwo"));
        assert_eq!(theirs.receive::<u32>().expect("a value"), Some(2));
        let late = theirs.receive_within::<u32>(Some(Duration::from_millis(1))).expect_err("nothing came");
        assert!(matches!(late.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{late}");
        // An incomplete frame counts as the end.
        (&ours.stream).write_all(&[9, 0, 0, 0, 1]).expect("sent");
        drop(ours);
        assert_eq!(theirs.receive::<u32>().expect("the end"), None);
    }

    #[test]
    fn invalid_messages_are_refused() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        (&ours).write_all(&[2, 0, 0, 0, 0xff, 0xff]).expect("sent");
        let theirs = MessageChannel::new(theirs).expect("a line");
        assert_eq!(theirs.receive::<String>().expect_err("no text").kind(), io::ErrorKind::InvalidData);
    }
}
