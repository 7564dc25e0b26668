//! A counter that threads and futures wait on until it reaches a value.

use std::sync::Arc;
use std::time::Duration;

use crate::event::wait_cell::WaitCell;
use crate::event::wait_timeout::WaitTimeout;

/// Counts occurrences. Threads and futures wait until the count reaches a value.
///
/// Clones share one count. It only grows, so a waiter cannot miss a value.
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
/// # Ok::<(), swimlanes_kit::event::WaitTimeout>(())
/// ```
#[derive(Debug, Clone)]
pub struct Counter(Arc<SharedCounter>);

#[derive(Debug)]
struct SharedCounter {
    name: String,
    count: WaitCell<u64>,
}

impl Counter {
    /// A counter at zero. The name appears in errors.
    ///
    /// ```
    /// assert_eq!(swimlanes_kit::event::Counter::new("rows stored").count(), 0);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(SharedCounter { name: name.into(), count: WaitCell::new(0) }))
    }

    /// Adds `n` to the count, which saturates at `u64::MAX`.
    ///
    /// ```
    /// let stored = swimlanes_kit::event::Counter::new("rows stored");
    /// stored.add(2);
    /// stored.add(3);
    /// assert_eq!(stored.count(), 5);
    /// ```
    pub fn add(&self, n: u64) {
        self.0.count.change(|count| *count = count.saturating_add(n));
    }

    /// The current count.
    ///
    /// ```
    /// let stored = swimlanes_kit::event::Counter::new("rows stored");
    /// let seen_by_all = stored.clone();
    /// stored.add(1);
    /// assert_eq!(seen_by_all.count(), 1);
    /// ```
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count.read(|count| *count)
    }

    /// Blocks the thread until the count is at least `n`.
    ///
    /// # Errors
    ///
    /// If the count does not reach `n` within the limit. A limit of zero checks without waiting.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Counter;
    ///
    /// let stored = Counter::new("rows stored");
    /// stored.add(3);
    /// let timeout = stored.wait_within(5, Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(timeout.to_string(), r#""rows stored" reached 3 of 5 within 1ms"#);
    /// ```
    pub fn wait_within(&self, n: u64, limit: Duration) -> Result<(), WaitTimeout> {
        self.0.count.wait_until(limit, has_reached(n)).map_or_else(|| self.check(n, limit), Ok)
    }

    /// Resolves when the count is at least `n`. Needs no runtime. The first poll starts the limit.
    ///
    /// # Errors
    ///
    /// If the count does not reach `n` within the limit.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Counter;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), swimlanes_kit::event::WaitTimeout> {
    /// let stored = Counter::new("rows stored");
    /// let writer = tokio::spawn({
    ///     let stored = stored.clone();
    ///     async move { (0..5).for_each(|_| stored.add(1)) }
    /// });
    /// stored.reached_within(5, Duration::from_secs(5)).await?;
    /// # writer.await.unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reached_within(&self, n: u64, limit: Duration) -> Result<(), WaitTimeout> {
        self.0.count.ready_within(limit, has_reached(n)).await.map_or_else(|| self.check(n, limit), Ok)
    }

    /// Checks a last time, so that the error reports the count that was checked.
    fn check(&self, target: u64, limit: Duration) -> Result<(), WaitTimeout> {
        match self.count() {
            count if count >= target => Ok(()),
            count => Err(WaitTimeout::for_counter(&self.0.name, limit, count, target)),
        }
    }
}

fn has_reached(n: u64) -> impl Fn(&u64) -> Option<()> {
    move |count| (*count >= n).then_some(())
}
