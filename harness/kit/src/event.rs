//! What happens once, several times, or when all are there; and who waits for it, in threads and in futures.

mod counter;
mod rendezvous;
mod rendezvous_error;
#[cfg(test)]
mod tests;
mod wait_cell;
mod wait_timeout;

use std::sync::Arc;
use std::time::Duration;

pub use counter::Counter;
pub use rendezvous::Rendezvous;
pub use rendezvous_error::Missing;
pub use wait_timeout::Late;

use crate::event::wait_cell::Watched;

/// Something that happens once; others wait until it has.
///
/// Clones are the same event. Who comes after it has happened does not wait. Threads and futures can wait for the same one.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Event;
///
/// let is_up = Event::new("server is up");
/// let server = std::thread::spawn({
///     let is_up = is_up.clone();
///     move || is_up.happen()
/// });
/// is_up.wait_within(Duration::from_secs(5))?;
/// assert!(is_up.has_happened());
/// # server.join().unwrap();
/// # Ok::<(), swimlanes_kit::event::Late>(())
/// ```
#[derive(Debug, Clone)]
pub struct Event(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: String,
    has_happened: Watched<bool>,
}

impl Event {
    /// An event that has not happened. The name is for those who wait in vain.
    ///
    /// ```
    /// assert!(!swimlanes_kit::event::Event::new("server is up").has_happened());
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(Shared { name: name.into(), has_happened: Watched::new(false) }))
    }

    /// It has happened. The second time changes nothing.
    ///
    /// ```
    /// let is_up = swimlanes_kit::event::Event::new("server is up");
    /// is_up.happen();
    /// assert!(is_up.has_happened());
    /// ```
    pub fn happen(&self) {
        self.0.has_happened.change(|has_happened| *has_happened = true);
    }

    /// Whether it has happened.
    ///
    /// ```
    /// let is_up = swimlanes_kit::event::Event::new("server is up");
    /// let seen_by_all = is_up.clone();
    /// is_up.happen();
    /// assert!(seen_by_all.has_happened());
    /// ```
    #[must_use]
    pub fn has_happened(&self) -> bool {
        self.0.has_happened.look(|has_happened| *has_happened)
    }

    /// Comes back when it has happened. Blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// If the limit is over before. With a limit of zero it only looks.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Event;
    ///
    /// let is_up = Event::new("server is up");
    /// let late = is_up.wait_within(Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(late.to_string(), r#""server is up" did not happen within 1ms"#);
    /// ```
    pub fn wait_within(&self, limit: Duration) -> Result<(), Late> {
        self.0.has_happened.wait_until(limit, is_so).ok_or_else(|| Late::of_event(&self.0.name, limit))
    }

    /// Is ready when it has happened. Needs no runtime. The limit begins when it is first polled.
    ///
    /// # Errors
    ///
    /// If the limit is over before.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Event;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), swimlanes_kit::event::Late> {
    /// let is_up = Event::new("server is up");
    /// let server = tokio::spawn({
    ///     let is_up = is_up.clone();
    ///     async move { is_up.happen() }
    /// });
    /// is_up.happened_within(Duration::from_secs(5)).await?;
    /// # server.await.unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub async fn happened_within(&self, limit: Duration) -> Result<(), Late> {
        self.0.has_happened.ready_within(limit, is_so).await.ok_or_else(|| Late::of_event(&self.0.name, limit))
    }
}

fn is_so(has_happened: &bool) -> Option<()> {
    has_happened.then_some(())
}
