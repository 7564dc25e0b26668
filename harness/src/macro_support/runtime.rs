//! The Tokio runtime of an async test. Each attempt has its own, so no task of one test lives on in the next.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic;
use std::pin::{Pin, pin};
use std::sync::Once;
use std::task::Poll;

use tokio::runtime::{Builder, Runtime};

use crate::fixture::attempt_handle::{AttemptHandle, Cancelled};
use crate::fixture::context::FixtureContext;
use crate::fixture::type_map::TypeMap;
use crate::os::process_counts;

/// The kind of runtime.
#[derive(Debug, Clone, Copy)]
pub enum Flavor {
    /// All tasks run on the thread of the test.
    CurrentThread {
        /// Applies the test's own settings to Tokio's builder.
        adjust: Option<fn(&mut Builder)>,
    },
    /// Tasks run on worker threads.
    MultiThread {
        /// How many threads; `None`: one for each core.
        workers: Option<usize>,
    },
}

/// Used if Tokio's builder has no `start_paused`, so that the compiler prints the message of [`HasTestUtil`].
pub trait StartPaused {
    /// Cannot be called.
    fn start_paused(&mut self, _: bool)
    where
        Self: HasTestUtil,
    {
    }
}

impl StartPaused for Builder {}

/// Says that Tokio has its feature `test-util`. No type implements it.
#[diagnostic::on_unimplemented(
    message = "`start_paused` needs the feature `test-util` of tokio",
    label = "add `tokio = {{ version = \"1\", features = [\"test-util\"] }}` to [dev-dependencies]"
)]
pub trait HasTestUtil {}

/// The flavor that the test requests for the runtime of its attempt.
struct Asked(Flavor);

/// The runtime of the asynchronous fixtures of an attempt, a worker or a process.
struct Home(Runtime);

/// Sets the flavor of the test's own runtime, in case one of its fixtures needs it first.
pub fn has_flavor(setup: &FixtureContext<'_>, flavor: Flavor) {
    let _ = setup.attempt_fixtures.runtime.get_or_make(|| Ok::<_, Infallible>(Asked(flavor)));
}

/// Runs the body of a test on the runtime of its fixtures, or on a new one if they have none.
///
/// # Panics
///
/// If the system has no file descriptors or threads left for a runtime.
pub fn block_on_own<F: Future>(setup: &FixtureContext<'_>, flavor: Flavor, body: F) -> F::Output {
    let body = until_cancelled(setup.handle, body);
    let returned = match setup.attempt_fixtures.runtime.get::<Home>() {
        Some(home) => home.0.block_on(body),
        None => block_on(flavor, body),
    };
    returned.unwrap_or_else(|| panic::resume_unwind(Box::new(Cancelled)))
}

/// Runs the body until it ends, or until another thread cancels it. Then it is dropped on the runtime, and this returns `None`.
async fn until_cancelled<F: Future>(handle: Option<&AttemptHandle>, body: F) -> Option<F::Output> {
    let Some(handle) = handle else { return Some(body.await) };
    handle.async_body_starts();
    let returned = {
        let mut body = pin!(body);
        poll_fn(|context| match body.as_mut().poll(context) {
            Poll::Ready(returned) => Poll::Ready(Some(returned)),
            Poll::Pending if handle.is_cancelled(context.waker()) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    };
    handle.async_body_ended(returned.is_none());
    returned
}

/// Runs the setup or the teardown of a fixture on the runtime on which the fixture lives.
///
/// # Panics
///
/// Like [`block_on_own`].
pub fn block_on_runtime_of<F: Future>(store: &TypeMap, future: F) -> F::Output {
    let home_result = store.get_or_make(|| {
        // A test that is not asynchronous does not drive a runtime between its fixtures, so that runtime needs a thread. The same is true
        // of what outlives the test.
        let own = Flavor::MultiThread { workers: Some(1) };
        Ok::<_, Infallible>(Home(runtime(store.get::<Asked>().map_or(own, |attribute| attribute.0))))
    });
    let Ok(home) = home_result;
    home.0.block_on(future)
}

/// Boxes the future, so that all cases of a function share its type. The code that runs it is large, and is then compiled only once.
pub fn boxed<'a, T>(future: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(future)
}

/// Runs the future on a new runtime.
///
/// # Panics
///
/// Like [`block_on_own`].
pub fn block_on<F: Future>(flavor: Flavor, future: F) -> F::Output {
    runtime(flavor).block_on(future)
}

fn runtime(flavor: Flavor) -> Runtime {
    let mut builder = match flavor {
        Flavor::CurrentThread { .. } => Builder::new_current_thread(),
        Flavor::MultiThread { workers } => {
            let mut builder = Builder::new_multi_thread();
            if let Some(workers) = workers {
                builder.worker_threads(workers);
            }
            builder
        }
    };
    // For signals, Tokio creates a pair of sockets that lives as long as the process. It is not a leak of the first test.
    static WARM: Once = Once::new();
    WARM.call_once(|| process_counts::keep(|| drop(Builder::new_current_thread().enable_all().build())));
    builder.enable_all();
    if let Flavor::CurrentThread { adjust: Some(adjust) } = flavor {
        adjust(&mut builder);
    }
    let runtime = builder.build();
    runtime.unwrap_or_else(|cause| panic!("cannot start a Tokio runtime for the test: {cause}"))
}
