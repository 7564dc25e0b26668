//! The waiting times of a scenario.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The waiting times of successful requests. They are reported, but are never a violation.
///
/// A waiting time is the time of this machine plus the time by which the scenario advanced the service. In a race it includes the time in
/// which other actors ran.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, orphaned_lock};
///
/// let report = orphaned_lock(&MemoryLock::new(), &ScenarioConfig::new(7).ttl(Duration::from_secs(8)).requests(1))?;
/// println!("the next owner waited {:?}", report.waits().p99);
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waits {
    /// The number of waits. If it is 0, the times are zero.
    pub n: u64,
    /// The median.
    pub p50: Duration,
    /// The 95th percentile.
    pub p95: Duration,
    /// The 99th percentile.
    pub p99: Duration,
}

impl Waits {
    /// The percentiles of a histogram in microseconds.
    pub(super) fn of(waits: &Histogram<u64>) -> Self {
        let at = |quantile| Duration::from_micros(waits.value_at_quantile(quantile));
        Self { n: waits.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99) }
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.n {
            0 => write!(f, "-"),
            _ => write!(
                f,
                "p50 {} · p95 {} · p99 {}",
                ShortDuration(self.p50),
                ShortDuration(self.p95),
                ShortDuration(self.p99)
            ),
        }
    }
}

/// A duration with at most three digits.
struct ShortDuration(Duration);

impl fmt::Display for ShortDuration {
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
