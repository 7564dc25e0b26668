//! Controllers of one run in several processes: what they read, and which instances there are.

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
fn a_dump_of_another_process_is_read(place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(Form::Mended, "mine")?, place.controller(Form::Mended, "theirs")?);
    set(&mine, "queued")?;
    assert_eq!(status(mine.read())?, "queued");
    set(&theirs, "running")?;
    assert_eq!(status(mine.read())?, "running");
    Ok(())
}

#[swimlanes::test(cases(hash = Form::Hash, expiring = Form::Expiring), tags("broken", "integration"))]
fn an_older_form_keeps_what_it_has_read_first(#[case] form: Form, place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(form, "mine")?, place.controller(form, "theirs")?);
    set(&theirs, "queued")?;
    assert_eq!(status(mine.read())?, "queued");
    theirs.locks().force_unlock(theirs.name())?;
    set(&theirs, "running")?;
    assert_eq!(status(mine.read())?, "queued", "although it is running");
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn a_read_that_ignores_the_lock_leaves_the_cache_alone(place: Place) -> TestResult {
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
fn an_older_form_takes_a_half_written_run_for_a_whole_one(#[case] form: Form, place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(form, "mine")?, place.controller(form, "theirs")?);
    let mut locked = theirs.locked()?;
    "half of it".clone_into(&mut locked.run_mut().status);
    locked.dump()?;
    assert_eq!(status(mine.read_ignoring_lock())?, "half of it");
    "all of it".clone_into(&mut locked.run_mut().status);
    locked.settle()?;
    assert_eq!(status(mine.read())?, "half of it", "which nobody was to rely on");
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn who_has_seen_nothing_yet_is_told_that_the_run_is_being_changed(place: Place) -> TestResult {
    let (mine, theirs) = (place.controller(Form::Mended, "mine")?, place.controller(Form::Mended, "theirs")?);
    let locked = theirs.locked()?;
    locked.dump()?;
    assert!(matches!(mine.read(), Err(Error::Unsettled { .. })));
    assert!(matches!(mine.locked(), Err(Error::Busy { .. })));
    drop(locked);
    set(&mine, "recovered")?;
    assert_eq!(status(theirs.read())?, "recovered");
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn a_process_has_one_instance_for_a_directory_and_any_number_to_read(place: Place) -> TestResult {
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
fn an_older_form_gives_a_reader_to_who_wants_to_write(#[case] form: Form, place: Place) -> TestResult {
    let process = place.process(form, "process")?;
    process.get_instance(place.dir(), Mode::ReadOnly)?;
    let writer = process.get_instance(place.dir(), Mode::ReadWrite)?;
    assert!(matches!(writer.locked(), Err(Error::ReadOnly { .. })));
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn what_was_not_dumped_is_not_written(place: Place) -> TestResult {
    let controller = place.controller(Form::Mended, "process")?;
    set(&controller, "queued")?;
    let mut locked = controller.locked()?;
    assert_eq!(locked.run().status, "queued");
    locked.run_mut().steps = 7;
    drop(locked);
    assert_eq!(controller.locked()?.run(), &Run { status: "queued".to_owned(), steps: 0 });
    Ok(())
}

/// The work went on for too long: the lock was freed by an operator, and somebody else has taken it and written.
#[swimlanes::test(tags("mended", "integration"))]
fn who_was_overtaken_cannot_write(place: Place) -> TestResult {
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

/// Both write at the same moment: the number is compared and the file replaced in one step, or the old state would come last.
#[swimlanes::test(tags("mended", "integration"))]
fn who_is_being_overtaken_cannot_write_last(place: Place, worker: Worker) -> TestResult {
    let (slow, quick) = (place.controller(Form::Mended, "slow")?, place.controller(Form::Mended, "quick")?);
    let both = [Mutex::new(None), Mutex::new(None)];
    let report = Race::new(2)
        .rounds(10)
        .seed(worker.seed())
        // Who waits for the other writer is passed over soon.
        .patience(Duration::from_millis(5))
        .before(|_| {
            for (writer, controller) in both.iter().zip([&slow, &quick]) {
                controller.locks().force_unlock(controller.name())?;
                let mut locked = controller.locked()?;
                controller.locks().owner().clone_into(&mut locked.run_mut().status);
                *writer.lock().expect("no panic") = Some(locked);
            }
            Ok::<(), Error>(())
        })
        .after(|_| match status(slow.read_ignoring_lock()) {
            Ok(last) if last != "quick" => Err(format!("{last} has written last")),
            other => other.map(|_| ()).map_err(|error| error.to_string()),
        })
        .run(|actor| {
            let writer = both[actor.number()].lock().expect("no panic").take().expect("it was locked before");
            match writer.dump() {
                Err(Error::Overtaken { .. }) if actor.number() == 0 => Ok(()),
                other => other,
            }
        });
    report.expect_clean();
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn who_has_lost_the_lock_is_told_even_if_nobody_has_written_since(place: Place) -> TestResult {
    let controller = place.controller(Form::Mended, "process")?;
    let locked = controller.locked()?;
    controller.locks().clear_all()?;
    assert!(matches!(locked.settle(), Err(Error::Lost { .. })));
    Ok(())
}

/// The current directory belongs to the whole process, so no other test of it runs meanwhile.
#[swimlanes::test(serial, tags("mended", "integration"))]
fn a_directory_is_the_same_one_by_a_relative_path(place: Place) -> TestResult {
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
