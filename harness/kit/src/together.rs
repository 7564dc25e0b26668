//! Runs several actors that start at the same moment, and returns the outcome of each.

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

/// How long started actors wait for the others before they begin without them.
const START: Duration = Duration::from_secs(10);

/// Starts a thread for each of `n` actors, lets them all begin at once, and returns the outcome of each, in the order of the actors.
///
/// Actors are numbered from 0. None begins before all threads are running, or 10 seconds are over. The call returns when all actors have
/// ended; it has no limit.
///
/// # Panics
///
/// If a thread cannot be started; then no actor begins. The panic of an actor is one of the outcomes.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use swimlanes_kit::together::run_together;
///
/// let stock = AtomicU32::new(5);
/// let sold = run_together(8, |_| stock.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |stock| stock.checked_sub(1)).is_ok());
/// assert_eq!(sold.iter().filter(|sold| **sold == Ok(true)).count(), 5);
/// ```
pub fn run_together<T: Send>(n: usize, f: impl Fn(usize) -> T + Sync) -> Vec<Result<T, ActorPanic>> {
    // Actors wait at the gate while it is locked for writing. If a thread cannot be started, the gate is poisoned.
    let gate = RwLock::new(());
    let arrivals = Counter::new("actors at the gate");
    let act = |actor| {
        arrivals.add(1);
        let is_open = gate.read().is_ok();
        is_open.then(|| f(actor))
    };
    thread::scope(|scope| {
        let gate_guard = gate.write();
        let actors: Vec<_> = (0..n)
            .map(|actor| {
                let act = &act;
                let thread = thread::Builder::new().name(format!("actor {actor}"));
                thread
                    .spawn_scoped(scope, move || act(actor))
                    .unwrap_or_else(|error| panic!("cannot start actor {actor} of {n}: {error}"))
            })
            .collect();
        // An actor whose thread has not started by then begins later.
        let _ = arrivals.wait_within(n as u64, START);
        drop(gate_guard);
        actors.into_iter().enumerate().map(|(actor, thread)| join(actor, thread)).collect()
    })
}

fn join<T>(actor: usize, thread: ScopedJoinHandle<'_, Option<T>>) -> Result<T, ActorPanic> {
    match thread.join() {
        Ok(result) => Ok(result.expect("the gate was opened without a panic, as all were started")),
        Err(payload) => Err(ActorPanic::new(actor, &*payload)),
    }
}

/// Creates a future for each of `n` actors, polls them concurrently, and returns the outcome of each, in the order of the actors.
///
/// All futures are polled in the caller's task: no runtime is needed, the futures need not be `Send` or `'static`, and they overlap only
/// where they await. All are polled whenever one of them is woken. The panic of an actor is one of the outcomes.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Counter;
/// use swimlanes_kit::together::run_together_async;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let here = Counter::new("here");
/// let outcomes = run_together_async(3, async |actor| {
///     here.add(1);
///     // No actor continues before all are here.
///     here.reached_within(3, Duration::from_secs(5)).await.map(|()| actor)
/// })
/// .await;
/// assert_eq!(outcomes, [Ok(Ok(0)), Ok(Ok(1)), Ok(Ok(2))]);
/// # }
/// ```
pub async fn run_together_async<T, A>(n: usize, f: impl Fn(usize) -> A) -> Vec<Result<T, ActorPanic>>
where
    A: Future<Output = T>,
{
    let f = &f;
    let mut actors: Vec<_> =
        (0..n).map(|actor| ActorFuture::Running(Box::pin(async move { f(actor).await }))).collect();
    poll_fn(|cx| {
        let mut n_running = 0;
        for (number, actor) in actors.iter_mut().enumerate() {
            n_running += usize::from(actor.poll(number, cx).is_pending());
        }
        if n_running == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    actors.into_iter().filter_map(ActorFuture::into_result).collect()
}

enum ActorFuture<F: Future> {
    Running(Pin<Box<F>>),
    Ended(Result<F::Output, ActorPanic>),
}

impl<F: Future> ActorFuture<F> {
    fn poll(&mut self, number: usize, cx: &mut Context<'_>) -> Poll<()> {
        let Self::Running(future) = self else { return Poll::Ready(()) };
        // A future that has panicked is dropped and never seen again.
        let outcome = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(result)) => Ok(result),
            Err(payload) => Err(ActorPanic::new(number, &*payload)),
        };
        *self = Self::Ended(outcome);
        Poll::Ready(())
    }

    fn into_result(self) -> Option<Result<F::Output, ActorPanic>> {
        if let Self::Ended(outcome) = self { Some(outcome) } else { None }
    }
}

/// The panic of an actor.
///
/// ```
/// use swimlanes_kit::together::run_together;
///
/// let outcomes = run_together(2, |actor| assert_eq!(actor, 0, "there is no seat for another"));
/// let panic = outcomes[1].as_ref().unwrap_err();
/// assert!(panic.to_string().starts_with("actor 1 panicked: "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorPanic {
    actor: usize,
    text: String,
}

impl ActorPanic {
    pub(crate) fn new(actor: usize, payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Self { actor, text: text.unwrap_or_else(|| "a panic without text".to_owned()) }
    }

    /// The number of the actor; the first one is 0.
    ///
    /// ```
    /// # use swimlanes_kit::together::run_together;
    /// let outcomes = run_together(2, |actor| assert_eq!(actor, 0));
    /// assert_eq!(outcomes[1].as_ref().unwrap_err().actor(), 1);
    /// ```
    #[must_use]
    pub fn actor(&self) -> usize {
        self.actor
    }

    /// The message of the panic. A payload that is not a string is replaced by a fixed text.
    ///
    /// ```
    /// # use swimlanes_kit::together::run_together;
    /// let outcomes = run_together(1, |actor| -> () { panic!("no seat for {actor}") });
    /// assert_eq!(outcomes[0].as_ref().unwrap_err().text(), "no seat for 0");
    /// ```
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ActorPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "actor {} panicked: {}", self.actor, self.text)
    }
}

impl Error for ActorPanic {}
