//! Ctrl-C, and the signals that ask a process to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::error::Error;
use crate::platform::sys;

/// Calls `on_signal` with 1 at the first signal, with 2 at the second, and so on; on a thread of its own.
///
/// # Errors
///
/// When the process has such a handler already; a second run in one process, say.
pub(crate) fn watch(on_signal: Arc<dyn Fn(u32) + Send + Sync>) -> Result<(), Error> {
    let count = AtomicU32::new(0);
    ctrlc::set_handler(move || on_signal(count.fetch_add(1, Ordering::Relaxed) + 1))
        .map_err(|cause| Error::io("watch for Ctrl-C", std::io::Error::other(cause)))
}

/// Ends the process at once, without another word.
pub(crate) fn exit(code: u8) -> ! {
    sys::end_now(&[], i32::from(code))
}
