//! The retryable errors: conflicts with other clients, of each kind that a database reports, and no other errors.

use std::time::Duration;

use event_tracking::{Error, Instance, Kind, ORDERS, PostgresRecorder, Recorder, SqliteRecorder};
use swimlanes::kit::clock::ManualClock;
use swimlanes::kit::retry::{Reason, Retry, RetryError};
use swimlanes::prelude::*;

use crate::TestResult;
use crate::giving_up::Interrupted;
use crate::recorders::{track, tracking};
use crate::stage::{IN_POSTGRES, IN_SQLITE};

/// Refuses only the first tracking record: a rollback does not reset a sequence.
fn refuse_first_as(code: &str) -> String {
    format!(
        "CREATE SEQUENCE tries;
        CREATE FUNCTION refuse_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('tries') = 1 THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse_first BEFORE INSERT ON tracking FOR EACH ROW EXECUTE FUNCTION refuse_first()"
    )
}

fn catch_up(client: &mut Instance) -> Result<Vec<i64>, RetryError<Error>> {
    client.catch_up_with(&Retry::new().max_attempts(2).clock(&ManualClock::new()))
}

#[swimlanes::test(
    tags("mended", "integration"),
    cases(
        unique_violation = ("23505", Kind::UniqueViolation),
        serialization_failure = ("40001", Kind::Serialization),
        deadlock_detected = ("40P01", Kind::Serialization),
        lock_not_available = ("55P03", Kind::Busy),
    )
)]
fn postgres_client_retries_after(#[case] code: &str, #[case] kind: Kind, postgres: Postgres) -> TestResult {
    let db = postgres.fresh_with_template(&IN_POSTGRES)?;
    db.connect()?.batch_execute(&refuse_first_as(code))?;
    let mut recorder = PostgresRecorder::new(db.connect()?);
    assert_eq!(track(&mut recorder, 1).expect_err("it is refused").kind(), kind);

    db.connect()?.batch_execute("ALTER SEQUENCE tries RESTART")?;
    recorder.rollback()?;
    let mut client = Instance::new(Box::new(recorder));
    client.place("mine")?;
    assert_eq!(catch_up(&mut client)?, [1]);
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"), cases(query_canceled = "57014", check_violation = "23514"))]
fn postgres_client_does_not_retry_after(#[case] code: &str, postgres: Postgres) -> TestResult {
    let db = postgres.fresh_with_template(&IN_POSTGRES)?;
    db.connect()?.batch_execute(&refuse_first_as(code))?;
    let mut client = Instance::new(Box::new(PostgresRecorder::new(db.connect()?)));
    client.place("mine")?;
    let gave_up = catch_up(&mut client).expect_err("it is refused");
    assert_eq!((gave_up.attempts(), gave_up.reason(), gave_up.error().kind()), (1, Reason::NotRetryable, Kind::Other));
    Ok(())
}

#[swimlanes::test(tags("mended", "integration"))]
fn sqlite_client_retries_after_the_file_was_locked(sqlite: Database) -> TestResult {
    let db = sqlite.fresh_with_template(&IN_SQLITE)?;
    let (mut rival, mut n_reads) = (impatient(&db)?, 0);
    let interrupt = move || {
        n_reads += 1;
        if n_reads == 1 { rival.begin() } else { rival.rollback() }
    };
    let recorder = Interrupted { recorder: Box::new(impatient(&db)?), interrupt: Box::new(interrupt) };
    let mut client = Instance::new(Box::new(recorder));
    client.place("mine")?;
    assert_eq!(catch_up(&mut client)?, [1]);
    Ok(())
}

#[swimlanes::test(tags("integration"))]
fn sqlite_transaction_can_read_and_then_write(sqlite: Database) -> TestResult {
    let db = sqlite.fresh_with_template(&IN_SQLITE)?;
    let (mut first, mut second) = (impatient(&db)?, impatient(&db)?);
    first.begin()?;
    assert_eq!(first.max_tracking_id(ORDERS)?, 0);
    let error = track(&mut second, 1).expect_err("the first one is going to write");
    assert_eq!((error.kind(), &*error.to_string()), (Kind::Busy, "cannot begin a transaction: database is locked"));
    first.insert_tracking(&tracking(1))?;
    first.commit()?;
    track(&mut second, 2)?;
    Ok(())
}

/// A recorder that fails at once if the file is locked.
fn impatient(db: &Database) -> TestResult<SqliteRecorder> {
    let connection = db.connect()?;
    connection.busy_timeout(Duration::ZERO)?;
    Ok(SqliteRecorder::new(connection))
}
