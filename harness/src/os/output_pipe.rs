//! The output of another process: a pipe, to which that process writes stdout and stderr, and which this one reads while it waits for the
//! process. The order of stdout and stderr is kept, and the output of C code and of further processes is included.
//!
//! A file in memory would need no reader, but a test cannot poll a file: `epoll_ctl` refuses it.

use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::model::excerpt::Excerpt;
use crate::model::mutex::MutexExt;

/// The reading end.
#[derive(Debug)]
pub(crate) struct OutputPipe {
    pipe: PipeReader,
    /// What was read since the last [`OutputPipe::take`].
    excerpt: Mutex<Excerpt>,
    /// Whether a process can write to it.
    is_open: AtomicBool,
}

impl OutputPipe {
    /// A pipe, and the end to write to.
    ///
    /// # Errors
    ///
    /// If the process can open no more descriptors.
    pub(crate) fn new() -> io::Result<(Self, File)> {
        let (pipe, writer) = io::pipe()?;
        rustix::io::ioctl_fionbio(&pipe, true)?;
        let ours = Self { pipe, excerpt: Mutex::default(), is_open: AtomicBool::new(true) };
        Ok((ours, File::from(OwnedFd::from(writer))))
    }

    /// Reads the bytes that are in the pipe, without waiting. Bytes that arrive during the call can wait for the next one, so a process that
    /// writes all the time does not keep this one here.
    ///
    /// # Errors
    ///
    /// If the pipe cannot be read.
    pub(crate) fn drain(&self) -> io::Result<()> {
        let mut chunk = [0; 16 * 1024];
        let mut left = usize::try_from(rustix::io::ioctl_fionread(&self.pipe)?).unwrap_or(usize::MAX).max(1);
        while left > 0 {
            let most = left.min(chunk.len());
            match (&self.pipe).read(&mut chunk[..most]) {
                Ok(0) => {
                    self.is_open.store(false, Ordering::Relaxed);
                    break;
                }
                Ok(n) => {
                    self.excerpt().push(&chunk[..n]);
                    left -= n;
                }
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => break,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }

    /// The output since the last call. If it is long, only its beginning and its end.
    ///
    /// # Errors
    ///
    /// If the pipe cannot be read.
    pub(crate) fn take(&self) -> io::Result<Vec<u8>> {
        self.drain()?;
        Ok(self.excerpt().take())
    }

    /// Waits for output. `None`: no process can write any more.
    pub(crate) fn poll_fd(&self) -> Option<PollFd<'_>> {
        self.is_open.load(Ordering::Relaxed).then(|| PollFd::new(&self.pipe, PollFlags::IN))
    }

    fn excerpt(&self) -> MutexGuard<'_, Excerpt> {
        self.excerpt.lock_even_if_poisoned()
    }
}

/// Waits until this descriptor is ready, and reads the output meanwhile. Returns `false` if the deadline comes first.
///
/// # Errors
///
/// If the descriptors cannot be polled, or the output cannot be read.
pub(crate) fn is_ready_before(
    ready: PollFd<'_>,
    deadline: Option<Instant>,
    output: Option<&OutputPipe>,
) -> io::Result<bool> {
    loop {
        let written = output.and_then(OutputPipe::poll_fd);
        let n = 1 + usize::from(written.is_some());
        let mut fds = [ready.clone(), written.unwrap_or_else(|| ready.clone())];
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        match rustix::event::poll(&mut fds[..n], left.as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) if !fds[0].revents().is_empty() => return Ok(true),
            Ok(_) => output.map_or(Ok(()), OutputPipe::drain)?,
            Err(rustix::io::Errno::INTR) => {}
            Err(cause) => return Err(cause.into()),
        }
        // With output all the time, no poll would report that the time is over.
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;

    use super::*;

    #[test]
    fn take_returns_the_output_since_the_last_call() {
        let (output, mut file) = OutputPipe::new().expect("a pipe");
        for text in ["one\n", "two\n"] {
            file.write_all(text.as_bytes()).expect("written");
            assert_eq!(output.take().expect("read"), text.as_bytes());
        }
        assert!(output.take().expect("read").is_empty());
        assert!(output.poll_fd().is_some());
        drop(file);
        // A child that another test forks just now has the other end until it calls `exec`.
        wait_for_the_end(&output);
        assert!(output.take().expect("read").is_empty());
    }

    /// Reads until no process can write to the pipe any more.
    fn wait_for_the_end(output: &OutputPipe) {
        while let Some(pipe) = output.poll_fd() {
            rustix::event::poll(&mut [pipe], None).expect("polled");
            output.drain().expect("read");
        }
    }

    #[test]
    fn take_returns_the_beginning_and_the_end_of_long_output() {
        let (output, mut file) = OutputPipe::new().expect("a pipe");
        let writer = thread::spawn(move || {
            let mut text = vec![b'a'; 3 << 20];
            text[0] = b'<';
            *text.last_mut().expect("some") = b'>';
            file.write_all(&text)
        });
        wait_for_the_end(&output);
        writer.join().expect("no panic").expect("written");
        let text = output.take().expect("read");
        assert_eq!((text[0], text[text.len() - 1]), (b'<', b'>'));
        assert!(String::from_utf8_lossy(&text).contains("\n[swimlanes: 2.0 MiB of output left out here]\n"));
    }
}
