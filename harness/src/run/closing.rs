//! Gives back what a worker, and what a run, had: the suite's own values first, as they may use the rest.

use crate::model::error::Error;
use crate::model::event::{Event, Gravity};
use crate::model::lease::Fate;
use crate::model::scope::Scope;
use crate::platform::base::Base;
use crate::platform::lock;
use crate::resource::lane::Lane;
use crate::resource::run_dir::RunDir;
use crate::run::attempt;

/// Closes a worker's lane. What went wrong is told.
pub(crate) fn close_worker(of_worker: &Scope, tell: &dyn Fn(Event)) {
    let lane = of_worker.values.get::<Lane>();
    discard(of_worker, "worker", tell);
    clean("worker", lane.map_or(Ok(()), |lane| lane.close()), tell);
}

/// Leaves the run; its lanes are closed. What went wrong is told.
pub(crate) fn close_run(of_run: &Scope, tell: &dyn Fn(Event)) {
    let run_dir = of_run.values.get::<RunDir>();
    discard(of_run, "run", tell);
    clean("run", run_dir.map_or(Ok(()), |run_dir| run_dir.leave()), tell);
    lock::remove_held_files();
    Base::of_user().remove_if_empty();
}

fn discard(scope: &Scope, whose: &str, tell: &dyn Fn(Event)) {
    if let Err(panic) = attempt::discard(&scope.values) {
        let message = format!("a value that was made once for the {whose} panicked when it was dropped: {panic}");
        tell(Event::Trouble { message, gravity: Gravity::Failure });
    }
    for closed in scope.leases.close(Fate::Returned) {
        clean(whose, closed.map(drop), tell);
    }
}

fn clean(whose: &str, closed: Result<(), Error>, tell: &dyn Fn(Event)) {
    if let Err(error) = closed {
        tell(Event::Trouble { message: format!("cleaning up after the {whose}: {error}"), gravity: Gravity::Note });
    }
}
