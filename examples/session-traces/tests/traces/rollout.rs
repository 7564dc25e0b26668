//! The rollout script with several workers that have the same sessions, in threads and in tasks.

use session_traces::{Key, roll_out, roll_out_async};
use swimlanes::kit::race::{Actor, Explore, Race, Replays, Report};
use swimlanes::prelude::*;

use crate::fixtures::{
    CLIENTS, EXPERIMENT, Form, Needed, TestResult, Traces, gated, on_conflict, pressure, select_then_insert, sessions,
};

/// In each round each worker has both sessions of that round.
fn roll_out_in_threads<'a>(race: Race<'a>, traces: &'a Traces) -> Report {
    let race = race.waiting(|| traces.writes.waiting()).after(|_| traces.recorded_and_linked_once());
    race.run(|actor| roll_out(&mut traces.client(actor.number()), EXPERIMENT, &sessions(actor.round())))
}

/// The same with all workers as tasks of one thread. A link has no `await`, so its points stop no task.
async fn roll_out_in_tasks<'a>(race: Race<'a>, traces: &'a Traces) -> Report {
    let race = race.waiting(|| traces.writes.waiting()).after(|_| traces.recorded_and_linked_once());
    let roll_out = async |actor: Actor| {
        roll_out_async(&mut traces.client(actor.number()), EXPERIMENT, &sessions(actor.round())).await
    };
    race.run_async(roll_out).await
}

/// Tasks whose statements do not await overlap only at points: without chosen interleavings, each ends before the next one begins, and no
/// error occurs. On several threads, as in production, they do overlap.
#[swimlanes::test(
    cases(
        with_a_key = (Key::Primary, "violates primary key constraint"),
        without_a_key = (Key::Missing, "is recorded"),
    ),
    tags("broken", "integration"),
    slow,
    timeout = "1m"
)]
async fn select_then_insert_in_tasks_is_caught_with_20_of_20_seeds(
    #[case] key: Key,
    #[case] error: &str,
    db: DuckDb,
) -> TestResult {
    let form = select_then_insert(key);
    let mut chosen = Needed::default();
    for seed in 0..20 {
        let race = Race::new(8).rounds(20).seed(seed).until_race().replays(2);
        let report = roll_out_in_tasks(race, &Traces::new(&db, &form, 8)?).await;
        report.expect_race(error);
        assert_eq!(report.replays(), Replays { same: 2, total: 2 }, "{report}");
        chosen.add(&report);
    }
    let mut free = Needed::default();
    let race = Race::new(8).rounds(20).explore(Explore::Free).until_race();
    free.add(&roll_out_in_tasks(race, &Traces::new(&db, &form, 8)?).await);
    println!("8 tasks, {key:?} key: {chosen}; with free tasks {free}");
    Ok(())
}

#[swimlanes::test(
    cases(gated = gated(Key::Primary), gated_without_a_key = gated(Key::Missing), on_conflict = on_conflict()),
    tags("mended", "integration"),
    timeout = "1m"
)]
async fn tasks_record_and_link_each_session_once(#[case] form: Form, db: DuckDb) -> TestResult {
    roll_out_in_tasks(pressure(), &Traces::new(&db, &form, CLIENTS)?).await.expect_clean();
    Ok(())
}

#[swimlanes::test(
    cases(gated = gated(Key::Primary), gated_without_a_key = gated(Key::Missing), on_conflict = on_conflict()),
    tags("mended", "integration"),
    timeout = "1m"
)]
fn threads_record_and_link_each_session_once(#[case] form: Form, db: DuckDb) -> TestResult {
    roll_out_in_threads(pressure(), &Traces::new(&db, &form, CLIENTS)?).expect_clean();
    Ok(())
}

/// The same pressure, in the broken form.
#[swimlanes::test(
    cases(
        with_a_key = (Key::Primary, "violates primary key constraint"),
        without_a_key = (Key::Missing, "is recorded"),
    ),
    tags("broken", "integration"),
    timeout = "1m"
)]
async fn select_then_insert_fails_in_threads_and_in_tasks(
    #[case] key: Key,
    #[case] error: &str,
    db: DuckDb,
) -> TestResult {
    let form = select_then_insert(key);
    roll_out_in_tasks(pressure(), &Traces::new(&db, &form, CLIENTS)?).await.expect_race(error);
    roll_out_in_threads(pressure(), &Traces::new(&db, &form, CLIENTS)?).expect_race(error);
    Ok(())
}
