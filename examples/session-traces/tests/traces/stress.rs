//! Many workers and many sessions at once, without chosen interleavings: the system schedules the threads, and DuckDB's transactions
//! overlap.

use std::sync::Arc;

use session_traces::{Key, roll_out, roll_out_async};
use swimlanes::kit::race::{Explore, Race, Report};
use swimlanes::prelude::*;

use crate::fixtures::{
    EXPERIMENT, Form, TestResult, Traces, at_once, gated, on_conflict, select_then_insert, sessions,
};

const WORKERS: usize = 16;

fn roll_out_at_once<'a>(race: Race<'a>, traces: &'a Traces) -> Report {
    let race = race.explore(Explore::Free).after(|_| traces.recorded_and_linked_once());
    race.run(|actor| roll_out(&mut traces.client(actor.number()), EXPERIMENT, &sessions(actor.round())))
}

#[swimlanes::test(
    cases(
        gated = gated(Key::Primary).in_real_time(),
        gated_without_a_key = gated(Key::Missing).in_real_time(),
        on_conflict = on_conflict().in_real_time(),
    ),
    tags("mended", "integration"),
    shared_resource = "all cores",
    slow,
    timeout = "1m"
)]
fn sixteen_threads_record_and_link_each_session_once(#[case] form: Form, db: DuckDb) -> TestResult {
    roll_out_at_once(Race::new(WORKERS).rounds(1), &Traces::new(&db, &form, WORKERS)?).expect_clean();
    Ok(())
}

/// Tasks that tokio runs on several threads, as in production.
#[swimlanes::test(
    cases(
        gated = gated(Key::Primary).in_real_time(),
        gated_without_a_key = gated(Key::Missing).in_real_time(),
        on_conflict = on_conflict().in_real_time(),
    ),
    tags("mended", "integration"),
    shared_resource = "all cores",
    slow,
    timeout = "1m",
    flavor = "multi_thread",
    worker_threads = 4
)]
async fn sixteen_tasks_record_and_link_each_session_once(#[case] form: Form, db: DuckDb) -> TestResult {
    let traces = Arc::new(Traces::new(&db, &form, WORKERS)?);
    let start = |worker: usize| {
        let traces = Arc::clone(&traces);
        tokio::spawn(async move { roll_out_async(&mut traces.client(worker), EXPERIMENT, &sessions(0)).await })
    };
    let workers: Vec<_> = (0..WORKERS).map(start).collect();
    let mut n_linked = 0;
    for worker in workers {
        n_linked += worker.await??;
    }
    assert_eq!(n_linked, sessions(0).len());
    traces.recorded_and_linked_once()
}

/// By chance, but 16 threads have many chances in five rounds. `ON CONFLICT DO NOTHING` alone, without a retry, is not a fix in DuckDB: it
/// skips rows that were committed before, and fails at rows that are committed in the meantime.
#[swimlanes::test(
    cases(
        with_a_key = (select_then_insert(Key::Primary), "violates primary key constraint"),
        without_a_key = (select_then_insert(Key::Missing), "is recorded"),
        on_conflict_alone = (on_conflict().retrying(at_once(1)), "violates primary key constraint"),
    ),
    tags("broken", "integration"),
    shared_resource = "all cores",
    slow,
    timeout = "1m"
)]
fn select_then_insert_fails_with_sixteen_threads(#[case] form: Form, #[case] error: &str, db: DuckDb) -> TestResult {
    let report = roll_out_at_once(Race::new(WORKERS).rounds(5), &Traces::new(&db, &form, WORKERS)?);
    println!("{report}");
    report.expect_race(error);
    Ok(())
}
