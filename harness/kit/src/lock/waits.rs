//! How long those waited who got the lock.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// How long those waited who got the lock. Told, and never judged.
///
/// It is the time of this machine, and what the service's was put forward by. Where a scenario is a race, it includes the time in which
/// the others were let go on.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::lock::{MemoryLock, Pressure, orphaned_lock};
///
/// let contention = orphaned_lock(&MemoryLock::new(), &Pressure::new(7).ttl(Duration::from_secs(8)).requests(1))?;
/// println!("the next one waited {:?}", contention.waits().p99);
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waits {
    /// How many waits there were. If there was none, the times are zero.
    pub n: u64,
    /// Half of them were not longer.
    pub p50: Duration,
    /// 95 % of them were not longer.
    pub p95: Duration,
    /// 99 % of them were not longer.
    pub p99: Duration,
}

impl Waits {
    /// Of a histogram in microseconds.
    pub(super) fn of(waits: &Histogram<u64>) -> Self {
        let at = |quantile| Duration::from_micros(waits.value_at_quantile(quantile));
        Self { n: waits.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99) }
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.n {
            0 => write!(f, "-"),
            _ => write!(f, "p50 {} · p95 {} · p99 {}", Brief(self.p50), Brief(self.p95), Brief(self.p99)),
        }
    }
}

/// A time, with three digits at most.
struct Brief(Duration);

impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_secs_f64() * 1e6;
        let (value, unit) = match micros {
            _ if micros < 1e3 => (micros, "µs"),
            _ if micros < 1e6 => (micros / 1e3, "ms"),
            _ => (micros / 1e6, "s"),
        };
        let digits = if value < 10.0 && unit != "µs" { 1 } else { 0 };
        write!(f, "{value:.digits$} {unit}")
    }
}
