//! The Tokio runtime of an async test: one for each attempt, so no task of one test lives on in the next.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Once;

use tokio::runtime::{Builder, Runtime};

use crate::fixture::context::FixtureContext;
use crate::fixture::type_map::TypeMap;
use crate::os::process_counts;

/// What kind of runtime.
#[derive(Debug, Clone, Copy)]
pub enum Flavor {
    /// Everything on the thread of the test.
    CurrentThread {
        /// What the test says to Tokio's builder itself.
        adjust: Option<fn(&mut Builder)>,
    },
    /// With so many worker threads, or one for each core.
    MultiThread {
        /// How many threads; `None`: one for each core.
        workers: Option<usize>,
    },
}

/// Where Tokio's builder has no `start_paused` of its own, this one is found, for the sake of its message.
pub trait StartPaused {
    /// Cannot be called.
    fn start_paused(&mut self, _: bool)
    where
        Self: HasTestUtil,
    {
    }
}

impl StartPaused for Builder {}

/// Tokio has its feature `test-util`. Implemented by nothing.
#[diagnostic::on_unimplemented(
    message = "`start_paused` needs the feature `test-util` of tokio",
    label = "add `tokio = {{ version = \"1\", features = [\"test-util\"] }}` to [dev-dependencies]"
)]
pub trait HasTestUtil {}

/// The flavor that the test has asked for, for the runtime of its attempt.
struct Asked(Flavor);

/// The runtime on which the asynchronous fixtures of an attempt, a worker or the run were made, and live.
struct Home(Runtime);

/// The test's own runtime is to be of this kind, if one of its fixtures needs it first.
pub fn has_flavor(setup: &FixtureContext<'_>, flavor: Flavor) {
    let _ = setup.attempt_fixtures.runtime.get_or_make(|| Ok::<_, Infallible>(Asked(flavor)));
}

/// Runs the body of a test to its end: on the runtime of its fixtures, or on a new one if none of them has any.
///
/// # Panics
///
/// When the system has no resources left for a runtime: file descriptors, threads.
pub fn block_on_own<F: Future>(setup: &FixtureContext<'_>, flavor: Flavor, body: F) -> F::Output {
    match setup.attempt_fixtures.runtime.get::<Home>() {
        Some(home) => home.0.block_on(body),
        None => block_on(flavor, body),
    }
}

/// Runs what makes a fixture, or ends it, on the runtime on which that lives.
///
/// # Panics
///
/// As [`block_on_own`].
pub fn block_on_runtime_of<F: Future>(store: &TypeMap, future: F) -> F::Output {
    let home_result = store.get_or_make(|| {
        // A test that is not asynchronous does not drive one between its fixtures, so that needs a thread; as with what outlives the test.
        let own = Flavor::MultiThread { workers: Some(1) };
        Ok::<_, Infallible>(Home(runtime(store.get::<Asked>().map_or(own, |attribute| attribute.0))))
    });
    let Ok(home) = home_result;
    home.0.block_on(future)
}

/// The future as one of a type that all cases of a function share: what runs it is compiled once for all of them, and that is much.
pub fn boxed<'a, T>(future: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(future)
}

/// Runs the future to its end on a new runtime.
///
/// # Panics
///
/// As [`block_on_own`].
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
    // With its signals, Tokio makes a pair of sockets for the life of the process, and the test that comes first has not left it.
    static WARM: Once = Once::new();
    WARM.call_once(|| process_counts::keep(|| drop(Builder::new_current_thread().enable_all().build())));
    builder.enable_all();
    if let Flavor::CurrentThread { adjust: Some(adjust) } = flavor {
        adjust(&mut builder);
    }
    let runtime = builder.build();
    runtime.unwrap_or_else(|cause| panic!("cannot start a Tokio runtime for the test: {cause}"))
}
