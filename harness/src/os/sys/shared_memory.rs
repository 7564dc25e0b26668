//! The run board, a page of memory that two processes share: whether the run must stop, which attempts run, and how the test
//! host ended. Its content outlives the process that wrote it, whatever ended that process, and a write is a store.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::mem::size_of;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::streams;
use super::teardown_note::torn_down_here;
use crate::model::crash_record::CrashRecord;
use crate::model::test_id;

/// The largest number of workers.
const SLOTS: usize = 1024;

/// The attempt that runs in a lane. All zero: none.
#[repr(C)]
#[derive(Debug, Default)]
struct BoardLane {
    /// The owner of the running attempt: see [`crate::model::event::TestId::owner`].
    owner: AtomicU64,
    /// The owner of the attempt that was last reported as ended.
    last: AtomicU64,
    /// When it started, in nanoseconds since the start of the run.
    at: AtomicU64,
    /// When its timeout expires, in the same unit. 0: never, or not known yet.
    ends_at: AtomicU64,
    attempt: AtomicU32,
    /// The process in which it runs, if not the one that writes here.
    process: AtomicU32,
}

/// How many threads that are about to end the process at the same time can be told apart.
const ENDINGS: usize = 8;

/// The space for the output of each of them; more than is kept of an attempt.
const TEXT_ROOM: u64 = 2 << 20;

/// A thread that is about to end the process. All zero: none.
#[repr(C)]
#[derive(Debug, Default)]
struct Ending {
    /// The thread, which alone writes the other fields.
    thread: AtomicU64,
    /// The owner that it works for.
    owner: AtomicU64,
    /// The first and the last signal that it got; 0: none.
    first_signal: AtomicI32,
    last_signal: AtomicI32,
    /// Whether it has called `exit`.
    has_exited: AtomicU32,
    /// The length of its output.
    text_length: AtomicU32,
}

#[repr(C)]
#[derive(Debug)]
struct Layout {
    /// Not 0: no more tests may be started.
    stop: AtomicU32,
    /// In the order of their arrival.
    endings: [Ending; ENDINGS],
    lanes: [BoardLane; SLOTS],
}

/// An attempt that has begun, and has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunningAttempt {
    pub(crate) slot: u32,
    pub(crate) owner: u64,
    pub(crate) attempt: u32,
    pub(crate) at_nanos: u64,
    /// When its timeout expires, according to the process that enforces it.
    pub(crate) ends_at_nanos: Option<u64>,
    /// The process in which it runs, if not the one that writes here.
    pub(crate) process: u32,
}

/// The run board.
#[derive(Debug)]
pub(crate) struct RunBoard {
    layout: NonNull<Layout>,
    file: File,
}

// SAFETY: everything in it is atomic.
unsafe impl Send for RunBoard {}
// SAFETY: as above.
unsafe impl Sync for RunBoard {}

/// For the handlers below, which take no arguments of ours.
static PAGE: AtomicPtr<Layout> = AtomicPtr::new(ptr::null_mut());
static TEXT: AtomicI32 = AtomicI32::new(-1);

impl RunBoard {
    /// Creates an empty board.
    ///
    /// # Errors
    ///
    /// When the system has no memory for it.
    pub(crate) fn new() -> io::Result<Self> {
        let file = anonymous_file()?;
        file.set_len(size_of::<Layout>() as u64)?;
        Self::of(file)
    }

    /// The board in this file.
    ///
    /// # Errors
    ///
    /// When it cannot be mapped.
    pub(crate) fn of(file: File) -> io::Result<Self> {
        if file.metadata()?.len() < size_of::<Layout>() as u64 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the shared page is too short"));
        }
        let (size, protection) = (size_of::<Layout>(), libc::PROT_READ | libc::PROT_WRITE);
        // SAFETY: a new mapping, at a place the kernel chooses, of a file that is long enough and never made shorter.
        let map = unsafe { libc::mmap(ptr::null_mut(), size, protection, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if map == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let layout = NonNull::new(map.cast::<Layout>()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { layout, file })
    }

    /// The file of the board, for another process.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Makes the other process start no more tests: it checks this before each test. Its waiting threads must be woken
    /// separately.
    pub(crate) fn stop(&self) {
        self.layout().stop.store(1, Ordering::Release);
    }

    /// Whether the other process has requested that.
    pub(crate) fn is_to_stop(&self) -> bool {
        self.layout().stop.load(Ordering::Acquire) != 0
    }

    /// Records that an attempt begins.
    pub(crate) fn begin(&self, running: RunningAttempt) {
        let Some(lane) = self.layout().lanes.get(running.slot as usize) else { return };
        lane.at.store(running.at_nanos, Ordering::Relaxed);
        lane.ends_at.store(running.ends_at_nanos.unwrap_or(0), Ordering::Relaxed);
        lane.attempt.store(running.attempt, Ordering::Relaxed);
        lane.process.store(running.process, Ordering::Relaxed);
        lane.owner.store(running.owner, Ordering::Release);
    }

    /// Records when the timeout of the attempt in this lane expires. `None`: not known yet.
    pub(crate) fn ends_at(&self, slot: u32, nanos: Option<u64>) {
        if let Some(lane) = self.layout().lanes.get(slot as usize) {
            lane.ends_at.store(nanos.unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// Records the process in which the attempt in this lane runs.
    pub(crate) fn runs_in(&self, slot: u32, process: u32) {
        if let Some(lane) = self.layout().lanes.get(slot as usize) {
            lane.process.store(process, Ordering::Relaxed);
        }
    }

    /// Records that the attempt in this lane has ended and was reported.
    pub(crate) fn end(&self, slot: u32) {
        if let Some(lane) = self.layout().lanes.get(slot as usize) {
            lane.last.store(lane.owner.swap(0, Ordering::AcqRel), Ordering::Release);
        }
    }

    /// The owner of the last attempt in each lane, by slot. Lanes without one are left out.
    pub(crate) fn last(&self) -> Vec<(u32, u64)> {
        let lanes = (0..).zip(&self.layout().lanes);
        lanes.map(|(slot, lane)| (slot, lane.last.load(Ordering::Acquire))).filter(|&(_, owner)| owner != 0).collect()
    }

    /// The attempts that have begun and not ended. An attempt that begins during the call may be missing.
    pub(crate) fn running(&self) -> Vec<RunningAttempt> {
        let lanes = (0..).zip(&self.layout().lanes);
        let running = lanes.filter_map(|(slot, lane)| {
            let owner = lane.owner.load(Ordering::Acquire);
            let running = RunningAttempt {
                slot,
                owner,
                attempt: lane.attempt.load(Ordering::Acquire),
                at_nanos: lane.at.load(Ordering::Acquire),
                ends_at_nanos: Some(lane.ends_at.load(Ordering::Acquire)).filter(|&nanos| nanos != 0),
                process: lane.process.load(Ordering::Acquire),
            };
            (owner != 0 && lane.owner.load(Ordering::Relaxed) == owner).then_some(running)
        });
        running.collect()
    }

    /// The records of threads that were about to end the other process, in the order of their arrival.
    pub(crate) fn notes(&self) -> Vec<CrashRecord> {
        let endings = self.layout().endings.iter().enumerate();
        let notes = endings.filter_map(|(place, ending)| {
            let has_exited = ending.has_exited.load(Ordering::Acquire) != 0;
            let first = ending.first_signal.load(Ordering::Acquire);
            let signals = (first != 0).then(|| (first, ending.last_signal.load(Ordering::Relaxed)));
            let owner = ending.owner.load(Ordering::Relaxed);
            // A thread that was still writing its record is skipped.
            (has_exited || signals.is_some()).then_some(CrashRecord { owner, signals, has_exited, place })
        });
        notes.collect()
    }

    /// The captured output of the thread at this place, or the fixture that it tore down.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(crate) fn text(&self, place: usize) -> io::Result<Vec<u8>> {
        let length = self.layout().endings.get(place).map_or(0, |ending| ending.text_length.load(Ordering::Acquire));
        let mut text = vec![0; length as usize];
        self.file.read_exact_at(&mut text, text_starts_at(place))?;
        Ok(text)
    }

    /// Makes the handlers of this process write to this board.
    pub(crate) fn is_for_handlers(&'static self) {
        TEXT.store(self.file.as_raw_fd(), Ordering::Relaxed);
        PAGE.store(self.layout.as_ptr(), Ordering::Release);
    }

    fn layout(&self) -> &Layout {
        // SAFETY: the mapping lives as long as `self`, and all zero is a value of everything in it.
        unsafe { self.layout.as_ref() }
    }
}

impl Drop for RunBoard {
    fn drop(&mut self) {
        // SAFETY: it is our mapping, and no reference into it exists any more; the board for handlers is never dropped.
        let _ = unsafe { libc::munmap(self.layout.as_ptr().cast(), size_of::<Layout>()) };
    }
}

/// Called in a child that a test has forked: its handlers write nowhere. Async-signal-safe.
pub(super) fn forget() {
    PAGE.store(ptr::null_mut(), Ordering::Release);
}

/// Records a signal that ends the process, if there is a board. Async-signal-safe.
pub(super) fn note_signal(signal: i32) -> bool {
    let Some((place, ending)) = ending_of_this_thread() else { return false };
    ending.last_signal.store(signal, Ordering::Relaxed);
    // The first signal is the cause. An `abort` that follows is only the standard library's reaction to it.
    if ending.first_signal.compare_exchange(0, signal, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
        write_text(place, ending);
    }
    true
}

/// Records a call of `exit`.
pub(crate) fn note_exit() {
    let Some((place, ending)) = ending_of_this_thread() else { return };
    ending.has_exited.store(1, Ordering::Release);
    write_text(place, ending);
}

/// The place where this thread records how it ends the process. No other thread writes there, so two threads that end the
/// process at once can be told apart.
fn ending_of_this_thread() -> Option<(usize, &'static Ending)> {
    let owner = torn_down_here().map_or_else(streams::owner, |_| test_id::TEARDOWN);
    // SAFETY: it only identifies this thread.
    let thread = unsafe { libc::pthread_self() } as u64;
    let own = |ending: &Ending| match ending.thread.compare_exchange(0, thread, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            ending.owner.store(owner, Ordering::Relaxed);
            true
        }
        Err(other) => other == thread,
    };
    for_handlers()?.endings.iter().enumerate().find(|(_, ending)| own(ending))
}

fn for_handlers() -> Option<&'static Layout> {
    // SAFETY: it is null, or comes from a page that is never dropped.
    unsafe { PAGE.load(Ordering::Acquire).as_ref() }
}

fn write_text(place: usize, ending: &Ending) {
    let (file, at) = (TEXT.load(Ordering::Relaxed), text_starts_at(place));
    let length = match torn_down_here() {
        None => streams::write_captured(file, at),
        Some(fixture) => {
            // SAFETY: the text has this number of readable bytes.
            let n = unsafe { libc::pwrite(file, fixture.as_ptr().cast(), fixture.len(), at as libc::off_t) };
            u64::try_from(n).unwrap_or(0)
        }
    };
    ending.text_length.store(u32::try_from(length).unwrap_or(0), Ordering::Release);
}

fn text_starts_at(place: usize) -> u64 {
    size_of::<Layout>() as u64 + place as u64 * TEXT_ROOM
}

#[cfg(target_os = "linux")]
fn anonymous_file() -> io::Result<File> {
    let fd = rustix::fs::memfd_create(c"swimlanes", rustix::fs::MemfdFlags::CLOEXEC)?;
    Ok(File::from(fd))
}

#[cfg(not(target_os = "linux"))]
fn anonymous_file() -> io::Result<File> {
    tempfile::tempfile()
}
