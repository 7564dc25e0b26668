//! Several actors that begin at once, and what became of each.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::RwLock;
use std::task::{Context, Poll};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use crate::event::Counter;

/// How long the actors that are there wait for the others to be started, before they begin without them.
const START: Duration = Duration::from_secs(10);

/// Starts a thread for each of `n` actors, lets them all begin at once, and answers with what became of each, in their order.
///
/// The actors are numbered from 0. Nobody begins before the last one is there, or 10 seconds are over. It comes back when all have ended, and waits as long as
/// they take.
///
/// # Panics
///
/// If a thread cannot be started; then no actor begins. A panic of an actor is part of the answer.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use swimlanes_kit::together::together;
///
/// let stock = AtomicU32::new(5);
/// let sold = together(8, |_| stock.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |stock| stock.checked_sub(1)).is_ok());
/// assert_eq!(sold.iter().filter(|sold| **sold == Ok(true)).count(), 5);
/// ```
pub fn together<T: Send>(n: usize, f: impl Fn(usize) -> T + Sync) -> Vec<Result<T, Panicked>> {
    // Whoever comes to the gate waits while it is held for writing. If not all can be started, it is poisoned.
    let gate = RwLock::new(());
    let there = Counter::new("actors at the gate");
    let act = |actor| {
        there.add(1);
        let is_open = gate.read().is_ok();
        is_open.then(|| f(actor))
    };
    thread::scope(|scope| {
        let closed = gate.write();
        let actors: Vec<_> = (0..n)
            .map(|actor| {
                let act = &act;
                let thread = thread::Builder::new().name(format!("actor {actor}"));
                thread
                    .spawn_scoped(scope, move || act(actor))
                    .unwrap_or_else(|error| panic!("cannot start actor {actor} of {n}: {error}"))
            })
            .collect();
        // Who is not there by then begins a little later.
        let _ = there.wait_within(n as u64, START);
        drop(closed);
        actors.into_iter().enumerate().map(|(actor, thread)| ended(actor, thread)).collect()
    })
}

fn ended<T>(actor: usize, thread: ScopedJoinHandle<'_, Option<T>>) -> Result<T, Panicked> {
    match thread.join() {
        Ok(result) => Ok(result.expect("the gate was opened without a panic, as all were started")),
        Err(payload) => Err(Panicked::new(actor, &*payload)),
    }
}

/// Makes a future for each of `n` actors, polls them side by side, and answers with what became of each, in their order.
///
/// They all are polled in the caller's task: no runtime is needed, the futures need not be `Send` or `'static`, and they can only overlap
/// where they wait. All are polled whenever one of them is woken. A panic of an actor is part of the answer.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Counter;
/// use swimlanes_kit::together::together_async;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let here = Counter::new("here");
/// let ended = together_async(3, async |actor| {
///     here.add(1);
///     // Nobody goes on before all are here.
///     here.reached_within(3, Duration::from_secs(5)).await.map(|()| actor)
/// })
/// .await;
/// assert_eq!(ended, [Ok(Ok(0)), Ok(Ok(1)), Ok(Ok(2))]);
/// # }
/// ```
pub async fn together_async<T, A>(n: usize, f: impl Fn(usize) -> A) -> Vec<Result<T, Panicked>>
where
    A: Future<Output = T>,
{
    let f = &f;
    let mut actors: Vec<_> = (0..n).map(|actor| Actor::Acts(Box::pin(async move { f(actor).await }))).collect();
    poll_fn(|cx| {
        let mut n_acting = 0;
        for (number, actor) in actors.iter_mut().enumerate() {
            n_acting += usize::from(actor.poll(number, cx).is_pending());
        }
        if n_acting == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    actors.into_iter().filter_map(Actor::ended).collect()
}

enum Actor<F: Future> {
    Acts(Pin<Box<F>>),
    Ended(Result<F::Output, Panicked>),
}

impl<F: Future> Actor<F> {
    fn poll(&mut self, number: usize, cx: &mut Context<'_>) -> Poll<()> {
        let Self::Acts(future) = self else { return Poll::Ready(()) };
        // A future that has panicked is dropped and never seen again.
        let ended = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(result)) => Ok(result),
            Err(payload) => Err(Panicked::new(number, &*payload)),
        };
        *self = Self::Ended(ended);
        Poll::Ready(())
    }

    fn ended(self) -> Option<Result<F::Output, Panicked>> {
        if let Self::Ended(ended) = self { Some(ended) } else { None }
    }
}

/// An actor has panicked.
///
/// ```
/// use swimlanes_kit::together::together;
///
/// let ended = together(2, |actor| assert_eq!(actor, 0, "there is no seat for another"));
/// let panicked = ended[1].as_ref().unwrap_err();
/// assert!(panicked.to_string().starts_with("actor 1 panicked: "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    actor: usize,
    text: String,
}

impl Panicked {
    pub(crate) fn new(actor: usize, payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Self { actor, text: text.unwrap_or_else(|| "a panic without text".to_owned()) }
    }

    /// The number of the actor; the first one is 0.
    ///
    /// ```
    /// # use swimlanes_kit::together::together;
    /// let ended = together(2, |actor| assert_eq!(actor, 0));
    /// assert_eq!(ended[1].as_ref().unwrap_err().actor(), 1);
    /// ```
    #[must_use]
    pub fn actor(&self) -> usize {
        self.actor
    }

    /// What the panic said. Of a panic with anything but a text, there is only to say that it was one.
    ///
    /// ```
    /// # use swimlanes_kit::together::together;
    /// let ended = together(1, |actor| -> () { panic!("no seat for {actor}") });
    /// assert_eq!(ended[0].as_ref().unwrap_err().text(), "no seat for 0");
    /// ```
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "actor {} panicked: {}", self.actor, self.text)
    }
}

impl Error for Panicked {}
