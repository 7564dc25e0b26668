//! The pool: one thread of rayon's for each supervisor. The only file that names rayon.
//!
//! Bodies never run on the pool's threads. A worker that waits in rayon starts other jobs on top of what it runs;
//! with test bodies as jobs, 65 of 100 tests that used rayon themselves started inside another one. So the pool
//! broadcasts once, and each of its threads looks after a lane, whose own thread runs the bodies. There, rayon is the
//! user's global pool as anywhere else.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::worker::Slot;
use crate::policy::plan::Plan;
use crate::run::shared::Run;
use crate::run::supervisor;

/// Stack of a supervisor, which calls nothing of the user's.
const SUPERVISOR_STACK: usize = 256 * 1024;

/// A run that has been started.
pub(crate) struct Started {
    pub(crate) run: Arc<Run>,
    /// Ends with [`Event::RunFinished`].
    pub(crate) events: Receiver<Event>,
    /// Its threads live as long as this does.
    _pool: ThreadPool,
}

/// Starts the workers, and answers at once.
///
/// # Errors
///
/// When the threads cannot be started.
pub(crate) fn start(plan: Arc<Plan>, config: RunConfig, id: Arc<str>, again: String) -> Result<Started, Error> {
    let workers = config.workers.get() as usize;
    let (sender, events) = channel();
    let run = Arc::new(Run::new(plan, config, id, sender));
    run.tell(Event::RunStarted(run.started(again)));
    let pool = ThreadPoolBuilder::new()
        .num_threads(workers)
        .thread_name(|ix| format!("supervisor-{ix}"))
        .stack_size(SUPERVISOR_STACK)
        .build()
        .map_err(|cause| Error::io(format!("start {workers} workers"), std::io::Error::other(cause)))?;
    let shared = Arc::clone(&run);
    pool.spawn_broadcast(move |context| {
        supervisor::supervise(&shared, Slot(context.index() as u32));
        shared.supervisor_ended();
    });
    Ok(Started { run, events, _pool: pool })
}
