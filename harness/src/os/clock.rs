//! The clock of a run: moments are durations since its start.

use std::time::{Duration, Instant};

#[cfg(unix)]
use crate::os::sys;

/// Measures the time since it was created.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// The clock that started at this moment, in nanoseconds of the machine's monotonic clock, which all processes share.
    #[cfg(unix)]
    pub(crate) fn since(epoch_nanos: u64) -> Self {
        let ago = Duration::from_nanos(sys::monotonic_nanos().saturating_sub(epoch_nanos));
        let now = Instant::now();
        Self { start: now.checked_sub(ago).unwrap_or(now) }
    }

    /// The moment at which it started, for [`Clock::since`].
    #[cfg(unix)]
    pub(crate) fn epoch_nanos(self) -> u64 {
        sys::monotonic_nanos().saturating_sub(u64::try_from(self.now().as_nanos()).unwrap_or(u64::MAX))
    }

    /// How long ago the run started.
    pub(crate) fn now(self) -> Duration {
        self.start.elapsed()
    }
}
