//! The loop of a worker, on the thread of its lane: ask, lock against other processes, run, tell.

use std::sync::Arc;
use std::thread;

use crate::model::event::{CaseIx, Event, Gravity, Stop};
use crate::model::scope::Scope;
use crate::model::tags::Lock;
use crate::model::worker::{Slot, Worker};
use crate::resource::hold::Tried;
use crate::run::case;
use crate::run::gate::Turn;
use crate::run::shared::Run;
use crate::run::site::Site;
use crate::run::watch::{Abandoned, Watch};

/// Runs cases until there are no more, or until this lane was given up. Answers what the worker has kept for its tests.
pub(crate) fn work(run: &Arc<Run>, slot: Slot, watch: &Watch) -> Scope {
    let of_worker = Scope::default();
    let workers = run.config.workers.get();
    let worker = Worker::new(slot, workers, Arc::clone(&run.id), run.config.seed);
    let site = Site {
        config: &run.config,
        clock: run.clock,
        slot,
        worker: &worker,
        of_run: &run.of_run,
        of_worker: &of_worker,
        leases: &watch.leases,
        sink: &watch.sink,
        watch: Some(watch),
        tell: &|event| run.tell(event),
    };
    while let Turn::Run { case, round, queued } = run.gate.turn(slot) {
        let planned = &run.plan.cases[case.ix()];
        let hold = match run.keys.try_take(planned.needs(), &|lock| run.plan.capacity(lock)) {
            Ok(Tried::Held(hold)) => Some(hold),
            Ok(Tried::Busy(lock)) => {
                wait_elsewhere(run, case, lock);
                continue;
            }
            Err(error) => {
                // Better a test too many at once than one too few; the run is red either way.
                run.tell(Event::Trouble { message: error.to_string(), gravity: Gravity::Fault });
                None
            }
        };
        let ran = case::run(&site, planned, case::told(planned, case, round), queued);
        drop(hold);
        match ran {
            Ok(verdict) => {
                run.count(&verdict);
                run.gate.finished(case);
            }
            Err(Abandoned) => {
                run.gate.ended_late(case);
                break;
            }
        }
    }
    of_worker
}

/// Another process holds the lock: gives the case back, and waits on a thread of its own until it is free there. In the
/// kernel, where a process that dies lets go.
fn wait_elsewhere(run: &Arc<Run>, case: CaseIx, lock: Lock) {
    run.gate.refused(case, &lock);
    let waiter = Arc::clone(run);
    let wait = move || {
        if let Err(error) = waiter.keys.wait(&lock, waiter.plan.capacity(&lock)) {
            waiter.tell(Event::Trouble { message: error.to_string(), gravity: Gravity::Fault });
        }
        waiter.gate.free_elsewhere(&lock);
    };
    if thread::Builder::new().name("lock-waiter".to_owned()).spawn(wait).is_err() {
        let message = format!("cannot start a thread that waits for `{}`, which another process holds", lock.name);
        run.tell(Event::Trouble { message, gravity: Gravity::Fault });
        run.gate.stop(Stop::Broken);
    }
}
