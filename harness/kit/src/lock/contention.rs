//! What came of a scenario.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::{Scenario, Wrong};
use crate::race::Interleaving;

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

/// What came of a scenario: who got the lock, and what was wrong. Its text is a small table.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, Pressure, thundering_herd};
///
/// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
/// println!("{contention}");
/// assert!(contention.is_sound() && contention.wrong().is_empty());
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a scenario judges nothing by itself: `expect_sound`, `expect_wrong`, or print it"]
pub struct Contention {
    pub(super) scenario: Scenario,
    pub(super) seed: u64,
    pub(super) actors: usize,
    pub(super) requests: usize,
    pub(super) acquired: u64,
    pub(super) contended: u64,
    pub(super) timed_out: u64,
    pub(super) most_holders: usize,
    pub(super) waits: Waits,
    pub(super) wrong: Vec<(Wrong, usize)>,
    pub(super) interleaving: Option<Interleaving>,
}

impl Contention {
    /// Which scenario it was.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// How often somebody got the lock.
    #[must_use]
    pub fn acquired(&self) -> u64 {
        self.acquired
    }

    /// How often somebody was told that somebody else has it.
    #[must_use]
    pub fn contended(&self) -> u64 {
        self.contended
    }

    /// How many requests were given up.
    #[must_use]
    pub fn timed_out(&self) -> u64 {
        self.timed_out
    }

    /// The most that held it at once, each from when it was granted until it was given back, or its time was over.
    #[must_use]
    pub fn most_holders(&self) -> usize {
        self.most_holders
    }

    /// How long those waited who got it.
    #[must_use]
    pub fn waits(&self) -> Waits {
        self.waits
    }

    /// Whether the service and the owners said the same of who has it, each time that nobody was at work.
    #[must_use]
    pub fn do_sides_agree(&self) -> bool {
        !self.has(Wrong::SidesDiffer)
    }

    /// What was wrong, and how often.
    #[must_use]
    pub fn wrong(&self) -> &[(Wrong, usize)] {
        &self.wrong
    }

    /// Whether that was wrong.
    #[must_use]
    pub fn has(&self, wrong: Wrong) -> bool {
        self.wrong.iter().any(|(seen, _)| *seen == wrong)
    }

    /// Whether nothing was wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.wrong.is_empty()
    }

    /// If it was a race, the first interleaving in which something was wrong.
    #[must_use]
    pub fn interleaving(&self) -> Option<&Interleaving> {
        self.interleaving.as_ref()
    }

    /// For tests of a lock that is right.
    ///
    /// # Panics
    ///
    /// If anything was wrong, with the whole table.
    ///
    /// ```
    /// use swimlanes_kit::lock::{MemoryLock, Pressure, rapid_sequential};
    ///
    /// rapid_sequential(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[track_caller]
    pub fn expect_sound(&self) {
        assert!(self.is_sound(), "the lock is not sound\n{self}");
    }

    /// For tests that show what is wrong with a lock.
    ///
    /// # Panics
    ///
    /// If that was not wrong, with the whole table.
    ///
    /// ```should_panic
    /// use swimlanes_kit::lock::{MemoryLock, Pressure, Wrong, thundering_herd};
    ///
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
    /// contention.expect_wrong(Wrong::HeldTwice); // panics: nothing is wrong with it
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[track_caller]
    pub fn expect_wrong(&self, wrong: Wrong) {
        assert!(self.has(wrong), "it was not seen that {wrong}\n{self}");
    }
}

impl fmt::Display for Contention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, seed, actors, requests, .. } = self;
        writeln!(f, "{scenario} · {actors} actors · {requests} requests each · seed {seed}")?;
        writeln!(f, "  acquired      {:>6}", self.acquired)?;
        writeln!(f, "  contended     {:>6}", self.contended)?;
        writeln!(f, "  timed out     {:>6}", self.timed_out)?;
        writeln!(f, "  most at once  {:>6}", self.most_holders)?;
        writeln!(f, "  waited        {}", self.waits)?;
        write!(f, "  both sides    {}", if self.do_sides_agree() { "agree" } else { "differ" })?;
        for (wrong, times) in &self.wrong {
            write!(f, "\n  wrong         {wrong} ({times} ×)")?;
        }
        if let Some(interleaving) = &self.interleaving {
            write!(f, "\n  first seen in {interleaving}")?;
        }
        Ok(())
    }
}
