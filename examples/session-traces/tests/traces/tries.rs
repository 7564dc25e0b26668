//! How long a client with default retries continues during a conflict; and which errors are not retryable.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use duckdb::Connection;
use session_traces::{Key, Tracer, roll_out, roll_out_async};
use swimlanes::kit::clock::{Clock, ManualClock, Sleep};
use swimlanes::prelude::*;

use crate::fixtures::{
    EXPERIMENT, Form, TestResult, Traces, at_once, gated, on_conflict, select_then_insert, sessions,
};

/// The time at which the other transaction ends: after more conflicts than three attempts.
const THROUGH_AT: Duration = Duration::from_secs(5);

/// A clock on which the delay after each conflict takes a second, and no other time passes; so the seconds are the number of conflicts. At
/// [`THROUGH_AT`] the other transaction commits.
struct OneSecondRests {
    time: ManualClock,
    other: Mutex<Option<Connection>>,
}

impl OneSecondRests {
    /// Clients keep their clock for ever.
    fn until_through(other: Connection) -> &'static Self {
        Box::leak(Box::new(Self { time: ManualClock::new(), other: Mutex::new(Some(other)) }))
    }

    /// The other transaction never ends.
    fn endless() -> &'static Self {
        Box::leak(Box::new(Self { time: ManualClock::new(), other: Mutex::new(None) }))
    }
}

impl Clock for OneSecondRests {
    fn now(&self) -> Duration {
        self.time.now()
    }

    fn sleep(&self, _: Duration) {
        self.time.advance(Duration::from_secs(1));
        let mut other = self.other.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = other.take_if(|_| self.now() >= THROUGH_AT) {
            other.execute_batch("COMMIT").expect("no conflict");
        }
    }

    fn sleep_async(&self, time: Duration) -> Sleep<'_> {
        Box::pin(async move { self.sleep(time) })
    }
}

/// The default client. Only the clock differs.
fn client(traces: &Traces, clock: &'static OneSecondRests) -> TestResult<Tracer> {
    Ok(Tracer::new("client", traces.db.connect()?, traces.writes.clone()).clock(clock))
}

#[swimlanes::test(tags("mended", "integration"))]
fn client_retries_until_the_other_one_has_finished(db: DuckDb) -> TestResult {
    let traces = Traces::new(&db, &on_conflict(), 0)?;
    let clock = OneSecondRests::until_through(traces.other_in_the_way()?);
    assert_eq!(roll_out(&mut client(&traces, clock)?, EXPERIMENT, &sessions(0))?, 2);
    assert_eq!(clock.now(), THROUGH_AT);
    traces.recorded_and_linked_once()
}

#[swimlanes::test(tags("mended", "integration"))]
async fn client_in_a_task_retries_until_the_other_one_has_finished(db: DuckDb) -> TestResult {
    let traces = Traces::new(&db, &on_conflict(), 0)?;
    let clock = OneSecondRests::until_through(traces.other_in_the_way()?);
    assert_eq!(roll_out_async(&mut client(&traces, clock)?, EXPERIMENT, &sessions(0)).await?, 2);
    assert_eq!(clock.now(), THROUGH_AT);
    traces.recorded_and_linked_once()
}

/// The error of such a client that links a session during an endless conflict. There is a second between two attempts.
fn gives_up(form: &Form, db: &DuckDb) -> TestResult<String> {
    let traces = Traces::new(db, form, 0)?;
    let _other = traces.other_in_the_way()?;
    let linked = client(&traces, OneSecondRests::endless())?.link("s-1", EXPERIMENT);
    Ok(linked.expect_err("the other one is in the way").to_string())
}

#[swimlanes::test(tags("mended", "integration"), timeout = "1m")]
fn client_gives_up_after_30_s(db: DuckDb) -> TestResult {
    let expected =
        "cannot link session `s-1` to `baseline`: TransactionContext Error: Conflict on update!, after 30 tries";
    assert_eq!(gives_up(&on_conflict(), &db)?, expected);
    Ok(())
}

#[swimlanes::test(tags("broken", "integration"))]
fn broken_form_gives_up_after_three_tries(db: DuckDb) -> TestResult {
    let expected =
        "cannot link session `s-1` to `baseline`: TransactionContext Error: Conflict on update!, after 3 tries";
    assert_eq!(gives_up(&select_then_insert(Key::Primary), &db)?, expected);
    Ok(())
}

/// These errors have another cause: a table does not exist.
async fn fails_at_the_first_try(form: &Form, db: &DuckDb) -> TestResult {
    let traces = Traces::new(db, form, 1)?;
    traces.db.connect()?.execute_batch("DROP TABLE experiment; DROP TABLE session_trace")?;
    let mut client = traces.client(0);
    let errors = [
        client.link("s-1", EXPERIMENT).err(),
        client.link_async("s-1", EXPERIMENT).await.err(),
        client.record("s-1").err(),
        client.record_async("s-1").await.err(),
    ];
    for error in errors {
        let error = error.expect("it cannot be written");
        assert!(error.tries() == 1 && !error.is_race(), "{error}");
    }
    Ok(())
}

#[swimlanes::test(
    cases(gated = gated(Key::Primary), on_conflict = on_conflict().retrying(at_once(3))),
    tags("mended", "integration")
)]
async fn errors_without_a_conflict_are_not_retried(#[case] form: Form, db: DuckDb) -> TestResult {
    fails_at_the_first_try(&form, &db).await
}

#[swimlanes::test(tags("broken", "integration"))]
async fn broken_form_does_not_retry_errors_without_a_conflict(db: DuckDb) -> TestResult {
    fails_at_the_first_try(&select_then_insert(Key::Primary), &db).await
}
