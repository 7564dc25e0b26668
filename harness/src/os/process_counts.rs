//! How many threads, child processes and descriptors this process has, without those of the harness itself. Known on Linux.

use std::fs::File;
use std::ops::{Add, Sub};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

#[cfg(feature = "duckdb")]
use crate::model::mutex::MutexExt;

/// Numbers, or differences of numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) threads: i64,
    pub(crate) processes: i64,
    pub(crate) descriptors: i64,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            threads: self.threads + other.threads,
            processes: self.processes + other.processes,
            descriptors: self.descriptors + other.descriptors,
        }
    }
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            threads: self.threads - other.threads,
            processes: self.processes - other.processes,
            descriptors: self.descriptors - other.descriptors,
        }
    }
}

impl Counts {
    fn is_more_than(&self, other: Self) -> bool {
        let more = *self - other;
        more.threads > 0 || more.processes > 0 || more.descriptors > 0
    }
}

/// Whether this process counts.
static IS_COUNTED: AtomicBool = AtomicBool::new(false);
/// Descriptors that stay open until the process ends and are no leaks.
static LASTING: AtomicI64 = AtomicI64::new(0);

/// Threads that run until the process ends and are no leaks: the timer thread for futures, which the first deadline of any test starts and
/// all tests share.
static LASTING_THREADS: AtomicI64 = AtomicI64::new(0);

/// Makes something once that keeps descriptors open until the process ends.
pub(crate) fn keep<T>(make: impl FnOnce() -> T) -> T {
    let process_counts = IS_COUNTED.load(Ordering::Relaxed).then(ProcessCounts::open).flatten();
    let before = process_counts.as_ref().map(ProcessCounts::count);
    let value = make();
    if let (Some(process_counts), Some(before)) = (process_counts, before) {
        LASTING.fetch_add(process_counts.count().descriptors - before.descriptors, Ordering::Relaxed);
    }
    value
}

/// Path prefixes of files that are opened and closed independently of the attempts.
#[cfg(feature = "duckdb")]
static EXCLUDED: std::sync::Mutex<Vec<std::path::PathBuf>> = std::sync::Mutex::new(Vec::new());

/// From now on, descriptors of files whose paths begin with this are no leaks.
#[cfg(feature = "duckdb")]
pub(crate) fn exclude(beginning: &std::path::Path) {
    EXCLUDED.lock_even_if_poisoned().push(beginning.to_owned());
}

/// How many descriptors of such files are open.
#[cfg(target_os = "linux")]
fn n_excluded() -> i64 {
    #[cfg(feature = "duckdb")]
    {
        let excluded = EXCLUDED.lock_even_if_poisoned();
        if !excluded.is_empty() {
            return i64::try_from(crate::os::open_file::n_open(&excluded)).expect("descriptors are few");
        }
    }
    0
}

/// Counts threads, child processes and descriptors.
#[derive(Debug)]
pub(crate) struct ProcessCounts {
    // Kept open: a query of an open directory takes one system call and no path lookup.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "used on Linux only"))]
    tasks: File,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "used on Linux only"))]
    descriptors: File,
}

#[cfg(not(target_os = "linux"))]
impl ProcessCounts {
    /// Not supported on this system.
    pub(crate) fn open() -> Option<Self> {
        None
    }

    pub(crate) fn count(&self) -> Counts {
        Counts::default()
    }

    pub(crate) fn more_than(&self, _before: Counts) -> (Counts, Counts) {
        (Counts::default(), Counts::default())
    }
}

#[cfg(target_os = "linux")]
impl ProcessCounts {
    /// `None` where the system does not provide the numbers.
    pub(crate) fn open() -> Option<Self> {
        IS_COUNTED.store(true, Ordering::Relaxed);
        let open = |path| File::open(path).ok();
        Some(Self { tasks: open("/proc/self/task")?, descriptors: open("/proc/self/fd")? })
    }

    /// The current numbers.
    pub(crate) fn count(&self) -> Counts {
        Counts {
            threads: linux::tasks(&self.tasks) - thread::n_ours() - LASTING_THREADS.load(Ordering::Relaxed),
            processes: linux::children() - children::n_ours(),
            descriptors: linux::descriptors(&self.descriptors)
                - file_lock::n_open()
                - state_dir::n_open()
                - LASTING.load(Ordering::Relaxed)
                - n_excluded(),
        }
    }

    /// Returns the increase since `before`, and the current numbers. Waits, at most [`PATIENCE`], while a thread or a child runs, since it may
    /// be about to end. A thread that waits is not: only another one could wake it, and that one has been waited for.
    pub(crate) fn more_than(&self, before: Counts) -> (Counts, Counts) {
        let mut deadline = None;
        loop {
            // The states first: what was at rest then is still there.
            let is_at_rest = linux::is_at_rest();
            let now = self.count();
            if !now.is_more_than(before) {
                return (Counts::default(), now);
            }
            let n_timers = linux::n_timers();
            if n_timers > LASTING_THREADS.swap(n_timers, Ordering::Relaxed) {
                continue;
            }
            // A thread that was joined still exists for a moment; the kernel marks it as exiting.
            let now = Counts { threads: now.threads - linux::exiting_tasks(), ..now };
            let moment = Instant::now();
            if is_at_rest || moment >= *deadline.get_or_insert(moment + PATIENCE) {
                return (now - before, now);
            }
            std::thread::yield_now();
        }
    }
}

/// How long threads and children that run may need to end on a busy machine.
#[cfg(target_os = "linux")]
const PATIENCE: Duration = Duration::from_millis(50);

#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crate::os::{children, file_lock, state_dir, thread};
#[cfg(target_os = "linux")]
mod linux {
    //! The numbers in `/proc`.

    use std::fs::{self, File};
    use std::os::unix::fs::MetadataExt;

    use rustix::process::{WaitId, WaitIdOptions};

    use crate::os::procfs::{self, says_exiting};

    /// Linux counts a link for each thread, one for the directory, and one for its parent.
    pub(super) fn tasks(directory: &File) -> i64 {
        directory.metadata().map_or(0, |metadata| metadata.nlink().cast_signed() - 2)
    }

    /// Since Linux 6.2, the size is their number; before, it is 0.
    pub(super) fn descriptors(directory: &File) -> i64 {
        match directory.metadata().map_or(0, |metadata| metadata.size().cast_signed()) {
            0 => fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as i64 - 1),
            n => n,
        }
    }

    /// Usually there are none, which a single call reveals.
    pub(super) fn children() -> i64 {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        if let Err(rustix::io::Errno::CHILD) = rustix::process::waitid(WaitId::All, options) {
            return 0;
        }
        let children_of_task = |text: String| text.split_whitespace().count() as i64;
        tasks_of("children").map(children_of_task).sum()
    }

    /// Whether all children and all other threads of this process wait for something. What was woken, or exits, does not.
    pub(super) fn is_at_rest() -> bool {
        let own = fs::read_link("/proc/thread-self").ok().and_then(|link| link.file_name()?.to_str()?.parse().ok());
        let is_asleep =
            |stat: &str| !says_exiting(stat) && matches!(procfs::state_in(stat), Some('S' | 'T' | 't' | 'I'));
        let read = |path: String| fs::read_to_string(path);
        let mut threads = procfs::threads(std::process::id()).filter(|&thread| Some(thread) != own);
        // A thread or child that has ended in the meantime has no file.
        threads.all(|thread| read(format!("/proc/self/task/{thread}/stat")).is_ok_and(|stat| is_asleep(&stat)))
            && procfs::children().into_iter().all(|child| {
                read(format!("/proc/{child}/stat"))
                    .is_ok_and(|stat| is_asleep(&stat) || procfs::state_in(&stat) == Some('Z'))
            })
    }

    /// Threads that are exiting.
    pub(super) fn exiting_tasks() -> i64 {
        tasks_of("stat").filter(|stat| says_exiting(stat)).count() as i64
    }

    /// Timer threads for futures: those of the crate futures-timer.
    pub(super) fn n_timers() -> i64 {
        tasks_of("comm").filter(|name| name.trim_end() == "futures-timer").count() as i64
    }

    /// This file of each existing thread.
    fn tasks_of(file: &'static str) -> impl Iterator<Item = String> {
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        tasks.filter_map(move |task| fs::read_to_string(task.path().join(file)).ok())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    // Under libtest other tests run beside these, so exact numbers are not checked here; the fixture suite `leaks` checks them.

    #[test]
    fn current_thread_is_counted() {
        let process_counts = ProcessCounts::open().expect("Linux has /proc");
        assert!(linux::tasks(&process_counts.tasks) >= 1);
        assert!(linux::descriptors(&process_counts.descriptors) >= 2);
    }

    #[test]
    fn child_is_counted_until_it_is_reaped() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("cat starts");
        assert!(linux::children() >= 1);
        drop(child.stdin.take());
        child.wait().expect("it ends");
    }
}
