//! The pool: one thread of rayon's for each supervisor. The only file that names rayon.
//!
//! Bodies never run on the pool's threads. A worker that waits in rayon starts other jobs on top of what it runs;
//! with test bodies as jobs, 65 of 100 tests that used rayon themselves started inside another one. So the pool
//! broadcasts once, and each of its threads looks after a lane, whose own thread runs the bodies. There, rayon is the
//! user's global pool as anywhere else.

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::execution::run_state::RunState;
use crate::execution::supervisor;
use crate::model::error::Error;
use crate::model::worker::Slot;

/// Stack of a supervisor, which calls nothing of the user's.
const SUPERVISOR_STACK: usize = 256 * 1024;

/// The threads of a run; they live as long as this.
#[must_use = "the workers end when this is dropped"]
pub(crate) struct Pool {
    _threads: ThreadPool,
}

/// Starts the workers, and answers at once.
///
/// # Errors
///
/// When the threads cannot be started.
pub(crate) fn start(run: &Arc<RunState>) -> Result<Pool, Error> {
    let workers = run.config.workers.get() as usize;
    let threads = ThreadPoolBuilder::new()
        .num_threads(workers)
        .thread_name(|ix| format!("supervisor-{ix}"))
        .stack_size(SUPERVISOR_STACK)
        .build()
        .map_err(|cause| Error::io(format!("start {workers} workers"), std::io::Error::other(cause)))?;
    let run = Arc::clone(run);
    threads.spawn_broadcast(move |context| {
        supervisor::supervise(&run, Slot(context.index() as u32));
        run.supervisor_ended();
    });
    Ok(Pool { _threads: threads })
}
