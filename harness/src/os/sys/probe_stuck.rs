//! How capturing a thread's stack can fail, on any system.

/// A thread is stuck while it captures its own stack, and holds locks that others may need to allocate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProbeStuck;
