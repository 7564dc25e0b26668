//! A run of the rollout script that ended between recording a session and linking it: the next run links the session.

use std::pin::pin;
use std::task::{Context, Waker};

use session_traces::{Error, Key, roll_out, roll_out_async};
use swimlanes::prelude::*;

use crate::fixtures::{EXPERIMENT, Form, TestResult, Traces, at_once, gated, on_conflict, sessions};

/// The first run: another program held the experiment during all three attempts, so the first session is recorded, and not linked.
fn is_half_done(traces: &Traces, run: Result<usize, Error>) -> TestResult {
    let error = run.expect_err("the other one was in the way").to_string();
    let expected =
        "cannot link session `session-0a` to `baseline`: TransactionContext Error: Conflict on update!, after 3 tries";
    assert_eq!(error, expected);
    not_linked(traces)
}

fn not_linked(traces: &Traces) -> TestResult {
    traces.recorded_once()?;
    let flaw = traces.recorded_and_linked_once().expect_err("it is not linked").to_string();
    assert_eq!(flaw, "session `session-0a` is not linked");
    Ok(())
}

#[swimlanes::test(
    cases(
        gated = gated(Key::Primary),
        gated_without_a_key = gated(Key::Missing),
        on_conflict = on_conflict().retrying(at_once(3)),
    ),
    tags("mended", "integration")
)]
fn second_run_completes_the_first(#[case] form: Form, db: DuckDb) -> TestResult {
    let traces = Traces::new(&db, &form, 2)?;
    let other = traces.other_in_the_way()?;
    is_half_done(&traces, roll_out(&mut traces.client(0), EXPERIMENT, &sessions(0)))?;
    drop(other);
    assert_eq!(roll_out(&mut traces.client(1), EXPERIMENT, &sessions(0))?, 2);
    traces.recorded_and_linked_once()
}

#[swimlanes::test(
    cases(
        gated = gated(Key::Primary),
        gated_without_a_key = gated(Key::Missing),
        on_conflict = on_conflict().retrying(at_once(3)),
    ),
    tags("mended", "integration")
)]
async fn second_run_in_a_task_completes_the_first(#[case] form: Form, db: DuckDb) -> TestResult {
    let traces = Traces::new(&db, &form, 2)?;
    let other = traces.other_in_the_way()?;
    is_half_done(&traces, roll_out_async(&mut traces.client(0), EXPERIMENT, &sessions(0)).await)?;
    drop(other);
    assert_eq!(roll_out_async(&mut traces.client(1), EXPERIMENT, &sessions(0)).await?, 2);
    traces.recorded_and_linked_once()
}

/// While there is a conflict, the client waits; the future is dropped then, as when its task is aborted.
#[swimlanes::test(tags("mended", "integration"))]
async fn second_run_completes_a_dropped_run(db: DuckDb) -> TestResult {
    let traces = Traces::new(&db, &on_conflict().in_real_time(), 2)?;
    let other = traces.other_in_the_way()?;
    {
        let (mut client, sessions) = (traces.client(0), sessions(0));
        let run = pin!(roll_out_async(&mut client, EXPERIMENT, &sessions));
        assert!(run.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    drop(other);
    not_linked(&traces)?;
    assert_eq!(roll_out_async(&mut traces.client(1), EXPERIMENT, &sessions(0)).await?, 2);
    traces.recorded_and_linked_once()
}
