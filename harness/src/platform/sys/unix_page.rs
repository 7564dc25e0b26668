//! A page of memory that two processes share: what runs, and how the process of the workers ended. What is written there
//! outlives the one who wrote it, whatever ended it, and writing is a store.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::mem::size_of;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use rustix::mm::{MapFlags, ProtFlags};

/// How many workers there can be.
const SLOTS: usize = 1024;

/// What runs in a lane. All zero: nothing.
#[repr(C)]
#[derive(Debug, Default)]
struct Lane {
    /// Of the attempt that runs, as [`crate::model::event::Told::owner`] has it.
    owner: AtomicU64,
    /// Whose that was which was told to be over last.
    last: AtomicU64,
    /// When it started, in nanoseconds since the run did.
    at: AtomicU64,
    attempt: AtomicU32,
    /// Where it runs, if not in the process that writes here.
    process: AtomicU32,
}

#[repr(C)]
#[derive(Debug)]
struct Layout {
    /// The signal that the process got first, and the last one; 0: none.
    first_signal: AtomicI32,
    last_signal: AtomicI32,
    /// Somebody called `exit`.
    has_exited: AtomicU32,
    /// Whose thread that was.
    owner: AtomicU64,
    lanes: [Lane; SLOTS],
}

/// An attempt that has begun, and has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) slot: u32,
    pub(crate) owner: u64,
    pub(crate) attempt: u32,
    pub(crate) at_nanos: u64,
    /// The process it runs in, if that is not the one that writes here.
    pub(crate) process: u32,
}

/// What a process has left when it ended in the middle of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Note {
    /// Who ended it: a signal on that thread, or a call of `exit`. 0: nobody knows.
    pub(crate) owner: u64,
    pub(crate) signals: Option<(i32, i32)>,
    pub(crate) has_exited: bool,
}

/// The page.
#[derive(Debug)]
pub(crate) struct Page {
    layout: NonNull<Layout>,
    file: File,
}

// SAFETY: everything in it is atomic.
unsafe impl Send for Page {}
// SAFETY: as above.
unsafe impl Sync for Page {}

/// For the handlers below, which nobody can hand anything.
static PAGE: AtomicPtr<Layout> = AtomicPtr::new(ptr::null_mut());
static TEXT: AtomicI32 = AtomicI32::new(-1);

impl Page {
    /// An empty one.
    ///
    /// # Errors
    ///
    /// When the system has no memory for it.
    pub(crate) fn new() -> io::Result<Self> {
        let file = anonymous_file()?;
        file.set_len(size_of::<Layout>() as u64)?;
        Self::of(file)
    }

    /// The one in this file.
    ///
    /// # Errors
    ///
    /// When it cannot be mapped.
    pub(crate) fn of(mut file: File) -> io::Result<Self> {
        if file.metadata()?.len() < size_of::<Layout>() as u64 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the shared page is too short"));
        }
        file.seek(SeekFrom::Start(size_of::<Layout>() as u64))?;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at a place the kernel chooses, of a file that is long enough and never made shorter.
        let map =
            unsafe { rustix::mm::mmap(ptr::null_mut(), size_of::<Layout>(), protection, MapFlags::SHARED, &file, 0) }?;
        let layout = NonNull::new(map.cast::<Layout>()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { layout, file })
    }

    /// The file it is in, for another process.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// An attempt begins.
    pub(crate) fn begin(&self, begun: Begun) {
        let Some(lane) = self.layout().lanes.get(begun.slot as usize) else { return };
        lane.at.store(begun.at_nanos, Ordering::Relaxed);
        lane.attempt.store(begun.attempt, Ordering::Relaxed);
        lane.process.store(begun.process, Ordering::Relaxed);
        lane.owner.store(begun.owner, Ordering::Release);
    }

    /// The attempt in this lane runs in that process.
    pub(crate) fn runs_in(&self, slot: u32, process: u32) {
        if let Some(lane) = self.layout().lanes.get(slot as usize) {
            lane.process.store(process, Ordering::Relaxed);
        }
    }

    /// It is over, and told of.
    pub(crate) fn end(&self, slot: u32) {
        if let Some(lane) = self.layout().lanes.get(slot as usize) {
            lane.last.store(lane.owner.swap(0, Ordering::AcqRel), Ordering::Release);
        }
    }

    /// For whom each lane worked last, by slot; where nobody did, nothing.
    pub(crate) fn last(&self) -> Vec<(u32, u64)> {
        let lanes = (0..).zip(&self.layout().lanes);
        lanes.map(|(slot, lane)| (slot, lane.last.load(Ordering::Acquire))).filter(|&(_, owner)| owner != 0).collect()
    }

    /// The attempts that have begun and not ended. Of one that the other process begins at this moment, the next look tells.
    pub(crate) fn begun(&self) -> Vec<Begun> {
        let lanes = (0..).zip(&self.layout().lanes);
        let begun = lanes.filter_map(|(slot, lane)| {
            let owner = lane.owner.load(Ordering::Acquire);
            let begun = Begun {
                slot,
                owner,
                attempt: lane.attempt.load(Ordering::Acquire),
                at_nanos: lane.at.load(Ordering::Acquire),
                process: lane.process.load(Ordering::Acquire),
            };
            (owner != 0 && lane.owner.load(Ordering::Relaxed) == owner).then_some(begun)
        });
        begun.collect()
    }

    /// What the other process has left.
    pub(crate) fn note(&self) -> Note {
        let layout = self.layout();
        let first = layout.first_signal.load(Ordering::Acquire);
        Note {
            owner: layout.owner.load(Ordering::Relaxed),
            signals: (first != 0).then(|| (first, layout.last_signal.load(Ordering::Relaxed))),
            has_exited: layout.has_exited.load(Ordering::Relaxed) != 0,
        }
    }

    /// What that thread had written, as far as it was captured.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(crate) fn text(&self) -> io::Result<Vec<u8>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(size_of::<Layout>() as u64))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(text)
    }

    /// From now on the handlers of this process write here.
    pub(crate) fn is_for_handlers(&'static self) {
        use std::os::fd::AsRawFd;
        TEXT.store(self.file.as_raw_fd(), Ordering::Relaxed);
        PAGE.store(self.layout.as_ptr(), Ordering::Release);
    }

    fn layout(&self) -> &Layout {
        // SAFETY: the mapping lives as long as `self`, and all zero is a value of everything in it.
        unsafe { self.layout.as_ref() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: it is our mapping, and nobody has a reference into it any more; the one for handlers is never dropped.
        let _ = unsafe { rustix::mm::munmap(self.layout.as_ptr().cast(), size_of::<Layout>()) };
    }
}

/// A signal has come that ends the process. Async-signal-safe.
pub(super) fn note_signal(signal: i32, owner: u64) {
    let Some(layout) = for_handlers() else { return };
    layout.last_signal.store(signal, Ordering::Relaxed);
    // The first one is what happened; an `abort` that follows is only how the standard library puts it.
    if layout.first_signal.compare_exchange(0, signal, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
        layout.owner.store(owner, Ordering::Release);
        write_text();
    }
}

/// Somebody has called `exit`.
pub(crate) fn note_exit() {
    let Some(layout) = for_handlers() else { return };
    layout.owner.store(super::streams::owner(), Ordering::Relaxed);
    layout.has_exited.store(1, Ordering::Release);
    write_text();
}

fn for_handlers() -> Option<&'static Layout> {
    // SAFETY: it is null, or comes from a page that is never dropped.
    unsafe { PAGE.load(Ordering::Acquire).as_ref() }
}

fn write_text() {
    super::streams::write_captured(TEXT.load(Ordering::Relaxed));
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
