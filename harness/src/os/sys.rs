//! Raw calls, with a file for each operating system; all `unsafe` code of the crate is in here. The files have the same
//! functions with the same types, so that other code does not depend on the system.

mod probe_stuck;
pub(crate) use probe_stuck::ProbeStuck;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{
    InodeId, ReservedPort, descriptor_limit, id_at, id_of_open, is_same_file, leads_its_group, monotonic_nanos,
    session_of, user, write_stderr, write_stdout,
};

#[cfg(unix)]
mod unix_dir;
#[cfg(unix)]
pub(crate) use unix_dir::{Door, OwnDir, danger_in, make_private_directory};

#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) use unix::set_pdeathsig;

#[cfg(unix)]
mod crash_handler;
#[cfg(unix)]
mod shared_memory;
#[cfg(unix)]
#[cfg(target_os = "linux")]
pub(crate) use crash_handler::reap_thread;
#[cfg(unix)]
pub(crate) use crash_handler::{abort_thread, leave_crashes_to_others, note_crashes_on, note_teardown};
#[cfg(unix)]
pub(crate) use shared_memory::{RunBoard, RunningAttempt, note_exit};

#[cfg(unix)]
mod teardown_note;
#[cfg(unix)]
pub(crate) use teardown_note::torn_down_here;

#[cfg(unix)]
mod unix_fork;
#[cfg(unix)]
pub(crate) use unix_fork::{copy_of_this_process, set_variable};

mod fresh_thread;
pub(crate) use fresh_thread::on_new_thread;

#[cfg(unix)]
mod atfork;
#[cfg(unix)]
pub(crate) use atfork::{install_atfork, is_copy};

#[cfg(unix)]
mod atexit;
#[cfg(unix)]
pub(crate) use atexit::{at_exit, exit_immediately, flush_c_streams};

#[cfg(all(target_os = "linux", feature = "postgres"))]
mod sysv_shm;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub(crate) use sysv_shm::remove_segment;

#[cfg(unix)]
mod stack_probe;
#[cfg(unix)]
pub(crate) use stack_probe::{Stack, block_probe};

#[cfg_attr(not(all(unix, not(target_vendor = "apple"))), path = "sys/stop_signals_elsewhere.rs")]
mod stop_signals;
pub(crate) use stop_signals::{JobRequest, StopSignals};

#[cfg(unix)]
mod unix_signals;
#[cfg(unix)]
pub(crate) use unix_signals::{ignore_signals, ignored_signals, restore_sigchld, stop_this_process};

#[cfg(not(unix))]
mod unsupported;
#[cfg(not(unix))]
pub(crate) use unsupported::{
    Door, InodeId, OwnDir, ReservedPort, Stack, at_exit, block_probe, danger_in, descriptor_limit, exit_immediately,
    id_at, id_of_open, ignore_signals, ignored_signals, install_atfork, is_copy, is_same_file, make_private_directory,
    note_teardown, torn_down_here, user, write_stderr, write_stdout,
};

// The C library must be a dynamic one: the parts of a static one call each other by other names.
#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
#[path = "sys/stdio_linux.rs"]
pub(crate) mod streams;

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static"))))]
#[path = "sys/stdio_unsupported.rs"]
pub(crate) mod streams;
