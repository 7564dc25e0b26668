//! The Tokio runtime of an async test: one for each attempt, so no task of one test lives on in the next.

use std::future::Future;
use std::sync::Once;

use tokio::runtime::Builder;

use crate::platform::census;

/// What kind of runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// Everything on the thread of the test.
    CurrentThread,
    /// With so many worker threads, or one for each core.
    MultiThread {
        /// How many threads; `None`: one for each core.
        workers: Option<usize>,
    },
}

/// Runs the future to its end on a new runtime.
///
/// # Panics
///
/// When the system has no resources left for a runtime: file descriptors, threads.
pub fn block_on<F: Future>(flavor: Flavor, future: F) -> F::Output {
    let mut builder = match flavor {
        Flavor::CurrentThread => Builder::new_current_thread(),
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
    WARM.call_once(|| census::keep(|| drop(Builder::new_current_thread().enable_all().build())));
    let runtime = builder.enable_all().build();
    runtime.unwrap_or_else(|cause| panic!("cannot start a Tokio runtime for the test: {cause}")).block_on(future)
}
