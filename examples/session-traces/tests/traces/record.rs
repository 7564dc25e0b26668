//! Clients that all record the same session.

use session_traces::{Key, Recorded};
use swimlanes::kit::race::{Explore, Race, Replays, Report};
use swimlanes::prelude::*;

use crate::fixtures::{
    CLIENTS, Form, Needed, TestResult, Traces, at_once, gated, on_conflict, pressure, select_then_insert,
};

/// In each round all clients record the session of that round.
fn record_one_session<'a>(race: Race<'a>, traces: &'a Traces) -> Report {
    race.waiting(|| traces.writes.waiting()).after(|_| traces.recorded_once()).run(|actor| -> TestResult<Recorded> {
        Ok(traces.client(actor.number()).record(&format!("session-{}", actor.round()))?)
    })
}

/// Also prints the rounds of plain threads. It is `serial`, so that no other test runs at the same time.
#[swimlanes::test(
    cases(
        with_a_key = (Key::Primary, "violates primary key constraint"),
        without_a_key = (Key::Missing, "is recorded"),
    ),
    tags("broken", "integration"),
    slow,
    serial
)]
fn select_then_insert_is_caught_with_20_of_20_seeds(
    #[case] key: Key,
    #[case] error: &str,
    #[values(2, 8)] clients: usize,
    db: DuckDb,
) -> TestResult {
    let form = select_then_insert(key);
    let (mut chosen, mut free) = (Needed::default(), Needed::default());
    for seed in 0..20 {
        let race = Race::new(clients).rounds(20).seed(seed).until_race().replays(2);
        let report = record_one_session(race, &Traces::new(&db, &form, clients)?);
        report.expect_race(error);
        assert_eq!(report.replays(), Replays { same: 2, total: 2 }, "{report}");
        chosen.add(&report);
        let race = Race::new(clients).rounds(200).explore(Explore::Free).until_race();
        free.add(&record_one_session(race, &Traces::new(&db, &form, clients)?));
    }
    println!("{clients} clients, {key:?} key: {chosen}; with plain threads {free}");
    Ok(())
}

#[swimlanes::test(
    cases(gated = gated(Key::Primary), gated_without_a_key = gated(Key::Missing), on_conflict = on_conflict()),
    tags("mended", "integration")
)]
fn each_session_is_recorded_once(#[case] form: Form, db: DuckDb) -> TestResult {
    record_one_session(pressure(), &Traces::new(&db, &form, CLIENTS)?).expect_clean();
    Ok(())
}

/// The same pressure, in the broken form.
#[swimlanes::test(
    cases(
        with_a_key = (Key::Primary, "violates primary key constraint"),
        without_a_key = (Key::Missing, "is recorded"),
    ),
    tags("broken", "integration")
)]
fn select_then_insert_fails_under_pressure(#[case] key: Key, #[case] error: &str, db: DuckDb) -> TestResult {
    record_one_session(pressure(), &Traces::new(&db, &select_then_insert(key), CLIENTS)?).expect_race(error);
    Ok(())
}

/// `ON CONFLICT DO NOTHING` alone, without a retry, is not a fix in DuckDB.
#[swimlanes::test(tags("broken", "integration"))]
fn on_conflict_alone_is_caught_with_20_of_20_seeds(db: DuckDb) -> TestResult {
    let form = on_conflict().retrying(at_once(1));
    for seed in 0..20 {
        let race = Race::new(2).rounds(20).seed(seed).until_race().replays(2);
        let report = record_one_session(race, &Traces::new(&db, &form, 2)?);
        report.expect_race("Failed to commit: PRIMARY KEY or UNIQUE constraint violation");
        assert_eq!(report.replays(), Replays { same: 2, total: 2 }, "{report}");
    }
    Ok(())
}

/// The reason for the retry: the clause sees only committed rows.
#[swimlanes::test(tags("broken", "integration"))]
fn on_conflict_does_not_see_a_row_that_is_not_committed(db: DuckDb) -> TestResult {
    let traces = Traces::new(&db, &on_conflict(), 1)?;
    let mut slow = traces.db.connect()?;
    let transaction = slow.transaction()?;
    let insert = "INSERT INTO session_trace VALUES ('s-1', 'a slow client') ON CONFLICT DO NOTHING";
    assert_eq!(transaction.execute(insert, [])?, 1);
    assert_eq!(traces.client(0).record("s-1")?, Recorded::New);
    let refused = transaction.commit().expect_err("both were first").to_string();
    let text =
        "TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation: duplicate key \"s-1\"";
    assert_eq!(refused, text);
    Ok(())
}
