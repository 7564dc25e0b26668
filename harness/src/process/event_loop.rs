//! Waits for events, the end of the test host, or a signal. The kernel waits for all of them at the same time.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::model::error::Error;
use crate::model::mutex::MutexExt;
use crate::os::{signals, thread};
use crate::process::child;
use crate::process::wakeup::Wakeup;

/// Events that follow each other faster than this are read together.
const SUCCESSION: Duration = Duration::from_micros(500);

/// How long the first of them waits for the others. To wake a reader for each event takes the writer time, too: read together, the results
/// of 100,000 empty tests on one resource take 1.9 s instead of 2.5 s (medians of five runs). A part of that is a futex call for each
/// test, which was removed at the same time.
const TOGETHER: Duration = Duration::from_micros(200);

/// How many of them are read one by one first, so that a short run does not wait.
const SINGLE: u32 = 16;

const ENDED: u8 = b'e';
const INTERRUPTED: u8 = b'i';

/// Receives them all.
#[derive(Debug)]
pub(crate) struct Poller {
    bell: UnixStream,
    ring: Arc<UnixStream>,
    interrupts: AtomicU32,
    reaper: Mutex<Option<JoinHandle<()>>>,
    /// When events arrived last, and how many times in succession they did.
    succession: Cell<(Option<Instant>, u32)>,
}

/// A pipe: the end that this process reads, without blocking, and the other one.
///
/// # Errors
///
/// If the system cannot create a pipe.
pub(crate) fn pipe() -> io::Result<(File, File)> {
    let (ours, theirs) = io::pipe()?;
    rustix::fs::fcntl_setfl(&ours, rustix::fs::OFlags::NONBLOCK)?;
    Ok((File::from(OwnedFd::from(ours)), File::from(OwnedFd::from(theirs))))
}

impl Poller {
    /// Handles signals from now on.
    ///
    /// # Errors
    ///
    /// If this process handles signals already.
    pub(crate) fn open() -> Result<Self, Error> {
        let fail = |cause| Error::io("listen for signals", cause);
        let (bell, ring) = UnixStream::pair().map_err(fail)?;
        bell.set_nonblocking(true).map_err(fail)?;
        let ring = Arc::new(ring);
        let on_signal = {
            let ring = Arc::clone(&ring);
            move |count| {
                if count > 2 {
                    // Even if the controller cannot, for instance because nothing reads its output.
                    return child::end_all();
                }
                let _ = (&*ring).write(&[INTERRUPTED]);
            }
        };
        signals::watch(Arc::new(on_signal), Some(child::suspend_all))?;
        Ok(Self { bell, ring, interrupts: AtomicU32::new(0), reaper: Mutex::new(None), succession: Cell::default() })
    }

    /// Waits for the end of this child on a thread. The child can still be reaped.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub(crate) fn watch(&self, id: u32) -> Result<(), Error> {
        let ring = Arc::clone(&self.ring);
        let wait = move || {
            child::wait_for_end(id);
            let _ = (&*ring).write(&[ENDED]);
        };
        let started = thread::start_small("reaper", wait);
        let reaper =
            started.map_err(|cause| Error::io("start the thread that waits for the workers' process", cause))?;
        *self.reaper.lock_even_if_poisoned() = Some(reaper);
        Ok(())
    }

    /// Called after this child was reaped: another process may soon have its number.
    pub(crate) fn forget(&self) {
        if let Some(reaper) = self.reaper.lock_even_if_poisoned().take() {
            // The thread waits only for a child that has ended.
            let _ = reaper.join();
        }
        // The next child must not be taken for ended. Signals are kept.
        let mut news = [0; 16];
        let mut signals = 0;
        while let Ok(n @ 1..) = (&self.bell).read(&mut news) {
            signals += news[..n].iter().filter(|&&byte| byte == INTERRUPTED).count();
        }
        for _ in 0..signals {
            let _ = (&*self.ring).write(&[INTERRUPTED]);
        }
    }

    /// Called when events have arrived. If they do so in quick succession, waits until more of them are there, or something else happens.
    fn collect(&self) {
        let (last, n) = self.succession.get();
        let is_quick = last.is_some_and(|last| last.elapsed() < SUCCESSION);
        let n = if is_quick { n + 1 } else { 0 };
        if n > SINGLE
            && let Ok(together) = Timespec::try_from(TOGETHER)
        {
            let _ =
                rustix::event::poll(&mut [PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN)], Some(&together));
        }
        self.succession.set((Some(Instant::now()), n));
    }

    /// Waits until something happens, at most this long.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    pub(crate) fn wait(&self, pipe: &File, at_most: Duration) -> io::Result<Wakeup> {
        let at_most = Timespec::try_from(at_most).map_err(io::Error::other)?;
        loop {
            let mut fds = [
                PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN),
            ];
            match rustix::event::poll(&mut fds, Some(&at_most)) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(0) => return Ok(Wakeup::Nothing),
                Err(cause) => return Err(cause.into()),
                Ok(_) if fds[1].revents().is_empty() => {
                    self.collect();
                    return Ok(Wakeup::Events);
                }
                // The end of the process first; its last events are read after that.
                Ok(_) => {
                    let mut byte = [0; 1];
                    match (&self.bell).read(&mut byte) {
                        Ok(1) if byte[0] == ENDED => return Ok(Wakeup::Ended),
                        Ok(1) => {
                            let again = self.interrupts.fetch_add(1, Ordering::Relaxed) > 0;
                            return Ok(Wakeup::Interrupted { again });
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}
