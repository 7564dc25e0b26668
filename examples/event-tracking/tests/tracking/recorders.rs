//! The guarantees of a recorder, on each database.

use std::thread;
use std::time::Duration;

use event_tracking::{Kind, ORDERS, Recorder, Tracking};
use swimlanes::kit::wait::wait_for;

use crate::TestResult;
use crate::invariants::event;
use crate::stage::{On, Stages};

#[swimlanes::test(
    tags("integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn duplicate_record_is_a_unique_violation(#[case] on: On, stages: Stages) -> TestResult {
    let stage = stages.on(on)?;
    let (mut first, mut second) = (stage.recorder()?, stage.recorder()?);
    track(&mut *first, 1)?;
    let error = track(&mut *second, 1).expect_err("it is there");
    assert_eq!(error.kind(), Kind::UniqueViolation);
    assert!(error.is_conflict());
    assert!(error.to_string().contains(stage.violation()), "{error}");
    Ok(())
}

#[swimlanes::test(
    tags("integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn failed_transaction_needs_a_rollback(#[case] on: On, stages: Stages) -> TestResult {
    let mut recorder = stages.on(on)?.recorder()?;
    track(&mut *recorder, 1)?;
    track(&mut *recorder, 1).expect_err("it is there");
    let error = track(&mut *recorder, 2).expect_err("the transaction has failed");
    assert_eq!(error.kind(), Kind::Other, "{error}: a retry would not try again");
    recorder.rollback()?;
    track(&mut *recorder, 2)?;
    assert_eq!(recorder.tracked(ORDERS)?, [1, 2]);
    Ok(())
}

#[swimlanes::test(
    tags("integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn transactions_are_atomic(#[case] on: On, stages: Stages) -> TestResult {
    let mut recorder = stages.on(on)?.recorder()?;
    track(&mut *recorder, 1)?;
    recorder.begin()?;
    recorder.insert_event(ORDERS, &event("a", 1, "placed"))?;
    let tracked = recorder.insert_tracking(&tracking(1)).and_then(|()| recorder.commit());
    tracked.expect_err("it is there");
    recorder.rollback()?;
    assert_eq!(recorder.notifications(ORDERS, 0, 10)?, []);
    Ok(())
}

#[swimlanes::test(
    tags("integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn rollback_leaves_no_gap_in_the_notifications(#[case] on: On, stages: Stages) -> TestResult {
    let mut recorder = stages.on(on)?.recorder()?;
    for (order, is_kept) in [("a", true), ("b", false), ("c", true)] {
        recorder.begin()?;
        recorder.insert_event(ORDERS, &event(order, 1, "placed"))?;
        if is_kept { recorder.commit()? } else { recorder.rollback()? }
    }
    let found = recorder.notifications(ORDERS, 0, 10)?;
    let found: Vec<_> = found.iter().map(|found| (found.id, found.event.originator_id.as_str())).collect();
    assert_eq!(found, [(1, "a"), (2, "c")]);
    assert_eq!(recorder.notifications(ORDERS, 1, 10)?.len(), 1);
    assert_eq!(recorder.notifications(ORDERS, 0, 1)?.len(), 1);
    Ok(())
}

#[swimlanes::test(
    tags("integration"),
    cases(postgres = On::Postgres, sqlite = On::Sqlite, in_process = On::InProcess)
)]
fn uncommitted_records_are_not_read(#[case] on: On, stages: Stages) -> TestResult {
    let stage = stages.on(on)?;
    let (mut writer, mut reader) = (stage.recorder()?, stage.recorder()?);
    writer.begin()?;
    writer.insert_tracking(&tracking(1))?;
    assert_eq!(reader.max_tracking_id(ORDERS)?, 0);
    writer.commit()?;
    assert_eq!(reader.max_tracking_id(ORDERS)?, 1);
    Ok(())
}

/// Otherwise a follower could see number 2, track it, and never read number 1.
#[swimlanes::test(timeout = "60s", tags("integration"))]
fn postgres_inserts_one_event_at_a_time(stages: Stages) -> TestResult {
    let stage = stages.on(On::Postgres)?;
    let (mut first, mut second, mut reader) = (stage.recorder()?, stage.recorder()?, stage.recorder()?);
    first.begin()?;
    first.insert_event(ORDERS, &event("a", 1, "placed"))?;
    thread::scope(|scope| -> TestResult {
        let later = scope.spawn(move || {
            second.begin()?;
            second.insert_event(ORDERS, &event("b", 1, "placed"))?;
            second.commit()
        });
        let one_waits = || match stage.waiting() {
            1 => Ok(()),
            n => Err(format!("{n} clients wait")),
        };
        let waited = wait_for(Duration::from_secs(30), one_waits);
        first.commit()?;
        waited?;
        Ok(later.join().expect("it does not panic")?)
    })?;
    let found = reader.notifications(ORDERS, 0, 10)?;
    assert_eq!(found.iter().map(|found| found.event.originator_id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    Ok(())
}

pub(crate) fn track(recorder: &mut dyn Recorder, notification_id: i64) -> Result<(), event_tracking::Error> {
    recorder.begin()?;
    recorder.insert_tracking(&tracking(notification_id))?;
    recorder.commit()
}

pub(crate) fn tracking(notification_id: i64) -> Tracking {
    Tracking { application_name: ORDERS.to_owned(), notification_id }
}
