//! What happens several times, and who waits until it has happened so often.

use std::sync::Arc;
use std::time::Duration;

use crate::event::wait_cell::Watched;
use crate::event::wait_timeout::Late;

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
    ///
    /// ```
    /// assert_eq!(swimlanes_kit::event::Counter::new("rows stored").count(), 0);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(Shared { name: name.into(), count: Watched::new(0) }))
    }

    /// It has happened `n` more times. At `u64::MAX` the count stays.
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

    /// How often it has happened.
    ///
    /// ```
    /// let stored = swimlanes_kit::event::Counter::new("rows stored");
    /// let seen_by_all = stored.clone();
    /// stored.add(1);
    /// assert_eq!(seen_by_all.count(), 1);
    /// ```
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count.look(|count| *count)
    }

    /// Comes back when it has happened at least `n` times. Blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// If the limit is over before. With a limit of zero it only looks.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Counter;
    ///
    /// let stored = Counter::new("rows stored");
    /// stored.add(3);
    /// let late = stored.wait_within(5, Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(late.to_string(), r#""rows stored" came to 3 of 5 within 1ms"#);
    /// ```
    pub fn wait_within(&self, n: u64, limit: Duration) -> Result<(), Late> {
        self.0.count.wait_until(limit, has_come_to(n)).map_or_else(|| self.look(n, limit), Ok)
    }

    /// Is ready when it has happened at least `n` times. Needs no runtime. The limit begins when it is first polled.
    ///
    /// # Errors
    ///
    /// If the limit is over before.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Counter;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), swimlanes_kit::event::Late> {
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
    pub async fn reached_within(&self, n: u64, limit: Duration) -> Result<(), Late> {
        self.0.count.ready_within(limit, has_come_to(n)).await.map_or_else(|| self.look(n, limit), Ok)
    }

    /// The last look: what is told of is what it has seen.
    fn look(&self, wanted: u64, limit: Duration) -> Result<(), Late> {
        match self.count() {
            count if count >= wanted => Ok(()),
            count => Err(Late::of_counter(&self.0.name, limit, count, wanted)),
        }
    }
}

fn has_come_to(n: u64) -> impl Fn(&u64) -> Option<()> {
    move |count| (*count >= n).then_some(())
}
