//! What a probe of a thread's stack can end in, on any system.

/// A thread does not come out of a look at its own stack, and holds what others may need to allocate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProbeStuck;
