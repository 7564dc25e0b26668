//! Controllers of one run in several processes: the results of their reads, and their instances.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, fs};

use run_locks::{Error, Form, Mode, Run, RunController};
use swimlanes::kit::race::Race;
use swimlanes::prelude::*;

use crate::fixtures::{Place, TestResult};

/// Changes the run and unlocks it.
fn set(controller: &RunController, status: &str) -> Result<(), Error> {
    let mut locked = controller.locked()?;
    status.clone_into(&mut locked.run_mut().status);
    locked.settle()
}

fn status(run: Result<Run, Error>) -> Result<String, Error> {
    run.map(|run| run.status)
}

#[swimlanes::test(tags("mended", "integration"))]
fn dump_of_another_process_is_read(place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(Form::Mended, "mine")?, place.controller(Form::Mended, "theirs")?);
    set(&mine, "queued")?;
    assert_eq!(status(mine.read())?, "queued");
    set(&theirs, "running")?;
    assert_eq!(status(mine.read())?, "running");
    Ok(())
}

#[swimlanes::test(cases(hash = Form::Hash, expiring = Form::Expiring), tags("broken", "integration"))]
fn older_form_keeps_the_first_run_it_has_read(#[case] form: Form, place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(form, "mine")?, place.controller(form, "theirs")?);
    set(&theirs, "queued")?;
    assert_eq!(status(mine.read())?, "queued");
    theirs.locks().force_unlock(theirs.name())?;
    set(&theirs, "running")?;
    assert_eq!(status(mine.read())?, "queued", "although it is running");
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn read_ignoring_lock_does_not_change_the_cache(place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(Form::Mended, "mine")?, place.controller(Form::Mended, "theirs")?);
    set(&theirs, "queued")?;
    assert_eq!(status(mine.read())?, "queued");
    let mut locked = theirs.locked()?;
    "half of it".clone_into(&mut locked.run_mut().status);
    locked.dump()?;
    assert_eq!(status(mine.read_ignoring_lock())?, "half of it");
    assert_eq!(status(mine.read())?, "queued");
    "all of it".clone_into(&mut locked.run_mut().status);
    locked.settle()?;
    assert_eq!(status(mine.read())?, "all of it");
    Ok(())
}

#[swimlanes::test(cases(hash = Form::Hash, expiring = Form::Expiring), tags("broken", "integration"))]
fn older_form_caches_a_half_written_run(#[case] form: Form, place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(form, "mine")?, place.controller(form, "theirs")?);
    let mut locked = theirs.locked()?;
    "half of it".clone_into(&mut locked.run_mut().status);
    locked.dump()?;
    assert_eq!(status(mine.read_ignoring_lock())?, "half of it");
    "all of it".clone_into(&mut locked.run_mut().status);
    locked.settle()?;
    assert_eq!(status(mine.read())?, "half of it", "which is not a settled state");
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn first_read_fails_while_the_run_is_being_changed(place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(Form::Mended, "mine")?, place.controller(Form::Mended, "theirs")?);
    let locked = theirs.locked()?;
    locked.dump()?;
    assert!(matches!(mine.read(), Err(Error::Unsettled { .. })));
    assert!(matches!(mine.locked(), Err(Error::Busy { .. })));
    drop(locked);
    let next = mine.locked()?;
    assert!(matches!(theirs.read(), Err(Error::Unsettled { .. })), "to lock it is not to settle it");
    drop(next);
    set(&mine, "recovered")?;
    assert_eq!(status(theirs.read())?, "recovered");
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn process_has_one_writer_and_many_readers_for_a_directory(place: Place) -> TestResult {
    let process = place.process(Form::Mended, "process")?;
    let reader = process.get_instance(place.dir(), Mode::ReadOnly)?;
    let writer = process.get_instance(place.dir(), Mode::ReadWrite)?;
    assert!(!Arc::ptr_eq(&reader, &writer));
    assert!(Arc::ptr_eq(&writer, &process.get_instance(&place.dir().join("."), Mode::ReadWrite)?));
    assert!(!Arc::ptr_eq(&reader, &process.get_instance(place.dir(), Mode::ReadOnly)?));
    set(&writer, "queued")?;
    assert_eq!(status(reader.read())?, "queued");
    assert!(matches!(reader.locked(), Err(Error::ReadOnly { .. })));
    Ok(())
}

#[swimlanes::test(cases(hash = Form::Hash, expiring = Form::Expiring), tags("broken", "integration"))]
fn older_form_returns_a_reader_to_a_writer(#[case] form: Form, place: Place) -> TestResult {
    let process = place.process(form, "process")?;
    process.get_instance(place.dir(), Mode::ReadOnly)?;
    let writer = process.get_instance(place.dir(), Mode::ReadWrite)?;
    assert!(matches!(writer.locked(), Err(Error::ReadOnly { .. })));
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn changes_without_a_dump_are_not_written(place: Place) -> TestResult {
    let controller = place.controller(Form::Mended, "process")?;
    set(&controller, "queued")?;
    let mut locked = controller.locked()?;
    assert_eq!(locked.run().status, "queued");
    locked.run_mut().steps = 7;
    drop(locked);
    assert_eq!(controller.locked()?.run(), &Run { status: "queued".to_owned(), steps: 0 });
    Ok(())
}

/// The work took too long: an operator released the lock, and another process has acquired it and written.
#[swimlanes::test(tags("mended", "integration"))]
fn overtaken_holder_cannot_write(place: Place) -> TestResult {
    let (slow, quick) = (place.controller(Form::Mended, "slow")?, place.controller(Form::Mended, "quick")?);
    let mut overtaken = slow.locked()?;
    "old".clone_into(&mut overtaken.run_mut().status);
    assert!(slow.locks().force_unlock(slow.name())?);
    set(&quick, "new")?;
    assert!(matches!(overtaken.dump(), Err(Error::Overtaken { by: 2, .. })));
    assert!(matches!(overtaken.settle(), Err(Error::Overtaken { .. })));
    assert_eq!(status(slow.read())?, "new");
    Ok(())
}

/// The younger holder has read the run and not written yet: it would not know a write of the older one now.
#[swimlanes::test(tags("mended", "integration"))]
fn overtaken_holder_cannot_write_before_the_younger_one_has_written(place: Place) -> TestResult {
    let (slow, quick) = (place.controller(Form::Mended, "slow")?, place.controller(Form::Mended, "quick")?);
    let mut overtaken = slow.locked()?;
    overtaken.run_mut().steps += 1;
    assert!(slow.locks().force_unlock(slow.name())?);
    let mut locked = quick.locked()?;
    assert!(matches!(overtaken.dump(), Err(Error::Overtaken { by: 2, .. })));
    assert!(matches!(overtaken.settle(), Err(Error::Overtaken { by: 2, .. })));
    assert_eq!(quick.read()?.steps, 0);
    locked.run_mut().steps += 1;
    locked.settle()?;
    assert_eq!(slow.read()?.steps, 1);
    Ok(())
}

/// The older holder writes at the same time as the younger one locks, reads and writes: either the younger one reads the data of the older
/// one, or the older one is refused.
#[swimlanes::test(tags("mended", "integration"))]
fn simultaneous_writes_lose_no_step(place: Place, worker: Worker) -> TestResult {
    let (slow, quick) = (place.controller(Form::Mended, "slow")?, place.controller(Form::Mended, "quick")?);
    let (overtaken, n_written) = (Mutex::new(None), AtomicU64::new(0));
    let report = Race::new(2)
        .rounds(10)
        .seed(worker.seed())
        // An actor that waits for the other writer counts as blocked soon.
        .block_timeout(Duration::from_millis(5))
        .before(|_| {
            *overtaken.lock().expect("no panic") = Some(slow.locked()?);
            slow.locks().force_unlock(slow.name()).map(|_| ())
        })
        .after(|_| match (slow.read_ignoring_lock(), n_written.load(Ordering::Relaxed)) {
            (Ok(Run { steps, status }), written) if (steps, &*status) != (written, "quick") => {
                Err(format!("{written} steps were written, {steps} are there, and {status} has written last"))
            }
            (read, _) => read.map(|_| ()).map_err(|error| error.to_string()),
        })
        .run(|actor| {
            let (controller, mut locked) = match actor.number() {
                0 => (&slow, overtaken.lock().expect("no panic").take().expect("it was locked before")),
                _ => (&quick, quick.locked()?),
            };
            locked.run_mut().steps += 1;
            controller.locks().owner().clone_into(&mut locked.run_mut().status);
            match locked.settle() {
                // It has lost the lock, and no other process had read the run before the write.
                Err(Error::Lost { .. }) if actor.number() == 0 => {}
                Err(Error::Overtaken { .. }) if actor.number() == 0 => return Ok::<(), Error>(()),
                other => other?,
            }
            n_written.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
    report.expect_clean();
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn lost_lock_is_an_error_even_if_no_other_process_has_written(place: Place) -> TestResult {
    let controller = place.controller(Form::Mended, "process")?;
    let locked = controller.locked()?;
    controller.locks().clear_all()?;
    assert!(matches!(locked.settle(), Err(Error::Lost { .. })));
    Ok(())
}

/// Redis grants numbers that were granted before, and their holders may still be working.
#[swimlanes::test(tags("mended", "integration"))]
fn redis_that_lost_its_counter_refuses_locks_until_it_has_caught_up(place: Place) -> TestResult {
    let controller = place.controller(Form::Mended, "process")?;
    set(&controller, "queued")?;
    set(&controller, "running")?;
    redis::cmd("FLUSHALL").exec(&mut place.redis().connect()?)?;
    for _ in 1..=2 {
        assert!(matches!(controller.locked(), Err(Error::Overtaken { by: 2, .. })));
        assert_eq!(controller.locks().holder(controller.name())?, None, "it is unlocked again");
    }
    assert_eq!(controller.locked()?.token().number, 3);
    Ok(())
}

/// The current directory belongs to the whole process, so no other test of the process runs at the same time.
#[swimlanes::test(serial, tags("mended", "integration"))]
fn relative_path_names_the_same_directory(place: Place) -> TestResult {
    struct Back(std::path::PathBuf);
    impl Drop for Back {
        fn drop(&mut self) {
            env::set_current_dir(&self.0).expect("we come from there");
        }
    }
    let process = place.process(Form::Mended, "process")?;
    fs::create_dir(place.dir().join("run-1"))?;
    let absolute = process.get_instance(&place.dir().join("run-1"), Mode::ReadWrite)?;
    let _back = Back(env::current_dir()?);
    env::set_current_dir(place.dir())?;
    assert!(Arc::ptr_eq(&absolute, &process.get_instance("run-1".as_ref(), Mode::ReadWrite)?));
    Ok(())
}
