//! Events that threads and futures wait for with a deadline: one that happens once, a counter, and a rendezvous.

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
pub use rendezvous_error::RendezvousError;
pub use wait_timeout::WaitTimeout;

use crate::event::wait_cell::WaitCell;

/// Something that happens once. Threads and futures wait until it has.
///
/// Clones share one event. Waiting for an event that has happened returns at once.
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
/// # Ok::<(), swimlanes_kit::event::WaitTimeout>(())
/// ```
#[derive(Debug, Clone)]
pub struct Event(Arc<SharedEvent>);

#[derive(Debug)]
struct SharedEvent {
    name: String,
    has_happened: WaitCell<bool>,
}

impl Event {
    /// An event that has not happened. The name appears in errors.
    ///
    /// ```
    /// assert!(!swimlanes_kit::event::Event::new("server is up").has_happened());
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(SharedEvent { name: name.into(), has_happened: WaitCell::new(false) }))
    }

    /// Marks the event as happened. A second call changes nothing.
    ///
    /// ```
    /// let is_up = swimlanes_kit::event::Event::new("server is up");
    /// is_up.happen();
    /// assert!(is_up.has_happened());
    /// ```
    pub fn happen(&self) {
        self.0.has_happened.change(|has_happened| *has_happened = true);
    }

    /// Whether the event has happened.
    ///
    /// ```
    /// let is_up = swimlanes_kit::event::Event::new("server is up");
    /// let seen_by_all = is_up.clone();
    /// is_up.happen();
    /// assert!(seen_by_all.has_happened());
    /// ```
    #[must_use]
    pub fn has_happened(&self) -> bool {
        self.0.has_happened.read(|has_happened| *has_happened)
    }

    /// Blocks the thread until the event has happened.
    ///
    /// # Errors
    ///
    /// If the event does not happen within the limit. A limit of zero checks without waiting.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Event;
    ///
    /// let is_up = Event::new("server is up");
    /// let timeout = is_up.wait_within(Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(timeout.to_string(), r#""server is up" did not happen within 1ms"#);
    /// ```
    pub fn wait_within(&self, limit: Duration) -> Result<(), WaitTimeout> {
        self.0.has_happened.wait_until(limit, is_set).ok_or_else(|| WaitTimeout::for_event(&self.0.name, limit))
    }

    /// Resolves when the event has happened. Needs no runtime. The first poll starts the limit.
    ///
    /// # Errors
    ///
    /// If the event does not happen within the limit.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::event::Event;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), swimlanes_kit::event::WaitTimeout> {
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
    pub async fn happened_within(&self, limit: Duration) -> Result<(), WaitTimeout> {
        self.0.has_happened.ready_within(limit, is_set).await.ok_or_else(|| WaitTimeout::for_event(&self.0.name, limit))
    }
}

fn is_set(has_happened: &bool) -> Option<()> {
    has_happened.then_some(())
}
