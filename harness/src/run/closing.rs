//! Gives back what a worker, and what a run, had: the suite's own values first, as they may use the rest.

use crate::model::error::Error;
use crate::model::event::{Event, Gravity};
use crate::model::store::Store;
use crate::platform::base::Base;
use crate::platform::lock;
use crate::resource::lane::Lane;
use crate::resource::run_dir::RunDir;
use crate::run::attempt;

/// Closes a worker's lane. What went wrong is told.
pub(crate) fn close_worker(of_worker: &Store, tell: &dyn Fn(Event)) {
    let lane = of_worker.get::<Lane>();
    discard(of_worker, "worker", tell);
    clean("worker", lane.map_or(Ok(()), |lane| lane.close()), tell);
}

/// Leaves the run; its lanes are closed. What went wrong is told.
pub(crate) fn close_run(of_run: &Store, tell: &dyn Fn(Event)) {
    let run_dir = of_run.get::<RunDir>();
    discard(of_run, "run", tell);
    clean("run", run_dir.map_or(Ok(()), |run_dir| run_dir.leave()), tell);
    lock::remove_held_files();
    Base::of_user().remove_if_empty();
}

fn discard(store: &Store, whose: &str, tell: &dyn Fn(Event)) {
    if let Err(panic) = attempt::discard(store) {
        let message = format!("a value that was made once for the {whose} panicked when it was dropped: {panic}");
        tell(Event::Trouble { message, gravity: Gravity::Failure });
    }
}

fn clean(whose: &str, closed: Result<(), Error>, tell: &dyn Fn(Event)) {
    if let Err(error) = closed {
        tell(Event::Trouble { message: format!("cleaning up after the {whose}: {error}"), gravity: Gravity::Note });
    }
}
