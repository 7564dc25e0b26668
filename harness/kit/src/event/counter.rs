//! What happens several times, and who waits until it has happened so often.

use std::sync::Arc;
use std::time::Duration;

use super::late::Late;
use super::watched::Watched;

/// Counts what happens; others wait until it has happened so often.
///
/// Clones are the same counter. The count only grows, so nobody who waits can miss it.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Counter;
///
/// let stored = Counter::new("rows stored");
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| stored.add(1));
///     }
///     stored.wait_within(4, Duration::from_secs(5))
/// })?;
/// assert_eq!(stored.count(), 4);
/// # Ok::<(), swimlanes_kit::event::Late>(())
/// ```
#[derive(Debug, Clone)]
pub struct Counter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: String,
    count: Watched<u64>,
}

impl Counter {
    /// A counter at zero. The name is for those who wait in vain.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(Shared { name: name.into(), count: Watched::new(0) }))
    }

    /// It has happened `n` more times. At `u64::MAX` the count stays.
    pub fn add(&self, n: u64) {
        self.0.count.change(|count| *count = count.saturating_add(n));
    }

    /// How often it has happened.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count.look(|count| *count)
    }

    /// Comes back when it has happened at least `n` times.
    ///
    /// # Errors
    ///
    /// If the limit is over before.
    pub fn wait_within(&self, n: u64, limit: Duration) -> Result<(), Late> {
        self.0.count.wait_until(limit, has_come_to(n)).ok_or_else(|| self.late(n, limit))
    }

    /// Is ready when it has happened at least `n` times.
    ///
    /// # Errors
    ///
    /// If the limit is over before.
    pub async fn reached_within(&self, n: u64, limit: Duration) -> Result<(), Late> {
        self.0.count.ready_within(limit, has_come_to(n)).await.ok_or_else(|| self.late(n, limit))
    }

    fn late(&self, wanted: u64, limit: Duration) -> Late {
        Late::of_counter(&self.0.name, limit, self.count(), wanted)
    }
}

fn has_come_to(n: u64) -> impl Fn(&u64) -> Option<()> {
    move |count| (*count >= n).then_some(())
}
